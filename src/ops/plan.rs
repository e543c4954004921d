//! `plan`: what an apply would do, and what it would not.

use std::path::PathBuf;

use super::{
    apply::orders,
    choose::Choice,
    guards::Guards,
    offline,
    planning::plan_all,
    session::{About, Reach, connect},
    trouble::Trouble,
    workspace::{Place, open, render},
};
use crate::model::{Event, Ledger, Plan, TargetId};
use crate::plan::{PlanMode, PlanOptions, undeclared};
use tokio::sync::mpsc::UnboundedSender;

/// What a plan was asked for.
#[derive(Debug, Clone)]
pub struct PlanWish {
    /// Where the repository is, and which state of it.
    pub place: Place,
    /// Which environment and stacks.
    pub choice: Choice,
    /// How to reach the cluster.
    pub reach: Reach,
    /// Guards that the user opened.
    pub guards: Guards,
    /// Who says what a write would change.
    pub mode: PlanMode,
    /// A dump to plan against instead of a cluster: a file or a folder.
    pub live: Option<PathBuf>,
}

/// The plans of an environment's chosen stacks, in dependsOn order.
#[derive(Debug, Clone)]
pub struct Plans {
    /// Against what they were made.
    pub about: About,
    /// The plans.
    pub plans: Vec<Plan>,
}

/// Plans; nothing is written.
pub async fn plan(wish: &PlanWish, events: Option<UnboundedSender<Event>>) -> Result<Plans, Trouble> {
    if let Some(live) = &wish.live {
        return offline::plan(wish, live);
    }
    let options = PlanOptions { mode: wish.mode, ..wish.guards.options() };
    let workspace = open(&wish.place)?;
    let rendered = render(&workspace, &wish.choice)?;
    let session = connect(workspace, rendered, &wish.reach, events).await?;
    let planned = plan_all(&session, orders(&session, &options)).await?;
    let mut plans: Vec<Plan> = planned.into_iter().map(|one| one.plan).collect();
    plans.extend(no_longer_declared(&session, &wish.choice, &options));
    Ok(Plans { about: session.about(), plans })
}

/// Stacks with a live revision that the environment lists no more; shown in every plan of all stacks.
pub(super) fn no_longer_declared(
    session: &super::Session,
    choice: &Choice,
    options: &PlanOptions,
) -> Vec<Plan> {
    // Another repository's stacks are its own affair.
    let ours = |ledger: &Ledger| {
        ledger.head.as_ref().and_then(|head| head.repository.as_ref()) == session.workspace.repo.id.as_ref()
    };
    let gone =
        session.ledgers.iter().filter(|(stack, ledger)| !session.rendered.declares(stack) && ours(ledger));
    let gone = gone.filter(|_| choice.stacks.is_empty());
    gone.filter_map(|(stack, ledger)| undeclared(&lost_target(session, stack), ledger, options)).collect()
}

/// The target of a stack that only the records know.
pub(super) fn lost_target(session: &super::Session, stack: &str) -> TargetId {
    TargetId {
        repository: session.workspace.repo.id.clone(),
        environment: session.rendered.environment.name.clone(),
        stack: stack.to_owned(),
    }
}
