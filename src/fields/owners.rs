//! Who owns and who wrote a field, and how ownership is given up.

use serde_json::{Value, json};

use super::set::FieldSet;
use crate::model::{FieldPath, LiveObject, ManagedEntry, Writer};

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
