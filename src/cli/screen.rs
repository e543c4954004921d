//! Redrawing a block of lines at the end of a terminal.

use std::io::{self, Write};

/// How many lines of a block stand on the terminal.
#[derive(Debug, Default)]
pub struct Screen {
    drawn: usize,
}

impl Screen {
    /// Removes the block, writes the lines that stay, and draws the block anew below them.
    ///
    /// The lines of the block must fit the terminal's width, or its lines would be counted wrong.
    pub fn draw(&mut self, out: &mut dyn Write, stay: &[String], block: &[String]) -> io::Result<()> {
        let mut text = String::new();
        if self.drawn > 0 {
            // Up to the first line of the block, then everything from there to the end is erased.
            text.push_str(&["\u{1b}[", &self.drawn.to_string(), "A\r\u{1b}[J"].concat());
        }
        for line in stay.iter().chain(block) {
            text.push_str(line);
            text.push('\n');
        }
        self.drawn = block.len();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_replaced_by_the_next_and_lines_above_it_stay() {
        let mut screen = Screen::default();
        let mut out = Vec::new();
        let lines = |text: &[&str]| -> Vec<String> { text.iter().map(|&line| line.to_owned()).collect() };
        screen.draw(&mut out, &[], &lines(&["a", "b"])).unwrap();
        screen.draw(&mut out, &lines(&["done"]), &lines(&["c"])).unwrap();
        screen.draw(&mut out, &[], &[]).unwrap();
        screen.draw(&mut out, &lines(&["end"]), &[]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "a\nb\n\u{1b}[2A\r\u{1b}[Jdone\nc\n\u{1b}[1A\r\u{1b}[Jend\n");
    }
}
