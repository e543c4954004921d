//! Places in files, and the mistakes found there.

use std::{fmt, sync::Arc};

/// A place in a file of the repository; line and column count from 1, column in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Path from the repository's root, with `/`.
    pub file: Arc<str>,
    /// Line, from 1; 0 means the file as a whole.
    pub line: u32,
    /// Column, from 1; 0 means the line as a whole.
    pub column: u32,
}

impl Place {
    /// A file as a whole.
    pub fn file(file: impl Into<Arc<str>>) -> Self {
        Self { file: file.into(), line: 0, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}:1:1", self.file),
            (line, column) => write!(f, "{}:{line}:{}", self.file, column.max(1)),
        }
    }
}

/// Where an object comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file and line at which the object begins.
    pub place: Place,
    /// The source of the stack that made it, as in `manifests` or `configMap`.
    pub source: &'static str,
}

/// One mistake in the repository, where it stands and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// What to type or do.
    pub help: Option<String>,
}

impl Problem {
    /// A mistake at a place.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), help: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Severity of a [`Finding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Blocks: exit 3.
    Error,
    /// Shown, never blocks.
    Warning,
    /// Worth knowing.
    Info,
    /// Could not be decided.
    Unknown,
}

/// Something noticed about an object or a file that is well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable id of the check, as in `ignored-file`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The object concerned, as printed.
    pub object: Option<String>,
    /// Where it stands.
    pub place: Option<Place>,
    /// What was noticed.
    pub message: String,
    /// What to type or do.
    pub fix: Option<String>,
}
