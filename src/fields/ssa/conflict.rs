//! Why a write is refused, in the server's words.

use std::fmt::Write as _;

use super::golang::quoted;

/// Why a write is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Others own fields and have other values: 409 with these causes.
    Conflicts(Vec<Conflict>),
    /// The object does not fit its schema: 500 without a reason.
    Invalid(String),
    /// The request is malformed: 400.
    BadRequest(String),
}

/// One field that another manager owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The other manager.
    pub manager: String,
    /// Whether its entry is of an apply; else of an update.
    pub apply: bool,
    /// The subresource it wrote to.
    pub subresource: Option<String>,
    /// `apiVersion` of its fields, kept for updates only.
    pub api_version: Option<String>,
    /// The field, as the server prints it.
    pub path: String,
}

impl Conflict {
    /// The other manager as messages name it.
    fn holder(&self) -> String {
        let mut text = quoted(&self.manager);
        if let Some(subresource) = &self.subresource {
            let _infallible = write!(text, " with subresource {}", quoted(subresource));
        }
        if let (false, Some(version)) = (self.apply, &self.api_version) {
            let _infallible = write!(text, " using {version}");
        }
        text
    }

    /// The message of its cause, whose reason is `FieldManagerConflict` and whose field is the path.
    pub fn message(&self) -> String {
        format!("conflict with {}", self.holder())
    }
}

impl Refused {
    /// The message of the server's answer.
    pub fn message(&self) -> String {
        match self {
            Self::Conflicts(conflicts) => conflicts_message(conflicts),
            Self::Invalid(message) | Self::BadRequest(message) => message.clone(),
        }
    }
}

/// Conflicts of one manager stand together, and the managers in order.
fn conflicts_message(conflicts: &[Conflict]) -> String {
    if let [only] = conflicts {
        return format!("Apply failed with 1 conflict: conflict with {}: {}", only.holder(), only.path);
    }
    let mut text = format!("Apply failed with {} conflicts: ", conflicts.len());
    let mut before = None;
    for conflict in conflicts {
        let holder = conflict.holder();
        if before.as_ref() != Some(&holder) {
            let gap = if before.is_some() { "\n" } else { "" };
            let _infallible = write!(text, "{gap}conflicts with {holder}:");
        }
        let _infallible = write!(text, "\n- {}", conflict.path);
        before = Some(holder);
    }
    text
}
