//! Generated ConfigMaps and Secrets whose name changes with their content (rules 14).

use crate::model::{HoldSort, ObjectId};

use super::{
    context::Context,
    prune::{Pruned, kept},
};

/// How many revisions a superseded object is kept, since old ReplicaSets mount it.
const KEEP: u64 = 2;

/// The name less the hash that a generator appended.
fn base(id: &ObjectId) -> Option<&str> {
    let generated = id.is("", "ConfigMap") || id.is("", "Secret");
    let (base, hash) = id.name.rsplit_once('-')?;
    let is_hash = hash.len() == 10 && hash.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (generated && is_hash && hash.chars().any(|c| c.is_ascii_digit())).then_some(base)
}

/// The wanted object that stands in the place of one that is declared no more.
fn successor<'a>(context: &Context<'a>, id: &ObjectId) -> Option<&'a ObjectId> {
    let base_name = base(id)?;
    let same = |other: &&ObjectId| {
        other.kind == id.kind && other.namespace == id.namespace && base(other) == Some(base_name)
    };
    context.desired.objects.keys().find(same)
}

/// Keeps what was superseded lately; older ones are deleted without being counted.
pub(crate) fn collect(context: &Context<'_>, pruned: &mut Pruned) {
    retain(context, pruned, |context, id| {
        let last = context.ledger.revisions.iter().rev().find(|revision| {
            revision.inventory.iter().any(|item| item.object == *id && item.digest.is_some())
        });
        let current = context.ledger.current().map_or(0, |revision| revision.number);
        last.is_some_and(|last| current.saturating_sub(last.number) < KEEP)
    });
}

/// Keeps all of them: nothing else changes, so no revision would be made.
pub(crate) fn keep_all(context: &Context<'_>, pruned: &mut Pruned) {
    retain(context, pruned, |_, _| true);
}

fn retain(context: &Context<'_>, pruned: &mut Pruned, keeps: impl Fn(&Context<'_>, &ObjectId) -> bool) {
    let mut holds = Vec::new();
    let mut uncounted = 0;
    pruned.steps.retain(|step| {
        let Some(by) = successor(context, &step.object) else { return true };
        let keep = keeps(context, &step.object);
        if keep {
            let reason =
                format!("superseded by {by}; kept for {KEEP} revisions, since old ReplicaSets mount it");
            holds.push(kept(&step.object, HoldSort::Kept, reason));
        } else {
            uncounted += 1;
        }
        !keep
    });
    pruned.holds.extend(holds);
    pruned.uncounted += uncounted;
}
