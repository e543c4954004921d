//! The kinds of prometheus-operator.

use serde_json::Value;

use super::lens::{condition, ready, waiting};
use crate::model::{Body, ReadyReport};

/// A server is ready once Available and Reconciled both hold for the generation that is there.
///
/// Operators before 0.56 write no `observedGeneration` on conditions; their word is taken as it is.
pub(super) fn server(live: &Body) -> ReadyReport {
    if live.at(&["spec", "paused"]) == Some(&Value::Bool(true)) {
        return ready("is paused: the operator leaves it alone");
    }
    for sort in ["Reconciled", "Available"] {
        match condition(live, sort) {
            None => return waiting(format!("the operator has not reported {sort} yet")),
            Some(found) if found.is_stale(live) => {
                return waiting(format!("the operator has not seen the newest generation ({sort})"));
            }
            Some(found) if found.is_true() => {}
            Some(found) => return waiting(found.said()),
        }
    }
    ready("available and reconciled")
}

/// Rules, monitors and Alertmanager configuration are ready once written; a rejection is told.
pub(super) fn configuration(live: &Body) -> ReadyReport {
    let rejected = live.items(&["status", "bindings"]).iter().find_map(|binding| {
        let name = binding.get("name").and_then(Value::as_str).unwrap_or("a server");
        let refusal = binding.get("conditions")?.as_array()?.iter().find(|condition| {
            let is = |key, value: &str| condition.get(key).and_then(Value::as_str) == Some(value);
            is("type", "Accepted") && is("status", "False")
        })?;
        let why = refusal.get("message").and_then(Value::as_str).unwrap_or("no reason given");
        Some(format!("written, but {name} does not accept it: {why}"))
    });
    ready(rejected.unwrap_or_else(|| "written".to_owned()))
}
