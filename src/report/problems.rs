//! Mistakes in the repository, with the line they stand in.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use unicode_width::UnicodeWidthChar as _;

use crate::model::{Finding, Place, Problem};

use super::{
    header::Header,
    json::{FindingJson, document},
    style::{Paint, Style, add, count, harmless},
};

/// Columns of a source line that are shown around a mistake.
const MOST_COLUMNS: usize = 100;

/// All mistakes, sorted by place, each with its line of source where `sources` knows the file.
pub fn problems_text(
    problems: &[Problem],
    sources: &dyn Fn(&str) -> Option<String>,
    style: &Style,
) -> String {
    let sorted: BTreeSet<&Problem> = problems.iter().collect();
    let mut files: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let mut text = String::new();
    for problem in &sorted {
        let file: &str = &problem.place.file;
        let source = files.entry(file).or_insert_with(|| sources(file));
        for line in problem_lines(problem, source.as_deref(), style) {
            text.push_str(&line);
            text.push('\n');
        }
        text.push('\n');
    }
    if !sorted.is_empty() {
        let mistakes = count(sorted.len(), "mistake", "mistakes");
        add(&mut text, format_args!("{mistakes} in {}.\n", count(files.len(), "file", "files")));
    }
    text
}

fn problem_lines(problem: &Problem, source: Option<&str>, style: &Style) -> Vec<String> {
    let place = &problem.place;
    let excerpt = source.and_then(|source| Excerpt::of(source, place));
    let margin = " ".repeat(excerpt.as_ref().map_or(1, |excerpt| excerpt.number.len()));
    let bar = style.paint(Paint::Place, "|");
    let word = style.paint(Paint::Bad, "error:");
    let message = style.paint(Paint::Strong, &harmless(&problem.message));
    let arrow = style.paint(Paint::Place, "-->");
    let mut lines = vec![format!("{word} {message}"), format!("{margin}{arrow} {place}")];
    if let Some(excerpt) = excerpt {
        let number = style.paint(Paint::Place, &excerpt.number);
        lines.push(format!("{margin} {bar}"));
        lines.push(format!("{number} {bar} {}", excerpt.line).trim_end().to_owned());
        let caret = style.paint(Paint::Bad, "^");
        lines.push(format!("{margin} {bar} {}{caret}", " ".repeat(excerpt.columns)));
    }
    if let Some(help) = &problem.help {
        let sign = style.paint(Paint::Place, "=");
        let mut parts = help.lines();
        lines.push(format!("{margin} {sign} help: {}", harmless(parts.next().unwrap_or_default())));
        lines.extend(parts.map(|part| format!("{margin}         {}", harmless(part))));
    }
    lines
}

/// The line of a mistake, cut to the part around it.
struct Excerpt {
    number: String,
    line: String,
    /// Columns before the mistake.
    columns: usize,
}

impl Excerpt {
    fn of(source: &str, place: &Place) -> Option<Self> {
        let index = usize::try_from(place.line).ok()?.checked_sub(1)?;
        let line: Vec<char> = source.lines().nth(index)?.chars().collect();
        let at = usize::try_from(place.column.max(1) - 1).ok()?.min(line.len());
        let (start, end) = if line.len() <= MOST_COLUMNS {
            (0, line.len())
        } else {
            let start = at.saturating_sub(MOST_COLUMNS / 2);
            (start, (start + MOST_COLUMNS).min(line.len()))
        };
        let shown = |from: usize, to: usize| -> String {
            let part: String = line.iter().take(to).skip(from).collect();
            harmless(&part.replace('\t', "    ")).into_owned()
        };
        let head = if start > 0 { "…" } else { "" };
        let tail = if end < line.len() { "…" } else { "" };
        let before = format!("{head}{}", shown(start, at));
        Some(Self {
            number: place.line.to_string(),
            columns: before.chars().map(|c| c.width().unwrap_or(0)).sum(),
            line: format!("{before}{}{tail}", shown(at, end)),
        })
    }
}

#[derive(Debug, Serialize)]
struct FindingsJson<'a> {
    findings: Vec<FindingJson<'a>>,
}

/// Mistakes and findings as one JSON object of kind `Findings`.
pub fn findings_json(problems: &[Problem], findings: &[Finding], header: Option<&Header>) -> String {
    let sorted: BTreeSet<&Problem> = problems.iter().collect();
    let mistakes = sorted.into_iter().map(FindingJson::from);
    let rest = FindingsJson { findings: mistakes.chain(findings.iter().map(FindingJson::from)).collect() };
    document("Findings", header, rest)
}

#[cfg(test)]
#[path = "problems_tests.rs"]
mod tests;
