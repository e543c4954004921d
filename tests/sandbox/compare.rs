//! Answers without what is another every time, and where two of them differ.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Hides what is another every time: uids, versions, times, addresses, generated names.
pub(crate) fn masked(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(map) => {
            let generated = map.contains_key("generateName");
            Value::Object(
                (map.iter())
                    .filter(|(name, value)| !(*name == "creationTimestamp" && value.is_null()))
                    .map(|(name, value)| {
                        let hidden = [
                            "uid",
                            "resourceVersion",
                            "clusterIP",
                            "nodePort",
                            "healthCheckNodePort",
                            "continue",
                            "remainingItemCount",
                        ];
                        let time = [
                            "time",
                            "creationTimestamp",
                            "deletionTimestamp",
                            "lastTransitionTime",
                            "lastPhaseTransitionTime",
                        ];
                        let value = if name == "clusterIP" && value == "None" {
                            value.clone()
                        } else if hidden.contains(&name.as_str())
                            || time.contains(&name.as_str())
                            || generated && name == "name"
                        {
                            json!("X")
                        } else {
                            masked(value, name)
                        };
                        (name.clone(), value)
                    })
                    .filter(|(name, _)| name != "remainingItemCount" && name != "time")
                    .collect(),
            )
        }
        Value::Array(items) if key == "clusterIPs" && items != &[json!("None")] => json!(items.len()),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| masked(item, "")).collect();
            if key == "causes" {
                items.sort_by_key(Value::to_string);
            }
            Value::Array(items)
        }
        Value::String(text) if text.starts_with("UUID") || is_uid(text) => json!("X"),
        Value::String(text) if key == "message" => json!(words(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn is_uid(text: &str) -> bool {
    text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4
}

/// A message without versions and uids.
fn words(text: &str) -> String {
    // The object inside a message about a patch is another every time.
    let text = match (text.find("Invalid value: \"{"), text.find("}\": strict decoding error")) {
        (Some(from), Some(to)) if from < to => &format!("{}X{}", &text[..from], &text[to..]),
        _ => text,
    };
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        let version = !bare.is_empty() && bare.len() < 7 && bare.bytes().all(|byte| byte.is_ascii_digit());
        let uid = is_uid(bare);
        let before = words.last().map_or("", String::as_str);
        let hidden = (version || bare == "RV" || bare == "N") && ["record", "current:"].contains(&before);
        words.push(if hidden || uid || bare == "UID" && before == "record" {
            "X".to_owned()
        } else {
            word.to_owned()
        });
    }
    words.join(" ")
}

/// Where two trees differ first.
pub(crate) fn difference(path: &str, wanted: &Value, found: &Value) -> Option<String> {
    match (wanted, found) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| {
                let null = Value::Null;
                difference(&format!("{path}.{key}"), a.get(key).unwrap_or(&null), b.get(key).unwrap_or(&null))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(&format!("{path}[{i}]"), a, b))
        }
        _ if wanted == found => None,
        _ => Some(format!("{path}: the server says {wanted}, the sandbox {found}")),
    }
}
