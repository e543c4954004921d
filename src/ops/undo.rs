//! Turning a failed run back (`--rollback-on-failure`).

use std::collections::BTreeSet;

use super::{
    approval,
    ears::Ears,
    execute::{Ran, run_target},
    planning::{Order, Planned, nothing, plan_all},
    record::RunFacts,
    session::Session,
    stored::{facts_of, order, taken_over},
    trouble::Trouble,
    wish::Wish,
};
use crate::cluster::Lock;
use crate::model::{DesiredState, ObjectId, Revision, RevisionState, RunSort};
use crate::plan::PlanOptions;

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
    let facts = RunFacts { sort: RunSort::Rollback, rolled_back_to: None, ..facts.clone() };
    let facts = match &goal {
        Some(goal) => facts_of(facts, goal),
        None => facts,
    };
    // Approved with the apply that asked for it; its guards and holds block as ever.
    if approval::blocked(&planned).is_err() {
        return Err(Trouble::Blocked { message: what_blocks(&planned), hint: None });
    }
    let approved = approval::approve(planned, &mut |_| Ok(()))?;
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
    let mut desired = DesiredState::clone(&failed.planned.desired);
    let undone: Vec<&Revision> = ledger.revision(failed.revision).into_iter().collect();
    let given_back = taken_over(session, target, &undone, &nothing(target)).await?;
    desired.objects.retain(|id, _| !made.contains(id) && !given_back.contains_key(id));
    let options = PlanOptions { ignore_hold: true, uncounted: made, given_back, ..options.clone() };
    Ok(Order::new(desired, options))
}

fn stays(id: &ObjectId) -> bool {
    id.is("", "Namespace")
        || id.is("", "PersistentVolumeClaim")
        || id.is("apiextensions.k8s.io", "CustomResourceDefinition")
}
