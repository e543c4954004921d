//! Ownership of `spec.replicas` through the subresource `scale`, whose object is of another kind.

use serde_json::Value;

use super::managers::{Entry, Managers, list_of};
use crate::fields::set::FieldSet;
use crate::model::FieldPath;

/// The version of every Scale.
const SCALE: &str = "autoscaling/v1";

fn replicas_of_scale() -> FieldPath {
    FieldPath::of(&["spec", "replicas"])
}

fn only(path: &FieldPath) -> FieldSet {
    let mut set = FieldSet::default();
    set.insert(path);
    set
}

/// `managedFields` of the Scale of an object: who owns its replicas, which stand at `path`.
///
/// The Scale of an object without replicas, or scaled to none, has no field `spec.replicas`: zero is left out.
pub fn scale_fields(object: &Value, path: &FieldPath) -> Value {
    let owners = Managers::of(object).unwrap_or_default().0.into_values();
    let owners = owners.filter(|entry| entry.fields.contains(path)).map(|entry| Entry {
        api_version: SCALE.to_owned(),
        fields: only(&replicas_of_scale()),
        ..entry
    });
    list_of(owners.collect())
}

/// `managedFields` of an object after its Scale was written; `scale` is that Scale with its entries.
///
/// As on the server what comes through a Scale has no time, and an updater of the object itself whose replicas were
/// not changed ends with two entries, of which the next write reads the later.
pub fn fields_after_scale(object: &Value, scale: &Value, path: &FieldPath) -> Value {
    let before = Managers::of(object).unwrap_or_default().0;
    let after = Managers::of(scale).unwrap_or_default().0;
    let api_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let mut entries = Vec::new();
    for (id, entry) in &before {
        if !entry.fields.contains(path) || after.contains_key(id) {
            entries.push(entry.clone());
            continue;
        }
        let fields = entry.fields.difference(&only(path));
        if !fields.is_empty() {
            entries.push(Entry { fields, ..entry.clone() });
        }
    }
    for (id, entry) in after {
        let owns = entry.fields.contains(&replicas_of_scale());
        if owns && !before.contains_key(&id) {
            let api_version = api_version.to_owned();
            entries.push(Entry { api_version, fields: only(path), time: None, ..entry });
        }
    }
    list_of(entries)
}
