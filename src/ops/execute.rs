//! Carrying out approved plans: record, write, wait, record (rules 6, 11, 12).

use std::{collections::BTreeMap, time::Duration};

use super::{
    approval::Approved,
    ears::Ears,
    gates::{Patience, ask_all},
    planning::Planned,
    record::{self, RunFacts},
    session::Session,
    trouble::Trouble,
};
use crate::apply::{Run, drive};
use crate::cluster::Lock;
use crate::model::{
    Event, Execution, GateOutcome, GateReport, Outcome, RevisionState, RunSort, TargetId, TurnedBack,
};
use crate::plan::digest;
use crate::sys;

/// How runs are carried out.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Whether readiness is waited for.
    pub wait: bool,
    /// Time after its own write in which a step must be ready.
    pub timeout: Duration,
    /// Most writes at once.
    pub parallelism: usize,
}

/// How the run of one target ended.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Whose run.
    pub planned: Planned,
    /// Number of its revision.
    pub revision: u64,
    /// The state that was recorded.
    pub state: RevisionState,
    /// The outcome of each step.
    pub execution: Execution,
    /// What came of the gates; empty where none were asked.
    pub gates: Vec<GateReport>,
}

impl Ran {
    /// Whether it came to a good end.
    pub fn is_good(&self) -> bool {
        self.execution.is_good() && self.gates_hold()
    }

    /// Whether no gate failed.
    pub fn gates_hold(&self) -> bool {
        self.gates.iter().all(|report| report.outcome != GateOutcome::Failed)
    }

    /// Whether a precondition failed and nothing at all was written.
    pub fn is_stale(&self) -> bool {
        let stale = |outcome: &Outcome| matches!(outcome, Outcome::NotWritten { stale: true, .. });
        !self.execution.wrote() && self.execution.outcomes.iter().any(stale)
    }
}

/// The locks that a call holds, by stack.
pub(super) type Locks = BTreeMap<String, Lock>;

/// One target's run: nothing is written that an earlier record does not announce.
pub(super) async fn run_target(
    session: &mut Session,
    approved: Approved,
    facts: &RunFacts,
    (manner, ears): (Manner, &Ears),
    lock: &Lock,
) -> Result<Ran, Trouble> {
    let planned = approved.into_planned();
    session.ensure_state().await?;
    let namespace = session.state_namespace().to_owned();
    let (revision, contents) =
        record::pending(facts, &planned.ledger, &planned.desired, &planned.plan, digest(&planned.plan));
    lock.still_mine().map_err(|doubt| Trouble::Stale { message: doubt.to_string() })?;
    let target = planned.plan.target.clone();
    let begun =
        session.cluster.begin((&namespace, &target), &planned.ledger, revision.clone(), &contents).await?;
    let run = Run {
        revision: revision.number,
        wait: manner.wait,
        timeout: manner.timeout,
        parallelism: manner.parallelism,
        still_mine: lock.guard(),
    };
    let mut execution =
        drive(&planned.plan, &session.cluster, &run, ears.events.clone(), ears.stop.clone()).await;
    let gates = if facts.sort == RunSort::Apply && manner.wait && execution.is_good() {
        gates(session, &target, (manner, ears), &mut execution).await
    } else {
        Vec::new()
    };
    let mut ran = Ran { revision: revision.number, state: revision.state, planned, execution, gates };
    let ended = record::ended(revision, &ran, (manner.wait, sys::now()));
    ran.state = ended.state;
    let turned_back = turned_back(facts, &ran);
    // The records must tell how it ended, also where the lock was lost: the head's compare-and-swap is the fence.
    match ears.at_parting(session.cluster.finish(begun, ended, turned_back)).await {
        Some(done) => drop(done?),
        None => ears.warn(format!("{target}: how it ended could not be recorded; the next apply finds out")),
    }
    if ears.is_stopping() {
        // Nothing more is planned, and whoever stops a run wants to be gone.
        return Ok(ran);
    }
    session.refresh_ledgers().await?;
    session.refresh_types().await?;
    let keep = session.rendered.environment.policy.keep_revisions;
    if lock.still_mine().is_ok() {
        let ledger = session.ledger(&target.stack);
        // What could not be collected is collected by the next run.
        session.cluster.collect(&namespace, &target, &ledger, keep).await.ok();
    }
    Ok(ran)
}

/// Asks the target's gates until they hold; the user's wish to stop ends that as it ends every wait.
async fn gates(
    session: &Session,
    target: &TargetId,
    (manner, ears): (Manner, &Ears),
    execution: &mut Execution,
) -> Vec<GateReport> {
    let Some((target, _)) = session.rendered.targets.iter().find(|(known, _)| known.id == *target) else {
        return Vec::new();
    };
    let patience = Patience::Until(manner.timeout, ears.events.clone());
    let mut stop = ears.stop.clone();
    tokio::select! {
        reports = ask_all(session, target, &patience) => reports,
        Ok(asked) = async { stop.wait_for(|asked| *asked > 0).await.map(|asked| *asked) } => {
            execution.interrupts = asked;
            ears.events.send(Event::Interrupted { second: asked > 1 }).ok();
            Vec::new()
        }
    }
}

/// What the head says is turned back after the run.
fn turned_back(facts: &RunFacts, ran: &Ran) -> Vec<TurnedBack> {
    let planned = &ran.planned;
    let head = planned.ledger.head.clone().unwrap_or_default();
    let goal = facts.rolled_back_to.and_then(|number| planned.ledger.revision(number));
    match (facts.sort, goal, planned.ledger.current()) {
        (RunSort::Rollback, Some(goal), Some(current)) => {
            let mut list = record::turned_back(current, goal);
            let fresh: Vec<_> = list.iter().map(|turned| turned.object.clone()).collect();
            list.extend(head.turned_back.into_iter().filter(|old| !fresh.contains(&old.object)));
            list
        }
        // An apply is refused while the render brings one of these back: it went through because a commit changed
        // them, or because it was told to ignore them. Either way they are released.
        (RunSort::Apply | RunSort::Destroy, _, _) if ran.is_good() => Vec::new(),
        (RunSort::Apply | RunSort::Rollback | RunSort::Destroy, _, _) => head.turned_back,
    }
}

/// Takes the locks of targets in the order of their names, so that two calls cannot wait for one another.
pub(super) async fn lock_all(
    session: &Session,
    targets: &[TargetId],
    claimant: &crate::cluster::Claimant,
    patience: Duration,
) -> Result<Locks, Trouble> {
    let mut sorted = targets.to_vec();
    sorted.sort_by_key(TargetId::record_prefix);
    let mut locks = Locks::new();
    for target in sorted {
        let namespace = session.state_namespace();
        match session.cluster.lock(namespace, &target, claimant, patience).await {
            Ok(lock) => {
                locks.insert(target.stack.clone(), lock);
            }
            Err(error) => {
                release_all(locks).await;
                return Err(error.into());
            }
        }
    }
    Ok(locks)
}

/// Lets go of all locks.
pub(super) async fn release_all(locks: Locks) {
    for lock in locks.into_values() {
        lock.release().await;
    }
}
