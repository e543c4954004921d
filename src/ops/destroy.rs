//! `destroy`: an empty wish, planned and carried out as any other (rules 13).

use super::{
    carry::approve_and_run,
    plan::lost_target,
    planning::{Order, nothing},
    session::{Session, connect},
    trouble::Trouble,
    wish::{Applied, Door, Wish},
    workspace::{open, render},
};
use crate::model::{RevisionState, RunSort, TargetId};
use crate::plan::PlanOptions;

/// Deletes what the chosen stacks have in the cluster, the last stack of the dependsOn order first.
pub async fn destroy(wish: &Wish, door: &mut Door<'_>) -> Result<Applied, Trouble> {
    let workspace = open(&wish.place)?;
    let mut choice = wish.choice.clone();
    let lost = lost_stacks(&wish.guards.options());
    choice.stacks.retain(|stack| !lost.contains(stack));
    let rendered = render(&workspace, &choice)?;
    let connecting = Box::pin(connect(workspace, rendered, &wish.reach, Some(door.ears.events.clone())));
    let mut session = door.ears.unless_stopped(connecting).await?;
    let targets = targets(&session, wish, &lost)?;
    let options = PlanOptions { destroy: true, ..wish.guards.options() };
    let order = |target: TargetId| Order::new(nothing(&target), options.clone());
    let orders: Vec<Order> =
        targets.into_iter().filter(|target| is_live(&session, target)).map(order).collect();
    if orders.is_empty() {
        return Ok(Applied { nothing: true, ..Applied::default() });
    }
    approve_and_run(&mut session, orders, wish, RunSort::Destroy, (None, door)).await
}

/// Stacks that `--allow-delete stack/NAME` names.
fn lost_stacks(options: &PlanOptions) -> Vec<String> {
    let stacks = options.allow_delete.iter().filter(|allowed| allowed.kind.eq_ignore_ascii_case("stack"));
    stacks.filter_map(|allowed| allowed.name.clone()).collect()
}

fn targets(session: &Session, wish: &Wish, lost: &[String]) -> Result<Vec<TargetId>, Trouble> {
    let mut targets: Vec<TargetId> = Vec::new();
    for stack in lost.iter().filter(|stack| !session.rendered.declares(stack)) {
        if !session.ledgers.contains_key(stack) {
            return Err(Trouble::call(format!(
                "there is no stack `{stack}`, neither in git nor in the cluster"
            )));
        }
        targets.push(lost_target(session, stack));
    }
    // Who names only lost stacks means only these.
    if lost.is_empty() || !wish.choice.stacks.is_empty() {
        let chosen: Vec<TargetId> = session.rendered.chosen().map(|(target, _)| target.id.clone()).collect();
        targets.extend(chosen.into_iter().rev());
    }
    Ok(targets)
}

/// Whether a target has anything to destroy.
fn is_live(session: &Session, target: &TargetId) -> bool {
    let ledger = session.ledger(&target.stack);
    let destroyed = ledger.current().is_some_and(|revision| revision.state == RevisionState::Destroyed);
    ledger.head.is_some() && (!destroyed || ledger.pending().is_some())
}
