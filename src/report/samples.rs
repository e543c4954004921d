//! Hand-made plans for the tests of this room.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{
    Action, Body, ClusterIdentity, Commit, Dependency, Diff, Digest, FieldChange, FieldPath, Finding, Head,
    Hold, HoldSort, Ledger, ObjectId, Origin, PathElement, Place, Plan, Precondition, Propagation, Revision,
    RevisionState, RunSort, Severity, Shown, Step, Strength, TargetId, TurnedBack, Until, Wait, Write,
    Writer,
};

use super::header::Header;

pub(super) fn id(kind: &str, namespace: Option<&str>, name: &str) -> ObjectId {
    let group = match kind {
        "Deployment" => "apps",
        "CustomResourceDefinition" => "apiextensions.k8s.io",
        "Prometheus" => "monitoring.coreos.com",
        _ => "",
    };
    ObjectId {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

pub(super) fn target(stack: &str) -> TargetId {
    TargetId { repository: Some("shop".to_owned()), environment: "prod".to_owned(), stack: stack.to_owned() }
}

pub(super) fn header() -> Header {
    Header {
        environment: "prod".to_owned(),
        cluster: ClusterIdentity {
            context: "prod-eu".to_owned(),
            server: "https://10.0.0.1:6443".to_owned(),
            identity: "5e0c1f9a-0000-4000-8000-000000000001".to_owned(),
            user: "ci@example.org".to_owned(),
            version: "v1.36.3".to_owned(),
            remarks: Vec::new(),
        },
        commit: Commit {
            id: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            dirty: true,
            summary: Some("Keep metrics for 30 days".to_owned()),
        },
        pending_commits: Some(2),
        identity_pin_line: Some("identity: 5e0c1f9a-0000-4000-8000-000000000001".to_owned()),
    }
}

pub(super) fn plain(path: FieldPath, before: Value, after: Value) -> FieldChange {
    let shown = |value| if value == Value::Null { Shown::Absent } else { Shown::Plain(value) };
    FieldChange {
        path,
        values: Diff { before: shown(before), after: shown(after) },
        writer: None,
        note: None,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "reads better at every call")]
pub(super) fn step(action: Action, object: ObjectId, reason: &str) -> Step {
    let deletes = matches!(action, Action::Prune | Action::Release);
    Step {
        action,
        object: object.clone(),
        api_version: if object.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", object.group) },
        origin: (!deletes).then(|| Origin {
            place: Place { file: "stacks/mlops/manifests/all.yaml".into(), line: 12, column: 1 },
            source: "manifests",
        }),
        reason: reason.to_owned(),
        estimated: None,
        fields: Vec::new(),
        write: Write::Delete {
            precondition: Precondition::Uid("u".to_owned()),
            propagation: Propagation::Background,
        },
        wait: Wait::Ready,
        depends_on: Vec::new(),
        effects: Vec::new(),
        digest: None,
        uid: None,
        pre_image: Some(Body::default()),
    }
}

pub(super) fn empty(stack: &str) -> Plan {
    Plan {
        target: target(stack),
        revision: Some(3),
        steps: Vec::new(),
        holds: Vec::new(),
        unchanged: vec![id("Service", Some("mlops"), "grafana"), id("Service", Some("mlops"), "prometheus")],
        digests: BTreeMap::new(),
        findings: Vec::new(),
        left: BTreeMap::new(),
        notes: Vec::new(),
    }
}

fn deployment_fields() -> Vec<FieldChange> {
    let field = |name: &str| PathElement::Field(name.to_owned());
    let container = FieldPath::of(&["spec", "template", "spec", "containers"])
        .child(PathElement::Key(vec![("name".to_owned(), json!("prometheus"))]));
    let mut replicas = plain(FieldPath::of(&["spec", "replicas"]), json!(3), json!(1));
    replicas.writer = Some(Writer {
        manager: "kubectl-edit".to_owned(),
        subresource: Some("scale".to_owned()),
        time: Some("2026-11-20T17:03:09Z".to_owned()),
    });
    replicas.note = Some("taken from kubectl-edit".to_owned());
    vec![
        replicas,
        plain(
            container.child(field("image")),
            json!("prom/prometheus:v3.1.0"),
            json!("prom/prometheus:v3.2.0"),
        ),
        plain(
            container.child(field("args")).child(PathElement::Index(2)),
            Value::Null,
            json!("--web.enable-lifecycle"),
        ),
        plain(
            FieldPath::of(&["spec", "template", "metadata", "annotations", "prometheus.io/scrape"]),
            json!("true"),
            Value::Null,
        ),
    ]
}

/// One step of every action, with holds, findings and notes.
pub(super) fn full() -> Plan {
    let config = id("ConfigMap", Some("mlops"), "prometheus-config");
    let mut change = step(Action::Patch, config.clone(), "1 field differs from git");
    change.fields = vec![plain(
        FieldPath::of(&["data", "prometheus.yml"]),
        json!("global:\n  scrape_interval: 15s\n  evaluation_interval: 15s\nrule_files:\n  - rules/*.yml\n"),
        json!(
            "global:\n  scrape_interval: 30s\n  evaluation_interval: 15s\nrule_files:\n  - rules/*.yml\n  - slo/*.yml\n"
        ),
    )];
    change.effects = vec!["restarts Deployment mlops/prometheus".to_owned()];
    let mut secret = step(Action::Patch, id("Secret", Some("mlops"), "grafana"), "1 field differs from git");
    secret.fields = vec![FieldChange {
        path: FieldPath::of(&["data", "admin-password"]),
        values: Diff {
            before: Shown::Sealed { length: 12, digest: Some("3fa9".to_owned()) },
            after: Shown::Sealed { length: 16, digest: None },
        },
        writer: None,
        note: None,
    }];
    let mut create = step(
        Action::Create,
        id("CustomResourceDefinition", None, "prometheuses.monitoring.coreos.com"),
        "new in git",
    );
    create.fields =
        vec![plain(FieldPath::of(&["spec", "group"]), Value::Null, json!("monitoring.coreos.com"))];
    let mut resource = step(Action::Create, id("Prometheus", Some("mlops"), "k8s"), "new in git");
    resource.estimated = Some("its CustomResourceDefinition is in this plan".to_owned());
    resource.fields = vec![
        plain(FieldPath::of(&["spec", "replicas"]), Value::Null, json!(2)),
        plain(FieldPath::of(&["spec", "retention"]), Value::Null, json!("30d")),
    ];
    resource.depends_on = vec![Dependency {
        on: 0,
        until: Until::Ready,
        strength: Strength::Hard,
        because: "its kind is defined by it".to_owned(),
    }];
    let mut replace =
        step(Action::Replace, id("Deployment", Some("mlops"), "prometheus"), "spec.selector is immutable");
    replace.fields = deployment_fields();
    replace.depends_on = vec![Dependency {
        on: 2,
        until: Until::Written,
        strength: Strength::Soft,
        because: "mounts ConfigMap mlops/prometheus-config".to_owned(),
    }];
    let mut plan = empty("mlops");
    plan.steps = vec![
        create,
        resource,
        change,
        secret,
        step(Action::Ownership, id("Service", Some("mlops"), "alertmanager"), "fields change hands"),
        replace,
        step(Action::Adopt, id("ConfigMap", Some("mlops"), "old-rules"), "nobody claims it"),
        step(Action::Handover, id("ConfigMap", Some("mlops"), "shared"), "moved from stack base"),
        step(Action::Release, id("Namespace", None, "mlops-old"), "kept: not made by us"),
        step(Action::Prune, id("Deployment", Some("mlops"), "pushgateway"), "no longer in git"),
    ];
    plan.holds = vec![hold()];
    plan.findings = vec![Finding {
        id: "ignored-file",
        severity: Severity::Warning,
        object: None,
        place: Some(Place::file("stacks/mlops/manifests/NOTES.txt")),
        message: "this file is not read".to_owned(),
        fix: Some("move it out of the folder, or name it `*.md`".to_owned()),
    }];
    plan.notes = vec!["gave up the edge ServiceAccount → Secret to break a cycle".to_owned()];
    plan
}

fn hold() -> Hold {
    Hold {
        sort: HoldSort::Conflict,
        object: Some(id("Deployment", Some("mlops"), "grafana")),
        origin: Some(Origin {
            place: Place { file: "stacks/mlops/manifests/grafana.yaml".into(), line: 3, column: 1 },
            source: "manifests",
        }),
        reason: "argocd-controller owns a field that git declares".to_owned(),
        fix: Some("let one of them go, or decide under `policy.conflicts`".to_owned()),
        blocking: true,
        fields: vec![plain(FieldPath::of(&["spec", "replicas"]), json!(2), json!(1))],
    }
}

pub(super) fn now() -> jiff::Timestamp {
    "2026-11-21T04:00:00Z".parse().unwrap()
}

fn revision(number: u64, state: RevisionState, started: &str) -> Revision {
    Revision {
        number,
        parent: number.checked_sub(1),
        state,
        sort: RunSort::Apply,
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        summary: Some("Keep metrics for 30 days".to_owned()),
        dirty: false,
        rolled_back_to: None,
        plan: Digest::of(b"plan"),
        user: "ci@example.org".to_owned(),
        ci_run: None,
        started: started.to_owned(),
        finished: (state != RevisionState::Pending).then(|| started.to_owned()),
        inventory: Vec::new(),
    }
}

/// Four revisions: the third, a rollback, is current; the fourth has not ended.
pub(super) fn ledger() -> Ledger {
    let mut rollback = revision(3, RevisionState::Complete, "2026-11-21T01:00:00Z");
    rollback.sort = RunSort::Rollback;
    rollback.rolled_back_to = Some(1);
    let turned_back =
        TurnedBack { object: id("ConfigMap", Some("mlops"), "rules"), digest: None, revision: 2 };
    Ledger {
        head: Some(Head {
            repository: None,
            current: Some(3),
            good: Some(3),
            pending: Some(4),
            last: 4,
            turned_back: vec![turned_back],
        }),
        head_version: None,
        revisions: vec![
            revision(1, RevisionState::Complete, "2026-11-01T04:00:00Z"),
            revision(2, RevisionState::Failed, "2026-11-20T20:00:00Z"),
            rollback,
            revision(4, RevisionState::Pending, "2026-11-21T03:59:00Z"),
        ],
    }
}

/// A gate that failed.
pub(super) fn gate() -> crate::model::GateReport {
    crate::model::GateReport {
        name: "prometheus-answers".to_owned(),
        outcome: crate::model::GateOutcome::Failed,
        evidence: "HTTP 503, not 200".to_owned(),
        place: Place { file: "stacks/mlops/stack.yaml".into(), line: 9, column: 7 },
    }
}
