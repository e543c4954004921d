//! Values: merged in their order, each with the place it was written at, and checked by the stack's JSON Schema.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value, json};

use crate::model::{Place, Problem};
use crate::syntax::{Node, NodeValue, did_you_mean, listed};

/// Merged values and where each of them was written last, by JSON pointer.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    pub(super) tree: Map<String, Value>,
    pub(super) places: BTreeMap<String, Place>,
}

impl Values {
    /// Values over these: maps merge deeply, lists replace, null removes.
    pub(super) fn over(&mut self, node: &Node, file: &Arc<str>) {
        if let NodeValue::Map(entries) = &node.value {
            let mut tree = std::mem::take(&mut self.tree);
            for (key, value) in entries {
                self.lay(&mut tree, "", (&key.name, value), file);
            }
            self.tree = tree;
        }
    }

    fn lay(
        &mut self,
        map: &mut Map<String, Value>,
        parent: &str,
        (key, node): (&str, &Node),
        file: &Arc<str>,
    ) {
        let pointer = format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"));
        self.places.insert(pointer.clone(), node.place(file));
        match &node.value {
            NodeValue::Null => {
                map.shift_remove(key);
            }
            NodeValue::Map(entries) => {
                let known = map.entry(key).or_insert_with(|| json!({}));
                if !known.is_object() {
                    *known = json!({});
                }
                if let Value::Object(inner) = known {
                    let mut inner_map = std::mem::take(inner);
                    for (name, value) in entries {
                        self.lay(&mut inner_map, &pointer, (&name.name, value), file);
                    }
                    *inner = inner_map;
                }
            }
            NodeValue::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.places.insert(format!("{pointer}/{at}"), item.place(file));
                }
                map.insert(key.to_owned(), node.to_value());
            }
            NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_) => {
                map.insert(key.to_owned(), node.to_value());
            }
        }
    }

    /// Where the value of a pointer was written, or the nearest map around it.
    fn place(&self, pointer: &str, fallback: &Place) -> Place {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return place.clone();
            }
            match pointer.rsplit_once('/') {
                Some((parent, _)) => pointer = parent,
                None => return fallback.clone(),
            }
        }
    }

    /// Every way in which the values do not fit the schema.
    pub(super) fn check(&self, schema: &Value, stack: &str, fallback: &Place) -> Vec<Problem> {
        let mut problems = self.unknown(schema, stack, fallback);
        let unknown: Vec<Place> = problems.iter().map(|problem| problem.place.clone()).collect();
        let validator = match jsonschema::validator_for(schema) {
            Ok(validator) => validator,
            Err(error) => {
                let message = format!("`spec.values` is no JSON Schema: {error}");
                return vec![Problem::new(fallback.clone(), message).help("see https://json-schema.org")];
            }
        };
        let tree = Value::Object(self.tree.clone());
        for error in validator.iter_errors(&tree) {
            let pointer = error.instance_path().to_string();
            let place = self.place(&pointer, fallback);
            let extra =
                matches!(error.kind(), jsonschema::error::ValidationErrorKind::AdditionalProperties { .. });
            if extra && pointer.is_empty() || unknown.contains(&place) {
                continue;
            }
            let name = pointer.trim_start_matches('/').replace('/', ".");
            let message =
                if name.is_empty() { format!("values: {error}") } else { format!("value `{name}`: {error}") };
            problems.push(Problem::new(place, message).help(format!("see `spec.values` of stack `{stack}`")));
        }
        problems
    }

    fn unknown(&self, schema: &Value, stack: &str, fallback: &Place) -> Vec<Problem> {
        let nothing = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
        let unknown = self.tree.keys().filter(|key| !properties.contains_key(*key));
        unknown
            .map(|key| {
                let place = self.place(&format!("/{}", key.replace('~', "~0").replace('/', "~1")), fallback);
                let names = properties.keys().map(String::as_str);
                let help = match did_you_mean(key, names.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if properties.is_empty() => {
                        "declare it under `spec.values.properties` of the stack".to_owned()
                    }
                    None => format!("known are {}", listed(names)),
                };
                Problem::new(place, format!("stack `{stack}` has no value `{key}`")).help(help)
            })
            .collect()
    }
}

/// The stack's schema as it is checked: an object without other properties.
pub(super) fn schema(written: Option<&Node>) -> Value {
    let mut schema = json!({"type": "object", "additionalProperties": false});
    if let (Some(Value::Object(written)), Some(map)) = (written.map(Node::to_value), schema.as_object_mut()) {
        map.extend(written);
    }
    schema
}

/// The defaults that a schema's properties name, deeply.
pub(super) fn defaults(schema: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let inner = defaults(property);
        match property.get("default") {
            Some(Value::Object(default)) => {
                let mut merged = inner;
                merged.extend(default.clone());
                found.insert(name.clone(), Value::Object(merged));
            }
            Some(default) => {
                found.insert(name.clone(), default.clone());
            }
            None if !inner.is_empty() => {
                found.insert(name.clone(), Value::Object(inner));
            }
            None => {}
        }
    }
    found
}
