//! What stands in an inventory before and after a run.

use super::*;
use crate::model::{Digest, Head, Hold, HoldSort, Revision, RevisionState, RunSort, TargetId, Wait, Write};

fn id(name: &str) -> ObjectId {
    ObjectId {
        group: String::new(),
        kind: "ConfigMap".to_owned(),
        namespace: Some("n".to_owned()),
        name: name.to_owned(),
    }
}

fn item(name: &str) -> InventoryItem {
    InventoryItem {
        object: id(name),
        version: "v1".to_owned(),
        uid: None,
        digest: None,
        pack: None,
        created: true,
        done: false,
        pre_image: false,
    }
}

fn step(action: Action, name: &str) -> Step {
    Step {
        action,
        object: id(name),
        api_version: "v1".to_owned(),
        origin: None,
        reason: String::new(),
        estimated: None,
        fields: Vec::new(),
        write: Write::None,
        wait: Wait::None,
        depends_on: Vec::new(),
        effects: Vec::new(),
        digest: None,
        uid: None,
        pre_image: None,
    }
}

fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        target: TargetId { repository: None, environment: "dev".to_owned(), stack: "s".to_owned() },
        revision: None,
        steps,
        holds: Vec::new(),
        unchanged: Vec::new(),
        digests: BTreeMap::new(),
        findings: Vec::new(),
        left: BTreeMap::new(),
        notes: Vec::new(),
    }
}

fn after(plan: &Plan, outcomes: Vec<Outcome>) -> Vec<String> {
    let uids = outcomes.iter().map(|_| None).collect();
    let execution = Execution { outcomes, uids, interrupts: 0 };
    let pending = plan.steps.iter().map(|step| item(&step.object.name)).chain([item("other")]).collect();
    let settled = settled(pending, plan, &execution, &LiveState::default());
    settled.into_iter().map(|item| item.object.name).collect()
}

fn not_written() -> Outcome {
    Outcome::NotWritten { error: "no".to_owned(), stale: false }
}

fn unsure() -> Outcome {
    Outcome::Unsure { error: "the line broke".to_owned() }
}

#[test]
fn what_was_never_made_is_not_named_and_what_may_be_there_is() {
    let plan =
        plan(vec![step(Action::Create, "made"), step(Action::Create, "lost"), step(Action::Create, "odd")]);
    assert_eq!(after(&plan, vec![Outcome::Done, not_written(), unsure()]), ["made", "odd"]);
}

#[test]
fn only_what_is_gone_for_sure_leaves() {
    let plan =
        plan(vec![step(Action::Prune, "gone"), step(Action::Prune, "stays"), step(Action::Release, "free")]);
    assert_eq!(after(&plan, vec![Outcome::Done, unsure(), Outcome::Done]), ["stays"]);
}

#[test]
fn what_is_held_stays_named_and_what_another_stack_took_over_does_not() {
    let mut plan = plan(Vec::new());
    assert!(after(&plan, Vec::new()).is_empty(), "no step and no hold: it is another stack's now");
    plan.holds.push(Hold {
        sort: HoldSort::Kept,
        object: Some(id("other")),
        origin: None,
        reason: String::new(),
        fix: None,
        blocking: false,
        fields: Vec::new(),
    });
    assert_eq!(after(&plan, Vec::new()), ["other"]);
}

fn revision(number: u64, names: &[&str]) -> Revision {
    Revision {
        number,
        parent: None,
        state: RevisionState::Complete,
        sort: RunSort::Apply,
        commit: None,
        summary: None,
        dirty: false,
        rolled_back_to: None,
        plan: Digest(String::new()),
        user: String::new(),
        ci_run: None,
        started: String::new(),
        finished: None,
        inventory: names.iter().map(|name| item(name)).collect(),
    }
}

#[test]
fn every_unfinished_run_since_the_current_revision_counts() {
    let revisions =
        vec![revision(1, &["old"]), revision(2, &["a"]), revision(3, &["b"]), revision(4, &["c"])];
    let head = Head { current: Some(2), pending: Some(4), last: 4, ..Head::default() };
    let ledger = Ledger { head: Some(head), head_version: None, revisions };
    let names: Vec<String> = known(&ledger).into_iter().map(|item| item.object.name).collect();
    assert_eq!(names, ["a", "b", "c"], "what the current revision no longer names was dealt with");
}
