//! Paths into an object and the mistakes found there, in the server's words.

use std::fmt;

use serde_json::Value;

use crate::model::Cause;

/// A place in an object, as the server prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(String);

impl Path {
    /// A field of the object itself.
    pub(super) fn root(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// A field below.
    pub(super) fn child(&self, name: &str) -> Self {
        Self(format!("{}.{name}", self.0))
    }

    /// An item of a list.
    pub(super) fn index(&self, at: usize) -> Self {
        Self(format!("{}[{at}]", self.0))
    }

    /// A value of a map.
    pub(super) fn key(&self, key: &str) -> Self {
        Self(format!("{}[{key}]", self.0))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All mistakes of one object.
#[derive(Debug, Default)]
pub(super) struct Causes {
    list: Vec<Cause>,
}

impl Causes {
    /// A value must be there.
    pub(super) fn required(&mut self, path: &Path, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.add("FieldValueRequired", path, format!("Required value{colon}{detail}"));
    }

    /// A value is malformed.
    pub(super) fn invalid(&mut self, path: &Path, value: &Value, detail: &str) {
        self.add("FieldValueInvalid", path, format!("Invalid value: {}: {detail}", shown(value)));
    }

    /// A value is none of those that are known.
    pub(super) fn not_supported(&mut self, path: &Path, value: &str, known: &[&str]) {
        let mut known: Vec<String> = known.iter().map(|it| format!("{it:?}")).collect();
        known.sort();
        let message = format!("Unsupported value: {value:?}: supported values: {}", known.join(", "));
        self.add("FieldValueNotSupported", path, message);
    }

    /// A value stands there twice.
    pub(super) fn duplicate(&mut self, path: &Path, value: &Value) {
        self.add("FieldValueDuplicate", path, format!("Duplicate value: {}", shown(value)));
    }

    /// A value may not be there.
    pub(super) fn forbidden(&mut self, path: &Path, detail: &str) {
        self.add("FieldValueForbidden", path, format!("Forbidden: {detail}"));
    }

    /// A value names something that is not there.
    pub(super) fn not_found(&mut self, path: &Path, value: &Value) {
        self.add("FieldValueNotFound", path, format!("Not found: {}", shown(value)));
    }

    fn add(&mut self, reason: &str, path: &Path, message: String) {
        self.list.push(Cause { reason: reason.to_owned(), field: path.to_string(), message });
    }

    /// The list, in the order in which the mistakes were found.
    pub(super) fn into_list(self) -> Vec<Cause> {
        self.list
    }
}

/// A value as the server prints it in a message.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Null => "null".to_owned(),
        other => other.to_string(),
    }
}
