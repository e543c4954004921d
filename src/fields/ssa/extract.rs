//! What one manager owns of an object, as a body that could be applied.

use serde_json::{Map, Value};

use super::{
    managers::Managers,
    shape::{Shape, below},
};
use crate::fields::{element::Element, set::FieldSet};
use crate::schema::{ListType, Schema};

/// The part of an object that a manager applied: what it would have to send to own the same again.
///
/// None where the manager applied nothing to the object, or to that subresource of it. Identity is always there.
pub fn extract(
    object: &Value,
    manager: &str,
    subresource: &str,
    schema: Option<Schema<'_>>,
) -> Option<Value> {
    let managers = Managers::of(object).ok()?;
    let entry = managers
        .0
        .values()
        .find(|entry| entry.apply && entry.manager == manager && entry.subresource == subresource)?;
    let mut part = kept(object, &entry.fields, schema).as_object().cloned().unwrap_or_default();
    let mut identity = Map::new();
    for name in ["apiVersion", "kind"] {
        identity.extend(object.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    let mut metadata = Map::new();
    for name in ["name", "namespace"] {
        let value = object.get("metadata").and_then(|metadata| metadata.get(name));
        metadata.extend(value.map(|value| (name.to_owned(), value.clone())));
    }
    if let Some(Value::Object(more)) = part.shift_remove("metadata") {
        metadata.extend(more);
    }
    if !metadata.is_empty() {
        identity.insert("metadata".to_owned(), Value::Object(metadata));
    }
    identity.extend(part);
    Some(Value::Object(identity))
}

/// The members of the set, with the keys of the list items on the way to them.
fn kept(value: &Value, set: &FieldSet, schema: Option<Schema<'_>>) -> Value {
    match (Shape::of(schema, Some(value)), value, schema) {
        (Shape::Map { atomic: false }, Value::Object(map), _) if !set.children.is_empty() => {
            let fields = map.iter().filter_map(|(name, value)| {
                let set = set.field(name)?;
                Some((name.clone(), kept(value, set, below(schema, name))))
            });
            Value::Object(fields.collect())
        }
        (Shape::List(ListType::Map | ListType::Set), Value::Array(items), Some(schema))
            if !set.children.is_empty() =>
        {
            let items = items.iter().filter_map(|item| {
                let set = set.child(&Element::of_item(schema, item)?)?;
                let mut part = if set.children.is_empty() && !item.is_object() {
                    item.clone()
                } else {
                    kept(item, set, schema.items())
                };
                if let (Value::Object(part), Value::Object(item)) = (&mut part, item) {
                    for key in schema.keys().filter(|key| item.contains_key(key.name)) {
                        let value = item.get(key.name).cloned().unwrap_or_default();
                        part.entry(key.name).or_insert(value);
                    }
                }
                Some(part)
            });
            Value::Array(items.collect())
        }
        // An item that is owned itself, with nothing in it: its keys are all there is to say.
        (Shape::Map { atomic: false }, Value::Object(map), _) if !map.is_empty() => Value::Object(Map::new()),
        // A keyed list that was owned as nothing at all: its items came from others.
        (Shape::List(ListType::Map | ListType::Set), _, Some(_)) => Value::Null,
        _ => value.clone(),
    }
}
