//! From orders to runs: plan, ask, lock, carry out, look again. The same for apply, rollback and destroy.

use std::collections::BTreeSet;

use super::{
    approval::{self, Approved},
    execute::{Locks, Manner, lock_all, release_all, run_target},
    planning::{Order, Planned, plan_all},
    record::RunFacts,
    saved::SavedPlan,
    session::Session,
    stored,
    trouble::Trouble,
    undo,
    wish::{Applied, Door, Wish},
};
use crate::cluster::Claimant;
use crate::model::{Plan, Revision, RunSort, TargetId};
use crate::sys;
use crate::wire::PlanFile;

/// Plans, asks and carries out under the locks; the same for apply, rollback and destroy.
pub(super) async fn approve_and_run(
    session: &mut Session,
    orders: Vec<Order>,
    wish: &Wish,
    sort: RunSort,
    (saved, door): (Option<&SavedPlan>, &mut Door<'_>),
) -> Result<Applied, Trouble> {
    let targets: Vec<TargetId> = orders.iter().map(|order| order.desired.target.clone()).collect();
    let claimant = claimant(session, sort, wish);
    // Somebody who reads a plan must not keep others out: without --auto-approve the lock comes after the answer, and
    // the plan is made again under it.
    let mut early = None;
    if wish.auto_approve || saved.is_some() {
        early = Some(door.ears.unless_stopped(locked(session, &targets, &claimant, wish)).await?);
    }
    let planned = door.ears.unless_stopped(plan_under(session, orders.clone(), early.as_ref())).await;
    let shown = match planned.and_then(|planned| approved(session, planned, saved, door)) {
        Ok(shown) => shown,
        Err(trouble) => {
            release(early.unwrap_or_default(), door).await;
            return Err(trouble);
        }
    };
    let Some(mut approved) = shown else {
        release(early.unwrap_or_default(), door).await;
        return Ok(Applied { nothing: true, ..Applied::default() });
    };
    let locks = if let Some(locks) = early {
        locks
    } else {
        let locks = door.ears.unless_stopped(locked(session, &targets, &claimant, wish)).await?;
        match door.ears.unless_stopped(again(session, orders.clone(), approved)).await {
            Ok(same) => approved = same,
            Err(trouble) => {
                release(locks, door).await;
                return Err(trouble);
            }
        }
        locks
    };
    let done = carry_out(session, approved, (wish, sort), &locks, door).await;
    let done = match done {
        Ok(done) => converged(session, orders, done, wish.manner).await,
        Err(trouble) => Err(trouble),
    };
    release(locks, door).await;
    done
}

/// Makes the state namespace where it is not there, and takes the locks in it.
async fn locked(
    session: &mut Session,
    targets: &[TargetId],
    claimant: &Claimant,
    wish: &Wish,
) -> Result<Locks, Trouble> {
    session.ensure_state().await?;
    lock_all(session, targets, claimant, wish.lock_timeout).await
}

/// Plans; under the locks from the records as they are now.
async fn plan_under(
    session: &mut Session,
    orders: Vec<Order>,
    locks: Option<&Locks>,
) -> Result<Vec<Planned>, Trouble> {
    if locks.is_some() {
        session.refresh_ledgers().await?;
    }
    plan_all(session, orders).await
}

async fn release(locks: Locks, door: &Door<'_>) {
    // A lock that could not be let go runs out by itself.
    door.ears.at_parting(release_all(locks)).await;
}

fn claimant(session: &Session, sort: RunSort, wish: &Wish) -> Claimant {
    let command = match sort {
        RunSort::Apply => "apply",
        RunSort::Rollback => "rollback",
        RunSort::Destroy => "destroy",
    };
    let holder = sys::holder(&session.cluster.identity().user, command, wish.ci_run.clone());
    Claimant { holder, is_dead: sys::is_dead, boottime: sys::boottime }
}

/// Asks for approval; none where there is nothing to do.
fn approved(
    session: &Session,
    planned: Vec<Planned>,
    saved: Option<&SavedPlan>,
    door: &mut Door<'_>,
) -> Result<Option<Vec<Approved>>, Trouble> {
    if let Some(saved) = saved {
        same_as_saved(session, &planned, saved)?;
    }
    let idle = planned.iter().all(|one| !one.has_work());
    let mut ask = |plans: &[Planned]| (door.ask)(session, plans);
    // What blocks stands in the plan: it is shown before it is refused.
    approval::blocked(&planned).or_else(|trouble| ask(&planned).and(Err(trouble)))?;
    if idle {
        ask(&planned)?;
        return Ok(None);
    }
    approval::approve(planned, &mut ask).map(Some)
}

fn same_as_saved(session: &Session, planned: &[Planned], saved: &SavedPlan) -> Result<(), Trouble> {
    let plans: Vec<Plan> = planned.iter().map(|one| one.plan.clone()).collect();
    let environment = &session.rendered.environment.name;
    let now =
        PlanFile::of(environment, session.cluster.identity(), &session.workspace.checkout.commit, &plans);
    let differences = saved.0.differences(&now);
    if differences.is_empty() { Ok(()) } else { Err(Trouble::Stale { message: differences.join("\n") }) }
}

/// Makes the plans again under the lock: they must be what was approved.
async fn again(
    session: &mut Session,
    orders: Vec<Order>,
    approved: Vec<Approved>,
) -> Result<Vec<Approved>, Trouble> {
    session.refresh_ledgers().await?;
    let now = plan_all(session, orders).await?;
    let before: Vec<Plan> = approved.into_iter().map(|one| one.into_planned().plan).collect();
    let (environment, commit) =
        (session.rendered.environment.name.clone(), session.workspace.checkout.commit.clone());
    let saved = PlanFile::of(&environment, session.cluster.identity(), &commit, &before);
    same_as_saved(session, &now, &SavedPlan(saved))?;
    approval::approve(now, &mut |_| Ok(()))
}

async fn carry_out(
    session: &mut Session,
    approved: Vec<Approved>,
    (wish, sort): (&Wish, RunSort),
    locks: &Locks,
    door: &mut Door<'_>,
) -> Result<Applied, Trouble> {
    let facts = facts(session, sort, wish);
    let mut done = Applied::default();
    let mut failed = false;
    for one in approved {
        let target = one.target().clone();
        if failed || door.ears.is_stopping() {
            done.not_begun.push(target);
            continue;
        }
        if !one.has_work() {
            continue;
        }
        let Some(lock) = locks.get(&target.stack) else {
            return Err(Trouble::Stale { message: format!("the lock of {target} is not ours") });
        };
        let facts = match goal(session, &target, sort) {
            Some(goal) => stored::facts_of(facts.clone(), &goal),
            None => facts.clone(),
        };
        let ran = run_target(session, one, &facts, (wish.manner, &door.ears), lock).await?;
        failed = !ran.is_good();
        if failed && wish.rollback_on_failure && ran.execution.interrupts == 0 && ran.execution.wrote() {
            // Whatever comes of it, the failed run is told of.
            match undo::undo(session, &ran, wish, (&facts, &door.ears), lock).await {
                Ok(back) => done.turned_back.push(back),
                Err(trouble) => done.not_turned_back.push((target, told(&trouble))),
            }
        }
        done.runs.push(ran);
    }
    Ok(done)
}

/// A trouble with its causes, in one line.
fn told(trouble: &Trouble) -> String {
    let causes = std::iter::successors(std::error::Error::source(trouble), |cause| cause.source());
    causes.fold(trouble.to_string(), |told, cause| format!("{told}: {cause}"))
}

fn goal(session: &Session, target: &TargetId, sort: RunSort) -> Option<Revision> {
    let number = session.goals.get(&target.stack).filter(|_| sort == RunSort::Rollback)?;
    session.ledger(&target.stack).revision(*number).cloned()
}

fn facts(session: &Session, sort: RunSort, wish: &Wish) -> RunFacts {
    RunFacts {
        sort,
        commit: session.workspace.checkout.commit.clone(),
        rolled_back_to: None,
        user: session.cluster.identity().user.clone(),
        ci_run: wish.ci_run.clone(),
        started: sys::now(),
    }
}

/// The second plan: after a good run it must be empty, else a field fights (promise 6).
async fn converged(
    session: &Session,
    orders: Vec<Order>,
    mut done: Applied,
    manner: Manner,
) -> Result<Applied, Trouble> {
    let good: BTreeSet<&str> = done
        .runs
        .iter()
        .filter(|ran| ran.is_good())
        .map(|ran| ran.planned.plan.target.stack.as_str())
        .collect();
    let orders: Vec<Order> =
        orders.into_iter().filter(|order| good.contains(order.desired.target.stack.as_str())).collect();
    if !manner.wait || orders.is_empty() {
        return Ok(done);
    }
    let second = plan_all(session, orders).await?;
    done.fighting = second.into_iter().map(|one| one.plan).filter(Plan::has_changes).collect();
    Ok(done)
}
