//! The revision of a run: what is stored before the first write and after the last (rules 6, 12).

use std::collections::BTreeMap;

use super::{execute::Ran, inventory, planning::Planned, trouble::Trouble};
use crate::model::{
    Commit, DesiredState, Digest, Head, InventoryItem, Ledger, ObjectId, Plan, Revision, RevisionState,
    RunSort, TurnedBack,
};
use crate::wire::Content;

/// What a run is, beside its plan.
#[derive(Debug, Clone)]
pub(super) struct RunFacts {
    /// What it is for.
    pub sort: RunSort,
    /// The commit that is applied.
    pub commit: Commit,
    /// The revision a rollback goes back to.
    pub rolled_back_to: Option<u64>,
    /// Who the API server takes us for.
    pub user: String,
    /// URL of the CI run.
    pub ci_run: Option<String>,
    /// RFC 3339 time at which it began.
    pub started: String,
}

/// The pending revision with the superset inventory, and the objects that no older pack holds.
pub(super) fn pending(
    facts: &RunFacts,
    ledger: &Ledger,
    desired: &DesiredState,
    plan: &Plan,
    digest: Digest,
) -> (Revision, Vec<Content>) {
    let number = ledger.head.as_ref().map_or(0, |head| head.last) + 1;
    let mut items = inventory::superset(ledger, desired, plan);
    let contents = place_contents(&mut items, ledger, desired, plan, number);
    let revision = Revision {
        number,
        parent: ledger.head.as_ref().and_then(|head| head.current),
        state: RevisionState::Pending,
        sort: facts.sort,
        commit: facts.commit.id.clone(),
        summary: facts.commit.summary.clone(),
        dirty: facts.commit.dirty,
        rolled_back_to: facts.rolled_back_to,
        plan: digest,
        user: facts.user.clone(),
        ci_run: facts.ci_run.clone(),
        started: facts.started.clone(),
        finished: None,
        inventory: items,
    };
    (revision, contents)
}

/// Names each object's pack: an older one where it holds the same object, else this revision's own.
fn place_contents(
    items: &mut [InventoryItem],
    ledger: &Ledger,
    desired: &DesiredState,
    plan: &Plan,
    number: u64,
) -> Vec<Content> {
    let mut older: BTreeMap<(&ObjectId, &Digest), &String> = BTreeMap::new();
    for item in ledger.revisions.iter().flat_map(|revision| &revision.inventory) {
        if let (Some(digest), Some(pack)) = (&item.digest, &item.pack) {
            older.insert((&item.object, digest), pack);
        }
    }
    let mut contents = Vec::new();
    for item in items.iter_mut() {
        let Some(wanted) = desired.objects.get(&item.object) else {
            item.digest = None;
            continue;
        };
        let known = item.digest.as_ref().and_then(|digest| older.get(&(&item.object, digest)));
        item.pack = Some(known.map_or_else(|| format!("r{number}"), |pack| (*pack).clone()));
        if known.is_none() {
            let tree = wanted.body.tree().clone();
            contents.push(Content { object: item.object.clone(), pre_image: false, tree });
        }
    }
    let before = plan.steps.iter().filter_map(|step| {
        let tree = step.pre_image.as_ref()?.tree().clone();
        Some(Content { object: step.object.clone(), pre_image: true, tree })
    });
    contents.extend(before);
    contents
}

/// How the run ended.
pub(super) fn ended(mut revision: Revision, ran: &Ran, (waited, now): (bool, String)) -> Revision {
    let Planned { plan, live, .. } = &ran.planned;
    revision.inventory = inventory::settled(revision.inventory, plan, &ran.execution, live);
    revision.state = match (ran.is_good(), revision.sort) {
        (false, _) => RevisionState::Failed,
        (true, RunSort::Destroy) => RevisionState::Destroyed,
        (true, _) if !waited => RevisionState::Unverified,
        (true, RunSort::Apply | RunSort::Rollback) => RevisionState::Complete,
    };
    revision.finished = Some(now);
    revision
}

/// The revision that a rollback goes back to.
pub(super) fn goal(ledger: &Ledger, to: Option<&str>) -> Result<Revision, Trouble> {
    let head = ledger.head.as_ref().ok_or_else(|| Trouble::call("there is no revision to go back to"))?;
    let Some(to) = to else { return last_good_before(head, ledger) };
    let found = match to.parse::<u64>() {
        Ok(number) => ledger.revision(number),
        // A commit was applied by its newest revision.
        Err(_) if to.len() >= 4 => ledger
            .revisions
            .iter()
            .rev()
            .find(|revision| revision.commit.as_deref().is_some_and(|commit| commit.starts_with(to))),
        Err(_) => None,
    };
    let revision = found.ok_or_else(|| Trouble::Call {
        message: format!("there is no revision `{to}`"),
        hint: Some(format!("there are {}; `obsctl history` tells of them", numbers(ledger))),
    })?;
    if revision.state == RevisionState::Pending {
        return Err(Trouble::call(format!(
            "revision {} never ended: it cannot be gone back to",
            revision.number
        )));
    }
    Ok(revision.clone())
}

fn last_good_before(head: &Head, ledger: &Ledger) -> Result<Revision, Trouble> {
    let current = head.current.unwrap_or(head.last);
    let good = |revision: &&Revision| {
        revision.number < current
            && matches!(revision.state, RevisionState::Complete | RevisionState::Unverified)
    };
    ledger.revisions.iter().rev().find(good).cloned().ok_or_else(|| Trouble::Call {
        message: "there is no good revision before the current one".to_owned(),
        hint: Some(format!("name one with `--to N`: there are {}", numbers(ledger))),
    })
}

fn numbers(ledger: &Ledger) -> String {
    ledger.revisions.iter().map(|revision| revision.number.to_string()).collect::<Vec<_>>().join(", ")
}

/// What going back from one revision to another turns back: apply is held while it would come again (rules 12).
pub(super) fn turned_back(from: &Revision, to: &Revision) -> Vec<TurnedBack> {
    let digests = |revision: &Revision| -> BTreeMap<ObjectId, Option<Digest>> {
        let wanted = revision.inventory.iter().filter(|item| item.digest.is_some());
        wanted.map(|item| (item.object.clone(), item.digest.clone())).collect()
    };
    let (bad, good) = (digests(from), digests(to));
    let changed = bad.iter().filter(|(object, digest)| good.get(*object) != Some(*digest));
    let dropped = good.keys().filter(|object| !bad.contains_key(*object));
    changed
        .map(|(object, digest)| (object.clone(), digest.clone()))
        .chain(dropped.map(|object| (object.clone(), None)))
        .map(|(object, digest)| TurnedBack { object, digest, revision: from.number })
        .collect()
}
