//! Moving fields between owners when an object is taken over (rules 10).

use serde_json::{Value, json};

use crate::fields::{self, FieldSet};
use crate::model::{FieldPath, LiveObject, ManagedEntry, PathElement};

/// Managers whose fields become ours on adoption, so that a key dropped from git later really goes.
const MOVED: &[&str] = &["kubectl-client-side-apply", "kubectl", "helm", "Helm"];

/// Removes a field, and the maps around it that become empty by that.
pub(crate) fn take_out(tree: &mut Value, path: &FieldPath) {
    if fields::get(tree, path).is_none() {
        return;
    }
    fields::remove(tree, path);
    let mut around = path.clone();
    while around.0.pop().is_some() && !around.0.is_empty() {
        let emptied =
            fields::get(tree, &around).and_then(Value::as_object).is_some_and(serde_json::Map::is_empty);
        if !emptied || !matches!(around.0.last(), Some(PathElement::Field(_))) {
            return;
        }
        fields::remove(tree, &around);
    }
}

fn moves(entry: &ManagedEntry) -> bool {
    entry.subresource.is_none()
        && MOVED.contains(&entry.manager.as_str())
        && (!entry.apply || entry.manager != "kubectl-client-side-apply")
}

/// The entries that move to us: those of the version of the first of them.
fn moved(live: &LiveObject) -> Vec<(usize, &ManagedEntry)> {
    let all: Vec<_> = live.managed.iter().enumerate().filter(|(_, entry)| moves(entry)).collect();
    let version = all.first().map(|(_, entry)| entry.api_version.clone());
    all.into_iter().filter(|(_, entry)| Some(&entry.api_version) == version.as_ref()).collect()
}

/// The JSON patch that makes the entries of people's tools ours; empty where there are none.
pub(crate) fn move_owners(live: &LiveObject, manager: &str) -> Vec<Value> {
    let moved = moved(live);
    let has_ours = live.managed.iter().any(|entry| entry.apply && entry.manager == manager);
    let Some(((first, entry), rest)) = moved.split_first() else { return Vec::new() };
    if has_ours {
        return Vec::new();
    }
    let place = |index: usize| format!("/metadata/managedFields/{index}");
    let mut edits =
        vec![json!({"op": "test", "path": "/metadata/resourceVersion", "value": live.resource_version})];
    for (index, entry) in &moved {
        let path = format!("{}/manager", place(*index));
        edits.push(json!({"op": "test", "path": path, "value": entry.manager}));
    }
    let all = rest.iter().fold(set(entry), |all, (_, entry)| all.union(&set(entry)));
    let ours = [("manager", json!(manager)), ("operation", json!("Apply")), ("fieldsV1", all.to_json())];
    for (field, value) in ours {
        edits.push(json!({"op": "replace", "path": format!("{}/{field}", place(*first)), "value": value}));
    }
    // From the back, so that no place moves before it is used.
    for (index, _) in rest.iter().rev() {
        edits.push(json!({"op": "remove", "path": place(*index)}));
    }
    edits
}

fn set(entry: &ManagedEntry) -> FieldSet {
    FieldSet::parse(&entry.fields).unwrap_or_default()
}

/// The fields that go because they move to us and are not wanted; a dry-run cannot show them.
pub(crate) fn dropped_by_move(live: &LiveObject, wanted: &FieldSet) -> Vec<FieldPath> {
    let moved = moved(live);
    let theirs = moved.iter().fold(FieldSet::default(), |all, (_, entry)| all.union(&set(entry)));
    let stays = live.managed.iter().enumerate().filter(|(at, _)| moved.iter().all(|(moved, _)| moved != at));
    let kept = stays.fold(wanted.clone(), |all, (_, entry)| all.union(&set(entry)));
    let paths = theirs.difference(&kept).paths().into_iter();
    paths
        .filter(|path| {
            !path.starts_with(&[
                "metadata",
                "annotations",
                "kubectl.kubernetes.io/last-applied-configuration",
            ])
        })
        .filter(|path| fields::get(live.body.tree(), path).is_some_and(|value| !value.is_object()))
        .collect()
}
