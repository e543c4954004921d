//! Field paths as the server prints them.

use serde_json::{Map, Value};

use super::golang::quoted;
use crate::fields::{element::Element, set::FieldSet};

/// One step: `.name`, `[name="x",port=80]`, `[="v"]` or `[0]`; names stand as they are.
pub(super) fn element_text(element: &Element) -> String {
    match element {
        Element::Field(name) => format!(".{name}"),
        Element::Key(keys) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<_> = keys.iter().map(|(name, value)| format!("{name}={}", scalar(value))).collect();
            format!("[{}]", keys.join(","))
        }
        Element::Value(value) => {
            format!("[={}]", scalar(&serde_json::from_str(value).unwrap_or_default()))
        }
        Element::Index(index) => format!("[{index}]"),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// All members of a set in the server's order: of each place first its members, then what is below them.
pub(super) fn texts(set: &FieldSet) -> Vec<String> {
    let mut found = Vec::new();
    collect(set, "", &mut found);
    found
}

fn collect(set: &FieldSet, prefix: &str, found: &mut Vec<String>) {
    let members = set.children.iter().filter(|(_, child)| child.member);
    found.extend(members.map(|(element, _)| format!("{prefix}{}", element_text(element))));
    for (element, child) in set.children.iter().filter(|(_, child)| !child.children.is_empty()) {
        collect(child, &format!("{prefix}{}", element_text(element)), found);
    }
}
