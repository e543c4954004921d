//! Putting back single fields that a run which is undone had taken from others by force (rules 12): their values, not
//! their ownership.

use std::sync::Arc;

use crate::fields::{self, FieldSet};
use crate::model::{Body, Diff, FieldChange, FieldPath, LiveObject, ManagedEntry, Wanted};

use super::{context::Context, give_back::changes, inquiry::Case};

/// Lets go of the fields that the undone revisions took, and gives them the values from before.
///
/// Only those that we own still: what somebody wrote since is theirs.
pub(crate) fn put_back(context: &Context<'_>, wanted: &Wanted, live: &Arc<LiveObject>, case: &mut Case) {
    let Some(before) = context.options.given_back.get(&wanted.id) else { return };
    let taken = taken(context, wanted, live, before, &case.manager);
    let mut after = live.body.tree().clone();
    for path in &taken {
        let Some(value) = fields::get(before.tree(), path) else { continue };
        fields::put(&mut after, path, value.clone());
        case.restored.push(change(context, live, path, value, before));
        case.disowned.push(path.clone());
    }
    case.values.extend(changes(live.body.tree(), &after));
}

/// Fields that others owned before, that we own now, and that are not wanted any more.
fn taken(
    context: &Context<'_>,
    wanted: &Wanted,
    live: &LiveObject,
    before: &Body,
    manager: &str,
) -> Vec<FieldPath> {
    let entries = fields::entries(before.tree());
    let is_ours = |entry: &ManagedEntry| entry.apply && entry.manager == manager;
    let union = |ours: bool, entries: &[ManagedEntry]| {
        let chosen = entries.iter().filter(|entry| {
            is_ours(entry) == ours && (ours || entry.subresource.as_deref() != Some("status"))
        });
        let sets = chosen.filter_map(|entry| FieldSet::parse(&entry.fields).ok());
        sets.fold(FieldSet::default(), |all, set| all.union(&set))
    };
    let declared = fields::owned(wanted.body.tree(), context.schema(&wanted.body));
    let once_theirs = union(false, &entries).difference(&union(true, &entries));
    let ours_now = union(true, &live.managed).difference(&declared).intersection(&once_theirs);
    let leaf = |path: &FieldPath| {
        fields::get(before.tree(), path).is_some_and(|value| !value.is_object() && !value.is_null())
    };
    ours_now.paths().into_iter().filter(leaf).collect()
}

fn change(
    context: &Context<'_>,
    live: &LiveObject,
    path: &FieldPath,
    value: &serde_json::Value,
    before: &Body,
) -> FieldChange {
    let from = fields::entries(before.tree())
        .into_iter()
        .find(|entry| !entry.apply && FieldSet::parse(&entry.fields).is_ok_and(|set| set.contains(path)));
    let from = from.map_or_else(String::new, |entry| format!(" from {}", entry.manager));
    FieldChange {
        path: path.clone(),
        values: Diff {
            before: context.shown(&live.body, path, fields::get(live.body.tree(), path)),
            after: context.shown(before, path, Some(value)),
        },
        writer: fields::writer_of(live, path),
        note: Some(format!("put back: it was taken{from}")),
    }
}
