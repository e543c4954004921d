//! Items that stand in a set or keyed list twice, and objects within objects.

use serde_json::{Map, Value};

use super::{
    cause::{Cause, Reason},
    structural::{below, says},
};

/// What lists and embedded objects have against them.
pub(super) fn check(value: &Value, schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    match value {
        Value::Object(map) => {
            if says(schema, "x-kubernetes-embedded-resource") {
                embedded(map, path, causes);
            }
            let declared = schema.get("properties");
            for (name, value) in map {
                let Some(below) = below(schema, name) else { continue };
                let own = declared.is_some_and(|fields| fields.get(name).is_some());
                let path = match (path, own) {
                    ("", _) => name.clone(),
                    (path, true) => format!("{path}.{name}"),
                    (path, false) => format!("{path}[{name}]"),
                };
                check(value, below, &path, causes);
            }
        }
        Value::Array(items) => {
            match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
                Some("set") => repeated(items, path, causes, &|item| Some(item.clone())),
                Some("map") => keyed(items, schema, path, causes),
                _ => {}
            }
            let Some(below) = schema.get("items") else { return };
            for (index, item) in items.iter().enumerate() {
                check(item, below, &format!("{path}[{index}]"), causes);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn embedded(map: &Map<String, Value>, path: &str, causes: &mut Vec<Cause>) {
    for name in ["apiVersion", "kind"] {
        if map.get(name).is_none_or(|value| value.as_str().is_none_or(str::is_empty)) {
            let field = format!("{path}.{name}");
            causes.push(Cause::new(&field, Reason::Required, "Required value".to_owned()));
        }
    }
}

fn keyed(items: &[Value], schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
    let keys: Vec<_> = keys.into_iter().flatten().filter_map(Value::as_str).collect();
    for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.is_object()) {
        let message = "must be an object for an array of list-type map";
        causes.push(Cause::invalid(&format!("{path}[{index}]"), item, message));
    }
    repeated(items, path, causes, &|item| {
        let item = item.as_object()?;
        let mut named: Vec<_> =
            keys.iter().filter_map(|key| Some(((*key).to_owned(), item.get(*key)?.clone()))).collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        Some(Value::Object(named.into_iter().collect()))
    });
}

fn repeated(items: &[Value], path: &str, causes: &mut Vec<Cause>, key: &dyn Fn(&Value) -> Option<Value>) {
    let mut seen = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(key) = key(item) else { continue };
        if seen.contains(&key) {
            let field = format!("{path}[{index}]");
            causes.push(Cause::new(&field, Reason::Duplicate, format!("Duplicate value: {key}")));
        } else {
            seen.push(key);
        }
    }
}
