//! One step of a field path in a form that sorts and compares fast.

use serde_json::{Map, Number, Value};

use crate::model::{PathElement, canonical};
use crate::schema::{ListType, Schema};

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
            "k" if is_canonical(rest) => Some(Self::Key(rest.into())),
            "k" => {
                let keys: Map<String, Value> = serde_json::from_str(rest).ok()?;
                Some(Self::of_keys(keys.iter().map(|(name, value)| (&**name, value)).collect()))
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

    /// The JSON map of key fields, sorted by name.
    fn of_keys(mut keys: Vec<(&str, &Value)>) -> Self {
        keys.sort_unstable_by_key(|(name, _)| *name);
        let mut text = String::with_capacity(32);
        text.push('{');
        for (at, (name, value)) in keys.into_iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            push_text(&mut text, name);
            text.push(':');
            push_value(&mut text, value);
        }
        text.push('}');
        Self::Key(text.into())
    }

    fn of_value(value: &Value) -> Self {
        let mut text = String::new();
        push_value(&mut text, value);
        Self::Value(text.into())
    }

    /// The element of a list's item; none where it cannot be told from others.
    pub(super) fn of_item(schema: Schema<'_>, item: &Value) -> Option<Self> {
        match (schema.list_type(), item) {
            (ListType::Map, Value::Object(fields)) => {
                let keys = schema.keys().filter_map(|key| {
                    let value = fields.get(key.name).or(key.default)?;
                    Some((key.name, value))
                });
                let keys: Vec<_> = keys.collect();
                (!keys.is_empty()).then(|| Self::of_keys(keys))
            }
            (ListType::Set, Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                Some(Self::of_value(item))
            }
            _ => None,
        }
    }
}

/// Whether the JSON text of key fields is certain to be as we write it: no escapes, no fractions, no white space.
///
/// The server sorts the names; a text in another order would merely not be found.
fn is_canonical(text: &str) -> bool {
    let mut inside = false;
    text.bytes().all(|byte| {
        inside ^= byte == b'"';
        match byte {
            b'\\' => false,
            b'.' | b'e' | b'E' | b'+' | b' ' | b'\n' | b'\t' => inside,
            _ => true,
        }
    })
}

/// Writes a scalar as JSON, a number without a fraction as an integer, as the server compares them.
fn push_value(text: &mut String, value: &Value) {
    match value {
        Value::String(string) => push_text(text, string),
        Value::Number(number) => text.push_str(&whole(number).unwrap_or_else(|| number.to_string())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => text.push_str(&canonical(value)),
    }
}

fn whole(number: &Number) -> Option<String> {
    let float =
        number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15)?;
    Some(format!("{float:.0}"))
}

fn push_text(text: &mut String, string: &str) {
    if string.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\' || byte == 0x7f) {
        text.push_str(&Value::from(string).to_string());
    } else {
        text.push('"');
        text.push_str(string);
        text.push('"');
    }
}

impl From<&PathElement> for Element {
    fn from(element: &PathElement) -> Self {
        match element {
            PathElement::Field(name) => Self::field(name),
            PathElement::Key(keys) => {
                Self::of_keys(keys.iter().map(|(name, value)| (&**name, value)).collect())
            }
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
