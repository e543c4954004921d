//! What objects of every kind say of themselves.

use serde_json::Value;

use super::lens::{by_condition, condition, failed, generation, unknown, waiting};
use crate::model::{Body, ReadyReport};

/// What decides before any rule of a kind.
pub(super) fn first(live: &Body) -> Option<ReadyReport> {
    if live.text(&["metadata", "deletionTimestamp"]).is_some_and(|time| !time.is_empty()) {
        return Some(waiting("is being deleted"));
    }
    if let (Some(now), Some(observed)) = (generation(live), observed_generation(live))
        && now != observed
    {
        return Some(waiting(format!(
            "generation {now} is not observed yet, the last one seen is {observed}"
        )));
    }
    if let Some(found) = condition(live, "Reconciling").filter(|found| found.is_true()) {
        return Some(waiting(found.said()));
    }
    condition(live, "Stalled").filter(|found| found.is_true()).map(|found| failed(found.said()))
}

/// What decides for a kind without a rule: the condition Ready, where there is one.
pub(super) fn last(live: &Body) -> ReadyReport {
    if condition(live, "Ready").is_some() {
        return by_condition(live, "Ready");
    }
    unknown(format!("no readiness rule for {}", live.kind()))
}

/// `status.observedGeneration`; some operators write it as text.
fn observed_generation(live: &Body) -> Option<i64> {
    match live.at(&["status", "observedGeneration"])? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
