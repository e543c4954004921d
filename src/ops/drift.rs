//! `drift`: the plan of what was applied last, against what is there now.

use std::{collections::BTreeSet, sync::Arc};

use tokio::sync::mpsc::UnboundedSender;

use super::{
    choose::Choice,
    planning::{Order, Planned, nothing, observe, plan_all},
    session::{About, Reach, Session, connect},
    stored::stored,
    stored_form::stored_form,
    trouble::Trouble,
    workspace::{Place, open, open_commit, render},
};
use crate::cluster::LedgerError;
use crate::model::{DesiredState, DriftItem, Event, Finding, Revision, RevisionState, Severity, TargetId};
use crate::plan::{Context, PlanOptions, Surroundings, drift as drift_of};
use crate::schema::SchemaSet;
use crate::secrets::Sealer;

/// The drift of one target.
#[derive(Debug, Clone)]
pub struct Drifted {
    /// Whose.
    pub target: TargetId,
    /// The revision that is compared; none before the first apply.
    pub revision: Option<u64>,
    /// What drifted.
    pub items: Vec<DriftItem>,
    /// Commits since that revision; none where git cannot tell.
    pub pending_commits: Option<usize>,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// Finds what somebody changed since the last apply; nothing is written.
pub async fn drift(
    place: &Place,
    choice: &Choice,
    reach: &Reach,
    events: Option<UnboundedSender<Event>>,
) -> Result<(About, Vec<Drifted>), Trouble> {
    let workspace = open(place)?;
    let rendered = render(&workspace, choice)?;
    let session = connect(workspace, rendered, reach, events).await?;
    let mut all = Vec::new();
    for (target, _) in session.rendered.chosen() {
        all.push(drift_one(&session, &target.id, None).await?);
    }
    Ok((session.about(), all))
}

/// The drift of one target; `planned` is what an apply of git would do, where that is known already.
pub(super) async fn drift_one(
    session: &Session,
    target: &TargetId,
    planned: Option<&Planned>,
) -> Result<Drifted, Trouble> {
    let ledger = session.ledger(&target.stack);
    let mut drifted = Drifted {
        target: target.clone(),
        revision: None,
        items: Vec::new(),
        pending_commits: session.commits_since(&ledger),
        findings: Vec::new(),
    };
    let Some(revision) = ledger.current().filter(|revision| revision.state != RevisionState::Destroyed)
    else {
        return Ok(drifted);
    };
    drifted.revision = Some(revision.number);
    if ledger.pending().is_some() {
        drifted.findings.push(unfinished(target, ledger.pending().map_or(0, |pending| pending.number)));
    }
    let options = PlanOptions { ignore_hold: true, ..PlanOptions::default() };
    // Where git declares just what was applied, the plan of git is the plan of the revision.
    let same = planned.filter(|planned| is_of(&planned.desired, revision, &session.sealer));
    let planned = if let Some(planned) = same {
        planned.clone()
    } else {
        let desired = applied(session, target, revision).await?;
        let seen = planned.map(|planned| planned.live.clone());
        let order = Order { seen, ..Order::new(desired, options.clone()) };
        let planned = plan_all(session, vec![order]).await?;
        let Some(planned) = planned.into_iter().next() else { return Ok(drifted) };
        planned
    };
    let (around, not_ready, schemas) = (Surroundings::default(), BTreeSet::new(), SchemaSet::new());
    let stored_form = |tree: &mut _, gvk: &_| stored_form(&planned.desired, tree, gvk);
    let context = Context {
        target,
        policy: &session.rendered.environment.policy,
        desired: &planned.desired,
        live: &planned.live,
        schemas: &schemas,
        ledger: &ledger,
        sealer: &session.sealer,
        options: &options,
        not_ready: &not_ready,
        around: &around,
        stored_form: &stored_form,
    };
    drifted.items = drift_of(&context, &planned.plan);
    Ok(drifted)
}

fn unfinished(target: &TargetId, number: u64) -> Finding {
    Finding {
        id: "unfinished-run",
        severity: Severity::Warning,
        object: None,
        place: None,
        message: format!("revision {number} of {target} began and did not end"),
        fix: Some(format!("run `obsctl apply -e {} -s {}`", target.environment, target.stack)),
    }
}

/// What a revision wanted: rendered anew from its commit where the digests agree, else as it was stored.
///
/// The first way needs no right to read Secrets and shows file and line.
pub(super) async fn applied(
    session: &Session,
    target: &TargetId,
    revision: &Revision,
) -> Result<Arc<DesiredState>, Trouble> {
    if let Some(desired) = rendered_again(session, target, revision) {
        return Ok(desired);
    }
    match stored(session, target, revision).await {
        Err(Trouble::Ledger(error)) if is_forbidden(&error) => Err(Trouble::Record {
            message: format!(
                "revision {} of {target} was not made of a commit that is here, and its stored objects may not be read",
                revision.number
            ),
            hint: Some("fetch the commit (in CI: clone with full history), or get the right to read Secrets in the state namespace".to_owned()),
        }),
        other => other.map(Arc::new),
    }
}

fn is_forbidden(error: &LedgerError) -> bool {
    error.refusal().is_some_and(crate::cluster::CallError::is_forbidden)
}

fn rendered_again(session: &Session, target: &TargetId, revision: &Revision) -> Option<Arc<DesiredState>> {
    let here = session.rendered.desired(target);
    if let Some(desired) = here.filter(|desired| is_of(desired, revision, &session.sealer)) {
        return Some(Arc::clone(desired));
    }
    let commit = revision.commit.as_deref()?;
    let workspace = open_commit(&session.workspace.root, commit).ok()?;
    let choice = Choice { environment: Some(target.environment.clone()), stacks: Vec::new() };
    let mut rendered = render(&workspace, &choice).ok()?;
    super::session::rescope(&mut rendered, &session.types);
    let desired = rendered.targets.into_iter().find(|(known, _)| known.id == *target)?.1;
    is_of(&desired, revision, &session.sealer).then_some(desired)
}

/// Whether a desired state is, object by object, what the revision's inventory says.
fn is_of(desired: &DesiredState, revision: &Revision, sealer: &Sealer) -> bool {
    let wanted = revision.inventory.iter().filter_map(|item| Some((&item.object, item.digest.as_ref()?)));
    let mut count = 0;
    for (id, digest) in wanted {
        count += 1;
        let Some(object) = desired.objects.get(id) else { return false };
        let now = sealer.digest(&object.body);
        // Without the key a Secret's digest says nothing; the commit then has to be trusted for it.
        if Sealer::comparable(&now) && Sealer::comparable(digest) && now != *digest {
            return false;
        }
    }
    count == desired.objects.len()
}

/// What the cluster says of the objects of a revision.
pub(super) async fn observed(session: &Session, target: &TargetId) -> crate::model::LiveState {
    observe(session, &nothing(target), &session.ledger(&target.stack)).await
}
