//! `status` and `history`: how the stacks are, and what was done to them.

use tokio::sync::mpsc::UnboundedSender;

use super::{
    apply::orders,
    choose::Choice,
    drift::{drift_one, observed},
    gates::{Patience, ask_all},
    plan::{lost_target, no_longer_declared},
    planning::plan_all,
    session::{About, Reach, Session, connect},
    trouble::Trouble,
    workspace::{Place, open, render},
};
use crate::apply::ready::judge;
use crate::model::{
    Event, GateReport, Hold, Ledger, LiveState, ObjectId, Observed, ReadyReport, RevisionState, TargetId,
};
use crate::plan::PlanOptions;

/// How one stack stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Whose.
    pub target: TargetId,
    /// Its records.
    pub ledger: Ledger,
    /// How ready each object of the current revision is; none where it is not there.
    pub readiness: Vec<(ObjectId, Option<ReadyReport>)>,
    /// What a plan would hold back.
    pub holds: Vec<Hold>,
    /// Objects that drifted.
    pub drifted: Option<usize>,
    /// Objects that an apply would change.
    pub pending_changes: Option<usize>,
    /// Commits since the current revision; none where git cannot tell.
    pub pending_commits: Option<usize>,
    /// What came of the gates; empty before the first apply.
    pub gates: Vec<GateReport>,
    /// Lines to paste.
    pub hints: Vec<String>,
}

/// Looks at each chosen stack; nothing is written.
pub async fn status(
    place: &Place,
    choice: &Choice,
    reach: &Reach,
    events: Option<UnboundedSender<Event>>,
) -> Result<(About, Vec<Standing>), Trouble> {
    let workspace = open(place)?;
    let rendered = render(&workspace, choice)?;
    let session = connect(workspace, rendered, reach, events).await?;
    let planned = plan_all(&session, orders(&session, &PlanOptions::default())).await?;
    let mut standings = Vec::new();
    for one in planned {
        let mut standing = standing(&session, &one.plan.target, &one.live);
        let drifted = drift_one(&session, &one.plan.target, Some(&one)).await;
        standing.drifted = drifted.ok().filter(|d| d.revision.is_some()).map(|drifted| drifted.items.len());
        standing.pending_changes = Some(one.plan.summary().changes());
        standing.holds = one.plan.holds;
        standing.gates = gates(&session, &one.plan.target, &standing.ledger).await;
        standing.hints.extend(lock_hint(&session, &one.plan.target).await);
        standing.hints.extend(ways_in(&session, &one.plan.target));
        standings.push(standing);
    }
    for plan in no_longer_declared(&session, choice, &PlanOptions::default()) {
        let live = observed(&session, &plan.target).await;
        let mut standing = standing(&session, &plan.target, &live);
        standing.holds = plan.holds;
        standings.push(standing);
    }
    Ok((session.about(), standings))
}

fn standing(session: &Session, target: &TargetId, live: &LiveState) -> Standing {
    let ledger = session.ledger(&target.stack);
    let current = ledger.current().map(|revision| revision.inventory.clone()).unwrap_or_default();
    let readiness = current
        .into_iter()
        .map(|item| {
            let report = live.objects.get(&item.object).and_then(Observed::present).map(|o| {
                let report = judge(&o.body);
                ReadyReport { message: session.cluster.clean(&report.message), ..report }
            });
            (item.object, report)
        })
        .collect();
    Standing {
        target: target.clone(),
        pending_commits: session.commits_since(&ledger),
        ledger,
        readiness,
        holds: Vec::new(),
        drifted: None,
        pending_changes: None,
        gates: Vec::new(),
        hints: Vec::new(),
    }
}

/// How the gates of a target that stands in the cluster are right now.
async fn gates(session: &Session, target: &TargetId, ledger: &Ledger) -> Vec<GateReport> {
    let applied = ledger.current().is_some_and(|revision| revision.state != RevisionState::Destroyed);
    match session.rendered.targets.iter().find(|(known, _)| applied && known.id == *target) {
        Some((target, _)) => ask_all(session, target, &Patience::Once).await,
        None => Vec::new(),
    }
}

async fn lock_hint(session: &Session, target: &TargetId) -> Option<String> {
    let held = session.cluster.lock_holder(session.state_namespace(), target).await.ok()??;
    Some(format!("lock: held by {}", held.words))
}

/// How to reach the user interfaces: a port-forward for each known Service, and the URL of each Ingress.
fn ways_in(session: &Session, target: &TargetId) -> Vec<String> {
    let desired = session.rendered.desired(target);
    let mut lines = Vec::new();
    for wanted in desired.into_iter().flat_map(|desired| desired.objects.values()) {
        if wanted.id.is("", "Service") {
            lines.extend(port_forward(wanted));
        }
        if wanted.id.is("networking.k8s.io", "Ingress") {
            lines.extend(urls(wanted));
        }
    }
    lines
}

/// Ports on which monitoring systems have a user interface.
const UI_PORTS: &[(u64, &str)] = &[
    (9090, "Prometheus"),
    (3000, "Grafana"),
    (9093, "Alertmanager"),
    (5601, "Kibana"),
    (16686, "Jaeger"),
    (15672, "RabbitMQ"),
];

fn port_forward(wanted: &crate::model::Wanted) -> Option<String> {
    let ports = wanted.body.items(&["spec", "ports"]);
    let numbers: Vec<u64> = ports.iter().filter_map(|port| port.get("port")?.as_u64()).collect();
    let (port, name) = UI_PORTS.iter().find(|(port, _)| numbers.contains(port))?;
    let namespace = wanted.id.namespace.as_deref().unwrap_or("default");
    Some(format!("{name}: kubectl port-forward -n {namespace} svc/{} {port}:{port}", wanted.id.name))
}

fn urls(wanted: &crate::model::Wanted) -> Vec<String> {
    let secured = !wanted.body.items(&["spec", "tls"]).is_empty();
    let scheme = if secured { "https" } else { "http" };
    let hosts = wanted.body.items(&["spec", "rules"]).iter().filter_map(|rule| rule.get("host")?.as_str());
    hosts.map(|host| format!("{}: {scheme}://{host}", wanted.id.name)).collect()
}

/// The records of the chosen stacks, and of those that the environment lists no more.
pub async fn history(
    place: &Place,
    choice: &Choice,
    reach: &Reach,
) -> Result<(About, Vec<(TargetId, Ledger)>), Trouble> {
    let workspace = open(place)?;
    let rendered = render(&workspace, choice)?;
    let session = connect(workspace, rendered, reach, None).await?;
    let mut all: Vec<(TargetId, Ledger)> = session
        .rendered
        .chosen()
        .map(|(target, _)| (target.id.clone(), session.ledger(&target.id.stack)))
        .collect();
    for (stack, ledger) in session
        .ledgers
        .iter()
        .filter(|(stack, _)| choice.stacks.is_empty() && !session.rendered.declares(stack))
    {
        all.push((lost_target(&session, stack), ledger.clone()));
    }
    Ok((session.about(), all))
}
