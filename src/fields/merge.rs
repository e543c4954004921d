//! Merging a patch as server-side apply would: by list keys.

use serde_json::{Map, Value};

use super::element::Element;
use crate::schema::{ListType, MapType, Schema};

/// The base with the patch laid over it: maps merge, `null` removes, items of map-lists merge by key and of sets by
/// value, new items come last; other lists are replaced.
pub fn merge_apply(base: &Value, patch: &Value, schema: Option<Schema<'_>>) -> Value {
    let mut merged = base.clone();
    merge(&mut merged, patch, schema);
    merged
}

fn merge(base: &mut Value, patch: &Value, schema: Option<Schema<'_>>) {
    match (&mut *base, patch) {
        (Value::Object(into), Value::Object(patch))
            if !schema.is_some_and(|schema| schema.map_type() == MapType::Atomic) =>
        {
            merge_map(into, patch, schema);
        }
        (Value::Array(into), Value::Array(items)) => match schema {
            Some(schema) if schema.list_type() != ListType::Atomic => merge_items(into, items, schema),
            _ => *base = without_nulls(patch),
        },
        _ => *base = without_nulls(patch),
    }
}

fn merge_map(into: &mut Map<String, Value>, patch: &Map<String, Value>, schema: Option<Schema<'_>>) {
    for (name, value) in patch {
        if value.is_null() {
            into.shift_remove(name);
            continue;
        }
        let below = schema.and_then(|schema| schema.field(name));
        match into.get_mut(name) {
            Some(have) => merge(have, value, below),
            None => {
                into.insert(name.clone(), without_nulls(value));
            }
        }
    }
}

fn merge_items(into: &mut Vec<Value>, items: &[Value], schema: Schema<'_>) {
    for item in items {
        let element = Element::of_item(schema, item);
        let have = element.and_then(|element| {
            into.iter_mut().find(|have| Element::of_item(schema, have).is_some_and(|other| other == element))
        });
        match have {
            Some(have) => merge(have, item, schema.items()),
            None => into.push(without_nulls(item)),
        }
    }
}

/// A new value: what a patch says is removed is not there in the first place.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
