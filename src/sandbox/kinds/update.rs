//! What an update keeps of the object that is stored.

use serde_json::Value;

use super::{
    create::has_generation,
    service,
    value::{at, remove, set},
};
use crate::model::Gvk;

/// Keeps what a write to the object itself cannot change: its status, what was allocated, its generation.
pub fn prepare_update(old: &Value, new: &mut Value, gvk: &Gvk) {
    keep(old, new, "status");
    if gvk.group.is_empty() && gvk.kind == "Service" {
        service::prepare_service_update(old, new);
    }
    keep(old, new, "metadata.generation");
    if bumps_generation(old, new, gvk) {
        let generation = at(old, "metadata.generation").and_then(Value::as_i64).unwrap_or_default();
        set(new, "metadata.generation", generation + 1);
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
    if !has_generation(gvk) {
        return false;
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
