//! How the stacks of an environment are.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{GateReport, Hold, Ledger, ObjectId, Readiness, ReadyReport, TargetId, TurnedBack};

use super::{
    gates::{GateJson, gate_line},
    header::Header,
    history::{RevisionJson, commit_text, state_word},
    json::{HoldJson, ObjectJson, document},
    plan_text::hold_lines,
    style::{Paint, Style, count, harmless},
    time::ago,
};

/// How one stack is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StackStatus {
    /// Its records.
    pub ledger: Ledger,
    /// How ready each object of the current revision is; none where it is not there.
    pub readiness: Vec<(ObjectId, Option<ReadyReport>)>,
    /// What a plan would hold back.
    pub holds: Vec<Hold>,
    /// Objects that drifted; none where nobody looked.
    pub drifted: Option<usize>,
    /// Objects that an apply of what git has would change; none where nobody looked.
    pub pending_changes: Option<usize>,
    /// Commits since the current revision; none where that is not known.
    pub pending_commits: Option<usize>,
    /// What came of the gates; empty where none were asked.
    pub gates: Vec<GateReport>,
    /// Lines to paste, as for a port forward to a user interface.
    pub hints: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    ready: usize,
    in_progress: usize,
    failed: usize,
    unknown: usize,
    missing: usize,
}

impl Counts {
    fn of(status: &StackStatus) -> Self {
        let mut counts = Self::default();
        for (_, report) in &status.readiness {
            match report.as_ref().map(|report| report.readiness) {
                Some(Readiness::Ready) => counts.ready += 1,
                Some(Readiness::InProgress) => counts.in_progress += 1,
                Some(Readiness::Failed) => counts.failed += 1,
                Some(Readiness::Unknown) => counts.unknown += 1,
                None => counts.missing += 1,
            }
        }
        counts
    }

    fn text(self) -> String {
        let parts = [
            (self.ready, "ready"),
            (self.in_progress, "in progress"),
            (self.failed, "failed"),
            (self.missing, "missing"),
            (self.unknown, "without a rule"),
        ];
        let told: Vec<String> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        if told.is_empty() { "no objects".to_owned() } else { told.join(", ") }
    }
}

/// The stacks of one environment as text.
pub fn status_text(
    stacks: &[(TargetId, StackStatus)],
    header: &Header,
    now: Timestamp,
    style: &Style,
) -> String {
    let mut lines = header.lines("Status of", style);
    for (target, status) in stacks {
        lines.push(String::new());
        lines.push(style.paint(Paint::Strong, &target.stack));
        revision_lines(status, now, &mut lines);
        if !status.readiness.is_empty() {
            lines.push(format!("  objects   {}", Counts::of(status).text()));
        }
        trouble_lines(status, style, &mut lines);
        lines.extend(status.gates.iter().map(|report| format!("  gate      {}", gate_line(report, style))));
        lines.push(format!("  drift     {}", drift_text(status)));
        lines.push(format!("  pending   {}", pending_text(status)));
        for turned in turned_back(status) {
            let text = format!("{} was turned back from revision {}", turned.object, turned.revision);
            lines.push(style.paint(Paint::Changed, &format!("  held      {text}")));
        }
        status.holds.iter().for_each(|hold| hold_lines(hold, style, &mut lines));
        lines.extend(status.hints.iter().map(|hint| format!("  {hint}")));
    }
    lines.join("\n") + "\n"
}

fn turned_back(status: &StackStatus) -> &[TurnedBack] {
    status.ledger.head.as_ref().map_or(&[], |head| head.turned_back.as_slice())
}

fn revision_lines(status: &StackStatus, now: Timestamp, lines: &mut Vec<String>) {
    match status.ledger.current() {
        Some(revision) => {
            let when = ago(revision.finished.as_ref().unwrap_or(&revision.started), now);
            let who = harmless(&revision.user);
            let state = state_word(revision.state);
            lines.push(format!("  revision  {}, {state}, {when} by {who}", revision.number));
            let summary = revision.summary.as_deref().unwrap_or_default();
            lines.push(
                format!("  commit    {} {}", commit_text(revision), harmless(summary)).trim_end().to_owned(),
            );
        }
        None => lines.push("  revision  none: not applied yet".to_owned()),
    }
    if let Some(pending) = status.ledger.pending() {
        let when = ago(&pending.started, now);
        lines.push(format!(
            "  unended   revision {}, begun {when} by {}: `obsctl apply` brings it to an end",
            pending.number,
            harmless(&pending.user)
        ));
    }
}

/// The objects that are not as they should be.
fn trouble_lines(status: &StackStatus, style: &Style, lines: &mut Vec<String>) {
    for (object, report) in &status.readiness {
        let (paint, word, message) = match report {
            None => (Paint::Bad, "missing", ""),
            Some(report) => match report.readiness {
                Readiness::Failed => (Paint::Bad, "failed", report.message.as_str()),
                Readiness::InProgress => (Paint::Changed, "in progress", report.message.as_str()),
                Readiness::Ready | Readiness::Unknown => continue,
            },
        };
        let text = if message.is_empty() { String::new() } else { format!(": {}", harmless(message)) };
        lines.push(format!("    {} {object}{text}", style.paint(paint, word)));
    }
}

fn drift_text(status: &StackStatus) -> String {
    match status.drifted {
        None => "not looked for".to_owned(),
        Some(0) => "none".to_owned(),
        Some(n) => format!("{} (`obsctl drift` shows them)", count(n, "object", "objects")),
    }
}

