//! Taking fields out of an object by a set of them.

use serde_json::{Map, Value};

use super::shape::{Shape, below};
use crate::fields::{element::Element, set::FieldSet};
use crate::schema::{ListType, Schema};

/// The value less every member of the set; a map or list of which nothing is left becomes `null`.
pub(super) fn removed(value: &Value, set: &FieldSet, schema: Option<Schema<'_>>) -> Value {
    match (Shape::of(schema, Some(value)), value) {
        (Shape::Map { atomic: false }, Value::Object(map)) => {
            let kept: Map<_, _> = map
                .iter()
                .filter_map(|(name, value)| match set.field(name) {
                    Some(gone) if gone.member => None,
                    Some(parts) => Some((name.clone(), removed(value, parts, below(schema, name)))),
                    None => Some((name.clone(), value.clone())),
                })
                .collect();
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        (Shape::List(ListType::Map | ListType::Set), Value::Array(items)) => {
            let Some(schema) = schema else { return Value::Null };
            let kept = items.iter().filter_map(|item| {
                let element = Element::of_item(schema, item);
                match element.and_then(|element| set.child(&element)) {
                    Some(gone) if gone.member => None,
                    Some(parts) => Some(removed(item, parts, schema.items())),
                    None => Some(item.clone()),
                }
            });
            let kept: Vec<_> = kept.collect();
            if kept.is_empty() { Value::Null } else { Value::Array(kept) }
        }
        (Shape::Map { .. } | Shape::List(_), _) => Value::Null,
        (Shape::Scalar(_), _) => value.clone(),
    }
}

impl FieldSet {
    /// This set with the declared fields that it only has parts of: those that `managedFields` does not name.
    #[must_use]
    pub(super) fn with_named_fields(&self, schema: Option<Schema<'_>>) -> Self {
        let children = self.children.iter().map(|(element, child)| {
            let (below, named) = match element {
                Element::Field(name) => {
                    let (below, declared) = schema.map_or((None, false), |schema| schema.key(name));
                    (below, declared && !child.children.is_empty())
                }
                Element::Key(_) | Element::Value(_) => (schema.and_then(Schema::items), false),
                Element::Index(_) => (None, false),
            };
            let mut child = child.with_named_fields(below);
            child.member |= named;
            (element.clone(), child)
        });
        Self { member: self.member, children: children.collect() }
    }
}
