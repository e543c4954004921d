//! Drift: what somebody changed in the cluster.

use serde::Serialize;

use crate::model::{DriftClass, DriftItem, Finding, TargetId};

use super::{
    fields::field_lines,
    header::Header,
    json::{FieldJson, FindingJson, ObjectJson, OriginJson, document, fields},
    markdown::{Section, assemble, diff_lines, escape, fenced},
    plan_text::finding_lines,
    style::{Paint, Style, add, count, harmless},
};

/// The drift of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct StackDrift {
    /// Whose.
    pub target: TargetId,
    /// The current revision; none before the first apply.
    pub revision: Option<u64>,
    /// What drifted.
    pub items: Vec<DriftItem>,
    /// Commits since that revision, which are pending and no drift; none where that is not known.
    pub pending_commits: Option<usize>,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

fn of_class(stacks: &[StackDrift], class: DriftClass) -> usize {
    stacks.iter().flat_map(|stack| &stack.items).filter(|item| item.class == class).count()
}

/// `Drift: 1 missing, 2 modified, 0 extra, 0 unreadable.`, or `No drift.`
fn summary(stacks: &[StackDrift]) -> String {
    if stacks.iter().all(|stack| stack.items.is_empty()) {
        return "No drift.".to_owned();
    }
    let n = |class| of_class(stacks, class);
    format!(
        "Drift: {} missing, {} modified, {} extra, {} unreadable.",
        n(DriftClass::Missing),
        n(DriftClass::Modified),
        n(DriftClass::Extra),
        n(DriftClass::Unreadable)
    )
}

fn sign(class: DriftClass) -> (&'static str, Paint) {
    match class {
        DriftClass::Missing => ("-", Paint::Bad),
        DriftClass::Modified => ("~", Paint::Changed),
        DriftClass::Extra => ("+", Paint::Good),
        DriftClass::Unreadable => ("?", Paint::Place),
    }
}

/// Drift as text; values are `applied → live`.
pub fn drift_text(stacks: &[StackDrift], header: &Header, style: &Style) -> String {
    let mut lines = header.lines("Drift of", style);
    for stack in stacks {
        lines.push(String::new());
        lines.push(format!("{} ({})", style.paint(Paint::Strong, &stack.target.stack), state(stack)));
        stack.items.iter().for_each(|item| item_lines(item, style, &mut lines));
        stack.findings.iter().for_each(|finding| finding_lines(finding, style, &mut lines));
    }
    lines.push(String::new());
    lines.push(style.paint(Paint::Strong, &summary(stacks)));
    lines.join("\n") + "\n"
}

fn state(stack: &StackDrift) -> String {
    let revision = match stack.revision {
        Some(number) => format!("applied: revision {number}"),
        None => "not applied yet".to_owned(),
    };
    match stack.pending_commits {
        Some(n) if n > 0 => format!("{revision}; pending in git: {}", count(n, "commit", "commits")),
        Some(_) | None => revision,
    }
}

fn item_lines(item: &DriftItem, style: &Style, lines: &mut Vec<String>) {
    let (glyph, paint) = sign(item.class);
    let word = style.paint(paint, &format!("{glyph}   {}", item.class.word()));
    let object = style.paint(Paint::Strong, &item.object.to_string());
    let reason = if item.reason.is_empty() { String::new() } else { format!(": {}", harmless(&item.reason)) };
    let place = item.origin.as_ref().map_or(String::new(), |origin| {
        let place = format!("  {}:{}", origin.place.file, origin.place.line.max(1));
        style.paint(Paint::Place, &place)
    });
    lines.push(format!("  {word} {object}{reason}{place}"));
    lines.extend(field_lines(&item.fields, 8, style));
}

#[derive(Debug, Serialize)]
struct DriftJson<'a> {
    summary: SummaryJson,
    stacks: Vec<StackJson<'a>>,
    findings: Vec<FindingJson<'a>>,
}

#[derive(Debug, Serialize)]
struct SummaryJson {
    missing: usize,
    modified: usize,
    extra: usize,
    unreadable: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StackJson<'a> {
    stack: &'a str,
    revision: Option<u64>,
    pending_commits: Option<usize>,
    items: Vec<ItemJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ItemJson<'a> {
    class: &'static str,
    object: ObjectJson<'a>,
    origin: Option<OriginJson<'a>>,
    reason: &'a str,
    fields: Vec<FieldJson<'a>>,
}

/// Drift as one JSON object of kind `Drift`.
pub fn drift_json(stacks: &[StackDrift], header: &Header) -> String {
    let n = |class| of_class(stacks, class);
    let item = |item| -> ItemJson<'_> {
        let item: &DriftItem = item;
        ItemJson {
            class: item.class.word(),
            object: ObjectJson::of(&item.object),
            origin: item.origin.as_ref().map(OriginJson::from),
            reason: &item.reason,
            fields: fields(&item.fields),
        }
    };
    let rest = DriftJson {
        summary: SummaryJson {
            missing: n(DriftClass::Missing),
            modified: n(DriftClass::Modified),
            extra: n(DriftClass::Extra),
            unreadable: n(DriftClass::Unreadable),
        },
        stacks: stacks
            .iter()
            .map(|stack| StackJson {
                stack: &stack.target.stack,
                revision: stack.revision,
                pending_commits: stack.pending_commits,
                items: stack.items.iter().map(item).collect(),
            })
            .collect(),
        findings: stacks.iter().flat_map(|stack| &stack.findings).map(FindingJson::from).collect(),
    };
    document("Drift", Some(header), rest)
}

/// Drift as Markdown of at most `budget` bytes, which says what it left out.
pub fn drift_markdown(stacks: &[StackDrift], header: &Header, budget: usize) -> String {
    let environment = escape(&header.environment);
    let mut head = format!(
        "<!-- obsctl drift {environment} -->\n### obsctl drift: {environment}\n\n**{}**\n\n",
        summary(stacks)
    );
    head.push_str("| stack | missing | modified | extra | unreadable | state |\n|---|--:|--:|--:|--:|---|\n");
    for stack in stacks {
        let n = |class| of_class(std::slice::from_ref(stack), class);
        add(
            &mut head,
            format_args!(
                "| {} | {} | {} | {} | {} | {} |\n",
                escape(&stack.target.stack),
                n(DriftClass::Missing),
                n(DriftClass::Modified),
                n(DriftClass::Extra),
                n(DriftClass::Unreadable),
                escape(&state(stack))
            ),
        );
    }
    head.push('\n');
    let sections: Vec<Section> = stacks.iter().flat_map(|stack| &stack.items).map(section).collect();
    assemble(&head, &sections, budget)
}

fn section(item: &DriftItem) -> Section {
    let title = format!(
        "<code>{}</code> {} {}",
        sign(item.class).0,
        item.class.word(),
        escape(&item.object.to_string())
    );
    let brief = format!("- {title}\n");
    let why = if item.reason.is_empty() { String::new() } else { format!(": {}", escape(&item.reason)) };
    let lines = diff_lines(&item.fields);
    let full = if lines.is_empty() {
        format!("- {title}{why}\n\n")
    } else {
        let block = fenced("diff", &lines);
        format!("<details><summary>{title}{why}</summary>\n\n{block}\n</details>\n\n")
    };
    Section { full, brief }
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
