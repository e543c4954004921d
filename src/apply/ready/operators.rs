//! Custom resources whose operators report conditions or counts.

use super::lens::{Condition, by_condition, condition, ready, waiting};
use crate::model::{Body, Readiness, ReadyReport};

/// A collector is ready once its replicas are; a sidecar has none of its own.
pub(super) fn collector(live: &Body) -> ReadyReport {
    if live.text(&["spec", "mode"]) == Some("sidecar") {
        return ready("is a sidecar: it runs in the pods of others");
    }
    if live.text(&["status", "version"]).unwrap_or_default().is_empty() {
        return waiting("the operator has not reported yet");
    }
    match live.text(&["status", "scale", "statusReplicas"]).and_then(|text| text.split_once('/')) {
        Some((have, want)) if have != want => waiting(format!("{have} of {want} replicas are ready")),
        Some((have, want)) => ready(format!("{have} of {want} replicas are ready")),
        None => ready("the operator has reconciled it"),
    }
}

/// A kind whose operator writes no status.
pub(super) fn without_status(_live: &Body) -> ReadyReport {
    ready("written")
}

/// A ScaledObject or ScaledJob is ready once KEDA says so, or while it is paused.
pub(super) fn scaled(live: &Body) -> ReadyReport {
    if condition(live, "Paused").is_some_and(Condition::is_true) {
        return ready("is paused");
    }
    by_condition(live, "Ready")
}

/// A RabbitMQ cluster is ready once reconciled with all replicas ready.
pub(super) fn rabbitmq(live: &Body) -> ReadyReport {
    let reconciled = by_condition(live, "ReconcileSuccess");
    if reconciled.readiness == Readiness::Ready { by_condition(live, "AllReplicasReady") } else { reconciled }
}

/// A certificate or issuer is ready once cert-manager says so.
pub(super) fn certificate(live: &Body) -> ReadyReport {
    by_condition(live, "Ready")
}
