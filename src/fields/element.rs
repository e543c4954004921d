//! One step of a field path in a form that sorts and compares fast.

use serde_json::{Map, Value};

use crate::{
    model::{PathElement, canonical},
    schema::{ListType, Schema},
};

/// A path element; keys and values are kept as canonical JSON text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Element {
    /// A map key.
    Field(Box<str>),
    /// An item of a map-list: its key fields as a JSON map.
    Key(Box<str>),
    /// An item of a set.
    Value(Box<str>),
    /// An item of an ordinary list.
    Index(usize),
}

impl Element {
    pub(super) fn field(name: &str) -> Self {
        Self::Field(name.into())
    }

    /// Reads `f:name`, `k:{…}`, `v:…` or `i:0`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (sort, rest) = text.split_once(':')?;
        match sort {
            "f" => Some(Self::field(rest)),
            "k" => {
                let keys: Map<String, Value> = serde_json::from_str(rest).ok()?;
                Some(Self::of_keys(keys))
            }
            "v" => Some(Self::of_value(&serde_json::from_str(rest).ok()?)),
            "i" => rest.parse().ok().map(Self::Index),
            _ => None,
        }
    }

    /// The text as `managedFields` has it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => format!("k:{keys}"),
            Self::Value(value) => format!("v:{value}"),
            Self::Index(index) => format!("i:{index}"),
        }
    }

    fn of_keys(keys: Map<String, Value>) -> Self {
        let keys = keys.into_iter().map(|(name, value)| (name, plain(value))).collect();
        Self::Key(canonical(&Value::Object(keys)).into())
    }

    fn of_value(value: &Value) -> Self {
        Self::Value(canonical(&plain(value.clone())).into())
    }

    /// The element of a list's item; none where it cannot be told from others.
    pub(super) fn of_item(schema: Schema<'_>, item: &Value) -> Option<Self> {
        match (schema.list_type(), item) {
            (ListType::Map, Value::Object(fields)) => {
                let keys = schema.keys().filter_map(|key| {
                    let value = fields.get(key.name).or(key.default)?;
                    Some((key.name.to_owned(), value.clone()))
                });
                let keys: Map<_, _> = keys.collect();
                (!keys.is_empty()).then(|| Self::of_keys(keys))
            }
            (ListType::Set, Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                Some(Self::of_value(item))
            }
            _ => None,
        }
    }
}

/// A number without a fraction as an integer, as the server compares them.
fn plain(value: Value) -> Value {
    match value.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
        Some(float) if value.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => {
            Value::from(float as i64)
        }
        _ => value,
    }
}

impl From<&PathElement> for Element {
    fn from(element: &PathElement) -> Self {
        match element {
            PathElement::Field(name) => Self::field(name),
            PathElement::Key(keys) => Self::of_keys(keys.iter().cloned().collect()),
            PathElement::Value(value) => Self::of_value(value),
            PathElement::Index(index) => Self::Index(*index),
        }
    }
}

impl From<&Element> for PathElement {
    fn from(element: &Element) -> Self {
        match element {
            Element::Field(name) => Self::Field(name.to_string()),
            Element::Key(keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                Self::Key(keys.into_iter().collect())
            }
            Element::Value(value) => Self::Value(serde_json::from_str(value).unwrap_or_default()),
            Element::Index(index) => Self::Index(*index),
        }
    }
}
