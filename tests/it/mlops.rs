//! The repository's own stack `mlops-monitoring` in its environments: from the first apply to the last deletion.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;

use crate::support::{
    ControlPlane, Obsctl, Repo, assert_inventory_is_what_we_own, everything, object_writes, owned, snapshot,
    test_data,
};

const STACK: &str = "mlops-monitoring";
const DEV: &[&str] = &["-e", "dev", "--context", "testbed"];

/// The document's ten steps, and what of the stack each of them is about.
const DOCUMENT: &[&[&str]] = &[
    &[
        "ServiceAccount prometheus",
        "Role prometheus",
        "RoleBinding prometheus",
        "ClusterRole mlops-prometheus",
    ],
    &["ConfigMap prometheus-config"],
    &["ConfigMap prometheus-rules"],
    &["Deployment prometheus", "Service prometheus-service"],
    &["ServiceMonitor iris-api"],
    &["ConfigMap alertmanager-config"],
    &["Deployment alertmanager", "Service alertmanager-service"],
    &["ConfigMap grafana-config"],
    &["ConfigMap grafana-dashboards"],
    &["Deployment grafana", "Service grafana-service"],
];

/// A copy of the repository that this is.
pub(crate) fn own_repo() -> Repo {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("obsctl.yaml")).expect("the repository has one");
    let repo = Repo::of(&[("obsctl.yaml", &text)]);
    repo.copy(&root.join("stacks"), "stacks");
    repo.copy(&root.join("environments"), "environments");
    repo.commit("The stack of the document");
    repo
}

/// The repository with one more environment, which is `dev` under another name and in a namespace of its own.
fn repo_with(environment: &str, values: &str) -> Repo {
    let repo = own_repo();
    repo.write(
        &format!("environments/{environment}/environment.yaml"),
        &format!(
            "apiVersion: obsctl.dev/v1alpha1\nkind: Environment\nmetadata: {{name: {environment}}}\nspec:\n  \
             cluster: {{context: testbed}}\n  stacks:\n    - name: {STACK}\n      namespace: {environment}\n      \
             values: {{devSecrets: true, {values}}}\n"
        ),
    );
    repo.commit(&format!("Environment {environment}"));
    repo
}

fn on_dev<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [command, DEV].concat()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in:\n{text}"))
}

/// `Kind name` of every step, in the plan's order, with the steps that it comes after.
fn graph(plan: &Value) -> Vec<(String, Vec<usize>)> {
    let steps = plan["stacks"][0]["steps"].as_array().expect("a plan has steps");
    let text = |step: &Value, field: &str| step["object"][field].as_str().unwrap_or_default().to_owned();
    let after = |step: &Value| {
        let edges = step["dependsOn"].as_array().expect("a step has edges");
        edges
            .iter()
            .map(|edge| usize::try_from(edge["step"].as_u64().expect("a number")).expect("small"))
            .collect()
    };
    steps.iter().map(|step| (format!("{} {}", text(step, "kind"), text(step, "name")), after(step))).collect()
}

