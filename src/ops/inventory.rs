//! Which objects a revision names, before and after its run (rules 6).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Action, DesiredState, Execution, InventoryItem, Ledger, LiveState, ObjectId, Observed, Outcome, Plan,
    Step,
};

/// Everything that may be there from the first write on: what was, what any unfinished run may have left, and what
/// is wanted now.
///
/// Nothing may be missing here: an object in no inventory is never pruned.
pub(super) fn superset(ledger: &Ledger, desired: &DesiredState, plan: &Plan) -> Vec<InventoryItem> {
    let mut items: BTreeMap<ObjectId, InventoryItem> =
        known(ledger).into_iter().map(|item| (item.object.clone(), item)).collect();
    for (id, wanted) in &desired.objects {
        let uid = items.get(id).and_then(|item| item.uid.clone());
        items.insert(id.clone(), item(id, wanted.body.gvk().version, uid, plan));
    }
    items.into_values().collect()
}

/// Every object that the last ended revision or an unfinished one since names.
pub(super) fn known(ledger: &Ledger) -> Vec<InventoryItem> {
    let current = ledger.current().map_or(0, |revision| revision.number);
    let mut items: BTreeMap<ObjectId, InventoryItem> = BTreeMap::new();
    for revision in ledger.revisions.iter().filter(|revision| revision.number >= current) {
        for item in &revision.inventory {
            items.insert(item.object.clone(), item.clone());
        }
    }
    items.into_values().collect()
}

fn item(id: &ObjectId, version: String, uid: Option<String>, plan: &Plan) -> InventoryItem {
    let step = plan.steps.iter().find(|step| &step.object == id);
    InventoryItem {
        object: id.clone(),
        version,
        uid,
        digest: plan.digests.get(id).cloned(),
        pack: None,
        created: step.is_some_and(|step| step.action == Action::Create),
        done: false,
        pre_image: step.is_some_and(|step| step.pre_image.is_some()),
    }
}

/// What is there after the run: the pending inventory less what was never made, is gone, or belongs to others.
pub(super) fn settled(
    pending: Vec<InventoryItem>,
    plan: &Plan,
    execution: &Execution,
    live: &LiveState,
) -> Vec<InventoryItem> {
    let steps: BTreeMap<&ObjectId, (&Step, usize)> =
        plan.steps.iter().enumerate().map(|(at, step)| (&step.object, (step, at))).collect();
    let held: BTreeSet<&ObjectId> = plan.holds.iter().filter_map(|hold| hold.object.as_ref()).collect();
    pending
        .into_iter()
        .filter_map(|item| {
            if let Some((step, at)) = steps.get(&item.object) {
                return stepped(item, step, *at, execution);
            }
            let observed = live.objects.get(&item.object);
            let kept = plan.digests.contains_key(&item.object)
                || held.contains(&item.object)
                || observed.is_some_and(unproven);
            kept.then(|| untouched(item, observed))
        })
        .collect()
}

/// An object that a step was about.
fn stepped(mut item: InventoryItem, step: &Step, at: usize, execution: &Execution) -> Option<InventoryItem> {
    let outcome = execution.outcomes.get(at);
    let written = outcome.is_some_and(Outcome::may_have_written);
    if removes(step) && outcome.is_some_and(Outcome::is_good) || step.action == Action::Create && !written {
        return None;
    }
    if let Some(Some(uid)) = execution.uids.get(at) {
        item.uid = Some(uid.clone());
    }
    item.created &= written;
    Some(item)
}

/// An object that no step was about.
fn untouched(mut item: InventoryItem, observed: Option<&Observed>) -> InventoryItem {
    item.created = false;
    if let Some(object) = observed.and_then(Observed::present) {
        item.uid = Some(object.uid.clone());
    }
    item
}

fn unproven(observed: &Observed) -> bool {
    matches!(observed, Observed::Unreadable(_))
}

/// Whether the object is no longer this target's once the step is done.
fn removes(step: &Step) -> bool {
    match step.action {
        Action::Prune | Action::Release => true,
        Action::Create
        | Action::Patch
        | Action::Ownership
        | Action::Replace
        | Action::Adopt
        | Action::Handover
        | Action::Await => false,
    }
}

#[cfg(test)]
#[path = "inventory_tests.rs"]
mod tests;
