//! The heart of ownership: what a write takes from whom, and what an apply lets go.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    changes::{Changes, changes},
    conflict::Conflict,
    kind::{Force, Kind},
    managers::{Entry, Managers},
    merge::merged,
    path::texts,
    remove::removed,
    reset::{Reset, reset_fields},
    shape::{Shape, same},
};
use crate::fields::{element::Element, owned::fields, set::FieldSet};
use crate::model::Gvk;
use crate::schema::{ListType, Schema};

/// A write to an object of one kind in one version.
pub(super) struct Core<'a, 'k> {
    pub(super) kind: &'a Kind<'k>,
    pub(super) gvk: &'a Gvk,
    pub(super) api_version: &'a str,
    pub(super) subresource: &'a str,
}

/// An object in some version, with what is declared of it there.
type Seen<'a, 'v> = (Cow<'v, Value>, Option<Schema<'a>>);

impl<'k> Core<'_, 'k> {
    /// What this write never sets.
    pub(super) fn reset(&self) -> Reset {
        reset_fields(self.gvk, self.kind.schema, self.subresource)
    }

    /// A set less what this write never sets.
    pub(super) fn sifted(&self, set: &FieldSet) -> FieldSet {
        self.reset().sift(set)
    }

    /// The object in the version of an entry; none where that version is gone.
    fn seen<'v>(&self, value: &'v Value, api_version: &str) -> Option<Seen<'k, 'v>> {
        if api_version == self.api_version {
            return Some((Cow::Borrowed(value), self.kind.schema));
        }
        if let Some(converted) = (self.kind.converted)(value, api_version) {
            return Some((Cow::Owned(converted.value), converted.schema));
        }
        let group = |api_version: &str| api_version.rsplit_once('/').map(|(group, _)| group.to_owned());
        (group(api_version) == group(self.api_version)).then_some((Cow::Borrowed(value), self.kind.schema))
    }

    /// Lays `applied` over `live` as the manager of `id`; none where nothing changes.
    pub(super) fn apply(
        &self,
        live: &Value,
        applied: &Value,
        managers: &mut Managers,
        by: (&Entry, Force),
    ) -> Result<Option<Value>, Vec<Conflict>> {
        let (writer, force) = by;
        let id = writer.id();
        reconcile(managers, self.kind.schema);
        let schema = self.kind.schema;
        let merged = merged(Some(live), Some(applied), schema).unwrap_or_default();
        let last = managers.0.get(&id).cloned();
        let set = self.reset().sift(&fields(applied, schema));
        let time = last.as_ref().and_then(|last| last.time.clone());
        managers.put(Entry { fields: set, time, ..writer.clone() });
        let new = match last {
            Some(last) if !last.fields.is_empty() => self.pruned(merged, managers, &last),
            _ => merged,
        };
        self.update(live, &new, managers, (&id, force))?;
        Ok((!same(live, &new)).then_some(new))
    }

    /// Takes what changes from others; without force their fields are conflicts.
    pub(super) fn update(
        &self,
        old: &Value,
        new: &Value,
        managers: &mut Managers,
        by: (&str, Force),
    ) -> Result<Changes, Vec<Conflict>> {
        let (id, force) = by;
        let reset = self.reset();
        let own = changes(Some(old), Some(new), self.kind.schema);
        let sifted = own.sifted(|set| reset.sift(set));
        let mut conflicts = Vec::new();
        let mut left = Managers::default();
        for (other, entry) in &managers.0 {
            if other == id {
                left.put_as(other, entry.clone());
                continue;
            }
            let elsewhere = if entry.api_version == self.api_version {
                None
            } else {
                let (Some((a, schema)), Some((b, _))) =
                    (self.seen(old, &entry.api_version), self.seen(new, &entry.api_version))
                else {
                    continue;
                };
                Some(changes(Some(&a), Some(&b), schema).sifted(|set| reset.sift(set)))
            };
            let found = elsewhere.as_ref().unwrap_or(&sifted);
            let taken = entry.fields.intersection(&found.written());
            conflicts.extend(texts(&taken).into_iter().map(|path| conflict(entry, path)));
            let fields = entry.fields.difference(&taken).difference(&found.removed);
            if !fields.is_empty() {
                left.put_as(other, Entry { fields, ..entry.clone() });
            }
        }
        if force == Force::Never && !conflicts.is_empty() {
            return Err(conflicts);
        }
        *managers = left;
        Ok(own)
    }

    /// What was applied before, is applied no more and belongs to nobody else goes.
    fn pruned(&self, merged: Value, managers: &Managers, last: &Entry) -> Value {
        let Some((seen, schema)) = self.seen(&merged, &last.api_version) else { return merged };
        let before = seen.into_owned();
        let dropped = last.fields.with_named_fields(schema);
        let mut rest = removed(&before, &dropped, schema);

        let mut versions: Vec<&str> = managers.0.values().map(|entry| &*entry.api_version).collect();
        versions.sort_unstable_by_key(|version| (*version != last.api_version, *version));
        versions.dedup();
        for version in versions {
            let (Some((whole, schema)), Some((part, _))) =
                (self.seen(&before, version), self.seen(&rest, version))
            else {
                continue;
            };
            let entries = managers.0.values().filter(|entry| entry.api_version == version);
            let owned = entries.fold(FieldSet::default(), |all, entry| all.union(&entry.fields));
            let [all, kept] = [&whole, &part].map(|value| fields(value, schema).with_named_fields(schema));
            let gone = all.difference(&kept.union(&owned.with_named_fields(schema)));
            rest = removed(&whole, &gone, schema);
        }

        let [all, kept] = [&before, &rest].map(|value| fields(value, schema).with_named_fields(schema));
        let rest = removed(&before, &all.difference(&kept).intersection(&dropped), schema);
        match self.back(rest, &last.api_version) {
            Some(value) => value,
            None => merged,
        }
    }

    /// An object of another version in that of the request.
    fn back(&self, value: Value, from: &str) -> Option<Value> {
        if from == self.api_version {
            return Some(value);
        }
        let mut value = match (self.kind.converted)(&value, self.api_version) {
            Some(converted) => converted.value,
            None => value,
        };
        value.as_object_mut()?.insert("apiVersion".to_owned(), self.api_version.into());
        Some(value)
    }
}

