//! Asking before anything is written.

use std::io::{BufRead, Write};

use super::failure::{Failure, FailureKind};
use crate::sys::Terminal;

/// Asks for `yes`; anything else, and no terminal to type it at, is a refusal.
pub fn confirm(
    question: &str,
    terminal: &Terminal,
    input: &mut dyn BufRead,
    talk: &mut dyn Write,
) -> Result<(), Failure> {
    if !terminal.stdin {
        return Err(Failure::new(FailureKind::Blocked, "nobody is there to approve: stdin is no terminal")
            .hint("look at the plan, then pass `--auto-approve`"));
    }
    let asked = write!(talk, "{question}\nType `yes` to go on: ").and_then(|()| talk.flush());
    let mut answer = String::new();
    asked.and_then(|()| input.read_line(&mut answer)).map_err(|error| {
        Failure::of(FailureKind::Blocked, &error).hint("pass `--auto-approve` where nobody can type")
    })?;
    if answer.trim() == "yes" {
        Ok(())
    } else {
        Err(Failure::new(FailureKind::Blocked, "not approved, nothing was written"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(typed: &str, terminal: Terminal) -> (Option<String>, String) {
        let mut talk = Vec::new();
        let answer = confirm("Apply 3 changes to prod?", &terminal, &mut typed.as_bytes(), &mut talk);
        (answer.err().map(|failure| failure.message), String::from_utf8(talk).unwrap())
    }

    fn screen() -> Terminal {
        Terminal { stdin: true, ..Terminal::default() }
    }

    #[test]
    fn only_the_whole_word_approves() {
        assert_eq!(answer("yes\n", screen()).0, None);
        for typed in ["y\n", "YES\n", "no\n", "", "yes please\n"] {
            assert_eq!(
                answer(typed, screen()).0.as_deref(),
                Some("not approved, nothing was written"),
                "{typed}"
            );
        }
    }

    #[test]
    fn without_a_terminal_nothing_is_asked_and_nothing_approved() {
        let (refusal, talk) = answer("yes\n", Terminal::default());
        assert_eq!(refusal.as_deref(), Some("nobody is there to approve: stdin is no terminal"));
        assert_eq!(talk, "");
    }
}
