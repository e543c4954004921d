//! What monitoring stacks need: rules before what loads them, dashboards before Grafana.

use serde_json::Value;

use crate::model::{Body, ObjectId};

use super::{
    collect::{Edges, hard, soft},
    index::{Index, Workload, is_custom, object_id},
    pods::text,
};

/// The group of prometheus-operator.
const MONITORING: &str = "monitoring.coreos.com";
/// Words in images of programs that load Prometheus rules.
const RULE_READERS: &[&str] =
    &["prometheus/prometheus", "/prometheus:", "thanos", "vmalert", "victoria-metrics"];

/// Edges of rules, dashboards and custom resources.
pub(super) fn edges_of(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    if id.is("", "ConfigMap") {
        config_map_edges(index, id, body, edges);
    }
    if id.group == MONITORING {
        operator_resource_edges(index, id, body, edges);
    }
    if let Some(spec) = body.at(&["spec"]).filter(|_| is_custom(&id.group)) {
        key_references(index, id, spec, edges);
    }
}

/// ConfigMaps that sidecars load: nothing mounts them, so only a habit can order them.
fn config_map_edges(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    let (readers, because): (Vec<&Workload<'_>>, _) = if is_dashboard(body) {
        let grafana = index.workloads().filter(|workload| workload.runs(&["grafana/grafana", "/grafana:"]));
        (grafana.collect(), "shows the dashboards of")
    } else if holds_rules(body) {
        let neighbours = index.workloads_in(id.namespace.as_deref()).iter();
        (neighbours.filter(|workload| workload.runs(RULE_READERS)).collect(), "loads the rules of")
    } else {
        return;
    };
    for reader in readers {
        edges.need(index, reader.id, id, soft(format!("{because} {id}")));
    }
}

fn is_dashboard(body: &Body) -> bool {
    body.label("grafana_dashboard").is_some()
}

/// Whether a ConfigMap holds Prometheus rule files.
pub(crate) fn holds_rules(body: &Body) -> bool {
    let is_rules = |(name, text): (&String, &Value)| {
        let file = name.rsplit_once('.').is_some_and(|(_, end)| matches!(end, "yml" | "yaml" | "rules"));
        let text = text.as_str().unwrap_or_default();
        file && text.contains("groups:") && (text.contains("alert:") || text.contains("record:"))
    };
    body.map(&["data"]).is_some_and(|data| data.iter().any(is_rules))
}

fn operator_resource_edges(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    if !matches!(id.kind.as_str(), "Prometheus" | "PrometheusAgent" | "ThanosRuler" | "Alertmanager") {
        return;
    }
    let namespace = id.namespace.as_deref();
    if let Some(name) = body.text(&["spec", "serviceAccountName"]) {
        let to = object_id("", "ServiceAccount", namespace, name);
        edges.need(index, id, &to, hard(format!("runs as {to}")));
    }
    for (key, kind) in [("secrets", "Secret"), ("configMaps", "ConfigMap")] {
        for name in body.items(&["spec", key]).iter().filter_map(Value::as_str) {
            let to = object_id("", kind, namespace, name);
            edges.need(index, id, &to, hard(format!("mounts {to}")));
        }
    }
    if id.kind == "Alertmanager" {
        let usual = format!("alertmanager-{}", id.name);
        let name = body.text(&["spec", "configSecret"]).unwrap_or(&usual);
        let to = object_id("", "Secret", namespace, name);
        edges.need(index, id, &to, hard(format!("is configured by {to}")));
    }
    if matches!(id.kind.as_str(), "Prometheus" | "ThanosRuler") {
        for (rule, _) in index.of_kind(MONITORING, "PrometheusRule") {
            edges.need(index, id, rule, soft(format!("loads {rule}")));
        }
    }
}

/// References by name and key anywhere in a custom resource, as most operators write them.
fn key_references(index: &Index<'_>, id: &ObjectId, value: &Value, edges: &mut Edges) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| key_references(index, id, item, edges)),
        Value::Object(map) => {
            for (key, part) in map {
                let kind = match key.as_str() {
                    "secretKeyRef" | "secretRef" | "additionalScrapeConfigs" | "secret" => "Secret",
                    "configMapKeyRef" | "configMapRef" | "configMap" => "ConfigMap",
                    _ => "",
                };
                let name = text(part, "name").or_else(|| text(part, "secretName"));
                if let (false, Some(name)) = (kind.is_empty(), name) {
                    let to = object_id("", kind, id.namespace.as_deref(), name);
                    edges.need(index, id, &to, soft(format!("refers to {to}")));
                }
                key_references(index, id, part, edges);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