impl Managers {
    fn put_as(&mut self, id: &str, entry: Entry) {
        self.0.insert(id.to_owned(), entry);
    }
}

fn conflict(entry: &Entry, path: String) -> Conflict {
    Conflict {
        manager: entry.manager.clone(),
        apply: entry.apply,
        subresource: (!entry.subresource.is_empty()).then(|| entry.subresource.clone()),
        api_version: (!entry.apply).then(|| entry.api_version.clone()),
        path,
    }
}

/// Where a schema has become atomic, the parts that were owned become the whole.
fn reconcile(managers: &mut Managers, schema: Option<Schema<'_>>) {
    for entry in managers.0.values_mut() {
        if let Some(fields) = reconciled(&entry.fields, schema) {
            entry.fields = fields;
        }
    }
}

fn reconciled(set: &FieldSet, schema: Option<Schema<'_>>) -> Option<FieldSet> {
    let schema = schema?;
    let mut changed = false;
    let children: Vec<_> = set
        .children
        .iter()
        .map(|(element, child)| {
            let below = match element {
                Element::Field(name) => schema.field(name),
                Element::Key(_) | Element::Value(_) => schema.items(),
                Element::Index(_) => None,
            };
            let whole = matches!(
                below.map(|below| Shape::of(Some(below), None)),
                Some(Shape::Map { atomic: true } | Shape::List(ListType::Atomic))
            );
            let new = if whole && !child.children.is_empty() {
                Some(FieldSet::leaf())
            } else {
                reconciled(child, below)
            };
            changed |= new.is_some();
            (element.clone(), new.unwrap_or_else(|| child.clone()))
        })
        .collect();
    changed.then_some(FieldSet { member: set.member, children })
}
