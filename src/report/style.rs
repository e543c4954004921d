//! Colour, width and the glyphs of actions.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::model::{Action, Severity};

/// How text is shown; nothing depends on colour to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours are written.
    pub color: bool,
    /// Columns of the terminal; 100 where there is none.
    pub width: usize,
    /// Whether everything is shown: fields of creations, all edges, ownership changes.
    pub verbose: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 100, verbose: false }
    }
}

/// A colour by its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    /// Made, good.
    Good,
    /// Changed, to be watched.
    Changed,
    /// Deleted, bad.
    Bad,
    /// Of lesser weight.
    Faint,
    /// Of greater weight.
    Strong,
    /// A place or a link.
    Place,
    /// A word that differs in a line that was there before.
    WordBefore,
    /// A word that differs in a line that is there after.
    WordAfter,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Changed => "33",
            Self::Bad => "31",
            Self::Faint => "2",
            Self::Strong => "1",
            Self::Place => "36",
            Self::WordBefore => "31;7",
            Self::WordAfter => "32;7",
        }
    }
}

impl Style {
    /// The text in a colour, or as it is.
    pub(super) fn paint(&self, paint: Paint, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", paint.code())
        } else {
            text.to_owned()
        }
    }
}

/// The glyph that stands before a step.
pub(super) fn glyph(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Patch => "~",
        Action::Ownership => "=",
        Action::Replace => "-/+",
        Action::Adopt => "↦",
        Action::Handover => "⇄",
        Action::Prune => "-",
        Action::Release => "○",
        Action::Await => "…",
    }
}

/// The colour of a step.
pub(super) fn action_paint(action: Action) -> Paint {
    match action {
        Action::Create => Paint::Good,
        Action::Patch | Action::Adopt | Action::Handover => Paint::Changed,
        Action::Replace | Action::Prune => Paint::Bad,
        Action::Ownership | Action::Release | Action::Await => Paint::Faint,
    }
}

/// The word of a severity.
pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
        Severity::Unknown => "unknown",
    }
}

/// The colour of a severity.
pub(super) fn severity_paint(severity: Severity) -> Paint {
    match severity {
        Severity::Error => Paint::Bad,
        Severity::Warning => Paint::Changed,
        Severity::Info | Severity::Unknown => Paint::Place,
    }
}

/// Adds formatted text.
pub(super) fn add(text: &mut String, more: fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    text.write_fmt(more).ok();
}

/// `1 object`, `2 objects`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The first characters of a line that fit into `width` columns, with `…` where something is left out.
///
/// The line must hold no ANSI codes.
pub(super) fn cut(line: &str, width: usize) -> Cow<'_, str> {
    if line.width() <= width {
        return Cow::Borrowed(line);
    }
    let mut used = 0;
    let mut kept = String::new();
    for c in line.chars() {
        used += c.width().unwrap_or(0);
        if used >= width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// Text of others made harmless: control characters, which could move the cursor, are written as escapes.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let odd = |c: char| (c.is_control() && c != '\t') || is_direction_mark(c);
    if !text.contains(odd) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if odd(c) { safe.extend(c.escape_unicode()) } else { safe.push(c) }
    }
    Cow::Owned(safe)
}

/// Marks that reorder what a reader sees and so can hide a change.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_by_columns_not_by_bytes() {
        assert_eq!(cut("監視スタック", 12), "監視スタック");
        assert_eq!(cut("監視スタック", 8), "監視ス…");
        assert_eq!(cut("abcdef", 4), "abc…");
    }

    #[test]
    fn escape_codes_of_others_do_not_reach_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
        assert_eq!(harmless("plain ‹text›"), "plain ‹text›");
    }

    #[test]
    fn without_colour_nothing_is_added() {
        assert_eq!(Style::default().paint(Paint::Bad, "x"), "x");
        let colourful = Style { color: true, ..Style::default() };
        assert_eq!(colourful.paint(Paint::Bad, "x"), "\u{1b}[31mx\u{1b}[0m");
    }
}
