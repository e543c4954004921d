//! Objects as the types of the server keep them, before any default: what is empty, what is left out.

use serde_json::{Map, Value};

use super::{cursor::Schema, document::Sort, set::SchemaSet};
use crate::model::Gvk;

/// The object of a built-in kind before anything is set: it holds the structs of its type and nothing else.
///
/// None for custom resources, whose empty object is empty.
pub fn empty_object(set: &SchemaSet, gvk: &Gvk) -> Option<Value> {
    let schema = set.of(gvk)?;
    let Value::Object(fields) = empty(schema, 0) else { return None };
    if fields.is_empty() {
        return None;
    }
    let mut object = Map::new();
    object.insert("apiVersion".to_owned(), gvk.api_version().into());
    object.insert("kind".to_owned(), gvk.kind.as_str().into());
    object.extend(fields);
    Some(Value::Object(object))
}

/// The empty struct of a schema; structs hold no structs of their own type by value, the depth only guards.
fn empty(schema: Schema<'_>, depth: usize) -> Value {
    let fields = schema.always().map(|(name, value)| {
        let below = schema.field(name).filter(|_| value.is_object() && depth < 16);
        (name.to_owned(), below.map_or_else(|| value.clone(), |below| empty(below, depth + 1)))
    });
    Value::Object(fields.collect())
}

/// Brings an object of a built-in kind to the form that the server's types give it.
///
/// `null` and what is empty go where the type leaves them out, structs that are always there come, and in maps and
/// lists a `null` becomes the empty value of its type.
pub fn typed(value: &mut Value, schema: Schema<'_>) {
    match value {
        Value::Object(map) => match schema.additional() {
            Some(below) => {
                for value in map.values_mut() {
                    fill_null(value, below);
                    typed(value, below);
                }
            }
            None => typed_struct(map, schema),
        },
        Value::Array(items) => {
            if let Some(below) = schema.items() {
                for item in items {
                    fill_null(item, below);
                    typed(item, below);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn typed_struct(map: &mut Map<String, Value>, schema: Schema<'_>) {
    for (name, value) in &mut *map {
        if let Some(below) = schema.field(name) {
            typed(value, below);
        }
    }
    let declares = schema.names().next().is_some();
    map.retain(|name, value| {
        let below = schema.field(name);
        let omitted = below.is_some_and(Schema::is_omitted_when_empty);
        match value {
            Value::Null => !declares,
            Value::Bool(value) => *value || !omitted,
            Value::Number(number) => number.as_f64() != Some(0.0) || !omitted,
            Value::String(text) => !text.is_empty() || !omitted,
            Value::Array(items) => !items.is_empty() || !omitted,
            Value::Object(fields) => {
                !fields.is_empty() || !omitted || below.is_some_and(|below| below.additional().is_none())
            }
        }
    });
    for (name, value) in schema.always() {
        if !map.contains_key(name) {
            let below = schema.field(name).filter(|_| value.is_object());
            map.insert(name.to_owned(), below.map_or_else(|| value.clone(), |below| empty(below, 0)));
        }
    }
}

/// A `null` among the values of a map or list is the empty value of their type.
fn fill_null(value: &mut Value, schema: Schema<'_>) {
    if value.is_null() {
        *value = match schema.sort() {
            Sort::String => "".into(),
            Sort::Integer | Sort::Number | Sort::IntOrString => 0.into(),
            Sort::Boolean => false.into(),
            Sort::Quantity => "0".into(),
            Sort::Object if schema.additional().is_none() => empty(schema, 0),
            Sort::Object | Sort::List | Sort::Any => return,
        };
    }
}
