//! What server-side apply has to know of a write and of a kind.

use serde_json::Value;

use crate::schema::Schema;

/// Who writes, when and to what.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// The field manager.
    pub manager: &'a str,
    /// RFC 3339 time to the second, in UTC.
    pub time: &'a str,
    /// The subresource; empty for the object itself.
    pub subresource: &'a str,
}

/// What an apply does where others own a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// It is refused.
    Never,
    /// It takes the field.
    Take,
}

/// An object as another version of its kind has it.
pub struct Converted<'a> {
    /// The object.
    pub value: Value,
    /// What is declared of that version.
    pub schema: Option<Schema<'a>>,
}

/// What is known of a kind in the version of the request.
#[derive(Clone, Copy)]
pub struct Kind<'a> {
    /// Its schema; without one maps are granular and lists atomic.
    pub schema: Option<Schema<'a>>,
    /// The object of this kind before it is created: what the server's types always hold, as `spec: {}`.
    pub empty: Option<&'a Value>,
    /// Fills in the defaults and brings values to their stored form; the error is why they cannot be read.
    pub defaulted: &'a dyn Fn(&mut Value) -> Result<(), String>,
    /// The object in another `apiVersion`. None: that version of a built-in kind is not served, or that version of a
    /// custom kind has the same schema.
    pub converted: &'a dyn Fn(&Value, &str) -> Option<Converted<'a>>,
}

impl<'a> Kind<'a> {
    /// A kind of one version without defaults: entries of other versions are read by the same schema.
    pub fn of(schema: Option<Schema<'a>>) -> Self {
        Self { schema, empty: None, defaulted: &as_it_is, converted: &no_other }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that kinds with defaults need")]
fn as_it_is(_: &mut Value) -> Result<(), String> {
    Ok(())
}

fn no_other<'a>(_: &Value, _: &str) -> Option<Converted<'a>> {
    None
}
