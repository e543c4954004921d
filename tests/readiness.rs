//! Readiness against kstatus' own table, its variations and Argo CD's health tests.
//!
//! Where we differ from kstatus on purpose, the difference has a name in [`reason`]; the counts are exact, so that a
//! change of any rule shows here.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this test reads files and the environment, and prints what it counted"
)]

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use obsctl::{
    apply::ready::judge,
    model::{Body, Readiness},
};
use serde_json::Value;

/// The rows of a table; none, visibly, where the data is not there and need not be.
fn rows(file: &str) -> Option<Vec<Value>> {
    let root = env::var("OBSCTL_TEST_DATA")
        .map_or_else(|_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = root.join("kstatus").join(file);
    match fs::read_to_string(&path) {
        Ok(text) => {
            Some(text.lines().map(|line| serde_json::from_str(line).expect("rows are JSON")).collect())
        }
        Err(error) if env::var_os("OBSCTL_REQUIRE_LIVE").is_some() => {
            panic!("{}: {error}", path.display())
        }
        Err(error) => {
            eprintln!("SKIPPED: {}: {error}", path.display());
            None
        }
    }
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn judged(row: &Value) -> (Body, Readiness, String) {
    let body = Body::new(row["object"].clone());
    let report = judge(&body);
    (body, report.readiness, report.message)
}

/// What kstatus' word means in ours; an object being deleted is on its way.
fn same(status: &str, readiness: Readiness) -> bool {
    match readiness {
        Readiness::Ready => status == "Current",
        Readiness::InProgress => matches!(status, "InProgress" | "Terminating"),
        Readiness::Failed => status == "Failed",
        Readiness::Unknown => false,
    }
}

/// Why we differ, by the object and what both say; a difference without a reason fails the test.
fn reason(body: &Body, status: &str, readiness: Readiness) -> Option<&'static str> {
    let gvk = body.gvk();
    Some(match (gvk.kind.as_str(), status, readiness) {
        (_, "Current", Readiness::Unknown) => "no rule is unknown, not ready",
        ("Job", "Current", Readiness::InProgress) => "a job is ready when complete, not when started",
        ("Pod", "Current", Readiness::Failed) => "a pod that failed has failed",
        ("Pod", "Failed", Readiness::InProgress) => "a node may still come; the account gives up later",
        ("HorizontalPodAutoscaler" | "Ingress", "InProgress", Readiness::Ready) => {
            "addresses and metrics are not waited for"
        }
        (_, "", _) => "kstatus answers an error",
        _ if ours(&gvk.group) => "a domain rule",
        (_, "Current", Readiness::InProgress) => "a condition about an older generation proves nothing",
        _ => return None,
    })
}

/// Groups with rules of our own.
fn ours(group: &str) -> bool {
    const OWN: &[&str] = &[
        "monitoring.coreos.com",
        "grafana.integreatly.org",
        "opentelemetry.io",
        "keda.sh",
        "rabbitmq.com",
        "cert-manager.io",
        "certmanager.k8s.io",
        "jaegertracing.io",
        "mongodbcommunity.mongodb.com",
        "sparkoperator.k8s.io",
        "spark.apache.org",
        "operator.victoriametrics.com",
    ];
    OWN.contains(&group) || group.ends_with(".k8s.elastic.co")
}

/// Compares a table and counts agreement and each reason of a difference.
fn compared(rows: &[Value]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in rows {
        let (body, readiness, message) = judged(row);
        let status = text(row, "status");
        let entry = if same(status, readiness) { Some("the same") } else { reason(&body, status, readiness) };
        match entry {
            Some(entry) => *counts.entry(entry).or_default() += 1,
            None => wrong.push(format!("{}: {status}, ours {readiness:?}: {message}", text(row, "name"))),
        }
    }
    assert!(wrong.is_empty(), "{} without a reason:\n{}", wrong.len(), wrong.join("\n"));
    eprintln!("{counts:#?}");
    counts
}

#[test]
fn agrees_with_the_table_of_kstatus() {
    let Some(rows) = rows("cases.jsonl") else { return };
    let expected = BTreeMap::from([
        ("a job is ready when complete, not when started", 1),
        ("a pod that failed has failed", 1),
        ("the same", 27),
    ]);
    assert_eq!(compared(&rows), expected);
}

#[test]
fn agrees_with_kstatus_on_variations() {
    let Some(rows) = rows("variations.jsonl") else { return };
    let expected = BTreeMap::from([
        ("a domain rule", 2),
        ("a job is ready when complete, not when started", 4),
        ("a node may still come; the account gives up later", 4),
        ("a pod that failed has failed", 5),
        ("addresses and metrics are not waited for", 6),
        ("no rule is unknown, not ready", 35),
        ("the same", 269),
    ]);
    assert_eq!(compared(&rows), expected);
}

#[test]
fn agrees_with_kstatus_on_custom_resources() {
    let Some(rows) = rows("custom-resources-with-argo-health.jsonl") else { return };
    let expected = BTreeMap::from([
        ("a condition about an older generation proves nothing", 3),
        ("a domain rule", 22),
        ("kstatus answers an error", 24),
        ("no rule is unknown, not ready", 346),
        ("the same", 193),
    ]);
    assert_eq!(compared(&rows), expected);
}

#[test]
fn never_calls_a_monitoring_resource_ready_that_argo_knows_to_be_sick() {
    let Some(rows) = rows("custom-resources-with-argo-health.jsonl") else { return };
    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut odd = Vec::new();
    for row in &rows {
        let (body, readiness, message) = judged(row);
        if !ours(&body.gvk().group) {
            continue;
        }
        let health = text(row, "argoHealth");
        *counts.entry((health, format!("{readiness:?}"))).or_default() += 1;
        let agrees = match health {
            "Healthy" | "Suspended" => readiness == Readiness::Ready,
            _ => readiness != Readiness::Ready,
        };
        if !agrees {
            odd.push(format!("{} {health}, ours {readiness:?}: {message}", text(row, "name")));
        }
    }
    eprintln!("{counts:#?}");
    assert_eq!(odd, Vec::<String>::new());
    assert_eq!(counts.values().sum::<usize>(), 59, "rows with rules of our own");
}
