//! The places of an object that hold secrets.

use serde_json::Value;

use crate::model::{Body, FieldPath, PathElement};

/// Words in the name of an environment variable that make its plain value a secret.
const TELLING: &[&str] = &["PASSWORD", "PASSWD", "TOKEN", "SECRET", "KEY", "CREDENTIAL"];
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Whether the value at a path of an object is a secret or holds one.
///
/// These are: `data` and `stringData` of a Secret, with all below and what kubectl's last-applied annotation repeats of
/// them; and plain values of environment variables whose name tells of a password, token, secret or key, wherever a
/// list `env` stands.
pub fn is_secret_place(body: &Body, path: &FieldPath) -> bool {
    if body.is_secret() {
        let inside = path.starts_with(&["data"]) || path.starts_with(&["stringData"]);
        if inside || path.starts_with(&["metadata", "annotations", LAST_APPLIED]) {
            return true;
        }
    }
    secret_variable(body.tree(), path)
}

/// Whether the path leads to the `value` of an environment variable with a telling name, or to the variable itself.
fn secret_variable(tree: &Value, path: &FieldPath) -> bool {
    let mut place = Some(tree);
    for pair in path.0.windows(2) {
        let [list, item] = pair else { continue };
        let items = match (list, place) {
            (PathElement::Field(name), Some(value)) => value.get(name),
            (_, value) => value,
        };
        let in_env = matches!(list, PathElement::Field(name) if name == "env");
        if in_env && variable_name(items, item).is_some_and(|name| tells(&name)) {
            return true;
        }
        place = next(place, list);
    }
    false
}

fn variable_name(items: Option<&Value>, item: &PathElement) -> Option<String> {
    match item {
        PathElement::Key(keys) => {
            let (_, name) = keys.iter().find(|(key, _)| key == "name")?;
            name.as_str().map(str::to_owned)
        }
        PathElement::Index(index) => items?.get(index)?.get("name")?.as_str().map(str::to_owned),
        PathElement::Field(_) | PathElement::Value(_) => None,
    }
}

fn next<'a>(place: Option<&'a Value>, element: &PathElement) -> Option<&'a Value> {
    match element {
        PathElement::Field(name) => place?.get(name),
        PathElement::Index(index) => place?.get(index),
        PathElement::Key(keys) => {
            let fits = |item: &&Value| keys.iter().all(|(name, value)| item.get(name) == Some(value));
            place?.as_array()?.iter().find(fits)
        }
        PathElement::Value(_) => None,
    }
}

/// Whether the name of an environment variable tells of a secret.
pub(super) fn tells(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    TELLING.iter().any(|word| name.contains(word))
}

/// All secret values of an object: of a Secret its data, elsewhere the plain values of telling variables.
pub(super) fn secret_values<'a>(body: &'a Body, found: &mut Vec<&'a str>) {
    if body.is_secret() {
        for field in ["data", "stringData"] {
            found.extend(body.map(&[field]).into_iter().flatten().filter_map(|(_, value)| value.as_str()));
        }
        found.extend(body.annotation(LAST_APPLIED));
    }
    variables(body.tree(), found);
}

fn variables<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let items = value.as_array().filter(|_| name == "env");
                for item in items.into_iter().flatten() {
                    let telling = item.get("name").and_then(Value::as_str).is_some_and(tells);
                    found.extend(item.get("value").and_then(Value::as_str).filter(|_| telling));
                }
                variables(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| variables(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