/// All that each step comes after, directly or not.
fn closure(graph: &[(String, Vec<usize>)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: Vec<BTreeSet<usize>> = Vec::new();
    for (at, (name, after)) in graph.iter().enumerate() {
        let mut reached = BTreeSet::new();
        for &before in after {
            assert!(before < at, "{name} is listed before {}, which it needs", graph[before].0);
            reached.insert(before);
            reached.extend(all[before].iter().copied());
        }
        all.push(reached);
    }
    let names = |reached: &BTreeSet<usize>| reached.iter().map(|&at| graph[at].0.clone()).collect();
    graph.iter().zip(&all).map(|((name, _), reached)| (name.clone(), names(reached))).collect()
}

/// Fails unless the document's order is one of those that the graph allows, and the graph knows why it matters.
fn assert_order_of_the_document(plan: &Value, left_out: &[&str]) {
    let after = closure(&graph(plan));
    let step_of = |object: &str| DOCUMENT.iter().position(|step| step.contains(&object));
    for (number, step) in DOCUMENT.iter().enumerate() {
        for object in *step {
            if left_out.contains(object) || object.starts_with("ClusterRole ") {
                continue;
            }
            let before =
                after.get(*object).unwrap_or_else(|| panic!("no step for {object}: {:?}", after.keys()));
            let late = before.iter().find(|other| step_of(other).is_some_and(|other| other > number));
            assert_eq!(late, None, "step {} of the document, {object}, has to wait for it", number + 1);
        }
    }
    for (object, needs) in [
        ("Deployment prometheus", &["ServiceAccount prometheus", "ConfigMap prometheus-config"][..]),
        ("Deployment prometheus", &["ConfigMap prometheus-rules", "RoleBinding prometheus"]),
        ("Deployment alertmanager", &["ConfigMap alertmanager-config"]),
        ("Deployment grafana", &["ConfigMap grafana-config", "ConfigMap grafana-dashboards"]),
        ("Deployment grafana", &["Secret grafana-secrets"]),
        ("RoleBinding prometheus", &["Role prometheus", "ServiceAccount prometheus"]),
    ] {
        for need in needs {
            assert!(after[object].contains(*need), "{object} does not wait for {need}: {:?}", after[object]);
        }
    }
}

#[test]
fn from_the_first_apply_over_a_rollback_to_the_last_deletion() {
    let Some(plane) = ControlPlane::start() else { return };
    let repo = own_repo();
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    plane.kubectl(&["create", "configmap", "bystander", "--from-literal=a=b"]);
    plane.kubectl(&["label", "configmap", "bystander", &format!("obsctl.dev/stack={STACK}")]);
    let others = everything(&plane);

    first_apply(&plane, &obsctl);
    let first = snapshot(&plane, STACK);
    three_precise_diffs(&repo, &obsctl);
    drift_names_who_and_what(&plane, &obsctl);
    one_more_and_five_fewer(&repo, &obsctl);

    // An autoscaler's write, and one object deleted behind our back.
    let scale = ["--subresource=scale", "--type=merge", "--field-manager=kube-controller-manager"];
    let grafana = ["patch", "deployment", "grafana", "-n", "mlops", "-p", "{\"spec\":{\"replicas\":3}}"];
    plane.kubectl(&[&grafana[..], &scale[..]].concat());
    plane.kubectl(&["delete", "service", "prometheus-service", "-n", "mlops"]);
    obsctl.exits(0, &on_dev(&["rollback", "--to", "1", "--auto-approve"]));
    let mut back = snapshot(&plane, STACK);
    let replicas = back.get_mut("Deployment mlops/grafana").and_then(|it| it.pointer_mut("/spec/replicas"));
    let replicas = replicas.expect("grafana is there");
    assert_eq!(*replicas, 3, "the autoscaler's");
    *replicas = 1.into();
    assert_same(&first, &back);
    assert_inventory_is_what_we_own(&plane, "dev", STACK);

    held_until_told_otherwise(&plane, &repo, &obsctl);
    obsctl.exits(0, &on_dev(&["destroy", "--auto-approve", "--allow-delete", "Namespace"]));
    assert_eq!(owned(&plane, STACK), BTreeSet::new());
    assert_eq!(everything(&plane), others, "what was there before, and nothing else, is there");
    obsctl.exits(0, &on_dev(&["status"])).assert_says("destroyed");
}

#[track_caller]
fn assert_same(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) {
    let names = |all: &BTreeMap<String, Value>| all.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(before), names(after));
    for (name, object) in before {
        assert_eq!(object, &after[name], "{name}");
    }
}

fn first_apply(plane: &ControlPlane, obsctl: &Obsctl) {
    let plan = obsctl.exits(0, &on_dev(&["plan", "-o", "json"]));
    assert_order_of_the_document(&json(&plan.stdout), &["ServiceMonitor iris-api"]);
    let drawn = obsctl.exits(0, &["graph", "-e", "dev", "-o", "mermaid"]);
    drawn.assert_says("prometheus-rules");
    assert!(owned(plane, STACK).is_empty() && plane.try_kubectl(&["get", "ns", "obsctl-system"]).is_err());

    obsctl.exits(2, &on_dev(&["plan", "--detailed-exitcode"]));
    obsctl.exits(0, &on_dev(&["apply", "--auto-approve"]));
    obsctl.exits(0, &on_dev(&["plan", "--detailed-exitcode"])).assert_says("No changes");
    obsctl.exits(0, &on_dev(&["drift"]));
    let before = object_writes(&plane.requests()).len();
    obsctl.exits(0, &on_dev(&["apply", "--auto-approve"])).assert_says("No changes");
    assert_eq!(object_writes(&plane.requests()).len(), before, "nothing was to be written");
    assert_inventory_is_what_we_own(plane, "dev", STACK);
}

