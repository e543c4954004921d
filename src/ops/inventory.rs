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

/// What is there after the run: the pending inventory less what is known to be gone or to belong to others.
pub(super) fn settled(
    pending: Vec<InventoryItem>,
    plan: &Plan,
    execution: &Execution,
    live: &LiveState,
) -> Vec<InventoryItem> {
    let steps: BTreeMap<&ObjectId, (&Step, usize)> =
        plan.steps.iter().enumerate().map(|(at, step)| (&step.object, (step, at))).collect();
    let unchanged: BTreeSet<&ObjectId> = plan.unchanged.iter().collect();
    pending
        .into_iter()
        .filter_map(|mut item| {
            let observed = live.objects.get(&item.object);
            let Some((step, at)) = steps.get(&item.object).copied() else {
                item.created = false;
                let present = observed.and_then(|observed| observed.present());
                if let Some(object) = present {
                    item.uid = Some(object.uid.clone());
                }
                let wanted = plan.digests.contains_key(&item.object);
                let kept = present.is_some() || wanted || observed.is_none_or(unproven);
                return (kept || unchanged.contains(&item.object)).then_some(item);
            };
            let outcome = execution.outcomes.get(at);
            if removes(step) && outcome.is_some_and(Outcome::is_good) {
                return None;
            }
            if let Some(Some(uid)) = execution.uids.get(at) {
                item.uid = Some(uid.clone());
            }
            item.created &= outcome.is_some_and(Outcome::may_have_written);
            Some(item)
        })
        .collect()
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
