//! Custom resources whose operators report one word.

use super::lens::{failed, number, ready, waiting};
use crate::model::{Body, ReadyReport};

const SILENT: &str = "the operator has not reported yet";

/// An object of Elastic's operator is ready while its health is green.
pub(super) fn elastic(live: &Body) -> ReadyReport {
    let text = |name| live.text(&["status", name]).unwrap_or_default();
    match (text("health"), text("phase")) {
        (_, "Invalid") => failed("its phase is Invalid"),
        ("green", "" | "Ready") => ready("health is green"),
        ("", "") => waiting(SILENT),
        (health, "") => waiting(format!("health is {health}")),
        (health, phase) => waiting(format!("health is {health}, phase is {phase}")),
    }
}

/// A Jaeger is ready while its phase is Running.
pub(super) fn jaeger(live: &Body) -> ReadyReport {
    match live.text(&["status", "phase"]).unwrap_or_default() {
        "Running" => ready("its phase is Running"),
        "Failed" => failed("its phase is Failed"),
        "" => waiting(SILENT),
        phase => waiting(format!("its phase is {phase}")),
    }
}

/// A MongoDB replica set is ready while Running at the version and size that are declared.
pub(super) fn mongodb(live: &Body) -> ReadyReport {
    let phase = live.text(&["status", "phase"]).unwrap_or_default();
    if phase != "Running" {
        let message = live.text(&["status", "message"]).unwrap_or_default();
        let said =
            if phase.is_empty() { SILENT.to_owned() } else { format!("its phase is {phase} {message}") };
        return waiting(said.trim_end());
    }
    if let (Some(have), Some(want)) = (live.text(&["status", "version"]), live.text(&["spec", "version"]))
        && have != want
    {
        return waiting(format!("runs version {have}, not yet {want}"));
    }
    let have = number(live, &["status", "currentMongoDBMembers"], -1);
    let want = number(live, &["spec", "members"], have);
    if have >= 0 && have != want {
        return waiting(format!("{have} of {want} members are there"));
    }
    ready("its phase is Running")
}

/// An application of Kubeflow's Spark operator is ready while it runs with its executors, or has completed.
pub(super) fn spark(live: &Body) -> ReadyReport {
    let state = live.text(&["status", "applicationState", "state"]).unwrap_or_default();
    let why = live.text(&["status", "applicationState", "errorMessage"]).unwrap_or_default();
    match state {
        "COMPLETED" => ready("has completed"),
        "RUNNING" => executors(live),
        "FAILED" | "SUBMISSION_FAILED" => failed(format!("its state is {state} {why}").trim_end()),
        "" => waiting(SILENT),
        _ => waiting(format!("its state is {state} {why}").trim_end()),
    }
}

fn executors(live: &Body) -> ReadyReport {
    let running = live.map(&["status", "executorState"]).map_or(0, |states| {
        states.values().filter(|state| matches!(state.as_str(), Some("RUNNING" | "COMPLETED"))).count()
    });
    let dynamic = ["spec", "dynamicAllocation"];
    let on = live.at(&dynamic).and_then(|it| it.get("enabled")).and_then(serde_json::Value::as_bool);
    let wanted = if on == Some(true) {
        let least = number(live, &["spec", "dynamicAllocation", "minExecutors"], 0);
        number(live, &["spec", "dynamicAllocation", "initialExecutors"], 0).max(least)
    } else {
        number(live, &["spec", "executor", "instances"], 1)
    };
    if i64::try_from(running).is_ok_and(|running| running >= wanted) {
        return ready(format!("runs with {running} executors"));
    }
    waiting(format!("{running} of {wanted} executors run"))
}

/// A schedule of Kubeflow's Spark operator is ready once it is taken in.
pub(super) fn spark_schedule(live: &Body) -> ReadyReport {
    match live.text(&["status", "scheduleState"]).unwrap_or_default() {
        "Scheduled" => ready("is scheduled"),
        "FailedValidation" => {
            failed(live.text(&["status", "reason"]).unwrap_or("its state is FailedValidation"))
        }
        "" => waiting(SILENT),
        state => waiting(format!("its state is {state}")),
    }
}

/// An application or cluster of Apache's Spark operator is ready while it runs in health, or has succeeded.
pub(super) fn apache_spark(live: &Body) -> ReadyReport {
    match live.text(&["status", "currentState", "currentStateSummary"]).unwrap_or_default() {
        "" => waiting(SILENT),
        state @ ("RunningHealthy" | "Succeeded" | "ResourceReleased") => {
            ready(format!("its state is {state}"))
        }
        state @ ("Failed" | "SchedulingFailure" | "TerminatedWithoutReleaseResources") => {
            failed(format!("its state is {state}"))
        }
        state => waiting(format!("its state is {state}")),
    }
}

/// An object of VictoriaMetrics' operator is ready once its update is operational.
pub(super) fn victoria(live: &Body) -> ReadyReport {
    match live.text(&["status", "updateStatus"]).unwrap_or_default() {
        "operational" => ready("its update is operational"),
        "paused" => ready("is paused"),
        "" => waiting(SILENT),
        state => {
            let why = live.text(&["status", "reason"]).unwrap_or_default();
            waiting(format!("its update is {state} {why}").trim_end())
        }
    }
}
