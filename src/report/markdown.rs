//! Markdown for pull requests and job summaries: what matters first, within a budget of bytes.

use crate::model::{FieldChange, Shown};

use super::{
    fields::remark,
    lines::{Mark, compare},
    style::{add, harmless},
    tree::{Node, tree},
    value::{inline, multi_line, text},
};

/// Bytes that a comment of a pull request may safely have.
pub const MARKDOWN_BUDGET: usize = 60_000;

/// A part of a report: whole, or as one line where the budget does not allow more.
#[derive(Debug)]
pub(super) struct Section {
    /// The whole part.
    pub(super) full: String,
    /// The same as one line of a list.
    pub(super) brief: String,
}

/// Puts parts together, at most `budget` bytes, and says what was left out.
///
/// Parts come in order of weight. One that does not fit whole is named in a list; where the list grows too
/// long as well, the rest is counted. The head always stands, even where it alone is more than the budget.
pub(super) fn assemble(head: &str, sections: &[Section], budget: usize) -> String {
    const RESERVE: usize = 160;
    let whole: usize = sections.iter().map(|section| section.full.len()).sum();
    if head.len() + whole <= budget {
        return sections.iter().fold(head.to_owned(), |text, section| text + &section.full);
    }
    // A fifth of the room is kept for naming what does not fit.
    let room = budget.saturating_sub(head.len() + RESERVE);
    let mut left = room - room / 5;
    let mut text = head.to_owned();
    let mut named = Vec::new();
    for section in sections {
        match left.checked_sub(section.full.len()) {
            Some(rest) => {
                left = rest;
                text.push_str(&section.full);
            }
            None => named.push(&section.brief),
        }
    }
    let mut names_left = room / 5 + left;
    let fits = named.iter().take_while(|brief| match names_left.checked_sub(brief.len()) {
        Some(rest) => {
            names_left = rest;
            true
        }
        None => false,
    });
    let list: String = fits.map(|brief| brief.as_str()).collect();
    let unnamed = named.len() - list.lines().count();
    add(
        &mut text,
        format_args!(
            "\n**Left out for length: {} of {} parts.** `-o json` and `-o text` show all.\n\n{list}",
            named.len(),
            sections.len()
        ),
    );
    if unnamed > 0 {
        add(&mut text, format_args!("- and {unnamed} more\n"));
    }
    text
}

/// Text that stands in HTML or in Markdown outside of code.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // Backslashes do not escape inside HTML blocks; character references do in both.
            '|' | '*' | '_' | '`' | '[' | ']' | '@' | '\\' => {
                add(&mut safe, format_args!("&#{};", u32::from(c)));
            }
            '\n' => safe.push(' '),
            _ => safe.push(c),
        }
    }
    safe
}

/// A block of code whose fence is longer than any run of backticks in it.
pub(super) fn fenced(language: &str, lines: &[String]) -> String {
    let run = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let fence = "`".repeat(run.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

fn longest_run(line: &str) -> usize {
    line.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Changes as lines of a `diff` block: `-` and `+` in the first column.
pub(super) fn diff_lines(fields: &[FieldChange]) -> Vec<String> {
    let mut lines = Vec::new();
    for node in tree(fields) {
        node_lines(&node, 0, &mut lines);
    }
    lines
}

fn node_lines(node: &Node<'_>, depth: usize, lines: &mut Vec<String>) {
    let space = "  ".repeat(depth);
    let label = harmless(&node.label);
    match node.change {
        None => lines.push(format!("  {space}{label}:")),
        Some(change) => change_lines(&format!("{space}{label}"), change, lines),
    }
    for child in &node.children {
        node_lines(child, depth + 1, lines);
    }
}

fn change_lines(label: &str, change: &FieldChange, lines: &mut Vec<String>) {
    let (before, after) = (&change.values.before, &change.values.after);
    let several = multi_line(before).is_some() || multi_line(after).is_some();
    if let (true, Some(old), Some(new)) = (several, text_or_nothing(before), text_or_nothing(after)) {
        lines.push(format!("  {label}: |{}", remark(change)));
        for line in compare(old, new) {
            let sign = match line.mark {
                Mark::Place => "@@",
                Mark::Same => " ",
                Mark::Before => "-",
                Mark::After => "+",
            };
            lines.push(format!("{sign} {}", line.plain()).trim_end().to_owned());
        }
        return;
    }
    for (sign, shown) in [("-", before), ("+", after)] {
        if !matches!(shown, Shown::Absent) {
            lines.push(format!("{sign} {label}: {}", inline(shown)));
        }
    }
    if let Some(last) = lines.last_mut() {
        last.push_str(&remark(change));
    }
}

/// A text, empty where there is none; nothing for values that are no text.
fn text_or_nothing(shown: &Shown) -> Option<&str> {
    if *shown == Shown::Absent { Some("") } else { text(shown) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(n: usize, length: usize) -> Section {
        Section { full: "x".repeat(length), brief: format!("- part {n}\n") }
    }

    #[test]
    fn a_report_keeps_to_its_budget_and_says_what_is_missing() {
        let sections: Vec<_> = (0..400).map(|n| section(n, 700)).collect();
        for budget in [1_000, 5_000, 60_000] {
            let text = assemble("head\n", &sections, budget);
            assert!(text.len() <= budget, "{} > {budget}", text.len());
            assert!(text.contains("Left out for length"), "{text}");
        }
        assert!(assemble("head\n", &sections, 5_000).contains("more\n"));
    }

    #[test]
    fn nothing_is_left_out_without_need() {
        let text = assemble("head\n", &[section(1, 10)], 15);
        assert_eq!(text, format!("head\n{}", "x".repeat(10)));
    }

    #[test]
    fn a_small_part_after_a_large_one_still_fits() {
        let text = assemble("", &[section(1, 90_000), section(2, 10)], 60_000);
        assert!(text.starts_with("xxxxxxxxxx\n**Left out"), "{text}");
        assert!(text.contains("- part 1\n"), "{text}");
    }

    #[test]
    fn backticks_in_a_value_cannot_close_the_block() {
        let block = fenced("diff", &["+ ```` x".to_owned()]);
        assert_eq!(block, "`````diff\n+ ```` x\n`````\n");
    }

    #[test]
    fn markup_of_others_is_shown_and_not_obeyed() {
        assert_eq!(escape("<img> @team `a|b`"), "&lt;img&gt; &#64;team &#96;a&#124;b&#96;");
    }
}
