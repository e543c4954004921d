//! Whether an object fits its schema as server-side apply asks it: declared fields, kinds of values, keys of lists.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    golang,
    path::element_text,
    shape::{Scalar, Shape},
};
use crate::fields::element::Element;
use crate::schema::{ListType, Schema, Sort};

/// Whether items of keyed lists may stand there more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duplicates {
    /// As in what is stored.
    Kept,
    /// As in what is applied.
    Refused,
}

/// Checks a value; the error is the server's text.
pub(super) fn check(value: &Value, schema: Option<Schema<'_>>, duplicates: Duplicates) -> Result<(), String> {
    let mut check = Check { duplicates, path: Vec::new(), errors: Vec::new() };
    check.value(value, schema);
    match check.errors.as_slice() {
        [] => Ok(()),
        [only] => Err(only.clone()),
        many => Err(many.iter().fold("errors:".to_owned(), |text, error| text + "\n  " + error)),
    }
}

/// A step of the path, written out only where something is wrong.
enum Step<'v> {
    Name(&'v str),
    Item(Element),
}

struct Check<'v> {
    duplicates: Duplicates,
    path: Vec<Step<'v>>,
    errors: Vec<String>,
}

impl<'v> Check<'v> {
    fn error(&mut self, message: impl AsRef<str>) {
        let message = message.as_ref();
        let path: String = (self.path.iter())
            .map(|step| match step {
                Step::Name(name) => format!(".{name}"),
                Step::Item(element) => element_text(element),
            })
            .collect();
        self.errors.push(if path.is_empty() { message.to_owned() } else { format!("{path}: {message}") });
    }

    fn below(&mut self, step: Step<'v>, value: &'v Value, schema: Option<Schema<'_>>) {
        self.path.push(step);
        self.value(value, schema);
        self.path.pop();
    }

    fn value(&mut self, value: &'v Value, schema: Option<Schema<'_>>) {
        if value.is_null() {
            return;
        }
        match (Shape::of(schema, Some(value)), value) {
            (Shape::Map { .. }, Value::Object(map)) => self.map(map, schema),
            (Shape::Map { .. }, _) => self.error(format!("expected map, got &{{{}}}", golang::plain(value))),
            (Shape::List(list), Value::Array(items)) => self.items(items, list, schema),
            (Shape::List(_), _) => self.error(format!("expected list, got &{{{}}}", golang::plain(value))),
            (Shape::Scalar(scalar), _) => self.scalar(value, scalar),
        }
    }

    fn map(&mut self, map: &'v Map<String, Value>, schema: Option<Schema<'_>>) {
        for (name, value) in map {
            let below = schema.and_then(|schema| schema.field(name));
            if below.is_none() && schema.is_some_and(is_closed) {
                self.path.push(Step::Name(name));
                self.error("field not declared in schema");
                self.path.pop();
                return;
            }
            self.below(Step::Name(name), value, below);
        }
    }

    fn items(&mut self, items: &'v [Value], list: ListType, schema: Option<Schema<'_>>) {
        let below = schema.and_then(Schema::items);
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let keyed = match (list, schema) {
                (ListType::Map | ListType::Set, Some(schema)) => element(item, schema).map(Some),
                _ => Ok(None),
            };
            match keyed {
                Err(error) => {
                    self.error(format!("element {index}: {error}"));
                    return;
                }
                Ok(None) => self.below(Step::Item(Element::Index(index)), item, below),
                Ok(Some(element)) => {
                    if self.duplicates == Duplicates::Refused && !seen.insert(element.clone()) {
                        self.error(format!("duplicate entries for key {}", element_text(&element)));
                    }
                    self.below(Step::Item(element), item, below);
                }
            }
        }
    }

    fn scalar(&mut self, value: &Value, scalar: Scalar) {
        let fits = match value {
            Value::Number(_) => matches!(scalar, Scalar::Any | Scalar::Number),
            Value::String(_) => matches!(scalar, Scalar::Any | Scalar::Text),
            Value::Bool(_) => matches!(scalar, Scalar::Any | Scalar::Boolean),
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        };
        if fits {
            return;
        }
        self.error(match scalar {
            Scalar::Number => format!("expected numeric (int or float), got {}", golang::type_name(value)),
            Scalar::Text => {
                format!("expected string, got &value.valueUnstructured{{Value:{}}}", golang::syntax(value))
            }
            Scalar::Boolean => format!("expected boolean, got &{{{}}}", golang::plain(value)),
            Scalar::Any => format!("expected any scalar, got &{{{}}}", golang::plain(value)),
        });
    }
}

/// Whether a map of this schema holds declared fields only.
fn is_closed(schema: Schema<'_>) -> bool {
    let declares = schema.names().next().is_some();
    schema.sort() == Sort::Object && declares && !schema.preserves_unknown() && schema.additional().is_none()
}

/// The element of an item, or why it has none.
fn element(item: &Value, schema: Schema<'_>) -> Result<Element, String> {
    if let Some(element) = Element::of_item(schema, item) {
        return Ok(element);
    }
    let reason = match (schema.list_type(), item) {
        (ListType::Map, Value::Null) => "associative list with keys may not have a null element",
        (ListType::Map, Value::Object(_)) => {
            let keys: Vec<_> = schema.keys().map(|key| format!("{:?}", key.name)).collect();
            return Err(format!(
                "associative list with keys has an element that omits all key fields [{}] (and doesn't have default \
                 values for any key fields)",
                keys.join(" ")
            ));
        }
        (ListType::Map, _) => "associative list with keys may not have non-map elements",
        (_, Value::Object(_)) => "associative list without keys has an element that's a map type",
        (_, Value::Array(_)) => "not supporting: associative list with lists as elements",
        _ => "associative list without keys has an element that's an explicit null",
    };
    Err(reason.to_owned())
}
