//! kube-prometheus, which nobody here wrote, in one first apply.

use crate::support::{
    ControlPlane, Obsctl, Operator, Repo, assert_inventory_is_what_we_own, binaries, owned, test_data,
};

const STACK: &str = "\
apiVersion: obsctl.dev/v1alpha1
kind: Stack
metadata: {name: kube-prometheus}
spec:
  namespace: monitoring
  sources:
    - manifests: [manifests/]
";

const ENVIRONMENT: &str = "\
apiVersion: obsctl.dev/v1alpha1
kind: Environment
metadata: {name: lab}
spec:
  cluster: {context: testbed}
  stacks: [{name: kube-prometheus}]
";

/// A repository around the manifests; `None` after a skip line where there are none.
pub(crate) fn kube_prometheus_repo() -> Option<Repo> {
    let data = test_data("kube-prometheus/manifests")?;
    binaries()?;
    let repo = Repo::of(&[
        ("obsctl.yaml", "apiVersion: obsctl.dev/v1alpha1\nkind: Repository\nmetadata: {name: lab}\n"),
        ("stacks/kube-prometheus/stack.yaml", STACK),
        ("environments/lab/environment.yaml", ENVIRONMENT),
    ]);
    repo.copy(&data, "stacks/kube-prometheus/manifests");
    repo.commit("Take in kube-prometheus");
    Some(repo)
}

/// Fails unless a custom resource has the condition with status True.
#[track_caller]
fn assert_condition(plane: &ControlPlane, kind: &str, name: &str, condition: &str) {
    let query = format!("jsonpath={{.status.conditions[?(@.type==\"{condition}\")].status}}");
    let said = plane.kubectl(&["get", kind, name, "-n", "monitoring", "-o", &query]);
    assert_eq!(said, "True", "{kind} {name}: {condition}");
}

#[test]
fn one_apply_makes_all_of_kube_prometheus_and_destroy_takes_it_away() {
    let Some(repo) = kube_prometheus_repo() else { return };
    // Its own: the broken APIService holds up every deletion of a namespace.
    let Some(plane) = ControlPlane::start() else { return };
    let _operator = Operator::start(&plane);
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));

    obsctl.exits(2, &["plan", "-e", "lab", "--detailed-exitcode"]);
    let applied = obsctl.exits(0, &["apply", "-e", "lab", "--auto-approve"]);
    applied.assert_says("v1beta1.metrics.k8s.io");
    for (kind, name) in [("prometheus", "k8s"), ("alertmanager", "main")] {
        assert_condition(&plane, kind, name, "Available");
        assert_condition(&plane, kind, name, "Reconciled");
    }
    for workload in
        ["deployment/prometheus-operator", "daemonset/node-exporter", "statefulset/prometheus-k8s"]
    {
        plane.kubectl(&["rollout", "status", workload, "-n", "monitoring", "--timeout=1s"]);
    }
    let broken = "jsonpath={.status.conditions[?(@.type==\"Available\")].status}";
    let broken = plane.kubectl(&["get", "apiservice", "v1beta1.metrics.k8s.io", "-o", broken]);
    assert_eq!(broken, "False", "without a pod network it cannot be Available: the test shows nothing");

    obsctl.exits(0, &["plan", "-e", "lab", "--detailed-exitcode"]).assert_says("No changes");
    obsctl.exits(0, &["drift", "-e", "lab"]);
    assert_inventory_is_what_we_own(&plane, "lab", "kube-prometheus");

    let destroy = ["destroy", "-e", "lab", "--auto-approve"];
    let allow = ["--allow-delete", "Namespace", "--allow-delete", "CustomResourceDefinition"];
    obsctl.exits(0, &[&destroy[..], &allow[..]].concat());
    assert!(owned(&plane, "kube-prometheus").is_empty());
    assert!(plane.try_kubectl(&["get", "apiservice", "v1beta1.metrics.k8s.io"]).is_err());
}

#[test]
fn drift_of_kube_prometheus_names_who_changed_what() {
    let Some(repo) = kube_prometheus_repo() else { return };
    let Some(plane) = ControlPlane::start() else { return };
    let _operator = Operator::start(&plane);
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    obsctl.exits(0, &["apply", "-e", "lab", "--auto-approve"]);
    plane.kubectl(&[
        "patch",
        "deployment",
        "grafana",
        "-n",
        "monitoring",
        "-p",
        "{\"spec\":{\"replicas\":2}}",
        "--field-manager=kubectl-edit",
    ]);
    let drift = obsctl.exits(2, &["drift", "-e", "lab"]);
    for word in ["grafana", "replicas", "kubectl-edit"] {
        drift.assert_says(word);
    }
}
