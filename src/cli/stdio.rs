//! The three streams and how they are written to.

use std::io::{BufRead, ErrorKind, Write};

use super::{
    args::{ColorChoice, Global},
    failure::{Color, Failure, FailureKind},
};
use crate::report::Style;
use crate::sys::Terminal;

/// The streams of a run and the facts of its terminal.
pub struct Stdio<'a> {
    /// The result.
    pub out: &'a mut dyn Write,
    /// The talk.
    pub talk: &'a mut dyn Write,
    /// What the user types.
    pub input: &'a mut dyn BufRead,
    /// What the streams are connected to.
    pub terminal: Terminal,
    /// Whether the reader of the result went away.
    pub reader_gone: bool,
}

impl Stdio<'_> {
    /// Writes a part of the result. A reader that went away, as `head` does, is no failure.
    pub fn result(&mut self, text: &str) -> Result<(), Failure> {
        if self.reader_gone {
            return Ok(());
        }
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.reader_gone = true;
                Ok(())
            }
            Err(error) => {
                Err(Failure::new(FailureKind::Failed, "cannot write the result").cause(error.to_string()))
            }
        }
    }

    /// Writes a part of the talk; nobody can be told where that fails.
    pub fn say(&mut self, text: &str) {
        self.talk.write_all(text.as_bytes()).and_then(|()| self.talk.flush()).ok();
    }

    /// How results are shown.
    pub fn style(&self, global: &Global) -> Style {
        let terminal = &self.terminal;
        let color = colored(global.color, terminal.stdout, terminal);
        Style { color, width: terminal.width, verbose: global.verbose > 0 }
    }

    /// How the talk is shown.
    pub fn talk_style(&self, global: &Global) -> Style {
        Style { color: self.talk_color(global) == Color::On, ..self.style(global) }
    }

    /// Whether the talk is coloured.
    pub fn talk_color(&self, global: &Global) -> Color {
        let terminal = &self.terminal;
        if colored(global.color, terminal.stderr, terminal) { Color::On } else { Color::Off }
    }

    /// Whether progress is redrawn in place; else it is told by lines.
    pub fn is_live(&self, global: &Global) -> bool {
        self.terminal.stderr && !self.terminal.ci && !self.terminal.dumb && !global.quiet
    }
}

#[expect(clippy::fn_params_excessive_bools, reason = "the stream's own fact is one of the terminal's")]
fn colored(choice: ColorChoice, screen: bool, terminal: &Terminal) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => screen && !terminal.no_color && !terminal.dumb,
    }
}
