//! An object as it is kept for later: with its `managedFields`, so that who owned what is known when it is put back.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::model::{Body, LiveObject, ManagedEntry};

/// The object with its `managedFields` inside again.
pub fn with_owners(live: &LiveObject) -> Body {
    let mut body = live.body.clone();
    if let Some(metadata) = body.tree_mut().get_mut("metadata").and_then(Value::as_object_mut) {
        let entries = live.managed.iter().map(written).collect();
        metadata.insert("managedFields".to_owned(), Value::Array(entries));
    }
    body
}

/// The entries of a tree that [`with_owners`] made; none where there are none.
pub fn entries_of(tree: &Value) -> Vec<ManagedEntry> {
    let entries = tree.pointer("/metadata/managedFields").and_then(Value::as_array);
    entries.into_iter().flatten().map(read).collect()
}

fn written(entry: &ManagedEntry) -> Value {
    let text = |text: &str| Value::from(text);
    let operation = if entry.apply { "Apply" } else { "Update" };
    let mut map = Map::from_iter([
        ("manager".to_owned(), text(&entry.manager)),
        ("operation".to_owned(), text(operation)),
        ("apiVersion".to_owned(), text(&entry.api_version)),
        ("fieldsV1".to_owned(), serde_json::from_str(&entry.fields).unwrap_or_default()),
    ]);
    for (name, value) in [("time", &entry.time), ("subresource", &entry.subresource)] {
        if let Some(value) = value {
            map.insert(name.to_owned(), text(value));
        }
    }
    Value::Object(map)
}

fn read(entry: &Value) -> ManagedEntry {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    ManagedEntry {
        manager: text("manager").unwrap_or_default(),
        apply: text("operation").as_deref() == Some("Apply"),
        api_version: text("apiVersion").unwrap_or_default(),
        time: text("time"),
        subresource: text("subresource"),
        fields: Arc::from(entry.get("fieldsV1").map_or_else(|| "{}".to_owned(), Value::to_string)),
    }
}
