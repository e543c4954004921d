//! The proof that applying an object would change nothing, without asking the server.

use std::{cell::Cell, fmt};

use serde_json::Value;

use super::{
    element::Element,
    owned::{owned, owns_exactly, parts},
    path::get,
    quantity::same_quantity,
    set::FieldSet,
};
use crate::model::{Body, FieldPath, LiveObject, PathElement};
use crate::schema::{ListType, MapType, Schema, Sort, builtin_types};

/// Why there is no proof; the object may still turn out to be unchanged.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// Nothing is known of its kind.
    NoSchema,
    /// It is being deleted.
    Terminating,
    /// It was read at another API version.
    OtherVersion,
    /// Our manager has no entry, or more than one, or one of another API version.
    Entries,
    /// Our entry does not own exactly what is desired.
    Ownership,
    /// A field has another value.
    Value(FieldPath),
    /// The items of a list stand in another order.
    Order(FieldPath),
    /// A field whose meaning is not certain, as an item that stands in its list twice.
    Unclear(FieldPath),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSchema => f.write_str("nothing is known of its kind"),
            Self::Terminating => f.write_str("it is being deleted"),
            Self::OtherVersion => f.write_str("it was read at another API version"),
            Self::Entries => f.write_str("it was not applied by us once at this API version"),
            Self::Ownership => f.write_str("we own other fields than are desired"),
            Self::Value(path) => write!(f, "{path} has another value"),
            Self::Order(path) => write!(f, "the items of {path} stand in another order"),
            Self::Unclear(path) => write!(f, "the meaning of {path} is not certain"),
        }
    }
}

/// Proves that applying `desired` as `manager` would change nothing in `live`, or says what is not proven.
pub fn needs_no_write(
    desired: &Body,
    live: &LiveObject,
    schema: Option<Schema<'_>>,
    manager: &str,
) -> Result<(), Why> {
    let schema = schema.ok_or(Why::NoSchema)?;
    if live.terminating() {
        return Err(Why::Terminating);
    }
    if live.body.api_version() != desired.api_version() || live.body.kind() != desired.kind() {
        return Err(Why::OtherVersion);
    }
    for (field, unclear) in [("status", schema.has_status().is_none()), ("stringData", desired.is_secret())] {
        if unclear && desired.at(&[field]).is_some() {
            return Err(Why::Unclear(FieldPath::of(&[field])));
        }
    }
    ownership(desired, live, schema, manager)?;

    let gvk = desired.gvk();
    let builtin = builtin_types().iter().any(|kind| kind.gvk == gvk);
    let exact = COMPARED_EXACTLY.contains(&(&*gvk.group, &*gvk.kind));
    let absent = Cell::new(false);
    for part in parts(desired.tree(), Some(schema)) {
        let proof = Proof { typed: builtin || part.in_metadata, exact, absent: &absent };
        let parents: &[&str] = if part.in_metadata { &["metadata"] } else { &[] };
        let have = live.body.at(parents).and_then(|around| around.get(part.name));
        let below = part.around.and_then(|around| around.field(part.name));
        proof.equal(part.value, have, below).map_err(|lack| {
            let lack = lack.within(PathElement::Field(part.name.to_owned()));
            let outer = parents.iter().map(|parent| PathElement::Field((*parent).to_owned()));
            outer.fold(lack, Lack::within).why()
        })?;
    }
    if absent.get() { unclaimed(&owned(desired.tree(), Some(schema)), live, manager) } else { Ok(()) }
}

/// Kinds whose generation grows even where only an absent list became an empty one.
const COMPARED_EXACTLY: &[(&str, &str)] = &[
    ("networking.k8s.io", "NetworkPolicy"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
];

/// Whether no other manager owns a field of ours that is not there: applying would take it from them.
fn unclaimed(wanted: &FieldSet, live: &LiveObject, manager: &str) -> Result<(), Why> {
    for entry in &live.managed {
        if entry.apply && entry.manager == manager && entry.subresource.is_none() {
            continue;
        }
        let theirs = FieldSet::parse(&entry.fields).map_err(|_| Why::Ownership)?;
        let shared = wanted.intersection(&theirs).paths();
        if let Some(path) = shared.into_iter().find(|path| get(live.body.tree(), path).is_none()) {
            return Err(Why::Unclear(path));
        }
    }
    Ok(())
}

/// Whether our one Apply entry owns exactly the fields that are desired.
fn ownership(desired: &Body, live: &LiveObject, schema: Schema<'_>, manager: &str) -> Result<(), Why> {
    let mut ours = (live.managed.iter())
        .filter(|entry| entry.apply && entry.manager == manager && entry.subresource.is_none());
    let entry = ours.next();
    if ours.next().is_some() {
        return Err(Why::Entries);
    }
    let Some(entry) = entry else {
        // Where nobody is recorded yet, the first apply records who was there before.
        let nothing =
            !live.managed.is_empty() && owns_exactly(&FieldSet::default(), desired.tree(), Some(schema));
        return if nothing { Ok(()) } else { Err(Why::Entries) };
    };
    if entry.api_version != desired.api_version() {
        return Err(Why::Entries);
    }
    let have = FieldSet::parse(&entry.fields).map_err(|_| Why::Ownership)?;
    if owns_exactly(&have, desired.tree(), Some(schema)) { Ok(()) } else { Err(Why::Ownership) }
}

#[derive(Debug, Clone, Copy)]
enum LackSort {
    Value,
    Order,
    Unclear,
}

/// What is not equal; its path is gathered on the way out, so that equal objects pay nothing for it.
#[derive(Debug)]
struct Lack {
    sort: LackSort,
    reversed: Vec<PathElement>,
}

impl Lack {
    fn new(sort: LackSort) -> Self {
        Self { sort, reversed: Vec::new() }
    }

    fn within(mut self, element: PathElement) -> Self {
        self.reversed.push(element);
        self
    }

    fn why(mut self) -> Why {
        self.reversed.reverse();
        let path = FieldPath(self.reversed);
        match self.sort {
            LackSort::Value => Why::Value(path),
            LackSort::Order => Why::Order(path),
            LackSort::Unclear => Why::Unclear(path),
        }
    }
}

/// How values are compared.
struct Proof<'a> {
    /// Whether the server keeps the fields in Go's types, which normalise and leave out what is empty: those of built-in
    /// kinds, and `metadata`. In custom resources even a `null` that the server drops is news each time.
    typed: bool,
    /// Whether an empty list is not the same as none.
    exact: bool,
    /// Whether some field was proven by its absence.
    absent: &'a Cell<bool>,
}

