//! Looking into objects.

use serde_json::{Map, Value};

/// The text at a JSON pointer; empty where there is none.
pub(crate) fn text<'a>(tree: &'a Value, pointer: &str) -> &'a str {
    tree.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a JSON pointer; empty where there is none.
pub(crate) fn list<'a>(tree: &'a Value, pointer: &str) -> &'a [Value] {
    tree.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The map at a key, made where it is missing; none where the tree is no map.
pub(crate) fn map_at<'a>(tree: &'a mut Value, key: &str) -> Option<&'a mut Map<String, Value>> {
    let slot = tree.as_object_mut()?.entry(key).or_insert(Value::Null);
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    slot.as_object_mut()
}

/// Sets a key of the metadata.
pub(crate) fn set_meta(tree: &mut Value, key: &str, value: Value) {
    if let Some(metadata) = map_at(tree, "metadata") {
        metadata.insert(key.to_owned(), value);
    }
}

/// Removes a key of the metadata.
pub(crate) fn drop_meta(tree: &mut Value, key: &str) {
    if let Some(metadata) = tree.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove(key);
    }
}

/// The metadata's value of a key.
pub(crate) fn meta<'a>(tree: &'a Value, key: &str) -> Option<&'a Value> {
    tree.get("metadata")?.get(key).filter(|value| !value.is_null())
}

/// Copies a top-level part of one object into another: gone there where it is missing here.
pub(crate) fn carry(from: &Value, to: &mut Value, key: &str) {
    let Some(map) = to.as_object_mut() else { return };
    match from.get(key) {
        Some(value) => {
            map.insert(key.to_owned(), value.clone());
        }
        None => {
            map.shift_remove(key);
        }
    }
}

/// Puts `kind` and `apiVersion` in front, as every stored object begins.
pub(crate) fn headed(tree: &mut Value, kind: &str, api_version: &str) {
    let Some(map) = tree.as_object_mut() else { return };
    map.shift_remove("kind");
    map.shift_remove("apiVersion");
    map.shift_insert(0, "kind".to_owned(), Value::from(kind));
    map.shift_insert(1, "apiVersion".to_owned(), Value::from(api_version));
}
