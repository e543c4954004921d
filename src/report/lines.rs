//! Texts of several lines, compared line by line.

use similar::{ChangeTag, DiffOp, TextDiff};

use super::style::{Paint, Style, harmless};

/// Lines shown before and after each change.
const CONTEXT: usize = 3;
/// Lines of one change up to which words are compared; the time grows with their square.
const MOST_FOR_WORDS: usize = 60;

/// What a line of the comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The line number of what follows.
    Place,
    /// In both.
    Same,
    /// Only before.
    Before,
    /// Only after.
    After,
}

/// A line of the comparison, in pieces that are to be emphasised or not.
#[derive(Debug)]
pub(super) struct Line {
    /// What it is.
    pub(super) mark: Mark,
    /// Its text; `true` where a word differs from the line it replaces.
    pub(super) pieces: Vec<(bool, String)>,
}

impl Line {
    /// The text without emphasis.
    pub(super) fn plain(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The text with changed words marked: by colour, else as `[-before-]` and `{+after+}`.
    pub(super) fn marked(&self, style: &Style) -> String {
        let (paint, word, open, close) = match self.mark {
            Mark::Before => (Paint::Bad, Paint::WordBefore, "[-", "-]"),
            Mark::After => (Paint::Good, Paint::WordAfter, "{+", "+}"),
            Mark::Same | Mark::Place => (Paint::Faint, Paint::Faint, "", ""),
        };
        let mut text = String::new();
        for (emphasised, piece) in &self.pieces {
            match (emphasised, style.color) {
                (true, true) => text.push_str(&style.paint(word, piece)),
                (true, false) => {
                    text.push_str(open);
                    text.push_str(piece);
                    text.push_str(close);
                }
                (false, _) => text.push_str(&style.paint(paint, piece)),
            }
        }
        text
    }
}

/// The hunks of two texts, each with its first line number.
pub(super) fn compare(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        if let Some(first) = group.first() {
            lines.push(Line { mark: Mark::Place, pieces: vec![(false, place(first.new_range().start))] });
        }
        for op in &group {
            lines.extend(lines_of(&diff, op));
        }
    }
    mark_missing_line_end(before, after, &mut lines);
    lines
}

fn lines_of(diff: &TextDiff<'_, '_, str>, op: &DiffOp) -> Vec<Line> {
    if op.old_range().len().max(op.new_range().len()) > MOST_FOR_WORDS {
        let line = |change: similar::Change<&str>| Line {
            mark: mark(change.tag()),
            pieces: tidy([(false, change.value().to_owned())].into_iter()),
        };
        return diff.iter_changes(op).map(line).collect();
    }
    // No deadline: with one, the same texts could be shown differently on a busy machine.
    diff.iter_inline_changes_deadline(op, None)
        .map(|change| Line {
            mark: mark(change.tag()),
            pieces: tidy(change.iter_strings_lossy().map(|(word, text)| (word, text.into_owned()))),
        })
        .collect()
}

fn mark(tag: ChangeTag) -> Mark {
    match tag {
        ChangeTag::Equal => Mark::Same,
        ChangeTag::Delete => Mark::Before,
        ChangeTag::Insert => Mark::After,
    }
}

fn place(index: usize) -> String {
    format!("line {}:", index + 1)
}

/// Pieces without line ends; a line that differs as a whole needs no mark on its words.
fn tidy(pieces: impl Iterator<Item = (bool, String)>) -> Vec<(bool, String)> {
    let mut tidied: Vec<(bool, String)> = Vec::new();
    for (emphasised, text) in pieces {
        let text = harmless(text.trim_end_matches(['\n', '\r'])).into_owned();
        if text.is_empty() {
            continue;
        }
        match tidied.last_mut() {
            Some((last, kept)) if *last == emphasised => kept.push_str(&text),
            Some(_) | None => tidied.push((emphasised, text)),
        }
    }
    if tidied.iter().all(|(emphasised, text)| *emphasised || text.trim().is_empty()) {
        for (emphasised, _) in &mut tidied {
            *emphasised = false;
        }
    }
    tidied
}

/// Two texts that differ only in the line end of their last line would otherwise show two equal lines.
fn mark_missing_line_end(before: &str, after: &str, lines: &mut [Line]) {
    if before.ends_with('\n') == after.ends_with('\n') {
        return;
    }
    let without = if before.ends_with('\n') { Mark::After } else { Mark::Before };
    if let Some(line) = lines.iter_mut().rev().find(|line| line.mark == without) {
        line.pieces.push((false, " ‹no line end›".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(before: &str, after: &str, text: &Expect) {
        let mut seen = String::new();
        for line in compare(before, after) {
            let sign = match line.mark {
                Mark::Place => "@",
                Mark::Same => " ",
                Mark::Before => "-",
                Mark::After => "+",
            };
            seen.push_str(format!("{sign} {}", line.marked(&Style::default())).trim_end());
            seen.push('\n');
        }
        text.assert_eq(&seen);
    }

    #[test]
    fn changed_words_are_marked_and_far_lines_left_out() {
        let before = "a\nb\nc\nd\nscrape_interval: 15s\nf\ng\nh\ni\n";
        let after = "a\nb\nc\nd\nscrape_interval: 30s\nf\ng\nh\ni\n";
        check(
            before,
            after,
            &expect![[r"
            @ line 2:
              b
              c
              d
            - scrape_interval: [-15s-]
            + scrape_interval: {+30s+}
              f
              g
              h
        "]],
        );
    }

    #[test]
    fn a_line_that_is_new_as_a_whole_bears_no_word_marks() {
        check(
            "a\n",
            "a\n- alert: TargetDown\n",
            &expect![[r"
            @ line 1:
              a
            + - alert: TargetDown
        "]],
        );
    }

    #[test]
    fn a_lost_line_end_is_told() {
        check(
            "a\nb\n",
            "a\nb",
            &expect![[r"
            @ line 1:
              a
            - b
            + b ‹no line end›
        "]],
        );
    }

    #[test]
    fn two_large_texts_that_share_little_are_compared_all_the_same() {
        let text = |word: &str| -> String {
            (0..6_000_u32)
                .map(
                    |n| if n % 50 == 0 { "same\n".to_owned() } else { [word, &n.to_string(), "\n"].concat() },
                )
                .collect()
        };
        assert!(compare(&text("before "), &text("after ")).len() > 10_000);
    }
}