fn three_precise_diffs(repo: &Repo, obsctl: &Obsctl) {
    let stack = format!("stacks/{STACK}");
    repo.edit(&format!("{stack}/rules/api-alerts.yml"), "for: 2m", "for: 3m");
    let dashboard = format!("{stack}/dashboards/iris-api-overview.json");
    repo.edit(&dashboard, "\"title\": \"Iris API - Overview\"", "\"title\": \"Iris API - At a glance\"");
    repo.edit("environments/dev/environment.yaml", "ingress: true", "ingress: true\n        retention: 30d");
    repo.commit("One rule, one dashboard, one value");

    let plan = obsctl.exits(2, &on_dev(&["plan", "--detailed-exitcode"]));
    // Marks stand at fixed columns; lines of files that are only context stand further in.
    let changed = |line: &&str| {
        let text = line.trim_start();
        let marked = ["- ", "+ ", "~ "].iter().any(|mark| text.starts_with(mark));
        marked && [2, 8, 12].contains(&(line.len() - text.len()))
    };
    let lines: Vec<_> = plan.stdout.lines().filter(changed).map(str::trim_start).collect();
    let expected = [
        "~   patch ConfigMap mlops/grafana-dashboards: it is declared otherwise than at the last apply",
        "~ data[\"iris-api-overview.json\"]:",
        "-   \"title\": \"Iris API - [-Overview-]\",",
        "+   \"title\": \"Iris API - {+At a glance+}\",",
        "~   patch ConfigMap mlops/prometheus-rules: it is declared otherwise than at the last apply",
        "~ data[\"api-alerts.yml\"]:",
        "-         for: [-2m-]",
        "+         for: {+3m+}",
        "~   patch Deployment mlops/prometheus: it is declared otherwise than at the last apply",
        "~ spec.template.spec.containers[name=\"prometheus\"].args[2]:",
    ];
    for (line, start) in lines.iter().zip(expected) {
        assert!(line.starts_with(start), "{line:?} is not {start:?}\n{}", plan.stdout);
    }
    let value: Vec<_> = lines.iter().skip(expected.len()).collect();
    assert_eq!(value.len(), 2, "{}", plan.stdout);
    assert!(value[0].starts_with('-') && value[0].contains("retention.time=15d"), "{}", plan.stdout);
    assert!(value[1].starts_with('+') && value[1].contains("retention.time=30d"), "{}", plan.stdout);
    plan.assert_says("restarts Deployment mlops/prometheus");
    plan.assert_says("3 to change");
    plan.assert_says("23 unchanged");
    obsctl.exits(0, &on_dev(&["apply", "--auto-approve"]));
    obsctl.exits(0, &on_dev(&["plan", "--detailed-exitcode"]));
}

fn drift_names_who_and_what(plane: &ControlPlane, obsctl: &Obsctl) {
    let by_hand = |kind: &str, name: &str, patch: &str| {
        plane.kubectl(&["patch", kind, name, "-n", "mlops", "-p", patch, "--field-manager=kubectl-edit"]);
    };
    by_hand("deployment", "alertmanager", "{\"spec\":{\"revisionHistoryLimit\":3,\"replicas\":2}}");
    by_hand("configmap", "prometheus-rules", "{\"data\":{\"by-hand.yml\":\"groups: []\"}}");
    plane.kubectl(&["delete", "configmap", "grafana-config", "-n", "mlops"]);

    let drift = obsctl.exits(2, &on_dev(&["drift"]));
    drift.assert_says("modified Deployment mlops/alertmanager");
    drift.assert_says("spec.replicas: 1 → 2  (by kubectl-edit, ");
    drift.assert_says("extra ConfigMap mlops/prometheus-rules");
    drift.assert_says("data[\"by-hand.yml\"]: \"groups: []\"  (by kubectl-edit, ");
    drift.assert_says("missing ConfigMap mlops/grafana-config");
    drift.assert_says("1 missing, 1 modified, 1 extra, 0 unreadable");
    assert!(!drift.stdout.contains("revisionHistoryLimit"), "nobody declared it\n{}", drift.stdout);
    let shown = json(&obsctl.exits(2, &on_dev(&["drift", "-o", "json"])).stdout);
    assert_eq!(shown["kind"], "Drift");

    obsctl.exits(0, &on_dev(&["apply", "--auto-approve"]));
    let key = "jsonpath={.data.by-hand\\.yml}";
    let rules = ["get", "configmap", "prometheus-rules", "-n", "mlops", "-o", key];
    assert_eq!(plane.kubectl(&rules), "groups: []", "others' keys are left alone");
    obsctl.exits(2, &on_dev(&["drift"])).assert_says("0 missing, 0 modified, 1 extra, 0 unreadable");
    by_hand("configmap", "prometheus-rules", "{\"data\":{\"by-hand.yml\":null}}");
    by_hand("deployment", "alertmanager", "{\"spec\":{\"revisionHistoryLimit\":10}}");
    obsctl.exits(0, &on_dev(&["drift"]));
}

