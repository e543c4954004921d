//! Comparing answers without what is another every time: uids, versions, times, addresses.

use std::collections::BTreeSet;

use serde_json::{Value, json};

const HIDDEN: &[&str] = &[
    "uid",
    "resourceVersion",
    "clusterIP",
    "nodePort",
    "healthCheckNodePort",
    "continue",
    "creationTimestamp",
    "deletionTimestamp",
    "lastTransitionTime",
    "lastUpdateTime",
    "requestReceivedTimestamp",
];

/// An answer with what differs from run to run hidden.
pub(super) fn masked(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(map) => {
            let hide =
                |name: &str, value: &Value| HIDDEN.contains(&name) && !value.is_null() && value != "None";
            let kept = map.iter().filter(|(name, value)| {
                !(*name == "time"
                    || *name == "remainingItemCount"
                    || *name == "creationTimestamp" && value.is_null())
            });
            // The causes say it all, and their order in the message varies in the server itself.
            let causes = map.get("details").and_then(|it| it.get("causes")).is_some_and(Value::is_array);
            let kept = kept.filter(|(name, _)| !(causes && *name == "message"));
            kept.map(|(name, value)| {
                let value = if hide(name, value) { json!("X") } else { masked(value, name) };
                (name.clone(), value)
            })
            .collect()
        }
        Value::Array(items) if key == "clusterIPs" && items != &[json!("None")] => json!(items.len()),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| masked(item, "")).collect();
            if key == "causes" {
                // Their order varies in the server itself, and some checks run twice there.
                items.sort_by_key(Value::to_string);
                items.dedup();
            }
            if key == "managedFields" {
                // Entries stand in the order of their seconds, and the two servers do not answer in the same one.
                items.sort_by_key(|entry| {
                    ["operation", "manager", "subresource"].map(|name| entry[name].to_string())
                });
            }
            Value::Array(items)
        }
        Value::String(text) if key == "message" => json!(message(text)),
        Value::String(text) if is_uid(text) => json!("X"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// A message without uids and versions, its lines and listed parts in one order: the server's own order varies.
fn message(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '-');
        if is_uid(bare)
            || is_time(bare)
            || bare.len() < 8 && !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit())
        {
            word.replace(bare, "X")
        } else {
            word.to_owned()
        }
    });
    let text = words.collect::<Vec<_>>().join(" ");
    let text = text.replace(['[', ']'], "");
    let mut parts: Vec<&str> = text.split('\n').flat_map(|line| line.split(", ")).collect();
    parts.sort_unstable();
    parts.join("\n")
}

fn is_uid(text: &str) -> bool {
    text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4
}

fn is_time(text: &str) -> bool {
    text.len() == 20 && text.ends_with('Z') && text.contains('T')
}

/// Where two trees differ first.
pub(super) fn difference(path: &str, wanted: &Value, found: &Value) -> Option<String> {
    match (wanted, found) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| {
                let null = Value::Null;
                let (a, b) = (a.get(key).unwrap_or(&null), b.get(key).unwrap_or(&null));
                difference(&format!("{path}.{key}"), a, b)
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(&format!("{path}[{i}]"), a, b))
        }
        _ if wanted == found => None,
        _ => Some(format!("{path}: the server says {wanted}, the sandbox {found}")),
    }
}
