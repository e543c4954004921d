//! Carrying out approved plans: record, write, wait, record (rules 6, 11, 12).

use std::{
    collections::BTreeMap,
    future::{Future, pending},
    time::Duration,
};

use tokio::{
    sync::{mpsc::UnboundedSender, watch},
    time::sleep,
};

use super::{
    gate::Approved,
    planning::Planned,
    record::{self, RunFacts},
    session::Session,
    trouble::Trouble,
};
use crate::apply::{Run, drive};
use crate::cluster::Lock;
use crate::model::{Event, Execution, Outcome, RevisionState, RunSort, TargetId, TurnedBack};
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

/// Who hears of a run and who may stop it.
#[derive(Clone)]
pub struct Ears {
    /// Everything that happens.
    pub events: UnboundedSender<Event>,
    /// How often the user asked to stop.
    pub stop: watch::Receiver<u8>,
}

/// How long the records and the lock are still waited for after a second wish to stop.
const PARTING: Duration = Duration::from_secs(3);

impl Ears {
    /// Whether the user asked to stop.
    pub(super) fn is_stopping(&self) -> bool {
        *self.stop.borrow() > 0
    }

    fn warn(&self, message: String) {
        // Nobody listens any more: then nobody misses it.
        self.events.send(Event::Warned { message }).ok();
    }

    /// Does what comes before the first write; a wish to stop ends it at once.
    pub async fn unless_stopped<T>(
        &self,
        doing: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            done = doing => done,
            Ok(_) = stop.wait_for(|asked| *asked > 0) => Err(Trouble::Interrupted),
        }
    }

    /// Does what comes after the last write; none where the user asked twice to stop and it does not end soon.
    pub(super) async fn at_parting<T>(&self, doing: impl Future<Output = T>) -> Option<T> {
        let mut stop = self.stop.clone();
        let out_of_patience = async {
            if stop.wait_for(|asked| *asked > 1).await.is_err() {
                pending::<()>().await;
            }
            sleep(PARTING).await;
        };
        tokio::select! {
            biased;
            done = doing => Some(done),
            () = out_of_patience => None,
        }
    }
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
}

impl Ran {
    /// Whether it came to a good end.
    pub fn is_good(&self) -> bool {
        self.execution.is_good()
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
    let execution =
        drive(&planned.plan, &session.cluster, &run, ears.events.clone(), ears.stop.clone()).await;
    let ended =
        record::ended(revision.clone(), &planned.plan, &execution, &planned.live, (manner.wait, sys::now()));
    let turned_back = turned_back(facts, &planned, &execution);
    let (number, state) = (ended.number, ended.state);
    // The records must tell how it ended, also where the lock was lost: the head's compare-and-swap is the fence.
    match ears.at_parting(session.cluster.finish(begun, ended, turned_back)).await {
        Some(done) => drop(done?),
        None => ears.warn(format!("{target}: how it ended could not be recorded; the next apply finds out")),
    }
    if ears.is_stopping() {
        // Nothing more is planned, and whoever stops a run wants to be gone.
        return Ok(Ran { planned, revision: number, state, execution });
    }
    session.refresh_ledgers().await?;
    session.refresh_types().await?;
    let keep = session.rendered.environment.policy.keep_revisions;
    if lock.still_mine().is_ok() {
        let ledger = session.ledger(&target.stack);
        // What could not be collected is collected by the next run.
        session.cluster.collect(&namespace, &target, &ledger, keep).await.ok();
    }
    Ok(Ran { planned, revision: number, state, execution })
}

/// What the head says is turned back after the run.
fn turned_back(facts: &RunFacts, planned: &Planned, execution: &Execution) -> Vec<TurnedBack> {
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
        (RunSort::Apply | RunSort::Destroy, _, _) if execution.is_good() => Vec::new(),
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
