//! What an update keeps of the object that is stored.

use serde_json::Value;

use super::{
    admission,
    create::Allocate,
    create::has_generation,
    pod, service,
    value::{at, remove, set, set_absent},
    workload,
};
use crate::model::Gvk;

/// Keeps what a write to the object itself cannot change: its status, what was allocated, its generation.
pub fn prepare_update(old: &Value, new: &mut Value, gvk: &Gvk) {
    keep(old, new, "metadata.creationTimestamp");
    if let Some(uid) = at(old, "metadata.uid").cloned() {
        set_absent(new, "metadata.uid", uid);
    }
    keep(old, new, "status");
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Service") => service::prepare_service_update(old, new),
        // Only `finalize` takes them away.
        ("", "Namespace") => keep(old, new, "spec.finalizers"),
        ("", "Pod") => {
            if let Some(spec) = new.get_mut("spec") {
                pod::bear_absence(spec);
            }
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => admission::store_version(new),
        ("apps", "DaemonSet") => workload::count_templates(old, new),
        _ => {}
    }
    keep(old, new, "metadata.generation");
    if bumps_generation(old, new, gvk) {
        let generation = at(old, "metadata.generation").and_then(Value::as_i64).unwrap_or_default();
        set(new, "metadata.generation", generation + 1);
    }
}

/// Gives an updated object what it came to need: addresses and ports of a Service whose type has changed.
pub fn allocate_update(new: &mut Value, gvk: &Gvk, cx: &mut dyn Allocate) {
    if gvk.group.is_empty() && gvk.kind == "Service" {
        service::allocate(new, cx);
    }
}

/// Keeps all but the status, and the metadata that may change with it.
pub fn prepare_status_update(old: &Value, new: &mut Value) {
    let status = new.get("status").cloned();
    let metadata = new.get("metadata").cloned();
    *new = old.clone();
    if let (Some(metadata), Some(map)) = (metadata, new.as_object_mut()) {
        map.insert("metadata".to_owned(), metadata);
    }
    match status {
        Some(status) => set(new, "status", status),
        None => {
            remove(new, "status");
        }
    }
    for path in ["metadata.generation", "metadata.labels", "metadata.deletionTimestamp"] {
        keep(old, new, path);
    }
}

/// Whether the change is one that the kind counts.
pub fn bumps_generation(old: &Value, new: &Value, gvk: &Gvk) -> bool {
    // A PriorityClass has one, which never grows.
    if !has_generation(gvk) || gvk.kind == "PriorityClass" {
        return false;
    }
    let also = match gvk.kind.as_str() {
        "Deployment" => "metadata.annotations",
        "EndpointSlice" => "metadata.labels",
        _ => "metadata.generation",
    };
    if at(old, also) != at(new, also) {
        return true;
    }
    let content = |object: &Value| {
        let map = object.as_object().into_iter().flatten();
        let counted =
            map.filter(|(key, _)| !matches!(key.as_str(), "metadata" | "status" | "apiVersion" | "kind"));
        counted.map(|(key, value)| (key.clone(), value.clone())).collect::<serde_json::Map<_, _>>()
    };
    // To be given a node is not a change of what is wished.
    if gvk.kind == "Pod" && at(old, "spec.nodeName").is_none() && at(new, "spec.nodeName").is_some() {
        let mut unplaced = new.clone();
        remove(&mut unplaced, "spec.nodeName");
        return content(old) != content(&unplaced);
    }
    content(old) != content(new)
}

fn keep(old: &Value, new: &mut Value, path: &str) {
    match at(old, path).cloned() {
        Some(kept) => set(new, path, kept),
        None => {
            remove(new, path);
        }
    }
}