fn pending_text(status: &StackStatus) -> String {
    let commits = status.pending_commits.map(|n| count(n, "commit", "commits"));
    let changes = status.pending_changes.map(|n| count(n, "object to change", "objects to change"));
    if matches!((status.pending_commits, status.pending_changes), (Some(0) | None, Some(0))) {
        return "nothing".to_owned();
    }
    let told: Vec<String> = commits.into_iter().chain(changes).collect();
    if told.is_empty() { "not known".to_owned() } else { told.join(", ") }
}

#[derive(Debug, Serialize)]
struct StatusJson<'a> {
    stacks: Vec<StackJson<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StackJson<'a> {
    stack: &'a str,
    revision: Option<RevisionJson<'a>>,
    unended: Option<RevisionJson<'a>>,
    readiness: Counts,
    objects: Vec<ReadinessJson<'a>>,
    drifted: Option<usize>,
    pending_changes: Option<usize>,
    pending_commits: Option<usize>,
    gates: Vec<GateJson<'a>>,
    turned_back: Vec<ObjectJson<'a>>,
    holds: Vec<HoldJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ReadinessJson<'a> {
    object: ObjectJson<'a>,
    readiness: &'static str,
    message: Option<&'a str>,
}

/// The stacks of one environment as one JSON object of kind `Status`.
pub fn status_json(stacks: &[(TargetId, StackStatus)], header: &Header) -> String {
    let stacks = stacks.iter().map(|(target, status)| StackJson {
        stack: &target.stack,
        revision: status.ledger.current().map(RevisionJson::from),
        unended: status.ledger.pending().map(RevisionJson::from),
        readiness: Counts::of(status),
        objects: status.readiness.iter().map(readiness_json).collect(),
        drifted: status.drifted,
        pending_changes: status.pending_changes,
        pending_commits: status.pending_commits,
        gates: status.gates.iter().map(GateJson::from).collect(),
        turned_back: turned_back(status).iter().map(|turned| ObjectJson::of(&turned.object)).collect(),
        holds: status.holds.iter().map(HoldJson::from).collect(),
    });
    document("Status", Some(header), StatusJson { stacks: stacks.collect() })
}

fn readiness_json((object, report): &(ObjectId, Option<ReadyReport>)) -> ReadinessJson<'_> {
    let readiness = match report.as_ref().map(|report| report.readiness) {
        Some(Readiness::Ready) => "ready",
        Some(Readiness::InProgress) => "inProgress",
        Some(Readiness::Failed) => "failed",
        Some(Readiness::Unknown) => "unknown",
        None => "missing",
    };
    let message = report.as_ref().map(|report| report.message.as_str());
    ReadinessJson { object: ObjectJson::of(object), readiness, message }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

    use expect_test::expect;

    use super::*;
    use crate::report::samples::{full, header, id, ledger, now, target};

    fn status() -> StackStatus {
        let report = |readiness, message: &str| Some(ReadyReport { readiness, message: message.to_owned() });
        StackStatus {
            ledger: ledger(),
            readiness: vec![
                (
                    id("Deployment", Some("mlops"), "grafana"),
                    report(Readiness::InProgress, "1 of 2 replicas are ready"),
                ),
                (id("Service", Some("mlops"), "grafana"), report(Readiness::Ready, "")),
                (id("ConfigMap", Some("mlops"), "rules"), None),
            ],
            holds: full().holds,
            drifted: Some(1),
            pending_changes: Some(2),
            pending_commits: Some(1),
            gates: vec![crate::report::samples::gate()],
            hints: vec!["Grafana: kubectl -n mlops port-forward svc/grafana 3000".to_owned()],
        }
    }

    #[test]
    fn what_is_not_well_is_named() {
        let stacks = [(target("mlops"), status()), (target("base"), StackStatus::default())];
        expect![[r#"
            Status of prod
              cluster  prod-eu (https://10.0.0.1:6443, v1.36.3)
              identity 5e0c1f9a-0000-4000-8000-000000000001
              user     ci@example.org
              commit   0123456789-dirty Keep metrics for 30 days (2 commits since the last apply)
              This environment pins no cluster. Paste under `spec.cluster` of its file:
                identity: 5e0c1f9a-0000-4000-8000-000000000001

            mlops
              revision  3, complete, 3 h ago by ci@example.org
              commit    0123456789 Keep metrics for 30 days
              unended   revision 4, begun 60 s ago by ci@example.org: `obsctl apply` brings it to an end
              objects   1 ready, 1 in progress, 1 missing
                in progress Deployment mlops/grafana: 1 of 2 replicas are ready
                missing ConfigMap mlops/rules
              gate      failed prometheus-answers: HTTP 503, not 200
              drift     1 object (`obsctl drift` shows them)
              pending   1 commit, 2 objects to change
              held      ConfigMap mlops/rules was turned back from revision 2
              !   held Deployment mlops/grafana: conflict: argocd-controller owns a field that git declares (apply is refused)
                    stacks/mlops/manifests/grafana.yaml:3:1
                    ~ spec.replicas: 2 → 1
                    fix: let one of them go, or decide under `policy.conflicts`
              Grafana: kubectl -n mlops port-forward svc/grafana 3000

            base
              revision  none: not applied yet
              drift     not looked for
              pending   not known
        "#]].assert_eq(&status_text(&stacks, &header(), now(), &Style::default()));
    }

    #[test]
    fn programs_get_counts_and_objects() {
        let tree: serde_json::Value =
            serde_json::from_str(&status_json(&[(target("mlops"), status())], &header())).unwrap();
        let stack = &tree["stacks"][0];
        assert_eq!(tree["kind"], "Status");
        assert_eq!(stack["readiness"]["missing"], 1);
        assert_eq!(stack["objects"][0]["message"], "1 of 2 replicas are ready");
        assert_eq!(stack["unended"]["number"], 4);
        assert_eq!(stack["turnedBack"][0]["name"], "rules");
    }
}
