//! Values on one line.

use serde_json::Value;

use super::style::harmless;
use crate::model::Shown;

/// Characters that stay visible on each side of a difference when a long value is shortened.
const CONTEXT: usize = 24;

/// A value as JSON on one line, or its seal.
pub(super) fn inline(shown: &Shown) -> String {
    match shown {
        Shown::Absent => "‹absent›".to_owned(),
        Shown::Plain(value) => harmless(&value.to_string()).into_owned(),
        Shown::Sealed { length, digest } => sealed(*length, digest.as_deref()),
    }
}

/// `‹sealed 12 bytes, 3fa9…›`.
pub(super) fn sealed(length: usize, digest: Option<&str>) -> String {
    let bytes = if length == 1 { "byte" } else { "bytes" };
    match digest {
        Some(digest) => format!("‹sealed {length} {bytes}, {digest}…›"),
        None => format!("‹sealed {length} {bytes}›"),
    }
}

/// The text of a value that holds several lines.
pub(super) fn multi_line(shown: &Shown) -> Option<&str> {
    match shown {
        Shown::Plain(Value::String(text)) if text.trim_end_matches('\n').contains('\n') => Some(text),
        Shown::Absent | Shown::Plain(_) | Shown::Sealed { .. } => None,
    }
}

/// Any string as text, so that it can stand on the other side of a value of several lines.
pub(super) fn text(shown: &Shown) -> Option<&str> {
    match shown {
        Shown::Plain(Value::String(text)) => Some(text),
        Shown::Absent | Shown::Plain(_) | Shown::Sealed { .. } => None,
    }
}

/// Two long values cut down to where they differ, with `…` for what is left out.
pub(super) fn around_difference(before: &str, after: &str) -> (String, String) {
    let before: Vec<char> = before.chars().collect();
    let after: Vec<char> = after.chars().collect();
    let prefix = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let rest = before.len().min(after.len()) - prefix;
    let suffix = before.iter().rev().zip(after.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    (window(&before, prefix, suffix), window(&after, prefix, suffix))
}

fn window(chars: &[char], prefix: usize, suffix: usize) -> String {
    let start = prefix.saturating_sub(CONTEXT);
    let end = chars.len() - suffix.saturating_sub(CONTEXT);
    let middle: Vec<char> = chars.iter().take(end).skip(start).copied().collect();
    let mut text = String::new();
    if start > 0 {
        text.push('…');
    }
    text.push_str(&shorten(&middle));
    if end < chars.len() {
        text.push('…');
    }
    text
}

/// The two ends of a difference that is itself too long to read.
fn shorten(chars: &[char]) -> String {
    const MOST: usize = 160;
    if chars.len() <= MOST {
        return chars.iter().collect();
    }
    let head: String = chars.iter().take(MOST / 2).collect();
    let tail: String = chars.iter().skip(chars.len() - MOST / 2).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_told_by_length_and_digest_only() {
        let shown = Shown::Sealed { length: 12, digest: Some("3fa9".to_owned()) };
        assert_eq!(inline(&shown), "‹sealed 12 bytes, 3fa9…›");
        assert_eq!(inline(&Shown::Sealed { length: 1, digest: None }), "‹sealed 1 byte›");
    }

    #[test]
    fn long_values_are_shown_where_they_differ() {
        let long = "x".repeat(100);
        let (before, after) = around_difference(&format!("{long}one{long}"), &format!("{long}two{long}"));
        let side = "x".repeat(CONTEXT);
        assert_eq!(before, format!("…{side}one{side}…"));
        assert_eq!(after, format!("…{side}two{side}…"));
    }

    #[test]
    fn a_value_that_repeats_its_neighbour_is_not_cut_twice() {
        assert_eq!(around_difference("aa", "aaa"), ("aa".to_owned(), "aaa".to_owned()));
    }

    #[test]
    fn one_line_with_a_line_end_is_no_text_of_several_lines() {
        assert_eq!(multi_line(&Shown::Plain(json!("one\n"))), None);
        assert_eq!(multi_line(&Shown::Plain(json!("one\ntwo"))), Some("one\ntwo"));
    }
}
