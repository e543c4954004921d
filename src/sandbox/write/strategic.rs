//! Strategic merge patches: merge patches that know the keys of lists.

use serde_json::{Map, Value};

use crate::schema::{ListType, Schema};

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

/// Merges a patch into a tree; the error is what is wrong with the patch.
pub(super) fn merge(tree: &mut Value, patch: &Value, schema: Option<Schema<'_>>) -> Result<(), String> {
    let Value::Object(patch) = patch else {
        *tree = patch.clone();
        return Ok(());
    };
    match patch.get(DIRECTIVE).and_then(Value::as_str) {
        Some("replace") => {
            *tree = Value::Object(plain(patch));
            return Ok(());
        }
        Some("delete") => {
            *tree = Value::Object(Map::new());
            return Ok(());
        }
        Some("merge") | None => {}
        Some(other) => return Err(format!("Unknown patch type: {other}")),
    }
    if !tree.is_object() {
        *tree = Value::Object(Map::new());
    }
    let Value::Object(map) = tree else { return Ok(()) };
    if let Some(Value::Array(kept)) = patch.get(RETAIN) {
        map.retain(|key, _| kept.iter().any(|name| name.as_str() == Some(key)));
    }
    for (key, value) in patch.iter().filter(|(key, _)| !key.starts_with('$')) {
        let schema = schema.and_then(|schema| schema.field(key));
        match value {
            Value::Null => {
                map.shift_remove(key);
            }
            Value::Array(items) => {
                let order = patch.get(&format!("{ORDER}{key}")).and_then(Value::as_array);
                merge_list(map.entry(key.as_str()).or_insert(Value::Null), items, order, schema)?;
            }
            Value::Object(_) => {
                let gone = value.get(DIRECTIVE).and_then(Value::as_str) == Some("delete");
                let new = !map.contains_key(key);
                if gone {
                    map.shift_remove(key);
                } else if new && value.get(DIRECTIVE).is_some() {
                    // A directive over nothing: the server drops it with what stands beside it.
                } else {
                    merge(map.entry(key.as_str()).or_insert(Value::Null), value, schema)?;
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                map.insert(key.clone(), value.clone());
            }
        }
    }
    directives(map, patch, schema)
}

/// What a patch says about lists without having items for them.
fn directives(
    map: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    schema: Option<Schema<'_>>,
) -> Result<(), String> {
    for (name, value) in patch {
        let Value::Array(items) = value else { continue };
        if let Some(key) = name.strip_prefix(DELETE_FROM) {
            if let Some(Value::Array(live)) = map.get_mut(key) {
                live.retain(|item| !items.contains(item));
            }
        } else if let Some(key) = name.strip_prefix(ORDER)
            && !patch.contains_key(key)
            && let Some(live @ Value::Array(_)) = map.get_mut(key)
        {
            let schema = schema.and_then(|schema| schema.field(key));
            merge_list(live, &[], Some(items), schema)?;
        }
    }
    Ok(())
}

/// A map without directives, all the way down.
fn plain(map: &Map<String, Value>) -> Map<String, Value> {
    fn cleaned(value: &Value) -> Value {
        match value {
            Value::Object(map) => Value::Object(plain(map)),
            Value::Array(items) => Value::Array(items.iter().map(cleaned).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
    let kept = map.iter().filter(|(key, value)| !key.starts_with('$') && !value.is_null());
    kept.map(|(key, value)| (key.clone(), cleaned(value))).collect()
}

fn merge_list(
    live: &mut Value,
    patch: &[Value],
    order: Option<&Vec<Value>>,
    schema: Option<Schema<'_>>,
) -> Result<(), String> {
    let replaced = patch.iter().any(|item| item.get(DIRECTIVE).and_then(Value::as_str) == Some("replace"));
    let sort = schema.map_or(ListType::Atomic, Schema::list_type);
    if !live.is_array() {
        *live = Value::Array(Vec::new());
    }
    let Value::Array(items) = live else { return Ok(()) };
    let before = items.clone();
    let named = order.map_or(patch, Vec::as_slice);
    if replaced || sort == ListType::Atomic {
        let kept = patch.iter().filter(|item| item.get(DIRECTIVE).is_none());
        *items =
            kept.map(|item| item.as_object().map_or(item.clone(), |map| Value::Object(plain(map)))).collect();
        return Ok(());
    }
    // A list that merges by several keys in server-side apply merges by the first of them here.
    let key = schema.and_then(|schema| schema.keys().next()).map(|key| key.name);
    let Some(key) = key else {
        items.extend(patch.iter().filter(|item| !items.contains(item)).cloned().collect::<Vec<_>>());
        *items = ordered(std::mem::take(items), named, &before, |item| Some(item));
        return Ok(());
    };
    for item in patch {
        let Some(name) = item.get(key) else {
            return Err(format!("map: {item} does not contain declared merge key: {key}"));
        };
        let at = items.iter().position(|known| known.get(key) == Some(name));
        let delete = item.get(DIRECTIVE).and_then(Value::as_str) == Some("delete");
        match (at, delete) {
            (Some(at), true) => {
                items.remove(at);
            }
            (None, true) => {}
            (Some(at), false) => {
                if let Some(known) = items.get_mut(at) {
                    merge(known, item, schema.and_then(Schema::items))?;
                }
            }
            (None, false) => {
                let mut new = Value::Object(Map::new());
                merge(&mut new, item, schema.and_then(Schema::items))?;
                items.push(new);
            }
        }
    }
    *items = ordered(std::mem::take(items), named, &before, |item| item.get(key));
    Ok(())
}

/// Orders a merged list as the server does: what the patch names stands in the patch's order, the rest in its own.
///
/// Of one of either the rest comes first only where it stood in front before.
fn ordered<'v>(
    merged: Vec<Value>,
    named: &'v [Value],
    before: &'v [Value],
    key: impl Fn(&Value) -> Option<&Value>,
) -> Vec<Value> {
    let place = |list: &[Value], item: &Value| {
        list.iter().position(|known| key(known).is_some() && key(known) == key(item))
    };
    let (mut ours, rest): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| place(named, item).is_some());
    ours.sort_by_key(|item| place(named, item));
    let mut rest = rest.into_iter().peekable();
    let mut all = Vec::new();
    for item in ours {
        let at = place(before, &item);
        while let Some(other) =
            rest.next_if(|other| place(before, other).zip(at).is_some_and(|(other, at)| other < at))
        {
            all.push(other);
        }
        all.push(item);
    }
    all.extend(rest);
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Gvk;
    use crate::schema::SchemaSet;

    fn check(live: Value, patch: &Value, expected: &Value) {
        let schemas = SchemaSet::builtin();
        let schema = schemas.of(&Gvk::new("v1", "Pod")).and_then(|pod| pod.field("spec"));
        let mut tree = live;
        merge(&mut tree, patch, schema).expect("merged");
        assert_eq!(tree, *expected);
    }

    #[test]
    fn keyed_lists_merge_by_key_and_atomic_ones_are_replaced() {
        check(
            json!({"containers": [{"name": "a", "image": "1", "args": ["x"]}, {"name": "b"}]}),
            &json!({"containers": [{"name": "a", "args": ["y"]}, {"name": "c"}]}),
            &json!({"containers": [{"name": "a", "image": "1", "args": ["y"]}, {"name": "c"}, {"name": "b"}]}),
        );
    }

    #[test]
    fn directives_delete_replace_retain_and_order() {
        check(
            json!({"containers": [{"name": "a"}, {"name": "b"}]}),
            &json!({"containers": [{"name": "a", "$patch": "delete"}]}),
            &json!({"containers": [{"name": "b"}]}),
        );
        check(
            json!({"containers": [{"name": "a"}, {"name": "b"}]}),
            &json!({"containers": [{"name": "c"}, {"$patch": "replace"}]}),
            &json!({"containers": [{"name": "c"}]}),
        );
        check(
            json!({"securityContext": {"runAsUser": 1, "runAsGroup": 2}}),
            &json!({"securityContext": {"$retainKeys": ["runAsUser"], "runAsUser": 3}}),
            &json!({"securityContext": {"runAsUser": 3}}),
        );
        check(
            json!({"containers": [{"name": "a"}, {"name": "b"}]}),
            &json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "b", "image": "2"}]}),
            &json!({"containers": [{"name": "b", "image": "2"}, {"name": "a"}]}),
        );
        check(json!({"nodeName": "x", "volumes": []}), &json!({"nodeName": null}), &json!({"volumes": []}));
        check(
            json!({"securityContext": {"runAsUser": 1}}),
            &json!({"securityContext": {"$patch": "delete"}}),
            &json!({}),
        );
    }
}
