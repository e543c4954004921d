//! The order of two known stacks: the ten steps of a hand-written one, and kube-prometheus as it is published.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the second set is read from files named by the environment"
)]

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::model::{Body, DesiredState, ObjectId, Until};
use crate::plan::{
    edges,
    order::{Order, order},
    rank::rank,
    scene::{Scene, documents},
};

fn ordered(desired: &DesiredState) -> Order {
    let ranks = desired.objects.iter().map(|(id, wanted)| (id.clone(), rank(id, Some(&wanted.body))));
    order(&ranks.collect(), edges(desired))
}

fn workload(name: &str, config: &[&str]) -> String {
    let volumes: Vec<_> =
        config.iter().map(|name| format!("{{name: {name}, configMap: {{name: {name}}}}}")).collect();
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: mlops}}
spec: {{template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{serviceAccountName: {name}, containers: [{{name: c, image: prom/{name}}}], volumes: [{}]}}}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}-service, namespace: mlops}}
spec: {{selector: {{app: {name}}}}}",
        volumes.join(", ")
    )
}

fn config(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: mlops}}")
}

#[test]
fn no_edge_goes_against_the_ten_steps_of_the_mlops_document() {
    let rbac = "apiVersion: v1
kind: ServiceAccount
metadata: {name: prometheus, namespace: mlops}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: prometheus}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: prometheus}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prometheus}
subjects: [{kind: ServiceAccount, name: prometheus, namespace: mlops}]";
    let rules =
        format!("{}\ndata: {{a.yml: 'groups: [{{rules: [{{alert: A}}]}}]'}}", config("prometheus-rules"));
    let monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: iris-api, namespace: mlops}";
    let steps = [
        rbac.to_owned(),
        config("prometheus-config"),
        rules,
        workload("prometheus", &["prometheus-config", "prometheus-rules"]),
        monitor.to_owned(),
        config("alertmanager-config"),
        workload("alertmanager", &["alertmanager-config"]),
        config("grafana-config"),
        config("grafana-dashboards"),
        workload("grafana", &["grafana-config", "grafana-dashboards"]),
    ];
    let mut step_of: BTreeMap<ObjectId, usize> = BTreeMap::new();
    for (at, yaml) in steps.iter().enumerate() {
        step_of.extend(documents(yaml).iter().map(|body| (body.id(), at)));
    }
    let scene = Scene::wanting(&steps.join("\n---\n"));
    let edges = edges(&scene.desired);
    for edge in &edges {
        let (from, to) = (step_of[&edge.from], step_of[&edge.to]);
        assert!(to <= from, "{} (step {}) {} (step {})", edge.from, from + 1, edge.because, to + 1);
    }
    let needs: Vec<_> = edges
        .iter()
        .filter(|edge| edge.from.kind == "Deployment" && edge.from.name == "prometheus")
        .map(|edge| edge.to.kind.as_str())
        .collect();
    assert_eq!(needs, ["ConfigMap", "ConfigMap", "ServiceAccount", "ClusterRoleBinding"]);

    let place: BTreeMap<_, _> =
        ordered(&scene.desired).sorted.into_iter().enumerate().map(|(at, id)| (id, at)).collect();
    let last = |kinds: &[&str]| {
        place.iter().filter(|(id, _)| kinds.contains(&id.kind.as_str())).map(|(_, at)| at).max()
    };
    assert!(last(&["ClusterRoleBinding"]) < last(&["ConfigMap"]));
    assert!(last(&["ConfigMap"]) < last(&["Deployment"]));
}

/// The objects of kube-prometheus; none where the data is not there, which only the full run forbids.
fn kube_prometheus() -> Option<Scene> {
    let data = std::env::var("OBSCTL_TEST_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let folder = Path::new(&data).join("kube-prometheus/manifests");
    if !folder.is_dir() {
        assert!(std::env::var("OBSCTL_REQUIRE_LIVE").is_err(), "{} is missing", folder.display());
        eprintln!("skipped: {} is missing", folder.display());
        return None;
    }
    let mut scene = Scene::wanting("");
    for folder in [folder.clone(), folder.join("setup")] {
        for file in fs::read_dir(folder).expect("readable").flatten().map(|entry| entry.path()) {
            if file.extension().is_some_and(|end| end == "yaml") {
                let text = fs::read_to_string(&file).expect("readable");
                for body in documents(text.trim_start_matches("---\n")).into_iter().flat_map(taken_apart) {
                    let id = body.id();
                    let wanted = crate::model::Wanted { id: id.clone(), body, origin: None };
                    scene.desired.objects.insert(id, wanted);
                }
            }
        }
    }
    Some(scene)
}

fn taken_apart(body: Body) -> Vec<Body> {
    match body.at(&["items"]).and_then(Value::as_array) {
        Some(items) if body.kind().ends_with("List") => items.iter().cloned().map(Body::new).collect(),
        _ => vec![body],
    }
}

#[test]
fn kube_prometheus_goes_in_one_run_definitions_operator_rules_prometheus() {
    let Some(scene) = kube_prometheus() else { return };
    assert_eq!(scene.desired.objects.len(), 131);
    let order = ordered(&scene.desired);
    assert_eq!((order.sorted.len(), order.cycles.len()), (131, 0));
    assert!(order.notes.is_empty(), "{:?}", order.notes);

    let place = |kind: &str, name: &str| {
        let at = order.sorted.iter().position(|id| id.kind == kind && id.name == name);
        at.unwrap_or_else(|| panic!("no {kind} {name}"))
    };
    let operator = place("Deployment", "prometheus-operator");
    for (at, id) in order.sorted.iter().enumerate() {
        match id.kind.as_str() {
            "CustomResourceDefinition" => assert!(at < operator, "{id}"),
            "PrometheusRule" => assert!(operator < at && at < place("Prometheus", "k8s"), "{id}"),
            _ if id.group == "monitoring.coreos.com" => assert!(operator < at, "{id}"),
            _ => assert!(id.kind == "Namespace" || place("Namespace", "monitoring") < at, "{id}"),
        }
    }
    assert!(place("Secret", "alertmanager-main") < place("Alertmanager", "main"));
    assert!(place("Service", "prometheus-adapter") < place("APIService", "v1beta1.metrics.k8s.io"));

    // Ready is asked of nothing but definitions, the namespace and the operator.
    let waited: Vec<_> = order.edges.values().flatten().filter(|edge| edge.until == Until::Ready).collect();
    for edge in waited {
        let fine = matches!(edge.to.kind.as_str(), "CustomResourceDefinition" | "Namespace")
            || edge.to.name == "prometheus-operator";
        assert!(fine, "{} {}", edge.from, edge.because);
    }
}
