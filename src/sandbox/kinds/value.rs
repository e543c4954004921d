//! Short ways through trees of JSON.

use serde_json::{Map, Value};

/// The value at a path of keys parted by dots.
pub(in crate::sandbox) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, key| value.get(key))
}

/// The same, to be changed.
pub(in crate::sandbox) fn at_mut<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(value, |value, key| value.get_mut(key))
}

/// The text at a path; empty where there is none.
pub(in crate::sandbox) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// The items of the list at a path.
pub(in crate::sandbox) fn items<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The items of the list at a path, to be changed.
pub(in crate::sandbox) fn items_mut<'a>(value: &'a mut Value, path: &str) -> &'a mut [Value] {
    at_mut(value, path).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// Whether the path is there and true.
pub(in crate::sandbox) fn flag(value: &Value, path: &str) -> bool {
    at(value, path).and_then(Value::as_bool).unwrap_or(false)
}

/// Sets the value at a path, making the maps on the way.
pub(in crate::sandbox) fn set(value: &mut Value, path: &str, new: impl Into<Value>) {
    let mut here = value;
    for key in path.split('.') {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        let Value::Object(map) = here else { return };
        here = map.entry(key).or_insert(Value::Null);
    }
    *here = new.into();
}

/// Sets the value at a path where there is none yet.
pub(in crate::sandbox) fn set_absent(value: &mut Value, path: &str, new: impl Into<Value>) {
    if at(value, path).is_none() {
        set(value, path, new);
    }
}

/// Takes the value at a path away.
pub(in crate::sandbox) fn remove(value: &mut Value, path: &str) -> Option<Value> {
    let (parent, key) = match path.rsplit_once('.') {
        Some((parent, key)) => (at_mut(value, parent)?, key),
        None => (value, path),
    };
    parent.as_object_mut()?.shift_remove(key)
}
