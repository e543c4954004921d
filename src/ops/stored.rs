//! Older revisions as something to want again: their stored objects, and what was there before them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    planning::{Order, nothing},
    record::RunFacts,
    session::Session,
    trouble::Trouble,
};
use crate::model::{Body, Commit, DesiredState, InventoryItem, ObjectId, Revision, TargetId, Wanted};
use crate::plan::PlanOptions;

/// The order that brings a revision's wanted objects back.
pub(super) async fn order(
    session: &Session,
    target: &TargetId,
    goal: &Revision,
    options: &PlanOptions,
) -> Result<Order, Trouble> {
    let desired = stored(session, target, goal).await?;
    let ledger = session.ledger(&target.stack);
    let undone: Vec<&Revision> =
        ledger.revisions.iter().filter(|revision| revision.number > goal.number).collect();
    let created = undone.iter().flat_map(|revision| &revision.inventory).filter(|item| item.created);
    let uncounted: BTreeSet<ObjectId> = created.map(|item| item.object.clone()).collect();
    let given_back = taken_over(session, target, &undone, &desired).await?;
    // The hold is for git, which would bring the bad objects again; going back is what it is for.
    let options = PlanOptions { ignore_hold: true, uncounted, given_back, ..options.clone() };
    Ok(Order::new(desired, options))
}

/// What the undone revisions changed of others, as it was before: objects that were there before the first of them that
/// names them, and of the ones that stay wanted, those of which fields were taken by force.
pub(super) async fn taken_over(
    session: &Session,
    target: &TargetId,
    undone: &[&Revision],
    desired: &DesiredState,
) -> Result<BTreeMap<ObjectId, Body>, Trouble> {
    let mut first: BTreeMap<&ObjectId, (&InventoryItem, u64)> = BTreeMap::new();
    for revision in undone {
        for item in &revision.inventory {
            let stays = desired.objects.contains_key(&item.object);
            if !stays || item.pre_image {
                first.entry(&item.object).or_insert((item, revision.number));
            }
        }
    }
    let mut by_revision: BTreeMap<u64, BTreeSet<&ObjectId>> = BTreeMap::new();
    for (id, (item, number)) in first {
        if item.pre_image && !item.created {
            by_revision.entry(number).or_default().insert(id);
        }
    }
    let mut before = BTreeMap::new();
    for (number, ids) in by_revision {
        let images = session.cluster.pre_images(session.state_namespace(), target, number).await?;
        session.learn_secrets(images.values());
        before.extend(images.into_iter().filter(|(id, _)| ids.contains(id)));
    }
    Ok(before)
}

/// The wanted objects of a revision, as they were stored.
pub(super) async fn stored(
    session: &Session,
    target: &TargetId,
    revision: &Revision,
) -> Result<DesiredState, Trouble> {
    let contents = session.cluster.contents(session.state_namespace(), target, revision).await?;
    session.learn_secrets(contents.values());
    let lost: Vec<&ObjectId> = revision
        .inventory
        .iter()
        .filter(|item| item.digest.is_some() && !contents.contains_key(&item.object))
        .map(|item| &item.object)
        .collect();
    if let Some(first) = lost.first() {
        return Err(Trouble::Record {
            message: format!(
                "revision {} lacks the stored form of {} objects, as of {first}",
                revision.number,
                lost.len()
            ),
            hint: Some("go back to another revision with `--to N`".to_owned()),
        });
    }
    Ok(DesiredState { objects: wanted(contents), ..nothing(target) })
}

/// What is recorded of a run that goes back: the commit is the goal's, for that is what is applied.
pub(super) fn facts_of(facts: RunFacts, goal: &Revision) -> RunFacts {
    let commit = Commit { id: goal.commit.clone(), dirty: goal.dirty, summary: goal.summary.clone() };
    RunFacts { commit, rolled_back_to: Some(goal.number), ..facts }
}

fn wanted(contents: BTreeMap<ObjectId, Body>) -> BTreeMap<ObjectId, Wanted> {
    let wanted = |(id, body): (ObjectId, Body)| (id.clone(), Wanted { id, body, origin: None });
    contents.into_iter().map(wanted).collect()
}
