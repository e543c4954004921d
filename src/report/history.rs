//! The revisions of targets.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{Ledger, Revision, RevisionState, RunSort, TargetId};

use super::{
    header::Header,
    json::document,
    style::{Paint, Style, harmless},
    table::Table,
    time::ago,
};

/// The revisions of each target, the newest first.
pub fn history_text(ledgers: &[(TargetId, Ledger)], now: Timestamp, style: &Style) -> String {
    let mut lines = Vec::new();
    for (target, ledger) in ledgers {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(style.paint(Paint::Strong, &target.to_string()));
        if ledger.revisions.is_empty() {
            lines.push("  No revisions yet.".to_owned());
            continue;
        }
        let heads = ["", "REVISION", "STATE", "WHEN", "WHO", "COMMIT", "OBJECTS", "WHAT"];
        let mut table = Table::new(&heads).right(&[1, 6]);
        for revision in ledger.revisions.iter().rev() {
            table.row(row(ledger, revision, now));
        }
        lines.extend(table.lines("  ", style));
    }
    lines.join("\n") + "\n"
}

fn row(ledger: &Ledger, revision: &Revision, now: Timestamp) -> Vec<String> {
    let head = ledger.head.as_ref();
    let is = |number: Option<u64>| number == Some(revision.number);
    let mark = if is(head.and_then(|head| head.current)) { "*" } else { "" };
    vec![
        mark.to_owned(),
        revision.number.to_string(),
        state_word(revision.state).to_owned(),
        ago(revision.finished.as_ref().unwrap_or(&revision.started), now),
        harmless(&revision.user).into_owned(),
        commit_text(revision),
        revision.inventory.len().to_string(),
        what(revision),
    ]
}

/// The word of a revision's state.
pub(super) fn state_word(state: RevisionState) -> &'static str {
    match state {
        RevisionState::Pending => "pending",
        RevisionState::Complete => "complete",
        RevisionState::Unverified => "unverified",
        RevisionState::Failed => "failed",
        RevisionState::Destroyed => "destroyed",
    }
}

/// Ten characters of the commit, with `-dirty`.
pub(super) fn commit_text(revision: &Revision) -> String {
    let id = revision.commit.as_deref().map_or("no commit", |id| id.get(..10).unwrap_or(id));
    if revision.dirty { format!("{id}-dirty") } else { id.to_owned() }
}

fn what(revision: &Revision) -> String {
    let summary = harmless(revision.summary.as_deref().unwrap_or_default()).into_owned();
    match (revision.sort, revision.rolled_back_to) {
        (RunSort::Apply, _) => summary,
        (RunSort::Rollback, Some(number)) => format!("rollback to {number}"),
        (RunSort::Rollback, None) => "rollback".to_owned(),
        (RunSort::Destroy, _) => "destroy".to_owned(),
    }
}

#[derive(Debug, Serialize)]
struct HistoryJson<'a> {
    stacks: Vec<StackJson<'a>>,
}

#[derive(Debug, Serialize)]
struct StackJson<'a> {
    stack: &'a str,
    current: Option<u64>,
    good: Option<u64>,
    pending: Option<u64>,
    revisions: Vec<RevisionJson<'a>>,
}

/// One revision as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RevisionJson<'a> {
    number: u64,
    state: &'static str,
    sort: RunSort,
    parent: Option<u64>,
    rolled_back_to: Option<u64>,
    commit: Option<&'a str>,
    dirty: bool,
    summary: Option<&'a str>,
    user: &'a str,
    ci_run: Option<&'a str>,
    started: &'a str,
    finished: Option<&'a str>,
    objects: usize,
}

impl<'a> From<&'a Revision> for RevisionJson<'a> {
    fn from(revision: &'a Revision) -> Self {
        Self {
            number: revision.number,
            state: state_word(revision.state),
            sort: revision.sort,
            parent: revision.parent,
            rolled_back_to: revision.rolled_back_to,
            commit: revision.commit.as_deref(),
            dirty: revision.dirty,
            summary: revision.summary.as_deref(),
            user: &revision.user,
            ci_run: revision.ci_run.as_deref(),
            started: &revision.started,
            finished: revision.finished.as_deref(),
            objects: revision.inventory.len(),
        }
    }
}

/// The revisions of each target as one JSON object of kind `History`, the newest first.
pub fn history_json(ledgers: &[(TargetId, Ledger)], header: &Header) -> String {
    let stacks = ledgers.iter().map(|(target, ledger)| {
        let head = ledger.head.as_ref();
        StackJson {
            stack: &target.stack,
            current: head.and_then(|head| head.current),
            good: head.and_then(|head| head.good),
            pending: head.and_then(|head| head.pending),
            revisions: ledger.revisions.iter().rev().map(RevisionJson::from).collect(),
        }
    });
    document("History", Some(header), HistoryJson { stacks: stacks.collect() })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

    use expect_test::expect;

    use super::*;
    use crate::report::samples::{header, ledger, now, target};

    #[test]
    fn revisions_are_a_table_with_the_current_one_marked() {
        let ledgers = [(target("mlops"), ledger()), (target("base"), Ledger::default())];
        expect![[r#"
            prod/mlops
                 REVISION  STATE     WHEN         WHO             COMMIT      OBJECTS  WHAT
                        4  pending   60 s ago     ci@example.org  0123456789        0  Keep metrics for 30 days
              *         3  complete  3 h ago      ci@example.org  0123456789        0  rollback to 1
                        2  failed    8 h ago      ci@example.org  0123456789        0  Keep metrics for 30 days
                        1  complete  20 days ago  ci@example.org  0123456789        0  Keep metrics for 30 days

            prod/base
              No revisions yet.
        "#]].assert_eq(&history_text(&ledgers, now(), &Style::default()));
    }

    #[test]
    fn programs_get_every_fact_of_a_revision() {
        let text = history_json(&[(target("mlops"), ledger())], &header());
        let tree: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(tree["kind"], "History");
        assert_eq!(tree["stacks"][0]["current"], 3);
        let newest = &tree["stacks"][0]["revisions"][0];
        expect![[r#"{"number":4,"state":"pending","sort":"apply","parent":3,"rolledBackTo":null,"commit":"0123456789abcdef0123456789abcdef01234567","dirty":false,"summary":"Keep metrics for 30 days","user":"ci@example.org","ciRun":null,"started":"2026-11-21T03:59:00Z","finished":null,"objects":0}"#]].assert_eq(&newest.to_string());
    }
}
