//! Deployments, StatefulSets, DaemonSets and ReplicaSets.

use super::lens::{condition, failed, generation, number, ready, waiting};
use crate::model::{Body, ReadyReport};

/// The counters of a workload's status.
struct Replicas {
    wanted: i64,
    present: i64,
    updated: i64,
    ready: i64,
    available: i64,
}

impl Replicas {
    fn of(live: &Body) -> Self {
        let counter = |name| number(live, &["status", name], 0);
        Self {
            wanted: number(live, &["spec", "replicas"], 1),
            present: counter("replicas"),
            updated: counter("updatedReplicas"),
            ready: counter("readyReplicas"),
            available: counter("availableReplicas"),
        }
    }

    fn surplus(&self) -> Option<ReadyReport> {
        (self.present > self.wanted)
            .then(|| waiting(format!("{} old replicas are still there", self.present - self.wanted)))
    }
}

/// Waiting while fewer than wanted, as in `1 of 3 replicas are ready`.
fn fewer(have: i64, want: i64, what: &str) -> Option<ReadyReport> {
    (have < want).then(|| waiting(format!("{have} of {want} {what}")))
}

/// A Deployment is ready once the rollout of its newest ReplicaSet is complete.
pub(super) fn deployment(live: &Body) -> ReadyReport {
    let progressing = condition(live, "Progressing");
    if let Some(late) = progressing.filter(|found| found.reason() == "ProgressDeadlineExceeded") {
        return failed(late.said());
    }
    let count = Replicas::of(live);
    let unfinished = fewer(count.present, count.wanted, "replicas exist")
        .or_else(|| fewer(count.updated, count.wanted, "replicas are updated"))
        .or_else(|| count.surplus())
        .or_else(|| fewer(count.available, count.updated, "updated replicas are available"))
        .or_else(|| fewer(count.ready, count.wanted, "replicas are ready"));
    if let Some(report) = unfinished {
        return report;
    }
    let watched =
        number(live, &["spec", "progressDeadlineSeconds"], i64::from(i32::MAX)) != i64::from(i32::MAX);
    let rolled_out =
        progressing.is_some_and(|found| found.is_true() && found.reason() == "NewReplicaSetAvailable");
    if watched && !rolled_out {
        return waiting("the newest ReplicaSet is not available yet");
    }
    match condition(live, "Available") {
        Some(available) if available.is_true() => {
            ready(format!("{} of {} replicas are ready", count.ready, count.wanted))
        }
        Some(available) => waiting(available.said()),
        None => waiting("condition Available is not reported yet"),
    }
}

/// A StatefulSet is ready once all Pods that its strategy updates are of the newest revision and ready.
pub(super) fn stateful_set(live: &Body) -> ReadyReport {
    if live.text(&["spec", "updateStrategy", "type"]) == Some("OnDelete") {
        return ready("is updated by hand (OnDelete)");
    }
    let count = Replicas::of(live);
    let unfinished = fewer(count.present, count.wanted, "replicas exist")
        .or_else(|| fewer(count.ready, count.wanted, "replicas are ready"))
        .or_else(|| count.surplus());
    if let Some(report) = unfinished {
        return report;
    }
    let partition = number(live, &["spec", "updateStrategy", "rollingUpdate", "partition"], -1);
    if partition >= 0 {
        return fewer(count.updated, count.wanted - partition, "replicas above the partition are updated")
            .unwrap_or_else(|| ready(format!("{} replicas above the partition are updated", count.updated)));
    }
    let current = number(live, &["status", "currentReplicas"], 0);
    if let Some(report) = fewer(current, count.wanted, "replicas are of the current revision") {
        return report;
    }
    let revision = |name| live.text(&["status", name]).unwrap_or_default();
    if revision("currentRevision") != revision("updateRevision") {
        return waiting("the newest revision is not rolled out yet");
    }
    ready(format!("{} of {} replicas are ready", count.ready, count.wanted))
}

/// A DaemonSet is ready once every node that wants it has an updated, available Pod.
pub(super) fn daemon_set(live: &Body) -> ReadyReport {
    if generation(live).is_none() || live.at(&["status", "observedGeneration"]).is_none() {
        return waiting("is not observed yet");
    }
    let counter = |name, otherwise| number(live, &["status", name], otherwise);
    let wanted = counter("desiredNumberScheduled", -1);
    if wanted < 0 {
        return waiting("the number of nodes is not known yet");
    }
    fewer(counter("currentNumberScheduled", 0), wanted, "pods are scheduled")
        .or_else(|| fewer(counter("updatedNumberScheduled", 0), wanted, "pods are updated"))
        .or_else(|| fewer(counter("numberAvailable", 0), wanted, "pods are available"))
        .or_else(|| fewer(counter("numberReady", 0), wanted, "pods are ready"))
        .unwrap_or_else(|| ready(format!("{wanted} of {wanted} pods are ready")))
}

/// A ReplicaSet is ready once its Pods are available.
pub(super) fn replica_set(live: &Body) -> ReadyReport {
    if let Some(failure) = condition(live, "ReplicaFailure").filter(|found| found.is_true()) {
        return waiting(failure.said());
    }
    let count = Replicas::of(live);
    fewer(number(live, &["status", "fullyLabeledReplicas"], 0), count.wanted, "replicas are labelled")
        .or_else(|| fewer(count.available, count.wanted, "replicas are available"))
        .or_else(|| fewer(count.ready, count.wanted, "replicas are ready"))
        .or_else(|| count.surplus())
        .unwrap_or_else(|| ready(format!("{} of {} replicas are ready", count.ready, count.wanted)))
}
