//! What the API server is asked in a dry-run, and what it answers.

use std::sync::Arc;

use super::{body::Body, live::LiveObject, plan::Precondition};

/// One server-side apply dry-run (design 5.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What is sent, without the precondition.
    pub body: Body,
    /// Must hold when the dry-run arrives.
    pub precondition: Precondition,
    /// Whether conflicts are overruled.
    pub force: bool,
    /// Field manager.
    pub manager: String,
}

/// One field that another manager owns with another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictCause {
    /// The other manager as the server names it: `kubectl-edit`, or quoted with its subresource and version.
    pub manager: String,
    /// The field's path as the server prints it.
    pub field: String,
    /// The server's words.
    pub message: String,
}

/// One cause of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Machine-readable reason, as in `FieldValueInvalid`.
    pub reason: String,
    /// The field concerned, as the server prints it.
    pub field: String,
    /// The server's words.
    pub message: String,
}

/// An error answer of the API server other than a conflict over fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status code.
    pub code: u16,
    /// Machine-readable reason, as in `Invalid`.
    pub reason: String,
    /// The server's words.
    pub message: String,
    /// Details by field.
    pub causes: Vec<Cause>,
}

/// What a [`Question`] was answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The object as it would be.
    Accepted(Arc<LiveObject>),
    /// Fields of other managers stand in the way.
    Conflict(Vec<ConflictCause>),
    /// The server refuses.
    Refused(Refusal),
    /// No answer came; the text says why.
    Unreachable(String),
}
