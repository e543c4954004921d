//! What a value is taken for when states of an object are laid over one another.

use serde_json::{Map, Number, Value};

use crate::schema::{ListType, MapType, Schema, Sort};

/// What a value is taken for: by its schema, else by what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A map; an atomic one is a leaf.
    Map { atomic: bool },
    /// A list.
    List(ListType),
    /// A leaf.
    Scalar(Scalar),
}

/// What a leaf may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    /// Any scalar.
    Any,
    /// A number.
    Number,
    /// A string.
    Text,
    /// A boolean.
    Boolean,
}

impl Shape {
    /// The shape of a value; of none and of `null` whatever the schema says, without one a map.
    pub(super) fn of(schema: Option<Schema<'_>>, value: Option<&Value>) -> Self {
        let atomic = schema.is_some_and(|schema| schema.map_type() == MapType::Atomic);
        match schema.map_or(Sort::Any, Schema::sort) {
            Sort::Object => Self::Map { atomic },
            Sort::List => Self::List(schema.map_or(ListType::Atomic, Schema::list_type)),
            Sort::String if schema.is_some_and(Schema::is_formatted) => Self::Scalar(Scalar::Any),
            Sort::String => Self::Scalar(Scalar::Text),
            Sort::Integer | Sort::Number => Self::Scalar(Scalar::Number),
            Sort::Boolean => Self::Scalar(Scalar::Boolean),
            Sort::Quantity => Self::Scalar(Scalar::Any),
            // Applied, such a field takes anything, as a whole.
            Sort::IntOrString => match value {
                Some(Value::Object(_)) => Self::Map { atomic: true },
                Some(Value::Array(_)) => Self::List(ListType::Atomic),
                _ => Self::Scalar(Scalar::Any),
            },
            Sort::Any => match value {
                None | Some(Value::Null | Value::Object(_)) => Self::Map { atomic },
                Some(Value::Array(_)) => Self::List(schema.map_or(ListType::Atomic, Schema::list_type)),
                Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => Self::Scalar(Scalar::Any),
            },
        }
    }
}

/// The schema of a map key; none where anything goes.
pub(super) fn below<'a>(schema: Option<Schema<'a>>, name: &str) -> Option<Schema<'a>> {
    schema.and_then(|schema| schema.field(name))
}

/// The map that a value is; an empty one and `null` are the same here.
pub(super) fn map(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

/// The items of a list; none for anything else.
pub(super) fn list(value: Option<&Value>) -> Option<&[Value]> {
    value.and_then(Value::as_array).map(Vec::as_slice)
}

/// Whether two values are the same to the server: numbers by amount, maps without order.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    a == b || (a.is_f64() != b.is_f64() && a.as_f64() == b.as_f64())
}