impl Proof<'_> {
    /// Whether every leaf of a value is in live.
    fn equal(&self, wanted: &Value, live: Option<&Value>, schema: Option<Schema<'_>>) -> Result<(), Lack> {
        let atomic = schema.is_some_and(|schema| schema.map_type() == MapType::Atomic);
        let same = match (wanted, live, schema) {
            (Value::Object(map), _, _) if !map.is_empty() && !atomic => {
                // A map that is not there cannot be told from one that would be made of empty fields.
                let Some(Value::Object(have)) = live else { return Err(Lack::new(LackSort::Value)) };
                return map.iter().try_for_each(|(name, value)| {
                    let below = schema.and_then(|schema| schema.field(name));
                    self.equal(value, have.get(name), below)
                        .map_err(|lack| lack.within(PathElement::Field(name.clone())))
                });
            }
            (Value::Array(items), _, Some(schema)) if schema.list_type() != ListType::Atomic => {
                return self.equal_items(items, live, schema);
            }
            (_, None, _) => return self.equal_absent(wanted, schema),
            (_, Some(live), Some(schema)) if self.typed && schema.is_quantity() => {
                wanted == live || same_quantity(wanted, live)
            }
            (_, Some(live), _) => wanted == live,
        };
        if same { Ok(()) } else { Err(Lack::new(LackSort::Value)) }
    }

    /// Whether a value is the same as none.
    ///
    /// An empty value is so only where Go holds the field by value and leaves it out when empty: had a pointer been
    /// `null` before, `false` would be news.
    fn equal_absent(&self, wanted: &Value, schema: Option<Schema<'_>>) -> Result<(), Lack> {
        let omitted = schema.filter(|schema| schema.is_omitted_when_empty());
        let same = match (wanted, omitted.map(Schema::sort)) {
            (Value::Null, _) => true,
            (Value::Bool(value), Some(Sort::Boolean)) => !value,
            (Value::Number(number), Some(Sort::Integer | Sort::Number)) => number.as_f64() == Some(0.0),
            (Value::String(text), Some(Sort::String)) => text.is_empty(),
            (Value::Array(items), Some(Sort::List)) => items.is_empty() && !self.exact,
            (Value::Object(map), Some(Sort::Object)) => {
                map.is_empty() && !self.exact && omitted.is_some_and(|schema| schema.additional().is_some())
            }
            _ => false,
        };
        self.absent.set(true);
        if same && self.typed { Ok(()) } else { Err(Lack::new(LackSort::Value)) }
    }

    /// Whether the items of a map-list or set are in live, in the same order; others may stand between.
    fn equal_items(&self, items: &[Value], live: Option<&Value>, schema: Schema<'_>) -> Result<(), Lack> {
        let Some(Value::Array(have)) = live else {
            return match live {
                None => self.equal_absent(&Value::Array(items.to_vec()), Some(schema)),
                Some(_) => Err(Lack::new(LackSort::Value)),
            };
        };
        let wanted = elements(items, schema)?;
        let present = elements(have, schema)?;
        let mut next = 0;
        for (item, element) in items.iter().zip(&wanted) {
            let ahead = present.iter().skip(next).position(|other| other == element);
            let Some(ahead) = ahead else {
                let sort = if present.contains(element) { LackSort::Order } else { LackSort::Value };
                return Err(Lack::new(sort));
            };
            let found = have.get(next + ahead);
            next += ahead + 1;
            self.equal(item, found, schema.items())
                .map_err(|lack| lack.within(PathElement::from(element)))?;
        }
        Ok(())
    }
}

/// The elements of all items, each of which must stand there once.
fn elements(items: &[Value], schema: Schema<'_>) -> Result<Vec<Element>, Lack> {
    let elements: Option<Vec<_>> = items.iter().map(|item| Element::of_item(schema, item)).collect();
    let elements = elements.ok_or_else(|| Lack::new(LackSort::Unclear))?;
    let mut sorted: Vec<_> = elements.iter().collect();
    sorted.sort_unstable();
    if sorted.is_sorted_by(|a, b| a < b) { Ok(elements) } else { Err(Lack::new(LackSort::Unclear)) }
}
