//! Finding, removing and reading fields by path.

use serde_json::Value;

use crate::model::{FieldPath, PathElement};

/// The value at a path.
pub fn get<'a>(tree: &'a Value, path: &FieldPath) -> Option<&'a Value> {
    path.0.iter().try_fold(tree, step)
}

/// Puts a value at a path whose parent is there; nothing happens where it is not.
pub fn put(tree: &mut Value, path: &FieldPath, new: Value) {
    let Some((last, parents)) = path.0.split_last() else { return };
    match (parent_of(tree, parents), last) {
        (Some(Value::Object(map)), PathElement::Field(name)) => {
            map.insert(name.clone(), new);
        }
        (Some(Value::Array(items)), element) => match position(items, element) {
            Some(at) => items.splice(at..=at, [new]).for_each(drop),
            None => items.push(new),
        },
        _ => {}
    }
}

/// Removes the value at a path; nothing happens where there is none.
pub fn remove(tree: &mut Value, path: &FieldPath) {
    let Some((last, parents)) = path.0.split_last() else { return };
    match (parent_of(tree, parents), last) {
        (Some(Value::Object(map)), PathElement::Field(name)) => {
            map.shift_remove(name);
        }
        (Some(Value::Array(items)), element) => {
            if let Some(at) = position(items, element) {
                items.remove(at);
            }
        }
        _ => {}
    }
}

fn parent_of<'a>(tree: &'a mut Value, parents: &[PathElement]) -> Option<&'a mut Value> {
    parents.iter().try_fold(tree, |value, element| match (element, value) {
        (PathElement::Field(name), Value::Object(map)) => map.get_mut(name),
        (element, Value::Array(items)) => {
            let at = position(items, element)?;
            items.get_mut(at)
        }
        _ => None,
    })
}

fn step<'a>(value: &'a Value, element: &PathElement) -> Option<&'a Value> {
    match (element, value) {
        (PathElement::Field(name), Value::Object(map)) => map.get(name),
        (element, Value::Array(items)) => items.get(position(items, element)?),
        _ => None,
    }
}

/// Where an item stands; a key field the item leaves out counts only where no item has all of them.
fn position(items: &[Value], element: &PathElement) -> Option<usize> {
    match element {
        PathElement::Index(index) => (*index < items.len()).then_some(*index),
        PathElement::Value(value) => items.iter().position(|item| item == value),
        PathElement::Key(keys) => {
            let exact = |item: &Value| keys.iter().all(|(name, value)| item.get(name) == Some(value));
            let defaulted = |item: &Value| {
                let agree = keys.iter().all(|(name, value)| item.get(name).is_none_or(|have| have == value));
                agree && keys.iter().any(|(name, value)| item.get(name) == Some(value))
            };
            items.iter().position(exact).or_else(|| items.iter().position(defaulted))
        }
        PathElement::Field(_) => None,
    }
}

/// Maps whose keys are free text and may hold dots, and whose values are scalars.
const TEXT_MAPS: &[&str] = &[
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "data",
    "binaryData",
    "stringData",
    "limits",
    "requests",
];

/// Reads a path as the server prints it in conflicts: `.spec.containers[name="x"].image`.
///
/// The server does not mark dots inside map keys; below labels, annotations, data and the like the rest is one key.
/// Where the object is at hand, [`parse_path_in`] is exact.
pub fn parse_path(text: &str) -> Option<FieldPath> {
    parse(text, None)
}

/// Reads a path as [`parse_path`] does, choosing map keys with dots by what the object has.
pub fn parse_path_in(text: &str, tree: &Value) -> Option<FieldPath> {
    parse(text, Some(tree))
}

fn parse(text: &str, tree: Option<&Value>) -> Option<FieldPath> {
    let mut elements: Vec<PathElement> = Vec::new();
    let (mut rest, mut place) = (text, tree);
    while !rest.is_empty() {
        let (element, more) = if let Some(name) = rest.strip_prefix('.') {
            let name_end = field_end(name, place, elements.last());
            let (name, more) = name.split_at_checked(name_end)?;
            (PathElement::Field(name.to_owned()), more)
        } else {
            bracket(rest)?
        };
        place = place.and_then(|value| step(value, &element));
        elements.push(element);
        rest = more;
    }
    (!elements.is_empty()).then_some(FieldPath(elements))
}

/// Where a map key ends: the longest key of the map, all of the text in a map of texts, else the next `.` or `[`.
fn field_end(text: &str, place: Option<&Value>, parent: Option<&PathElement>) -> usize {
    let known = place.and_then(Value::as_object).into_iter().flat_map(serde_json::Map::keys);
    let fits = |key: &&String| {
        text.strip_prefix(key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    if let Some(key) = known.filter(fits).max_by_key(|key| key.len()) {
        return key.len();
    }
    match parent {
        Some(PathElement::Field(name)) if TEXT_MAPS.contains(&name.as_str()) => text.len(),
        _ => text.find(['.', '[']).unwrap_or(text.len()),
    }
}

/// Reads `[0]`, `[="v"]`, `["key"]` or `[name="x",port=80]` and gives what follows.
fn bracket(text: &str) -> Option<(PathElement, &str)> {
    let inner = text.strip_prefix('[')?;
    if let Some(value) = inner.strip_prefix('=') {
        let (value, rest) = json(value)?;
        return Some((PathElement::Value(value), rest.strip_prefix(']')?));
    }
    if inner.starts_with('"') {
        let (Value::String(name), rest) = json(inner)? else { return None };
        return Some((PathElement::Field(name), rest.strip_prefix(']')?));
    }
    if inner.starts_with(|c: char| c.is_ascii_digit()) {
        let (index, rest) = inner.split_once(']')?;
        return Some((PathElement::Index(index.parse().ok()?), rest));
    }
    let (mut keys, mut rest) = (Vec::new(), inner);
    loop {
        let (name, value) = rest.split_once('=')?;
        let (value, after) = json(value)?;
        keys.push((name.to_owned(), value));
        if let Some(after) = after.strip_prefix(']') {
            return Some((PathElement::Key(keys), after));
        }
        rest = after.strip_prefix(',')?;
    }
}

/// Reads one JSON value from the beginning of a text and gives what follows.
fn json(text: &str) -> Option<(Value, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((value, text.get(values.byte_offset()..)?))
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