fn one_more_and_five_fewer(repo: &Repo, obsctl: &Obsctl) {
    let manifests = format!("stacks/{STACK}/manifests");
    let added = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: added}\ndata: {a: b}\n";
    repo.write(&format!("{manifests}/added.yaml"), added);
    repo.remove(&format!("{manifests}/kube-state-metrics.yaml"));
    // Its gate goes with it: it would ask for a Deployment that is there no more.
    let gate = "    - name: kube-state-metrics-is-ready\n      ready: {kind: Deployment, name: kube-state-metrics}\n";
    repo.edit(&format!("stacks/{STACK}/stack.yaml"), gate, "");
    repo.commit("One more, five fewer");
    let applied = obsctl.exits(0, &on_dev(&["apply", "--auto-approve"]));
    applied.assert_says("1 to create, 0 to change, 0 to replace, 0 to adopt, 5 to prune");
}

fn held_until_told_otherwise(plane: &ControlPlane, repo: &Repo, obsctl: &Obsctl) {
    let before = object_writes(&plane.requests()).len();
    let refused = obsctl.exits(3, &on_dev(&["apply", "--auto-approve"]));
    refused.assert_says("held ConfigMap mlops/added: turned-back");
    refused.assert_says("--ignore-hold");
    assert_eq!(object_writes(&plane.requests()).len(), before);
    obsctl.exits(0, &on_dev(&["status"])).assert_says("held      ConfigMap mlops/added was turned back");

    // Told: everything is brought again, and the hold is over.
    obsctl.exits(0, &on_dev(&["apply", "--auto-approve", "--ignore-hold"]));
    obsctl.exits(0, &on_dev(&["apply", "--auto-approve"])).assert_says("No changes");

    // A commit that changes each of the held objects ends the hold too.
    obsctl.exits(0, &on_dev(&["rollback", "--to", "1", "--auto-approve"]));
    obsctl.exits(3, &on_dev(&["apply", "--auto-approve"]));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    repo.remove(&format!("stacks/{STACK}/manifests/added.yaml"));
    repo.copy(&root.join("stacks"), "stacks");
    repo.copy(&root.join("environments"), "environments");
    repo.edit(&format!("stacks/{STACK}/rules/api-alerts.yml"), "for: 2m", "for: 4m");
    repo.commit("Mended");
    obsctl.exits(0, &on_dev(&["apply", "--auto-approve"])).assert_says("1 to change");
    obsctl.exits(0, &on_dev(&["plan", "--detailed-exitcode"]));
}

#[test]
fn the_servicemonitor_waits_for_its_crd() {
    let Some(data) = test_data("kube-prometheus/manifests/setup") else { return };
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = repo_with("operated", "prometheusOperator: true");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    let held = obsctl.exits(3, &["apply", "-e", "operated", "--auto-approve"]);
    held.assert_says("servicemonitors.monitoring.coreos.com");
    assert!(plane.try_kubectl(&["get", "namespace", "operated"]).is_err(), "nothing was written");

    let crd = data.join("0servicemonitorCustomResourceDefinition.yaml").display().to_string();
    plane.kubectl(&["apply", "--server-side", "-f", &crd]);
    plane.kubectl(&["wait", "--for=condition=Established", "-f", &crd, "--timeout=30s"]);
    let plan = obsctl.exits(0, &["plan", "-e", "operated", "-o", "json"]);
    assert_order_of_the_document(&json(&plan.stdout), &[]);
    obsctl.exits(0, &["apply", "-e", "operated", "--auto-approve"]);
    obsctl.exits(0, &["plan", "-e", "operated", "--detailed-exitcode"]).assert_says("No changes");
    let port = "jsonpath={.spec.endpoints[0].targetPort}";
    assert_eq!(plane.kubectl(&["get", "servicemonitor", "iris-api", "-n", "operated", "-o", port]), "8000");
}

#[test]
fn production_waits_for_its_secrets() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = own_repo();
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    let held = obsctl.exits(3, &["apply", "-e", "prod", "--context", "testbed", "--auto-approve"]);
    for secret in ["grafana-secrets", "alertmanager-secrets", "monitoring-basic-auth", "monitoring-tls"] {
        held.assert_says(&format!("mlops/{secret}"));
    }
    assert!(plane.try_kubectl(&["get", "namespace", "mlops"]).is_err(), "nothing was written");
}
