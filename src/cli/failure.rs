//! Why a command did not come to a good end, as the user reads it.

use std::error::Error;

use super::exit::Exit;

/// Whose fault it is and what became of the run; each has its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// It did not work and nothing was written: cluster not reached, no permission, a file not read.
    Failed,
    /// Findings, a guard or a missing approval stand in the way.
    Blocked,
    /// Something was written and something was not, or is not ready.
    Partial,
    /// It failed and was undone.
    RolledBack,
    /// The cluster moved since the plan was made.
    Stale,
    /// Another run holds the lock.
    Locked,
    /// The call itself is wrong.
    BadCall,
    /// The repository has mistakes.
    Mistakes,
    /// A bug of obsctl.
    Bug,
    /// The user stopped it.
    Interrupted,
}

impl FailureKind {
    /// The exit code.
    pub fn exit(self) -> Exit {
        match self {
            Self::Failed => Exit::Failed,
            Self::Blocked => Exit::Blocked,
            Self::Partial => Exit::Partial,
            Self::RolledBack => Exit::RolledBack,
            Self::Stale => Exit::Stale,
            Self::Locked => Exit::Locked,
            Self::BadCall => Exit::BadCall,
            Self::Mistakes => Exit::Mistakes,
            Self::Bug => Exit::Bug,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}

/// A failure with its causes, outermost first, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose fault.
    pub kind: FailureKind,
    /// What did not work, lower case, no full stop; empty where it was already told.
    pub message: String,
    /// Why, the nearest cause first.
    pub causes: Vec<String>,
    /// What to do or to type.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure with a message.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// A failure of which the user was told already.
    pub fn told(kind: FailureKind) -> Self {
        Self::new(kind, "")
    }

    /// A failure made of an error and the chain of its sources.
    pub fn of(kind: FailureKind, error: &dyn Error) -> Self {
        let mut failure = Self::new(kind, error.to_string());
        let mut last = failure.message.clone();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Libraries that print their source in their own text would say everything twice.
            if !last.ends_with(&text) {
                failure.causes.push(text.clone());
            }
            last = text;
            source = cause.source();
        }
        failure
    }

    /// The same with one cause more.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The text for stderr: `error: …`, numbered causes, `hint:` lines; empty where there is nothing to say.
    pub fn text(&self, color: Color) -> String {
        let mut lines = Vec::new();
        if !self.message.is_empty() {
            lines.push(format!("{} {}", color.bad("error:"), self.message));
        }
        let causes = self.causes.iter().enumerate();
        lines.extend(causes.map(|(number, cause)| format!("  {}: {cause}", number + 1)));
        lines.extend(self.hints.iter().map(|hint| format!("{} {hint}", color.place("hint:"))));
        if lines.is_empty() {
            return String::new();
        }
        if self.kind == FailureKind::Bug {
            lines.push(
                "This is a bug of obsctl. Please report it with the command that you typed.".to_owned(),
            );
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// Whether the talk is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// With ANSI codes.
    On,
    /// Plain.
    Off,
}

impl Color {
    fn bad(self, text: &str) -> String {
        self.code("31;1", text)
    }

    fn place(self, text: &str) -> String {
        self.code("36", text)
    }

    fn code(self, code: &str, text: &str) -> String {
        match self {
            Self::On => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Off => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read the kubeconfig")]
    struct Outer(#[source] Middle);

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open `x`: {0}")]
    struct Middle(#[source] std::io::Error);

    #[test]
    fn causes_are_numbered_and_not_said_twice() {
        let io = std::io::Error::new(std::io::ErrorKind::NotFound, "no such file");
        let failure =
            Failure::of(FailureKind::Failed, &Outer(Middle(io))).hint("name one with `--kubeconfig`");
        expect![[r"
            error: cannot read the kubeconfig
              1: cannot open `x`: no such file
            hint: name one with `--kubeconfig`
        "]]
        .assert_eq(&failure.text(Color::Off));
        assert_eq!(failure.kind.exit().code(), 1);
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        assert_eq!(Failure::told(FailureKind::Mistakes).text(Color::On), "");
    }
}
