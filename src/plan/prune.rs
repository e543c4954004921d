//! What becomes of objects that an inventory names and that are declared no more (promise 3).

use std::collections::BTreeMap;

use crate::model::{
    Action, Gvk, Hold, HoldSort, InventoryItem, LiveObject, ObjectId, Observed, Propagation, Step, Wait,
    Write,
};

use super::{
    claim::{Claim, claim, sharers},
    context::{Context, is_shared},
    foreign, give_back, immutable,
    inquiry::exact,
    release, superseded,
};

/// What is deleted, released and kept.
#[derive(Debug, Default)]
pub(crate) struct Pruned {
    /// Deletions and releases, in no order.
    pub(crate) steps: Vec<Step>,
    /// What is kept, and why.
    pub(crate) holds: Vec<Hold>,
    /// Remarks.
    pub(crate) notes: Vec<String>,
    /// Deletions that do not count for the limit.
    pub(crate) uncounted: usize,
}

/// Decides about every object of the inventory that is declared no more; `steps` are those of declared objects.
pub(crate) fn prune<'s>(context: &Context<'_>, mut steps: impl Iterator<Item = &'s Step>) -> Pruned {
    let mut pruned = Pruned::default();
    let gone: BTreeMap<_, _> = context
        .inventory()
        .into_iter()
        .filter(|(id, _)| !context.desired.objects.contains_key(*id))
        .collect();
    for (id, item) in gone {
        match context.live.objects.get(id) {
            Some(Observed::Absent) => {}
            Some(Observed::NoSuchKind) if !context.is_stale(&gvk_of(item)) => {}
            Some(Observed::Present(live)) => present(context, item, live, &mut pruned),
            Some(Observed::Unreadable(why)) => pruned.holds.push(unreadable(context, item, why)),
            Some(Observed::NoSuchKind) | None => {
                pruned.holds.push(unreadable(context, item, "its API does not answer"));
            }
        }
    }
    if context.options.destroy || steps.any(|step| step.action.is_change()) {
        superseded::collect(context, &mut pruned);
    } else {
        superseded::keep_all(context, &mut pruned);
    }
    pruned
}

fn gvk_of(item: &InventoryItem) -> Gvk {
    match item.version.split_once('/') {
        Some((group, version)) => {
            Gvk { group: group.to_owned(), version: version.to_owned(), kind: item.object.kind.clone() }
        }
        None => Gvk {
            group: item.object.group.clone(),
            version: item.version.clone(),
            kind: item.object.kind.clone(),
        },
    }
}

/// Cannot list is never absent: it is neither deleted nor forgotten.
fn unreadable(context: &Context<'_>, item: &InventoryItem, why: &str) -> Hold {
    let why = context.live.unlisted.get(&gvk_of(item)).map_or(why, String::as_str);
    kept(&item.object, HoldSort::Unreadable, format!("declared no more, and it could not be read: {why}"))
}

/// A hold that does not stand in the way of an apply.
pub(crate) fn kept(id: &ObjectId, sort: HoldSort, reason: String) -> Hold {
    Hold {
        sort,
        object: Some(id.clone()),
        origin: None,
        reason,
        fix: None,
        blocking: false,
        fields: Vec::new(),
    }
}

fn present(context: &Context<'_>, item: &InventoryItem, live: &LiveObject, pruned: &mut Pruned) {
    let id = &item.object;
    if live.terminating() {
        pruned.notes.push(format!("{id} is already being deleted"));
        return;
    }
    match claim(context, live) {
        Claim::Ours => ours(context, item, live, pruned),
        Claim::Stack(stack) => pruned.notes.push(format!("{id} moved to stack {stack}")),
        Claim::Shared => pruned.notes.push(format!("{id} is declared by other stacks")),
        Claim::Free | Claim::Foreign(_) | Claim::Environment(_) => {
            let reason =
                "declared no more, and no longer ours: our Apply entry does not own its label".to_owned();
            pruned.holds.push(kept(id, HoldSort::Kept, reason));
        }
    }
}

