//! Conditions of a status, whose times stay while what they say stays.

use serde_json::{Map, Value};

use super::view::Cx;
use crate::sandbox::kinds::value::{items, text};

/// What a condition says.
pub(super) struct Said<'a> {
    pub(super) sort: &'a str,
    pub(super) holds: bool,
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
}

/// The condition as it is to stand in the status of `object`.
pub(super) fn condition(cx: Cx<'_>, object: &Value, said: &Said<'_>) -> Map<String, Value> {
    let status = if said.holds { "True" } else { "False" };
    let old = items(object, "status.conditions").iter().find(|old| text(old, "type") == said.sort);
    let since = match old {
        Some(old) if text(old, "status") == status => text(old, "lastTransitionTime"),
        _ => cx.now,
    };
    let mut fields = Map::new();
    for (key, value) in [
        ("type", said.sort),
        ("status", status),
        ("lastTransitionTime", since),
        ("reason", said.reason),
        ("message", said.message),
    ] {
        fields.insert(key.to_owned(), Value::from(value));
    }
    fields
}

/// The same with the time at which anything about it changed.
pub(super) fn updated_condition(cx: Cx<'_>, object: &Value, said: &Said<'_>) -> Value {
    let mut fields = condition(cx, object, said);
    let old = items(object, "status.conditions").iter().find(|old| text(old, "type") == said.sort);
    let same =
        |old: &&Value| ["status", "reason", "message"].iter().all(|key| old.get(*key) == fields.get(*key));
    let updated = old.filter(same).map_or(cx.now, |old| text(old, "lastUpdateTime"));
    fields.insert("lastUpdateTime".to_owned(), Value::from(updated));
    Value::Object(fields)
}
