//! What is left of a body once the server has read it into its own types.
//!
//! Unknown fields, nulls and empty values of optional fields are gone, Quantities are rewritten. Which fields are held by
//! value, and so come back even where nobody sent them, the tables of defaults say.

use serde_json::{Map, Value};

use super::quantity;
use crate::schema::{Schema, Sort};

/// Reads a value as its type would.
pub(super) fn decode(value: &mut Value, schema: Schema<'_>) {
    match schema.sort() {
        Sort::Quantity => quantity::canonical(value),
        Sort::Object => {
            if let Value::Object(map) = value {
                decode_map(map, schema);
            }
        }
        Sort::List => {
            if let (Value::Array(items), Some(schema)) = (value, schema.items()) {
                for item in items {
                    if item.is_null() {
                        *item = zero(schema);
                    }
                    decode(item, schema);
                }
            }
        }
        Sort::Any | Sort::String | Sort::Integer | Sort::Number | Sort::Boolean | Sort::IntOrString => {}
    }
}

fn decode_map(map: &mut Map<String, Value>, schema: Schema<'_>) {
    if schema.names().next().is_some() {
        map.retain(|name, value| decode_field(name, value, schema));
    } else if let Some(values) = schema.additional() {
        for value in map.values_mut() {
            if value.is_null() {
                *value = zero(values);
            }
            if values.is_quantity() {
                quantity::canonical_resource(value);
            } else {
                decode(value, values);
            }
        }
    }
}

/// Reads a declared field; false where nothing of it is left.
fn decode_field(name: &str, value: &mut Value, schema: Schema<'_>) -> bool {
    let (Some(field), declared) = schema.key(name) else { return schema.preserves_unknown() };
    if declared && (value.is_null() || field.is_omitted_when_empty() && is_empty(value)) {
        return false;
    }
    decode(value, field);
    true
}

/// What Go holds where null was sent.
fn zero(schema: Schema<'_>) -> Value {
    match schema.sort() {
        Sort::String => Value::String(String::new()),
        Sort::Integer | Sort::Number => Value::from(0),
        Sort::Boolean => Value::Bool(false),
        Sort::Quantity => Value::from("0"),
        Sort::Object if schema.names().next().is_some() => Value::Object(Map::new()),
        Sort::Object | Sort::List | Sort::Any | Sort::IntOrString => Value::Null,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(it) => !it,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}
