//! Paths into an object and the mistakes found there, in the server's words.

use std::fmt;

use serde_json::Value;

use crate::model::Cause;

/// A place in an object, as the server prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(String);

impl Path {
    /// The object itself.
    pub(super) fn object() -> Self {
        Self(String::new())
    }

    /// A field of the object itself, or several with dots between.
    pub(super) fn root(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// A field below, or several with dots between.
    pub(super) fn child(&self, name: &str) -> Self {
        if self.is_empty() { Self::root(name) } else { Self(format!("{}.{name}", self.0)) }
    }

    /// An item of a list.
    pub(super) fn index(&self, at: usize) -> Self {
        Self(format!("{}[{at}]", self.0))
    }

    /// A value of a map.
    pub(super) fn key(&self, key: &str) -> Self {
        Self(format!("{}[{key}]", self.0))
    }

    /// Whether it is the object itself.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
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
        self.add("FieldValueRequired", path, format!("Required value{}", after_colon(detail)));
    }

    /// A value is malformed.
    pub(super) fn invalid(&mut self, path: &Path, value: &Value, detail: &str) {
        self.add(
            "FieldValueInvalid",
            path,
            format!("Invalid value: {}{}", shown(value), after_colon(detail)),
        );
    }

    /// A value is none of those that are known.
    pub(super) fn not_supported(&mut self, path: &Path, value: &str, known: &[&str]) {
        self.not_supported_value(path, &Value::from(value), known);
    }

    /// The same for a value that is no text.
    pub(super) fn not_supported_value(&mut self, path: &Path, value: &Value, known: &[&str]) {
        let known: Vec<String> = known.iter().map(|it| quoted(it)).collect();
        let message = format!("Unsupported value: {}: supported values: {}", shown(value), known.join(", "));
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
    pub(super) fn not_found(&mut self, path: &Path, value: &str, detail: &str) {
        let message = format!("Not found: {}{}", quoted(value), after_colon(detail));
        self.add("FieldValueNotFound", path, message);
    }

    /// A value takes too much room.
    pub(super) fn too_long(&mut self, path: &Path, most: usize) {
        self.add("FieldValueTooLong", path, format!("Too long: may not be more than {most} bytes"));
    }

    fn add(&mut self, reason: &str, path: &Path, message: String) {
        let cause = Cause { reason: reason.to_owned(), field: path.to_string(), message };
        self.list.push(cause);
    }

    /// How many there are so far.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The list, in the order in which the mistakes were found.
    pub(super) fn into_list(self) -> Vec<Cause> {
        self.list
    }
}

fn after_colon(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A value as the server prints it in a message.
fn shown(value: &Value) -> String {
    value.to_string()
}
