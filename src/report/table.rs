//! Columns that line up.

use unicode_width::UnicodeWidthStr as _;

use super::style::{Paint, Style};

/// A table of text; cells hold no ANSI codes.
#[derive(Debug, Default)]
pub(super) struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
}

impl Table {
    /// A table with these column heads.
    pub(super) fn new(heads: &[&'static str]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new(), right: Vec::new() }
    }

    /// Sets columns, counted from 0, to the right.
    pub(super) fn right(mut self, columns: &[usize]) -> Self {
        self.right = columns.to_vec();
        self
    }

    /// One row more.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, each after `indent`, with no white space at their ends.
    pub(super) fn lines(&self, indent: &str, style: &Style) -> Vec<String> {
        let heads: Vec<String> = self.heads.iter().map(|&head| head.to_owned()).collect();
        let columns = self.heads.len();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().chain([&heads]).filter_map(|row| row.get(column));
                cells.map(|cell| cell.width()).max().unwrap_or(0)
            })
            .collect();
        let head = style.paint(Paint::Strong, &self.line(&heads, &widths));
        let rows = self.rows.iter().map(|row| self.line(row, &widths));
        [head].into_iter().chain(rows).map(|line| format!("{indent}{line}")).collect()
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            if column > 0 {
                line.push_str("  ");
            }
            let space = " ".repeat(width.saturating_sub(cell.width()));
            if self.right.contains(&column) {
                line.push_str(&space);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&space);
            }
        }
        line.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

    use expect_test::expect;

    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen() {
        let mut table = Table::new(&["STACK", "N", "WHO"]).right(&[1]);
        table.row(vec!["監視".to_owned(), "7".to_owned(), "alice".to_owned()]);
        table.row(vec!["mlops".to_owned(), "12".to_owned(), String::new()]);
        let text = table.lines("", &Style::default()).join("\n");
        expect![[r#"
              STACK   N  WHO
              監視    7  alice
              mlops  12"#]]
        .assert_eq(&text);
    }
}
