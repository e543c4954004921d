//! Defaults of a structural schema, and what becomes of `null`.

use serde_json::Value;

use super::structural::{below, says};

/// Whether a value is a `null` that may not be.
fn misplaced(value: &Value, schema: &Value) -> bool {
    value.is_null() && !says(schema, "nullable")
}

/// Fills in the defaults of a value and of all below it.
pub(super) fn default(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => {
            for (name, below) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let Some(default) = below.get("default") else { continue };
                if map.get(name).is_none_or(|have| misplaced(have, below)) {
                    map.insert(name.clone(), default.clone());
                }
            }
            for (name, value) in map {
                let Some(below) = below(schema, name) else { continue };
                replace_null(value, below);
                default(value, below);
            }
        }
        Value::Array(items) => {
            let Some(below) = schema.get("items") else { return };
            for item in items {
                replace_null(item, below);
                default(item, below);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn replace_null(value: &mut Value, schema: &Value) {
    if let Some(default) = schema.get("default").filter(|_| misplaced(value, schema)) {
        *value = default.clone();
    }
}

/// Takes away each `null` that may not be and for which there is no default; in lists they stay.
pub(super) fn drop_nulls(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => map.retain(|name, value| {
            let Some(below) = below(schema, name) else { return true };
            drop_nulls(value, below);
            !misplaced(value, below) || below.get("default").is_some()
        }),
        Value::Array(items) => {
            let Some(below) = schema.get("items") else { return };
            for item in items {
                drop_nulls(item, below);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
