//! What a stack has in the cluster: objects that our Apply entry owns, and what the records say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ControlPlane;

const LABEL: &str = "obsctl.dev/stack";

/// `group/Kind namespace/name` of every object of any kind whose stack label says `stack` and is owned by our entry.
pub(crate) fn owned(plane: &ControlPlane, stack: &str) -> BTreeSet<String> {
    let selector = format!("{LABEL}={stack}");
    let mut found = BTreeSet::new();
    for object in list_all(plane, &selector) {
        let records = object.pointer("/metadata/labels/obsctl.dev~1record").is_some();
        if !records && label_is_ours(&object) {
            found.insert(id_of(&object));
        }
    }
    found
}

fn list_all(plane: &ControlPlane, selector: &str) -> Vec<Value> {
    list(plane, &["-l", selector])
}

fn list(plane: &ControlPlane, which: &[&str]) -> Vec<Value> {
    // A broken aggregated API makes kubectl fail after it printed the rest.
    let output = plane.kubectl_output(&["api-resources", "--verbs=list,delete", "-o", "name"]);
    let kinds = String::from_utf8_lossy(&output.stdout);
    let kinds: Vec<_> = kinds.lines().filter(|kind| !kind.ends_with("events.k8s.io")).collect();
    assert!(kinds.len() > 30, "kubectl api-resources names only {kinds:?}");
    let kinds = kinds.join(",");
    let args = [&["get", &kinds, "-A", "-o", "json", "--show-managed-fields"][..], which].concat();
    let said = plane.kubectl(&args);
    let list: Value = serde_json::from_str(&said).expect("kubectl prints JSON");
    list["items"].as_array().cloned().unwrap_or_default()
}

/// `group/Kind namespace/name` of everything in the cluster but records, leases, events and what the server makes itself.
pub(crate) fn everything(plane: &ControlPlane) -> BTreeSet<String> {
    let ids = list(plane, &[]).iter().map(id_of).collect::<BTreeSet<_>>();
    let passes = |id: &String| {
        let passing = ["/Event ", "coordination.k8s.io/Lease ", "/IPAddress ", "/ServiceCIDR "];
        let records = id.contains(" obsctl-system/") || id.ends_with("Namespace /obsctl-system");
        !records && !passing.iter().any(|kind| id.contains(kind))
    };
    ids.into_iter().filter(passes).collect()
}

/// What is declared of the objects of a stack, by `Kind namespace/name`: without what the server and controllers add.
pub(crate) fn snapshot(plane: &ControlPlane, stack: &str) -> BTreeMap<String, Value> {
    let ours = list_all(plane, &format!("{LABEL}={stack}")).into_iter().filter(label_is_ours);
    let told = |mut object: Value| {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = format!("{} {}/{}", text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
        let mut without = |parent: &str, names: &[&str]| {
            if let Some(map) = object.pointer_mut(parent).and_then(Value::as_object_mut) {
                map.retain(|key, _| !names.contains(&key.as_str()));
            }
        };
        without("", &["status"]);
        without("/spec", &["clusterIP", "clusterIPs"]);
        without("/metadata/annotations", &["deployment.kubernetes.io/revision"]);
        let stamps = ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp"];
        without("/metadata", &stamps);
        (name, object)
    };
    ours.map(told).collect()
}

fn label_is_ours(object: &Value) -> bool {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    entries.into_iter().flatten().any(|entry| {
        entry["manager"] == "obsctl"
            && entry["operation"] == "Apply"
            && entry.pointer("/fieldsV1/f:metadata/f:labels/f:obsctl.dev~1stack").is_some()
    })
}

fn id_of(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let group = text("/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    id(group, text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
}

fn id(group: &str, kind: &str, namespace: &str, name: &str) -> String {
    format!("{group}/{kind} {namespace}/{name}")
}

/// The objects that the newest revision record of a target names, less those that several targets may share.
///
/// The record is a ConfigMap `<env>.<stack>.r<N>`; the inventory is looked for in whatever key holds it.
pub(crate) fn inventory(plane: &ControlPlane, environment: &str, stack: &str) -> BTreeSet<String> {
    let said = plane.kubectl(&["get", "configmaps", "-n", "obsctl-system", "-o", "json"]);
    let list: Value = serde_json::from_str(&said).expect("kubectl prints JSON");
    let prefix = format!("{environment}.{stack}.r");
    let newest = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|record| {
            let number = record["metadata"]["name"].as_str()?.strip_prefix(&prefix)?.parse::<u64>().ok()?;
            Some((number, record))
        })
        .max_by_key(|(number, _)| *number);
    let (_, record) = newest.unwrap_or_else(|| panic!("no revision record {prefix}N"));
    let data = record["data"].as_object().expect("a record has data");
    let revisions = data.values().filter_map(|text| serde_json::from_str::<Value>(text.as_str()?).ok());
    let items = revisions.filter_map(|revision| match revision {
        Value::Array(items) => Some(items),
        Value::Object(mut map) => map.remove("inventory")?.as_array().cloned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    });
    items
        .flatten()
        .map(|item| {
            let text = |name: &str| item[name].as_str().unwrap_or_default();
            id(text("group"), text("kind"), text("namespace"), text("name"))
        })
        .collect()
}

/// Fails unless the inventory names exactly the objects that we own; Namespaces carry no stack label and are left out.
#[track_caller]
pub(crate) fn assert_inventory_is_what_we_own(plane: &ControlPlane, environment: &str, stack: &str) {
    let mut recorded = inventory(plane, environment, stack);
    recorded.retain(|object| !object.starts_with("/Namespace "));
    let owned = owned(plane, stack);
    let orphans: Vec<_> = owned.difference(&recorded).collect();
    let missing: Vec<_> = recorded.difference(&owned).collect();
    assert!(orphans.is_empty() && missing.is_empty(), "orphaned: {orphans:?}, recorded only: {missing:?}");
    assert!(!recorded.is_empty(), "the inventory is empty");
}
