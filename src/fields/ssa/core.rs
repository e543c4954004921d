//! The heart of ownership: what a write takes from whom, and what an apply lets go.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    apply::text,
    changes::{Changes, changes},
    conflict::{Conflict, Refused},
    kind::{Force, Kind},
    managers::{Entry, Managers},
    merge::merged,
    path::texts,
    remove::removed,
    reset::{Reset, reset_fields},
    shape::{Shape, same},
    typed::{Duplicates, check},
};
use crate::fields::{element::Element, owned::fields, set::FieldSet};
use crate::model::{Gvk, ResourceType};
use crate::schema::{ListType, Schema, builtin_types};

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

    /// The object in another version; none where that version is gone, an error where what the object holds does not
    /// fit the other version's schema.
    fn seen<'v>(&self, value: &'v Value, api_version: &str) -> Result<Option<Seen<'k, 'v>>, String> {
        let from = text(value, "/apiVersion");
        if from == api_version && api_version == self.api_version {
            return Ok(Some((Cow::Borrowed(value), self.kind.schema)));
        }
        if let Some(converted) = (self.kind.converted)(value, api_version) {
            if from != api_version {
                check(&converted.value, converted.schema, Duplicates::Refused)?;
            }
            return Ok(Some((Cow::Owned(converted.value), converted.schema)));
        }
        let same = self.is_like_ours(api_version);
        Ok(same.then_some((Cow::Borrowed(value), self.kind.schema)))
    }

    /// Whether a version that nobody converts to is taken to be as that of the request.
    fn is_like_ours(&self, api_version: &str) -> bool {
        let other = Gvk::new(api_version, &self.gvk.kind);
        let named = |kind: &&ResourceType| kind.gvk.group == other.group && kind.gvk.kind == other.kind;
        let mut builtin = builtin_types().iter().filter(named).peekable();
        let served = builtin.peek().is_none() || builtin.any(|kind| kind.gvk == other);
        other.group == self.gvk.group && served
    }

    /// Lays `applied` over `live` as the manager of `id`; none where nothing changes.
    pub(super) fn apply(
        &self,
        live: &Value,
        applied: &Value,
        managers: &mut Managers,
        by: (&Entry, Force),
    ) -> Result<Option<Value>, Refused> {
        let (writer, force) = by;
        let id = writer.id();
        self.reconcile(live, managers).map_err(Refused::Invalid)?;
        let schema = self.kind.schema;
        let merged = merged(Some(live), Some(applied), schema).unwrap_or_default();
        let last = managers.0.get(&id).cloned();
        let set = self.reset().sift(&fields(applied, schema));
        let time = last.as_ref().and_then(|last| last.time.clone());
        managers.put(Entry { fields: set, time, ..writer.clone() });
        let new = match last {
            Some(last) if !last.fields.is_empty() => {
                let pruned = Prune { core: self, managers, last: &last }.run(&merged);
                pruned
                    .map_err(|error| Refused::Invalid(format!("failed to prune fields: {error}")))?
                    .unwrap_or(merged)
            }
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
    ) -> Result<Changes, Refused> {
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
                let Some(found) = self.changes_at(old, new, &entry.api_version)? else { continue };
                Some(found.sifted(|set| reset.sift(set)))
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
            return Err(Refused::Conflicts(conflicts));
        }
        *managers = left;
        Ok(own)
    }

    /// What differs in another version; none where that version is gone.
    fn changes_at(&self, old: &Value, new: &Value, api_version: &str) -> Result<Option<Changes>, Refused> {
        let seen = |which: &str, value| {
            let failed = |error| Refused::Invalid(format!("failed to convert {which} object: {error}"));
            self.seen(value, api_version).map_err(failed)
        };
        let Some((a, schema)) = seen("old", old)? else { return Ok(None) };
        let Some((b, _)) = seen("new", new)? else { return Ok(None) };
        Ok(Some(changes(Some(&a), Some(&b), schema)))
    }

    /// Where a schema has become atomic, the parts that were owned become the whole.
    pub(super) fn reconcile(&self, live: &Value, managers: &mut Managers) -> Result<(), String> {
        for entry in managers.0.values_mut() {
            let Some((_, schema)) = self.seen(live, &entry.api_version)? else { continue };
            if let Some(fields) = reconciled(&entry.fields, schema) {
                entry.fields = fields;
            }
        }
        Ok(())
    }
}

/// What was applied before, is applied no more and belongs to nobody else goes.
struct Prune<'a, 'k> {
    core: &'a Core<'a, 'k>,
    managers: &'a Managers,
    last: &'a Entry,
}

impl Prune<'_, '_> {
    /// The merged object without it; none where the version of the last apply is gone.
    fn run(&self, merged: &Value) -> Result<Option<Value>, String> {
        let seen = self.core.seen(merged, &self.last.api_version);
        let seen = seen
            .map_err(|error| format!("failed to convert merged object to last applied version: {error}"))?;
        let Some((before, schema)) = seen else { return Ok(None) };
        let dropped = self.last.fields.with_named_fields(schema);
        let mut rest = removed(&before, &dropped, schema);
        for version in self.versions() {
            if let Some(more) = self.owned_kept(&before, &rest, version)? {
                rest = more;
            }
        }
        let rest = self.core.seen(&rest, &self.last.api_version).map_err(|error| {
            format!(
                "failed add back dangling items: failed to convert pruned object to last applied version: {error}"
            )
        })?;
        let Some((rest, _)) = rest else { return Ok(None) };
        let [all, kept] = [&before, &rest].map(|value| fields(value, schema).with_named_fields(schema));
        let rest = removed(&before, &all.difference(&kept).intersection(&dropped), schema);
        let back = self.core.seen(&rest, self.core.api_version)?;
        let mut back = back.map(|(value, _)| value.into_owned());
        if let Some(map) = back.as_mut().and_then(Value::as_object_mut) {
            map.insert("apiVersion".to_owned(), self.core.api_version.into());
        }
        Ok(back)
    }

    /// The versions of all entries, that of the last apply first.
    fn versions(&self) -> Vec<&str> {
        let entries = self.managers.0.values();
        let mut versions: Vec<&str> = entries.map(|entry| &*entry.api_version).collect();
        versions.sort_unstable_by_key(|version| (*version != self.last.api_version, *version));
        versions.dedup();
        versions
    }

    /// The object with what the entries of a version own put back; none where that version is gone.
    fn owned_kept(&self, before: &Value, rest: &Value, version: &str) -> Result<Option<Value>, String> {
        let seen = |which: &str, value| {
            self.core.seen(value, version).map_err(|error| {
                format!(
                    "failed add back owned items: failed to convert {which} object at version {version}: {error}"
                )
            })
        };
        let Some((whole, schema)) = seen("merged", before)? else { return Ok(None) };
        let Some((part, _)) = seen("pruned", rest)? else { return Ok(None) };
        let entries = self.managers.0.values().filter(|entry| entry.api_version == version);
        let owned = entries.fold(FieldSet::default(), |all, entry| all.union(&entry.fields));
        let [all, kept] = [&whole, &part].map(|value| fields(value, schema).with_named_fields(schema));
        let gone = all.difference(&kept.union(&owned.with_named_fields(schema)));
        Ok(Some(removed(&whole, &gone, schema)))
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

/// A set with the parts of what is atomic joined to the whole; none where nothing changes.
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
