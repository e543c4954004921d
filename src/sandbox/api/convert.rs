//! Objects in another version of their kind than they are stored in.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::tree::{headed, list, text};
use crate::model::Gvk;
use crate::sandbox::{resources::Resource, store::Object};

/// Where v1 keeps the metrics that it has no field for.
const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";

/// Names of the core version of an Event, and of the newer one.
const EVENT: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// What the newer version of an Event leaves out where it is empty.
const REPORTING: &[&str] = &["reportingController", "reportingInstance"];

/// A stored object's JSON in the version of a resource.
pub(crate) fn viewed<'a>(object: &'a Object, resource: &Resource) -> Cow<'a, str> {
    if resource.gvk == resource.stored {
        Cow::Borrowed(object.text())
    } else {
        Cow::Owned(view(object, resource).to_string())
    }
}

/// A stored object in the version of a resource.
pub(crate) fn view(object: &Object, resource: &Resource) -> Value {
    to_version(object.tree().clone(), &resource.stored, &resource.gvk)
}

/// An object of a resource's version as it is stored.
pub(crate) fn stored(tree: Value, resource: &Resource) -> Value {
    let mut tree = to_version(tree, &resource.gvk, &resource.stored);
    headed(&mut tree, &resource.stored.kind, &resource.stored.api_version());
    tree
}

/// An object of one version of its kind in another.
pub(crate) fn to_version(mut tree: Value, from: &Gvk, to: &Gvk) -> Value {
    if from == to {
        return tree;
    }
    match (from.group.as_str(), to.group.as_str(), to.version.as_str()) {
        ("", "events.k8s.io", _) => {
            rename(&mut tree, EVENT.iter().copied());
            if let Some(map) = tree.as_object_mut() {
                map.retain(|name, value| !REPORTING.contains(&name.as_str()) || *value != "");
            }
        }
        ("events.k8s.io", "", _) => {
            rename(&mut tree, EVENT.iter().map(|(core, new)| (*new, *core)));
            if let Some(map) = tree.as_object_mut() {
                // Here who reports is always said.
                map.entry("reportingComponent").or_insert(json!(""));
                map.entry("reportingInstance").or_insert(json!(""));
            }
        }
        ("autoscaling", _, "v1") => older_autoscaler(&mut tree),
        ("autoscaling", _, "v2") => newer_autoscaler(&mut tree),
        _ => {}
    }
    headed(&mut tree, &to.kind, &to.api_version());
    tree
}

fn rename<'a>(tree: &mut Value, names: impl Iterator<Item = (&'a str, &'a str)>) {
    let Some(map) = tree.as_object_mut() else { return };
    for (old, new) in names {
        if let Some(value) = map.shift_remove(old) {
            map.insert(new.to_owned(), value);
        }
    }
}

fn is_cpu(metric: &Value) -> bool {
    text(metric, "/type") == "Resource"
        && text(metric, "/resource/name") == "cpu"
        && metric.pointer("/resource/target/averageUtilization").is_some()
}

fn older_autoscaler(tree: &mut Value) {
    let metrics: Vec<Value> = list(tree, "/spec/metrics").to_vec();
    let cpu = metrics.iter().find(|metric| is_cpu(metric));
    let target = cpu.and_then(|metric| metric.pointer("/resource/target/averageUtilization")).cloned();
    let others: Vec<&Value> = metrics.iter().filter(|metric| !is_cpu(metric)).collect();
    let annotation = (!others.is_empty()).then(|| json!(others).to_string());
    if let Some(spec) = tree.get_mut("spec").and_then(Value::as_object_mut) {
        spec.shift_remove("metrics");
        spec.shift_remove("behavior");
        spec.extend(target.map(|target| ("targetCPUUtilizationPercentage".to_owned(), target)));
    }
    if let Some(status) = tree.get_mut("status").and_then(Value::as_object_mut) {
        status.shift_remove("currentMetrics");
        status.shift_remove("conditions");
        // Here the number is no pointer and is always said.
        status.entry("currentReplicas").or_insert(json!(0));
    }
    if let (Some(annotation), Some(metadata)) =
        (annotation, tree.get_mut("metadata").and_then(Value::as_object_mut))
    {
        let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.insert(METRICS.to_owned(), json!(annotation));
        }
    }
}

fn newer_autoscaler(tree: &mut Value) {
    let annotation = tree.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations"));
    let others = annotation.and_then(Value::as_object_mut).and_then(|map| map.shift_remove(METRICS));
    let others: Option<Vec<Value>> =
        others.as_ref().and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
    if let Some(status) = tree.get_mut("status").and_then(Value::as_object_mut)
        && status.get("currentReplicas") == Some(&json!(0))
    {
        status.shift_remove("currentReplicas");
    }
    let Some(spec) = tree.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let target = spec.shift_remove("targetCPUUtilizationPercentage");
    let cpu = target.map(|target| {
        json!({"type": "Resource", "resource":
            {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}})
    });
    let metrics: Vec<Value> = others.into_iter().flatten().chain(cpu).collect();
    if !metrics.is_empty() {
        spec.insert("metrics".to_owned(), Value::Array(metrics));
    }
}
