//! Kinds of the API server itself that are no workloads.

use super::lens::{condition, failed, ready, waiting};
use crate::model::{Body, ReadyReport};

/// Groups that every API server serves by itself: their kinds are ready once they exist, unless a rule says more.
const GROUPS: &[&str] = &[
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Whether the API server brings this group itself.
pub(super) fn is_builtin_group(group: &str) -> bool {
    GROUPS.binary_search(&group).is_ok()
}

/// Ready as soon as it exists.
pub(super) fn always(_live: &Body) -> ReadyReport {
    ready("exists")
}

/// A PersistentVolumeClaim is ready once bound.
pub(super) fn claim(live: &Body) -> ReadyReport {
    match live.text(&["status", "phase"]) {
        Some("Bound") => ready("bound"),
        phase => waiting(format!("is not bound, its phase is {}", phase.unwrap_or("unknown"))),
    }
}

/// A Namespace is ready while Active.
pub(super) fn namespace(live: &Body) -> ReadyReport {
    match live.text(&["status", "phase"]) {
        Some("Active") => ready("active"),
        phase => waiting(format!("is not active, its phase is {}", phase.unwrap_or("unknown"))),
    }
}

/// A CustomResourceDefinition is ready once its names are accepted and it is established.
pub(super) fn definition(live: &Body) -> ReadyReport {
    if let Some(names) = condition(live, "NamesAccepted").filter(|found| found.is_false()) {
        return failed(names.said());
    }
    match condition(live, "Established") {
        Some(established) if established.is_true() => ready("established"),
        Some(established) if established.is_false() && established.reason() != "Installing" => {
            failed(established.said())
        }
        _ => waiting("is not established yet"),
    }
}
