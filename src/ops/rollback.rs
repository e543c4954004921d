//! `rollback`: the wanted objects of an older revision, planned and carried out as any others (rules 12).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    apply::{Applied, Door, Wish, approve_and_run},
    execute::{Ears, Ran, run_target},
    gate,
    planning::{Order, Planned, nothing, plan_all},
    record::{self, RunFacts},
    session::{Session, connect},
    trouble::Trouble,
    workspace::{open, render},
};
use crate::cluster::Lock;
use crate::model::{
    Body, Commit, DesiredState, InventoryItem, ObjectId, Revision, RevisionState, RunSort, TargetId, Wanted,
};
use crate::plan::PlanOptions;

/// Goes back to an older revision: its number or a commit; none means the last good one before the current.
pub async fn rollback(wish: &Wish, to: Option<&str>, door: &mut Door<'_>) -> Result<Applied, Trouble> {
    let workspace = open(&wish.place)?;
    let rendered = render(&workspace, &wish.choice)?;
    let mut session = connect(workspace, rendered, &wish.reach, Some(door.ears.events.clone())).await?;
    let targets: Vec<TargetId> = session.rendered.chosen().map(|(target, _)| target.id.clone()).collect();
    let by_commit = to.is_some_and(|to| to.parse::<u64>().is_err());
    if targets.len() > 1 && !by_commit {
        let names: Vec<_> = targets.iter().map(|target| format!("`{}`", target.stack)).collect();
        return Err(Trouble::Call {
            message: "which stack? Revisions are numbered per stack".to_owned(),
            hint: Some(format!(
                "name one with `-s`: there are {}; or go back to a commit with `--to`",
                names.join(", ")
            )),
        });
    }
    let mut orders = Vec::new();
    for target in &targets {
        let goal = record::goal(&session.ledger(&target.stack), to)?;
        session.goals.insert(target.stack.clone(), goal.number);
        orders.push(order(&session, target, &goal, &wish.guards.options()).await?);
    }
    approve_and_run(&mut session, orders, wish, RunSort::Rollback, (None, door)).await
}

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
    Ok(Order { desired, options })
}

/// Objects that were there before the first of the undone revisions that names them, as they were then.
async fn taken_over(
    session: &Session,
    target: &TargetId,
    undone: &[&Revision],
    desired: &DesiredState,
) -> Result<BTreeMap<ObjectId, Body>, Trouble> {
    let mut first: BTreeMap<&ObjectId, (&InventoryItem, u64)> = BTreeMap::new();
    for revision in undone {
        for item in &revision.inventory {
            first.entry(&item.object).or_insert((item, revision.number));
        }
    }
    let mut by_revision: BTreeMap<u64, BTreeSet<&ObjectId>> = BTreeMap::new();
    for (id, (item, number)) in first {
        if item.pre_image && !item.created && !desired.objects.contains_key(id) {
            by_revision.entry(number).or_default().insert(id);
        }
    }
    let mut before = BTreeMap::new();
    for (number, ids) in by_revision {
        let images = session.cluster.pre_images(session.state_namespace(), target, number).await?;
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

/// Turns a failed run back: to the last good revision, or, where there is none, to nothing that it made.
pub(super) async fn undo(
    session: &mut Session,
    failed: &Ran,
    wish: &Wish,
    (facts, ears): (&RunFacts, &Ears),
    lock: &Lock,
) -> Result<Ran, Trouble> {
    let target = failed.planned.plan.target.clone();
    let ledger = session.ledger(&target.stack);
    let good = |revision: &&Revision| {
        revision.number < failed.revision
            && matches!(revision.state, RevisionState::Complete | RevisionState::Unverified)
    };
    let goal = ledger.revisions.iter().rev().find(good).cloned();
    let order = match &goal {
        Some(goal) => order(session, &target, goal, &wish.guards.options()).await?,
        None => first_undone(session, failed, &wish.guards.options()).await?,
    };
    let planned = plan_all(session, vec![order]).await?;
    let facts =
        RunFacts { sort: RunSort::Rollback, rolled_back_to: goal.map(|goal| goal.number), ..facts.clone() };
    // Approved with the apply that asked for it; its guards and holds block as ever.
    if gate::blocked(&planned).is_err() {
        return Err(Trouble::Blocked { message: what_blocks(&planned), hint: None });
    }
    let approved = gate::approve(planned, &mut |_| Ok(()))?;
    let one = approved.into_iter().next().ok_or_else(|| Trouble::call("there is nothing to turn back"))?;
    run_target(session, one, &facts, (wish.manner, ears), lock).await
}

fn what_blocks(planned: &[Planned]) -> String {
    let holds = planned.iter().flat_map(|one| &one.plan.holds).filter(|hold| hold.blocking);
    let told = holds.map(|hold| {
        let object = hold.object.as_ref().map_or_else(String::new, |object| format!("{object}: "));
        let fix = hold.fix.as_ref().map_or_else(String::new, |fix| format!(" ({fix})"));
        format!("{object}{}{fix}", hold.reason)
    });
    told.collect::<Vec<_>>().join("; ")
}

/// After a failed first apply: everything stays but what this run made; never CRDs, Namespaces and claims. What it
/// took over is given back.
async fn first_undone(session: &Session, failed: &Ran, options: &PlanOptions) -> Result<Order, Trouble> {
    let target = &failed.planned.plan.target;
    let ledger = session.ledger(&target.stack);
    let made: BTreeSet<ObjectId> = ledger
        .revision(failed.revision)
        .into_iter()
        .flat_map(|revision| &revision.inventory)
        .filter(|item| item.created && !stays(&item.object))
        .map(|item| item.object.clone())
        .collect();
    let mut desired = failed.planned.desired.clone();
    let undone: Vec<&Revision> = ledger.revision(failed.revision).into_iter().collect();
    let given_back = taken_over(session, target, &undone, &nothing(target)).await?;
    desired.objects.retain(|id, _| !made.contains(id) && !given_back.contains_key(id));
    let options = PlanOptions { ignore_hold: true, uncounted: made, given_back, ..options.clone() };
    Ok(Order { desired, options })
}

fn stays(id: &ObjectId) -> bool {
    id.is("", "Namespace")
        || id.is("", "PersistentVolumeClaim")
        || id.is("apiextensions.k8s.io", "CustomResourceDefinition")
}
