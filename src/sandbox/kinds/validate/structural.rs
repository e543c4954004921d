//! Rules of the schemas in CustomResourceDefinitions: each value has a type, and the whole is an object.

use serde_json::{Value, json};

use super::object::{Causes, Path};
use crate::sandbox::kinds::value::{flag, text};

/// The schema of a version.
pub(super) fn schema(schema: &Value, path: &Path, causes: &mut Causes) {
    match text(schema, "type") {
        "" => causes.required(&path.child("type"), "must not be empty at the root"),
        "object" => {}
        other => causes.invalid(&path.child("type"), &json!(other), "must be object at the root"),
    }
    children(schema, path, causes);
}

fn children(schema: &Value, path: &Path, causes: &mut Causes) {
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = path.child("properties").key(name);
        typed(field, "must not be empty for specified object fields", &path, causes);
    }
    if let Some(items) = schema.get("items").filter(|items| items.is_object()) {
        typed(items, "must not be empty for specified array items", &path.child("items"), causes);
    }
    if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
        let path = path.child("additionalProperties");
        typed(values, "must not be empty for specified object fields", &path, causes);
    }
}

/// Only what may be anything, or a number as well as a text, has no type.
fn typed(schema: &Value, words: &str, path: &Path, causes: &mut Causes) {
    let open = ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"];
    if text(schema, "type").is_empty() && !open.iter().any(|mark| flag(schema, mark)) {
        causes.required(&path.child("type"), words);
    }
    children(schema, path, causes);
}
