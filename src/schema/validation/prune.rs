//! Taking away the fields that a schema does not know.

use serde_json::{Map, Value};

use super::structural::{below, says};

/// What every object's `metadata` may hold.
const METADATA: &[&str] = &[
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Prunes a whole object and gives the fields that went, in order.
pub(super) fn prune(object: &mut Value, schema: &Value) -> Vec<String> {
    let mut gone = Vec::new();
    if let Value::Object(map) = object {
        resource(map, schema, "", &mut gone);
    }
    gone.sort();
    gone
}

/// A whole object, at the root or embedded: apiVersion, kind and metadata belong to it.
fn resource(map: &mut Map<String, Value>, schema: &Value, path: &str, gone: &mut Vec<String>) {
    if let Some(metadata) = map.get_mut("metadata").filter(|metadata| metadata.is_null()) {
        *metadata = Value::Object(Map::new());
    }
    if let Some(Value::Object(metadata)) = map.get_mut("metadata") {
        let path = join(path, "metadata");
        metadata.retain(|name, value| {
            let known = METADATA.contains(&&**name);
            if !known {
                gone.push(join(&path, name));
            }
            fill_nulls(value);
            // An empty list of owners is a wish: it ends all ownership.
            known && (name == "managedFields" || !is_empty(value))
        });
    }
    fields(map, schema, path, gone, &["apiVersion", "kind", "metadata"]);
}

/// Labels and annotations are texts: a `null` among them is an empty one.
fn fill_nulls(value: &mut Value) {
    let texts = value.as_object_mut().into_iter().flat_map(Map::values_mut);
    texts.filter(|text| text.is_null()).for_each(|text| *text = "".into());
}

/// Whether the server's type of `metadata` leaves a value out.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn fields(
    map: &mut Map<String, Value>,
    schema: &Value,
    path: &str,
    gone: &mut Vec<String>,
    besides: &[&str],
) {
    let keeps = says(schema, "x-kubernetes-preserve-unknown-fields")
        || schema.get("additionalProperties") == Some(&Value::Bool(true));
    map.retain(|name, value| {
        if besides.contains(&&**name) {
            return true;
        }
        let here = join(path, name);
        match below(schema, name) {
            Some(schema) => self::value(value, schema, &here, gone),
            None if keeps => {}
            None => {
                gone.push(here);
                return false;
            }
        }
        true
    });
}

fn value(value: &mut Value, schema: &Value, path: &str, gone: &mut Vec<String>) {
    match value {
        Value::Object(map) if says(schema, "x-kubernetes-embedded-resource") => {
            resource(map, schema, path, gone);
        }
        Value::Object(map) => fields(map, schema, path, gone, &[]),
        Value::Array(items) => {
            let empty = Value::Object(Map::new());
            let keeps = says(schema, "x-kubernetes-preserve-unknown-fields");
            let below = match schema.get("items") {
                Some(below) => below,
                None if keeps => return,
                None => &empty,
            };
            for (index, item) in items.iter_mut().enumerate() {
                self::value(item, below, &format!("{path}[{index}]"), gone);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
