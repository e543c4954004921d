//! Pods and Jobs.

use serde_json::Value;

use super::lens::{Condition, condition, conditions, failed, number, ready, waiting};
use crate::model::{Body, ReadyReport};

/// A Pod is ready once it says so, or has run to a good end.
///
/// One that cannot be scheduled is waited for: whether a node will come is a question of time, not of this object.
pub(super) fn pod(live: &Body) -> ReadyReport {
    match live.text(&["status", "phase"]).unwrap_or_default() {
        "Succeeded" => ready("has run to its end"),
        "Failed" => failed(format!("has failed{}", reason(live))),
        "Running" => running(live),
        "Pending" => match condition(live, "PodScheduled").filter(|found| found.is_false()) {
            Some(found) => waiting(found.said()),
            None => waiting("is pending"),
        },
        "" => waiting("is not observed yet"),
        phase => waiting(format!("its phase is {phase}")),
    }
}

fn running(live: &Body) -> ReadyReport {
    if condition(live, "Ready").is_some_and(Condition::is_true) {
        return ready("is ready");
    }
    let crashing: Vec<&str> = live
        .items(&["status", "containerStatuses"])
        .iter()
        .filter(|status| waiting_reason(status) == Some("CrashLoopBackOff"))
        .filter_map(|status| status.get("name").and_then(Value::as_str))
        .collect();
    if crashing.is_empty() {
        return waiting("is running and not ready yet");
    }
    failed(format!("containers crash again and again: {}", crashing.join(", ")))
}

fn waiting_reason(status: &Value) -> Option<&str> {
    status.get("state")?.get("waiting")?.get("reason")?.as_str()
}

fn reason(live: &Body) -> String {
    let said: Vec<&str> =
        ["reason", "message"].iter().filter_map(|key| live.text(&["status", key])).collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

/// A Job is ready once it is complete, or suspended on purpose.
pub(super) fn job(live: &Body) -> ReadyReport {
    let parallelism = number(live, &["spec", "parallelism"], 1);
    let wanted = number(live, &["spec", "completions"], parallelism);
    let counter = |name| number(live, &["status", name], 0);
    let suspended = live.at(&["spec", "suspend"]) == Some(&Value::Bool(true));
    for found in conditions(live).filter(|found| found.is_true()) {
        match found.sort() {
            "Complete" => return ready(format!("{} of {wanted} runs have completed", counter("succeeded"))),
            "Failed" => return failed(found.said()),
            "Suspended" if suspended => return ready("is suspended"),
            _ => {}
        }
    }
    if live.text(&["status", "startTime"]).unwrap_or_default().is_empty() {
        return waiting("has not started");
    }
    waiting(format!(
        "{} of {wanted} runs have completed, {} run, {} failed",
        counter("succeeded"),
        counter("active"),
        counter("failed")
    ))
}