fn ours(context: &Context<'_>, item: &InventoryItem, live: &LiveObject, pruned: &mut Pruned) {
    let id = &item.object;
    if let Some(stacks) = context.around.declared.get(id).filter(|_| !is_shared(&live.body)) {
        let stacks: Vec<_> = stacks.iter().cloned().collect();
        pruned
            .notes
            .push(format!("{id} moves to stack {}: it is handed over, not deleted", stacks.join(", ")));
        return;
    }
    let others = context.around.inventoried.get(id).is_some_and(|stacks| !stacks.is_empty())
        || sharers(live).any(|manager| manager != context.shared_manager());
    if is_shared(&live.body) && others {
        pruned.steps.push(release::step(context, id, live, "other stacks declare it too"));
        return;
    }
    if let Some(before) = context.options.given_back.get(id) {
        pruned.steps.push(give_back::step(context, id, live, before));
        return;
    }
    if let Some(protection) = foreign::protection(&live.body) {
        if context.options.destroy {
            pruned.steps.push(release::step(context, id, live, &format!("kept by {protection}")));
        } else {
            let reason = format!("declared no more, and kept by {protection}");
            pruned.holds.push(kept(id, HoldSort::Kept, reason));
        }
        return;
    }
    let needs_flag = immutable::is_precious(id) || is_shared(&live.body);
    if !needs_flag || context.allows_deleting(id) {
        pruned.steps.push(deletion(context, id, live));
    } else if context.options.destroy {
        destroyed(context, item, live, pruned);
    } else {
        pruned.holds.push(guard(context, id));
    }
}

/// Destroy deletes a Namespace that we made and that is empty, and releases what else is precious (rules 13).
fn destroyed(context: &Context<'_>, item: &InventoryItem, live: &LiveObject, pruned: &mut Pruned) {
    let id = &item.object;
    let made = context
        .ledger
        .revisions
        .iter()
        .flat_map(|revision| &revision.inventory)
        .any(|known| known.object == *id && known.created);
    let empty = context.around.strangers.get(&id.name) == Some(&0);
    if id.is("", "Namespace") && made && empty {
        pruned.steps.push(deletion(context, id, live));
        return;
    }
    let why = match (id.kind.as_str(), made) {
        ("Namespace", false) => "we did not make it".to_owned(),
        ("Namespace", true) => match context.around.strangers.get(&id.name) {
            Some(count) => format!("{count} objects that are not ours stand in it"),
            None => "nobody knows whether it is empty".to_owned(),
        },
        _ => "its contents would be lost".to_owned(),
    };
    let reason = format!("kept and released: {why}; --allow-delete {}/{} deletes it", id.kind, id.place());
    pruned.steps.push(release::step(context, id, live, &reason));
}

fn guard(context: &Context<'_>, id: &ObjectId) -> Hold {
    let contents = match id.kind.as_str() {
        "CustomResourceDefinition" => match context.around.custom_resources.get(&id.name) {
            Some(count) => format!("with it go {count} custom resources"),
            None => "with it go all its custom resources".to_owned(),
        },
        "Namespace" => "with it goes all that stands in it".to_owned(),
        "PersistentVolumeClaim" | "PersistentVolume" => "with it goes its data".to_owned(),
        _ => "several stacks may need it".to_owned(),
    };
    Hold {
        sort: HoldSort::Guard,
        fix: Some(format!("declare it again, or --allow-delete {}/{}", id.kind, id.place())),
        blocking: true,
        ..kept(id, HoldSort::Guard, format!("declared no more, and not deleted without a word: {contents}"))
    }
}

/// The deletion of an object, as it was decided on (rules 2).
pub(crate) fn deletion(context: &Context<'_>, id: &ObjectId, live: &LiveObject) -> Step {
    let reason = if context.options.destroy { "the stack is destroyed" } else { "declared no more" };
    let write = Write::Delete { precondition: exact(live), propagation: Propagation::Background };
    step(Action::Prune, id, live, (reason, write))
}

/// A step about an object that is not declared.
pub(crate) fn step(action: Action, id: &ObjectId, live: &LiveObject, (reason, write): (&str, Write)) -> Step {
    Step {
        action,
        object: id.clone(),
        api_version: live.body.api_version().to_owned(),
        origin: None,
        reason: reason.to_owned(),
        estimated: None,
        fields: Vec::new(),
        write,
        wait: if action == Action::Prune { Wait::Exists } else { Wait::None },
        depends_on: Vec::new(),
        effects: Vec::new(),
        digest: None,
        uid: Some(live.uid.clone()),
        pre_image: None,
    }
}
