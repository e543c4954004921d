//! Which fields two states of an object differ in, as sets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shape::{Shape, below, list, map, same};
use crate::fields::{element::Element, set::FieldSet};
use crate::schema::{ListType, Schema};

/// The fields that came, changed and went.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    pub(super) added: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) removed: FieldSet,
}

impl Changes {
    /// The fields that came or changed.
    pub(super) fn written(&self) -> FieldSet {
        self.added.union(&self.modified)
    }

    /// Each set through a sieve.
    pub(super) fn sifted(&self, sieve: impl Fn(&FieldSet) -> FieldSet) -> Self {
        Self { added: sieve(&self.added), modified: sieve(&self.modified), removed: sieve(&self.removed) }
    }

    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// The field itself came, changed or went.
    fn mark(&mut self, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (None, Some(_)) => self.added.member = true,
            (Some(_), None) => self.removed.member = true,
            (Some(a), Some(b)) if !same(a, b) => self.modified.member = true,
            _ => {}
        }
    }

    fn gather(parts: Vec<(Element, Self)>) -> Self {
        let (mut added, mut modified, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for (element, part) in parts {
            for (list, set) in
                [(&mut added, part.added), (&mut modified, part.modified), (&mut removed, part.removed)]
            {
                if !set.is_empty() {
                    list.push((element.clone(), set));
                }
            }
        }
        Self {
            added: FieldSet::of_children(added),
            modified: FieldSet::of_children(modified),
            removed: FieldSet::of_children(removed),
        }
    }

    fn and(self, other: &Self) -> Self {
        Self {
            added: self.added.union(&other.added),
            modified: self.modified.union(&other.modified),
            removed: self.removed.union(&other.removed),
        }
    }
}

/// What differs between two states; both fit the schema. The order of lists with keys does not count.
pub(super) fn changes(before: Option<&Value>, after: Option<&Value>, schema: Option<Schema<'_>>) -> Changes {
    let (old, new) = (Shape::of(schema, before), Shape::of(schema, after));
    let (mut found, leaf) = match (before, after) {
        (None, None) => return Changes::default(),
        (Some(_), None) => shaped(old, before, after, schema),
        (None, Some(_)) => shaped(new, before, after, schema),
        (Some(_), Some(_)) if old == new => shaped(new, before, after, schema),
        (Some(_), Some(_)) => {
            let (gone, _) = shaped(old, before, after, schema);
            let (come, leaf) = shaped(new, before, after, schema);
            (gone.and(&come), leaf)
        }
    };
    if !leaf && (before.is_none() || after.is_none()) {
        found.mark(before, after);
    }
    found
}

/// The differences by one shape, and whether that took the value for a leaf.
fn shaped(
    shape: Shape,
    before: Option<&Value>,
    after: Option<&Value>,
    schema: Option<Schema<'_>>,
) -> (Changes, bool) {
    let whole = || {
        let mut found = Changes::default();
        found.mark(before, after);
        (found, true)
    };
    match (shape, schema) {
        (Shape::Map { atomic: false }, _) => {
            let (old, new) = (map(before), map(after));
            if old.is_none_or(serde_json::Map::is_empty) && new.is_none_or(serde_json::Map::is_empty) {
                return whole();
            }
            let names = old.into_iter().flat_map(serde_json::Map::keys);
            let added = new.into_iter().flatten().map(|(name, _)| name);
            let added = added.filter(|name| old.is_none_or(|old| !old.contains_key(*name)));
            let parts = names.chain(added).filter_map(|name| {
                let [a, b] = [old, new].map(|map| map.and_then(|map| map.get(name)));
                let part = changes(a, b, below(schema, name));
                (!part.is_empty()).then(|| (Element::field(name), part))
            });
            (Changes::gather(parts.collect()), false)
        }
        (Shape::List(ListType::Map | ListType::Set), Some(schema)) => {
            let (old, new) = (list(before).unwrap_or_default(), list(after).unwrap_or_default());
            if old.is_empty() && new.is_empty() { whole() } else { (items(old, new, schema), false) }
        }
        _ => whole(),
    }
}

/// The differences of keyed lists; what stands in a list more than once is compared as one.
fn items(before: &[Value], after: &[Value], schema: Schema<'_>) -> Changes {
    let mut sides: BTreeMap<Element, [Vec<&Value>; 2]> = BTreeMap::new();
    for (side, items) in [before, after].into_iter().enumerate() {
        for item in items {
            let Some(element) = Element::of_item(schema, item) else { continue };
            if let Some(list) = sides.entry(element).or_default().get_mut(side) {
                list.push(item);
            }
        }
    }
    let parts = sides.into_iter().map(|(element, [old, new])| {
        let part = match (old.as_slice(), new.as_slice()) {
            ([] | [_], [] | [_]) => changes(old.first().copied(), new.first().copied(), schema.items()),
            ([_, _, ..], [_, _, ..]) => {
                let equal = old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| same(a, b));
                Changes { modified: FieldSet { member: !equal, ..FieldSet::default() }, ..Changes::default() }
            }
            ([_, _, ..], [] | [_]) => {
                let mut part = changes(None, new.first().copied(), schema.items());
                part.removed.member = true;
                part
            }
            ([] | [_], [_, _, ..]) => {
                let mut part = changes(old.first().copied(), None, schema.items());
                part.added.member = true;
                part
            }
        };
        (element, part)
    });
    Changes::gather(parts.filter(|(_, part)| !part.is_empty()).collect())
}
