//! Reading the status of an object without tripping over what is not there.

use serde_json::Value;

use crate::model::{Body, Readiness, ReadyReport};

/// As declared.
pub(super) fn ready(message: impl Into<String>) -> ReadyReport {
    ReadyReport { readiness: Readiness::Ready, message: message.into() }
}

/// On its way.
pub(super) fn waiting(message: impl Into<String>) -> ReadyReport {
    ReadyReport { readiness: Readiness::InProgress, message: message.into() }
}

/// Not to become ready by itself.
pub(super) fn failed(message: impl Into<String>) -> ReadyReport {
    ReadyReport { readiness: Readiness::Failed, message: message.into() }
}

/// Without a rule.
pub(super) fn unknown(message: impl Into<String>) -> ReadyReport {
    ReadyReport { readiness: Readiness::Unknown, message: message.into() }
}

/// A whole number, or what counts where there is none.
pub(super) fn number(live: &Body, path: &[&str], otherwise: i64) -> i64 {
    live.at(path).and_then(Value::as_i64).unwrap_or(otherwise)
}

/// `metadata.generation`.
pub(super) fn generation(live: &Body) -> Option<i64> {
    live.at(&["metadata", "generation"]).and_then(Value::as_i64)
}

/// One of `status.conditions`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition<'a>(&'a Value);

impl<'a> Condition<'a> {
    fn text(self, key: &str) -> &'a str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// Its type.
    pub(super) fn sort(self) -> &'a str {
        self.text("type")
    }

    /// Its reason.
    pub(super) fn reason(self) -> &'a str {
        self.text("reason")
    }

    /// Its message.
    pub(super) fn message(self) -> &'a str {
        self.text("message")
    }

    /// Whether its status is `True`.
    pub(super) fn is_true(self) -> bool {
        self.text("status") == "True"
    }

    /// Whether its status is `False`.
    pub(super) fn is_false(self) -> bool {
        self.text("status") == "False"
    }

    /// Whether it speaks of an older generation than the object has.
    pub(super) fn is_stale(self, live: &Body) -> bool {
        let observed = self.0.get("observedGeneration").and_then(Value::as_i64);
        matches!((observed, generation(live)), (Some(observed), Some(now)) if observed < now)
    }

    /// What it says, as in `condition Ready is False: Issuing, waiting for the CA`.
    pub(super) fn said(self) -> String {
        let parts: Vec<&str> = [self.reason(), self.message()]
            .into_iter()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let status = self.text("status");
        let status = if status.is_empty() { "not set" } else { status };
        let head = format!("condition {} is {status}", self.sort());
        if parts.is_empty() { head } else { format!("{head}: {}", parts.join(", ")) }
    }
}

/// All of `status.conditions`.
pub(super) fn conditions(live: &Body) -> impl Iterator<Item = Condition<'_>> {
    live.items(&["status", "conditions"]).iter().filter(|item| item.is_object()).map(Condition)
}

/// The condition of a type.
pub(super) fn condition<'a>(live: &'a Body, sort: &str) -> Option<Condition<'a>> {
    conditions(live).find(|condition| condition.sort() == sort)
}

/// Ready once a condition is `True` for the generation that is there.
pub(super) fn by_condition(live: &Body, sort: &str) -> ReadyReport {
    match condition(live, sort) {
        None => waiting(format!("condition {sort} is not reported yet")),
        Some(found) if found.is_stale(live) => {
            waiting(format!("condition {sort} is about an older generation"))
        }
        Some(found) if found.is_true() => ready(format!("condition {sort} is True")),
        Some(found) => waiting(found.said()),
    }
}
