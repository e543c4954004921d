//! Small cases; the large tables are in `tests/readiness.rs`.

use serde_json::{Value, json};

use super::*;
use crate::model::Readiness;

fn judged(tree: Value) -> (Readiness, String) {
    let report = judge(&Body::new(tree));
    (report.readiness, report.message)
}

fn prometheus(generation: i64, available: &Value, reconciled: &Value) -> Value {
    json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": {"generation": generation},
        "status": {"conditions": [available, reconciled]}})
}

#[test]
fn a_prometheus_is_ready_only_for_the_generation_that_its_conditions_name() {
    let available = json!({"type": "Available", "status": "True", "observedGeneration": 2});
    let reconciled = json!({"type": "Reconciled", "status": "True", "observedGeneration": 2});
    assert_eq!(judged(prometheus(2, &available, &reconciled)).0, Readiness::Ready);
    assert_eq!(judged(prometheus(3, &available, &reconciled)).0, Readiness::InProgress);
    let degraded = json!({"type": "Available", "status": "Degraded", "reason": "SomePodsNotReady",
        "message": "shard 0: pod x", "observedGeneration": 2});
    let (readiness, message) = judged(prometheus(2, &degraded, &reconciled));
    assert_eq!(readiness, Readiness::InProgress);
    assert_eq!(message, "condition Available is Degraded: SomePodsNotReady, shard 0: pod x");
}

#[test]
fn a_prometheus_without_status_is_waited_for_and_a_rule_is_not() {
    let bare = |kind| json!({"apiVersion": "monitoring.coreos.com/v1", "kind": kind, "metadata": {}});
    assert_eq!(judged(bare("Alertmanager")).0, Readiness::InProgress);
    assert_eq!(judged(bare("PrometheusRule")).0, Readiness::Ready);
    assert_eq!(judged(bare("ServiceMonitor")).0, Readiness::Ready);
}

#[test]
fn a_kind_nobody_knows_is_unknown_and_a_builtin_kind_without_status_is_ready() {
    let bare = |version, kind| json!({"apiVersion": version, "kind": kind, "metadata": {}});
    assert_eq!(judged(bare("example.com/v1", "Widget")).0, Readiness::Unknown);
    assert_eq!(judged(bare("gateway.networking.k8s.io/v1", "Gateway")).0, Readiness::Unknown);
    assert_eq!(judged(bare("v1", "ConfigMap")).0, Readiness::Ready);
    assert_eq!(judged(bare("rbac.authorization.k8s.io/v1", "Role")).0, Readiness::Ready);
}

#[test]
fn an_aggregated_api_an_ingress_and_an_autoscaler_are_told_of_and_not_waited_for() {
    let api = json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {}, "status":
        {"conditions": [{"type": "Available", "status": "False", "reason": "MissingEndpoints"}]}});
    let expected = "not waited for: condition Available is False: MissingEndpoints";
    assert_eq!(judged(api), (Readiness::Ready, expected.to_owned()));
    let ingress = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {}});
    assert_eq!(judged(ingress).0, Readiness::Ready);
}

#[test]
fn an_object_that_is_being_deleted_is_never_ready() {
    let gone = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}});
    assert_eq!(judged(gone).0, Readiness::InProgress);
}

#[test]
fn a_rollout_that_exceeded_its_deadline_has_failed() {
    let tree = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "status": {"conditions": [
        {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "m"}]}});
    let expected = "condition Progressing is False: ProgressDeadlineExceeded, m";
    assert_eq!(judged(tree), (Readiness::Failed, expected.to_owned()));
}

#[test]
fn a_condition_about_an_older_generation_proves_nothing() {
    let tree = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"generation": 4}, "status":
        {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 3}]}});
    assert_eq!(judged(tree).0, Readiness::InProgress);
}
