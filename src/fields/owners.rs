//! Who owns and who wrote a field, and how ownership is given up.

use serde_json::{Value, json};

use super::set::FieldSet;
use crate::model::{FieldPath, LiveObject, ManagedEntry, Writer};

/// An object as the server has it, `metadata.managedFields` included.
pub fn whole(live: &LiveObject) -> Value {
    let mut object = live.body.tree().clone();
    let entries: Vec<_> = live.managed.iter().map(entry_json).collect();
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    if let (Some(metadata), false) = (metadata, entries.is_empty()) {
        metadata.insert("managedFields".to_owned(), Value::Array(entries));
    }
    object
}

fn entry_json(entry: &ManagedEntry) -> Value {
    let mut json = json!({
        "manager": entry.manager,
        "operation": if entry.apply { "Apply" } else { "Update" },
        "apiVersion": entry.api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": serde_json::from_str::<Value>(&entry.fields).unwrap_or_default(),
    });
    if let Some(map) = json.as_object_mut() {
        map.extend(entry.time.as_ref().map(|time| ("time".to_owned(), json!(time))));
        map.extend(entry.subresource.as_ref().map(|name| ("subresource".to_owned(), json!(name))));
    }
    json
}

/// The entries of an object's `metadata.managedFields`.
pub fn entries(object: &Value) -> Vec<ManagedEntry> {
    let list = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(|entry| {
            let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
            ManagedEntry {
                manager: text("manager").unwrap_or_default(),
                apply: entry.get("operation").is_some_and(|operation| operation == "Apply"),
                api_version: text("apiVersion").unwrap_or_default(),
                time: text("time"),
                subresource: text("subresource"),
                fields: entry.get("fieldsV1").map(Value::to_string).unwrap_or_default().into(),
            }
        })
        .collect()
}

/// The entries that own a field, all of it or a part of it.
pub fn owners_of<'a>(live: &'a LiveObject, path: &FieldPath) -> Vec<&'a ManagedEntry> {
    live.managed.iter().filter(|entry| owns(entry, path)).collect()
}

/// Who wrote a field last, as far as `managedFields` tells: the owner whose entry is the youngest.
pub fn writer_of(live: &LiveObject, path: &FieldPath) -> Option<Writer> {
    // RFC 3339 times of one server sort as text; of equal ones an Update is the more telling.
    let entry = owners_of(live, path).into_iter().max_by_key(|entry| (entry.time.clone(), !entry.apply))?;
    Some(Writer {
        manager: entry.manager.clone(),
        subresource: entry.subresource.clone(),
        time: entry.time.clone(),
    })
}

/// Whether a manager's Apply entry owns a field.
pub fn applies(live: &LiveObject, manager: &str, path: &FieldPath) -> bool {
    live.managed.iter().any(|entry| is_apply_of(entry, manager) && owns(entry, path))
}

/// The JSON patch (RFC 6902) that takes fields out of a manager's Apply entry; empty where it owns none of them.
///
/// It tests the resource version and the manager, so that it never touches an entry that has moved.
pub fn disown(live: &LiveObject, manager: &str, paths: &[FieldPath]) -> Vec<Value> {
    let entry = live.managed.iter().enumerate().find(|(_, entry)| is_apply_of(entry, manager));
    let Some((index, entry)) = entry else { return Vec::new() };
    let Ok(fields) = FieldSet::parse(&entry.fields) else { return Vec::new() };
    let rest = paths.iter().fold(fields.clone(), |rest, path| rest.without(path));
    if rest == fields {
        return Vec::new();
    }
    let place = format!("/metadata/managedFields/{index}");
    let change = if rest.is_empty() {
        json!({"op": "remove", "path": place})
    } else {
        json!({"op": "replace", "path": format!("{place}/fieldsV1"), "value": rest.to_json()})
    };
    vec![
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": live.resource_version}),
        json!({"op": "test", "path": format!("{place}/manager"), "value": manager}),
        json!({"op": "test", "path": format!("{place}/operation"), "value": "Apply"}),
        change,
    ]
}

fn is_apply_of(entry: &ManagedEntry, manager: &str) -> bool {
    entry.apply && entry.subresource.is_none() && entry.manager == manager
}

fn owns(entry: &ManagedEntry, path: &FieldPath) -> bool {
    FieldSet::parse(&entry.fields).is_ok_and(|set| set.touches(path))
}
