//! The order in which a reader expects kinds, where no edge decides.

use crate::model::{Body, ObjectId};

use super::edges::holds_rules;

/// Lower ranks go first: namespaces and definitions, rights, configuration, rules, workloads, the rest.
pub(crate) fn rank(id: &ObjectId, body: Option<&Body>) -> u8 {
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "Namespace") => 0,
        ("apiextensions.k8s.io", _) => 1,
        ("scheduling.k8s.io" | "storage.k8s.io" | "node.k8s.io", _)
        | ("", "ResourceQuota" | "LimitRange") => 2,
        ("", "ServiceAccount") => 3,
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => 4,
        ("rbac.authorization.k8s.io", _) => 5,
        ("", "Secret") => 6,
        ("", "ConfigMap") if body.is_some_and(holds_rules) => 8,
        ("", "ConfigMap") => 7,
        ("", "PersistentVolume" | "PersistentVolumeClaim") => 9,
        ("", "Service") => 10,
        ("apps" | "batch", _) | ("", "Pod" | "ReplicationController") => 11,
        ("apiregistration.k8s.io" | "admissionregistration.k8s.io", _) => 12,
        ("monitoring.coreos.com", "PrometheusRule") => 13,
        ("networking.k8s.io", "Ingress") => 15,
        ("autoscaling" | "policy" | "keda.sh", _) => 16,
        ("networking.k8s.io", "NetworkPolicy") => 17,
        _ => 14,
    }
}

#[cfg(test)]
#[path = "known_sets_tests.rs"]
mod tests;
