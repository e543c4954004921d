//! Why an object that was deleted is still there.

use serde_json::Value;

use crate::model::Body;

/// Finalizers, and who takes them off.
const REMOVERS: &[(&str, &str)] = &[
    ("foregroundDeletion", "the garbage collector, once all dependents are gone"),
    ("orphan", "the garbage collector"),
    ("kubernetes", "the namespace controller, once everything in it is gone"),
    ("kubernetes.io/pvc-protection", "the PVC protection controller, once no pod mounts the claim"),
    ("kubernetes.io/pv-protection", "the PV protection controller, once no claim is bound to the volume"),
    ("customresourcecleanup.apiextensions.k8s.io", "the API server, once all objects of the kind are gone"),
    ("service.kubernetes.io/load-balancer-cleanup", "the cloud controller, once the load balancer is gone"),
    ("batch.kubernetes.io/job-tracking", "the job controller"),
    ("finalizer.keda.sh", "KEDA"),
    ("operator.grafana.com/finalizer", "the Grafana operator"),
    ("deletion.finalizers.rabbitmqclusters.rabbitmq.com", "the RabbitMQ cluster operator"),
    ("opentelemetrycollector.opentelemetry.io/finalizer", "the OpenTelemetry operator"),
    ("monitoring.coreos.com/status-cleanup", "prometheus-operator"),
];

/// Says what holds an object that should be gone, one line each.
pub fn deletion(live: &Body) -> Vec<String> {
    let mut lines = Vec::new();
    let finalizers: Vec<&str> = live
        .items(&["metadata", "finalizers"])
        .iter()
        .chain(live.items(&["spec", "finalizers"]))
        .filter_map(Value::as_str)
        .collect();
    for finalizer in &finalizers {
        lines.push(format!("finalizer {finalizer}: taken off by {}", remover(finalizer)));
    }
    for condition in live.items(&["status", "conditions"]) {
        let text = |key| condition.get(key).and_then(Value::as_str).unwrap_or_default();
        if live.kind() == "Namespace" && text("status") == "True" {
            lines.push(format!("{}: {}", text("type"), text("message")));
        }
    }
    if lines.is_empty() {
        lines.push(match live.text(&["metadata", "deletionTimestamp"]) {
            Some(_) => "no finalizer holds it: its grace period has not ended".to_owned(),
            None => "it is not marked as deleted".to_owned(),
        });
    }
    lines
}

fn remover(finalizer: &str) -> String {
    if let Some((_, who)) = REMOVERS.iter().find(|(known, _)| *known == finalizer) {
        return (*who).to_owned();
    }
    match finalizer.split_once('/') {
        Some((domain, _)) => format!("the controller of {domain}"),
        None => "the controller that added it".to_owned(),
    }
}
