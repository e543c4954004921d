//! The kinds of the Grafana operator.

use serde_json::Value;

use super::lens::{conditions, failed, ready, waiting};
use crate::model::{Body, ReadyReport};

/// A Grafana is ready once the last stage of its reconciling succeeded.
pub(super) fn server(live: &Body) -> ReadyReport {
    let text = |name| live.text(&["status", name]).unwrap_or_default();
    match (text("stage"), text("stageStatus")) {
        ("complete", "success") => ready("all stages are complete"),
        ("", "") => waiting("the operator has not reported yet"),
        (stage, status) => {
            waiting(format!("stage {stage} is {status} {}", text("lastMessage")).trim_end().to_owned())
        }
    }
}

/// A dashboard, data source, folder, alert is ready once some Grafana has taken it in.
pub(super) fn content(live: &Body) -> ReadyReport {
    if let Some(bad) = conditions(live).find(|found| found.sort() == "InvalidSpec" && found.is_true()) {
        return failed(bad.said());
    }
    if live.at(&["status", "NoMatchingInstances"]) == Some(&Value::Bool(true)) {
        return waiting("no Grafana matches its instanceSelector");
    }
    if let Some(none) = conditions(live).find(|found| found.sort() == "NoMatchingInstance" && found.is_true())
    {
        return waiting(none.said());
    }
    match conditions(live).find(|found| found.sort().ends_with("Synchronized")) {
        Some(found) if found.is_stale(live) => waiting("the operator has not seen the newest generation"),
        Some(found) if found.is_true() => ready("synchronized"),
        Some(found) => waiting(found.said()),
        None if live.text(&["status", "hash"]).is_some_and(|hash| !hash.is_empty()) => ready("synchronized"),
        None => waiting("the operator has not reported yet"),
    }
}
