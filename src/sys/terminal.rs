//! What the program is connected to.

use std::io::IsTerminal as _;

/// The facts of the terminal and of the variables that describe it, read once at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact of the machine")]
pub struct Terminal {
    /// Whether somebody can type.
    pub stdin: bool,
    /// Whether the result goes to a screen.
    pub stdout: bool,
    /// Whether the talk goes to a screen.
    pub stderr: bool,
    /// Columns.
    pub width: usize,
    /// Lines.
    pub height: usize,
    /// Whether `NO_COLOR` is set to anything.
    pub no_color: bool,
    /// Whether `CI` is set to anything but `false` or `0`.
    pub ci: bool,
    /// Whether `TERM` is `dumb`: no cursor movements.
    pub dumb: bool,
}

impl Default for Terminal {
    /// No terminal at all.
    fn default() -> Self {
        Self {
            stdin: false,
            stdout: false,
            stderr: false,
            width: 100,
            height: 24,
            no_color: false,
            ci: false,
            dumb: false,
        }
    }
}

impl Terminal {
    /// Asks the machine.
    pub fn read() -> Self {
        let (width, height) = size();
        let set = |name| variable(name).is_some_and(|value| !value.is_empty());
        Self {
            stdin: std::io::stdin().is_terminal(),
            stdout: std::io::stdout().is_terminal(),
            stderr: std::io::stderr().is_terminal(),
            width,
            height,
            no_color: set("NO_COLOR"),
            ci: variable("CI").is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false")),
            dumb: variable("TERM").is_some_and(|value| value == "dumb"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place where terminal variables are read")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Columns and lines of the screen that stdout or stderr goes to; wide where there is none.
fn size() -> (usize, usize) {
    let fallback = Terminal::default();
    let asked = rustix::termios::tcgetwinsize(std::io::stdout())
        .or_else(|_| rustix::termios::tcgetwinsize(std::io::stderr()));
    match asked {
        Ok(size) if size.ws_col > 0 => (usize::from(size.ws_col), usize::from(size.ws_row.max(4))),
        Ok(_) | Err(_) => (fallback.width, fallback.height),
    }
}
