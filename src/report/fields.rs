//! Changed fields as an indented tree, each with its values before and after.

use unicode_width::UnicodeWidthStr as _;

use crate::model::{FieldChange, Shown};

use super::{
    lines::{Mark, compare},
    style::{Paint, Style, count, harmless},
    time::minute,
    tree::{Node, tree},
    value::{around_difference, inline, multi_line, text},
};

/// The lines of a tree of changes, the first level after `indent` columns.
pub(super) fn field_lines(fields: &[FieldChange], indent: usize, style: &Style) -> Vec<String> {
    let mut lines = Vec::new();
    for node in tree(fields) {
        node_lines(&node, indent, style, &mut lines);
    }
    lines
}

fn node_lines(node: &Node<'_>, indent: usize, style: &Style, lines: &mut Vec<String>) {
    let space = " ".repeat(indent);
    let label = harmless(&node.label);
    match node.change {
        Some(change) => change_lines(&label, change, indent, style, lines),
        None => lines.push(format!("{space}  {label}")),
    }
    for child in &node.children {
        node_lines(child, indent + 2, style, lines);
    }
}

/// The sign of a field and its colour.
fn sign(change: &FieldChange) -> (&'static str, Paint) {
    match (&change.values.before, &change.values.after) {
        (Shown::Absent, _) => ("+", Paint::Good),
        (_, Shown::Absent) => ("-", Paint::Bad),
        _ => ("~", Paint::Changed),
    }
}

fn change_lines(label: &str, change: &FieldChange, indent: usize, style: &Style, lines: &mut Vec<String>) {
    let (sign, paint) = sign(change);
    let (before, after) = (&change.values.before, &change.values.after);
    let head = format!("{}{} {label}:", " ".repeat(indent), style.paint(paint, sign));
    let remark = style.paint(Paint::Faint, &remark(change));
    if let Some((before, after)) = both_texts(before, after) {
        lines.push(format!("{head}{remark}"));
        text_lines(before, after, indent + 4, style, lines);
        return;
    }
    match (before, after) {
        (Shown::Absent, value) | (value, Shown::Absent) => match multi_line(value) {
            Some(text) => {
                lines.push(format!("{head}{remark}"));
                whole_text_lines(text, sign, indent + 4, style, lines);
            }
            None => lines.push(format!("{head} {}{remark}", style.paint(paint, &inline(value)))),
        },
        _ => {
            let columns = indent + 3 + label.width();
            lines.extend(two_values(&head, &remark, change, columns, style));
        }
    }
}

/// The two texts, where at least one of them has several lines.
fn both_texts<'a>(before: &'a Shown, after: &'a Shown) -> Option<(&'a str, &'a str)> {
    let several = multi_line(before).is_some() || multi_line(after).is_some();
    if several { Some((text(before)?, text(after)?)) } else { None }
}

/// `before → after` on one line, or on two where they are long.
fn two_values(head: &str, remark: &str, change: &FieldChange, columns: usize, style: &Style) -> Vec<String> {
    let before = inline(&change.values.before);
    let after = inline(&change.values.after);
    if columns + before.width() + after.width() + 4 <= style.width {
        let (before, after) = (style.paint(Paint::Bad, &before), style.paint(Paint::Good, &after));
        return vec![format!("{head} {before} → {after}{remark}")];
    }
    let (before, after) = if style.verbose { (before, after) } else { around_difference(&before, &after) };
    let margin = head.chars().take_while(|c| *c == ' ').count() + 4;
    let space = " ".repeat(margin);
    vec![
        format!("{head}{remark}"),
        format!("{space}{}", style.paint(Paint::Bad, &format!("- {before}"))),
        format!("{space}{}", style.paint(Paint::Good, &format!("+ {after}"))),
    ]
}

fn text_lines(before: &str, after: &str, indent: usize, style: &Style, lines: &mut Vec<String>) {
    let space = " ".repeat(indent);
    for line in compare(before, after) {
        let text = line.marked(style);
        let shown = match line.mark {
            Mark::Place => format!("{space}{text}"),
            Mark::Same => format!("{space}  {text}"),
            Mark::Before => format!("{space}{} {text}", style.paint(Paint::Bad, "-")),
            Mark::After => format!("{space}{} {text}", style.paint(Paint::Good, "+")),
        };
        lines.push(shown.trim_end().to_owned());
    }
}

/// A text that comes or goes as a whole: its first lines, all of them with `-v`.
fn whole_text_lines(text: &str, sign: &str, indent: usize, style: &Style, lines: &mut Vec<String>) {
    const FIRST: usize = 10;
    let space = " ".repeat(indent);
    let all = text.lines().count();
    let shown = if style.verbose || all <= FIRST + 1 { all } else { FIRST };
    for line in text.lines().take(shown) {
        lines.push(format!("{space}{sign} {}", harmless(line)).trim_end().to_owned());
    }
    if shown < all {
        lines.push(format!("{space}… {} more (`-v` shows them)", count(all - shown, "line", "lines")));
    }
}

/// Who wrote the value that is there, and what was decided about it.
pub(super) fn remark(change: &FieldChange) -> String {
    let writer = change.writer.as_ref().map(|writer| {
        let through = writer.subresource.as_ref().map_or(String::new(), |sub| format!(" through {sub}"));
        let when = writer.time.as_ref().map_or(String::new(), |time| format!(", {}", minute(time)));
        format!("by {}{through}{when}", harmless(&writer.manager))
    });
    let note = change.note.as_deref().map(|note| harmless(note).into_owned());
    let parts: Vec<String> = writer.into_iter().chain(note).collect();
    if parts.is_empty() { String::new() } else { format!("  ({})", parts.join("; ")) }
}
