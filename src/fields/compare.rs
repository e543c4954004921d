//! What differs between two states of an object, in the smallest fields, list keys respected.

use serde_json::Value;

use super::element::Element;
use crate::model::{FieldPath, PathElement};
use crate::schema::{ListType, Schema};

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where it stands.
    pub path: FieldPath,
    /// Its value before; none where it was not there.
    pub before: Option<Value>,
    /// Its value after; none where it is gone.
    pub after: Option<Value>,
}

/// Fields of `metadata` that change with every write.
const VOLATILE: &[&str] = &["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"];

/// The fields that differ, in the order of the object; `status` and what changes with every write are left out.
///
/// Added and removed branches are split into their leaves. Items of lists without keys are matched from both ends and
/// then by place. Where only the order of a map-list or set differs, the list itself differs: its keys are shown.
pub fn compare(before: &Value, after: &Value, schema: Option<Schema<'_>>) -> Vec<Difference> {
    let mut comparison = Comparison::default();
    comparison.values(Some(before), Some(after), schema);
    comparison.found
}

#[derive(Default)]
struct Comparison {
    path: Vec<PathElement>,
    found: Vec<Difference>,
}

impl Comparison {
    fn differ(&mut self, before: Option<&Value>, after: Option<&Value>) {
        self.found.push(Difference {
            path: FieldPath(self.path.clone()),
            before: before.cloned(),
            after: after.cloned(),
        });
    }

    fn below(&mut self, element: PathElement, sides: [Option<&Value>; 2], schema: Option<Schema<'_>>) {
        self.path.push(element);
        let [before, after] = sides;
        self.values(before, after, schema);
        self.path.pop();
    }

    fn values(&mut self, before: Option<&Value>, after: Option<&Value>, schema: Option<Schema<'_>>) {
        if before == after {
            return;
        }
        match (before, after) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                let added = b.keys().filter(|name| !a.contains_key(*name));
                for name in a.keys().chain(added) {
                    self.field(name, [a.get(name), b.get(name)], schema);
                }
            }
            (Some(Value::Object(map)), None) if !map.is_empty() => {
                for (name, value) in map {
                    self.field(name, [Some(value), None], schema);
                }
            }
            (None, Some(Value::Object(map))) if !map.is_empty() => {
                for (name, value) in map {
                    self.field(name, [None, Some(value)], schema);
                }
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) => self.lists(a, b, schema),
            (Some(Value::Array(items)), None) if !items.is_empty() => self.lists(items, &[], schema),
            (None, Some(Value::Array(items))) if !items.is_empty() => self.lists(&[], items, schema),
            _ => self.differ(before, after),
        }
    }

    fn field(&mut self, name: &str, sides: [Option<&Value>; 2], schema: Option<Schema<'_>>) {
        let skipped = match self.path.as_slice() {
            [] => name == "status",
            [PathElement::Field(parent)] => parent == "metadata" && VOLATILE.contains(&name),
            _ => false,
        };
        if !skipped {
            self.below(
                PathElement::Field(name.to_owned()),
                sides,
                schema.and_then(|schema| schema.field(name)),
            );
        }
    }

    fn lists(&mut self, before: &[Value], after: &[Value], schema: Option<Schema<'_>>) {
        let keyed = schema.filter(|schema| schema.list_type() != ListType::Atomic).and_then(|schema| {
            let elements = |items: &[Value]| -> Option<Vec<Element>> {
                items.iter().map(|item| Element::of_item(schema, item)).collect()
            };
            Some((schema, elements(before)?, elements(after)?))
        });
        match keyed {
            Some((schema, a, b)) => self.keyed(schema, (&a, before), (&b, after)),
            None => self.placed(before, after, schema.and_then(Schema::items)),
        }
    }

    /// Lists whose items have keys.
    fn keyed(&mut self, schema: Schema<'_>, before: (&[Element], &[Value]), after: (&[Element], &[Value])) {
        let find = |side: (&[Element], &[Value]), element: &Element| -> Option<usize> {
            side.0.iter().position(|other| other == element)
        };
        let mut order = Vec::new();
        for (element, item) in before.0.iter().zip(before.1) {
            let at = find(after, element);
            order.extend(at);
            let other = at.and_then(|at| after.1.get(at));
            self.below(PathElement::from(element), [Some(item), other], schema.items());
        }
        for (element, item) in after.0.iter().zip(after.1) {
            if find(before, element).is_none() {
                self.below(PathElement::from(element), [None, Some(item)], schema.items());
            }
        }
        if !order.is_sorted() {
            let keys = |side: &[Element]| -> Value { side.iter().map(shown).collect() };
            self.differ(Some(&keys(before.0)), Some(&keys(after.0)));
        }
    }

    /// Lists whose items are told apart by their place: what is equal at both ends is taken off first.
    fn placed(&mut self, before: &[Value], after: &[Value], items: Option<Schema<'_>>) {
        let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let (a, b) = (before.get(head..).unwrap_or_default(), after.get(head..).unwrap_or_default());
        let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
        let (a, b) = (a.len() - tail, b.len() - tail);
        for place in head..head + a.max(b) {
            let old = if place < head + a { before.get(place) } else { None };
            let new = if place < head + b { after.get(place) } else { None };
            self.below(PathElement::Index(place), [old, new], items);
        }
    }
}

fn shown(element: &Element) -> Value {
    match PathElement::from(element) {
        PathElement::Key(keys) => Value::Object(keys.into_iter().collect()),
        PathElement::Value(value) => value,
        PathElement::Field(name) => Value::String(name),
        PathElement::Index(index) => Value::from(index),
    }
}
