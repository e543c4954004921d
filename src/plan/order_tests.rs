//! Order, on hand-written edges and on sets of objects.

#![expect(
    clippy::format_push_string,
    clippy::needless_raw_string_hashes,
    reason = "expected texts are written by expect-test, and told as they come"
)]

use crate::model::{Body, DesiredState, ObjectId, Strength, TargetId, Until, Wanted};
use crate::plan::edges::{Edge, edges, object_id};
use crate::plan::order::{Order, order};
use crate::plan::rank::rank;

/// The objects of YAML documents as one target's desired state.
fn desired(yaml: &str) -> DesiredState {
    let mut state = DesiredState {
        target: TargetId { repository: None, environment: "dev".into(), stack: "mon".into() },
        objects: std::collections::BTreeMap::new(),
        requires: Vec::new(),
        namespace: None,
        findings: Vec::new(),
    };
    for text in yaml.split("\n---\n") {
        let tree: serde_json::Value = serde_saphyr::from_str(text).expect("tests write good YAML");
        let body = Body::new(tree);
        let id = body.id();
        state.objects.insert(id.clone(), Wanted { id, body, origin: None });
    }
    state
}

/// The order of a set as an indented tree: each object with what it comes after.
fn tree(yaml: &str) -> String {
    let state = desired(yaml);
    tell(&order(
        &state.objects.iter().map(|(id, wanted)| (id.clone(), rank(id, Some(&wanted.body)))).collect(),
        edges(&state),
    ))
}

fn tell(order: &Order) -> String {
    let mut text = String::new();
    for id in &order.sorted {
        text.push_str(&format!("{id}\n"));
        for edge in order.edges.get(id).into_iter().flatten() {
            let ready = if edge.until == Until::Ready { " (ready)" } else { "" };
            text.push_str(&format!("    {:?}{ready}: {}\n", edge.strength, edge.because));
        }
    }
    for note in &order.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    for cycle in &order.cycles {
        text.push_str(&format!("cycle: {}\n", cycle.tell()));
    }
    text
}

fn thing(name: &str) -> ObjectId {
    object_id("", "Thing", None, name)
}

fn edge(from: &str, to: &str, strength: Strength) -> Edge {
    Edge { from: thing(from), to: thing(to), strength, until: Until::Written, because: format!("needs {to}") }
}

fn ordered(names: &[&str], edges: Vec<Edge>) -> String {
    tell(&order(&names.iter().map(|name| (thing(name), 0)).collect(), edges))
}

#[test]
fn a_workload_comes_after_what_it_mounts_and_runs_as() {
    let text = tree(
        "apiVersion: apps/v1
kind: Deployment
metadata: {name: prometheus, namespace: mlops}
spec:
  template:
    metadata: {labels: {app: prometheus}}
    spec:
      serviceAccountName: prometheus
      containers:
        - name: prometheus
          image: prom/prometheus
          envFrom: [{secretRef: {name: env, optional: true}}]
      volumes:
        - {name: config, configMap: {name: config}}
        - {name: data, persistentVolumeClaim: {claimName: data}}
        - {name: elsewhere, configMap: {name: not-in-the-set}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: mlops}
---
apiVersion: v1
kind: Secret
metadata: {name: env, namespace: mlops}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: mlops}
---
apiVersion: v1
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
subjects: [{kind: ServiceAccount, name: prometheus, namespace: mlops}]
---
apiVersion: v1
kind: Namespace
metadata: {name: mlops}",
    );
    expect_test::expect![[r"
        Namespace mlops
        ServiceAccount mlops/prometheus
            Hard (ready): stands in Namespace mlops
        ClusterRole prometheus
        ClusterRoleBinding prometheus
            Soft: grants rights to ServiceAccount mlops/prometheus
            Hard: binds ClusterRole prometheus
        Secret mlops/env
            Hard (ready): stands in Namespace mlops
        ConfigMap mlops/config
            Hard (ready): stands in Namespace mlops
        PersistentVolumeClaim mlops/data
            Hard (ready): stands in Namespace mlops
        Deployment mlops/prometheus
            Hard: mounts ConfigMap mlops/config
            Hard (ready): stands in Namespace mlops
            Hard: mounts PersistentVolumeClaim mlops/data
            Soft: reads Secret mlops/env into its environment
            Hard: runs as ServiceAccount mlops/prometheus
            Soft: has the rights that ClusterRoleBinding prometheus grants
    "]]
    .assert_eq(&text);
}

#[test]
fn definitions_come_first_then_the_operator_then_rules_then_prometheus() {
    let text = tree(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: prometheuses.monitoring.coreos.com}
spec: {group: monitoring.coreos.com, names: {kind: Prometheus, plural: prometheuses}}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: k8s, namespace: m}
spec: {serviceAccountName: k8s}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: rules, namespace: m}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: operator, namespace: m}
spec: {template: {spec: {serviceAccountName: operator, containers: [{name: o, image: o}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: operator}
rules: [{apiGroups: [monitoring.coreos.com], resources: [prometheuses, prometheuses/status], verbs: ['*']}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: operator}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: operator}
subjects: [{kind: ServiceAccount, name: operator, namespace: m}]",
    );
    expect_test::expect![[r"
        CustomResourceDefinition prometheuses.monitoring.coreos.com
        ClusterRole operator
        ClusterRoleBinding operator
            Hard: binds ClusterRole operator
        Deployment m/operator
            Hard (ready): looks after objects of CustomResourceDefinition prometheuses.monitoring.coreos.com
            Soft: has the rights that ClusterRoleBinding operator grants
        PrometheusRule m/rules
            Hard (ready): is looked after by Deployment m/operator
        Prometheus m/k8s
            Hard (ready): is defined by CustomResourceDefinition prometheuses.monitoring.coreos.com
            Hard (ready): is looked after by Deployment m/operator
            Soft: loads PrometheusRule m/rules
    "]]
    .assert_eq(&text);
}

#[test]
fn what_points_at_workloads_comes_after_them_and_a_default_deny_last() {
    let text = tree(
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: m}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow, namespace: m}
spec: {podSelector: {}, ingress: [{}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: m}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: o, image: grafana/grafana:1}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: board, namespace: other, labels: {grafana_dashboard: '1'}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: m}
spec: {selector: {app: web}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: m}
spec: {rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: m}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: m}
spec: {selector: {matchLabels: {app: web}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks:
  - clientConfig: {service: {namespace: m, name: web}}
    rules: [{apiGroups: [example.com], resources: [boards]}]
---
apiVersion: example.com/v1
kind: Board
metadata: {name: b, namespace: m}",
    );
    expect_test::expect![[r"
        ConfigMap other/board
        Service m/web
        Deployment m/web
            Soft: shows the dashboards of ConfigMap other/board
        ValidatingWebhookConfiguration hook
            Hard: calls Service m/web
            Hard (ready): is answered by Deployment m/web
        Board m/b
            Hard: is checked by ValidatingWebhookConfiguration hook
        Ingress m/web
            Soft: routes to Service m/web
        HorizontalPodAutoscaler m/web
            Soft: scales Deployment m/web
        PodDisruptionBudget m/web
            Soft: protects Pods of Deployment m/web
        NetworkPolicy m/allow
        NetworkPolicy m/deny
            Soft: cuts off Deployment m/web
            Soft: denies what NetworkPolicy m/allow does not allow
    "]]
    .assert_eq(&text);
}

#[test]
fn annotations_order_objects_of_any_kind() {
    let text = tree(
        "apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: m, annotations: {obsctl.dev/depends-on: 'apps/Deployment/z, Secret/other/s'}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, namespace: m, annotations: {config.kubernetes.io/depends-on: /namespaces/m/ConfigMap/a}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: m, annotations: {argocd.argoproj.io/sync-wave: '-1'}}
---
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: other}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: z, namespace: m}",
    );
    expect_test::expect![[r#"
        ConfigMap m/c
        Secret other/s
            Soft: is of wave 0
        Deployment m/z
            Soft: is of wave 0
        ConfigMap m/a
            Soft: is of wave 0
            Explicit (ready): is annotated to come after Secret other/s
            Explicit (ready): is annotated to come after Deployment m/z
        ConfigMap m/b
            Explicit (ready): is annotated to come after ConfigMap m/a
            Soft: is of wave 0
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_cycle_loses_its_weakest_inferred_edge_with_a_note() {
    let text = ordered(
        &["a", "b", "c"],
        vec![
            edge("a", "b", Strength::Hard),
            edge("b", "c", Strength::Soft),
            edge("c", "a", Strength::Explicit),
        ],
    );
    expect_test::expect![[r"
        Thing b
        Thing a
            Hard: needs b
        Thing c
            Explicit: needs a
        note: a circle: Thing a needs b, Thing b needs c, Thing c needs a; given up: Thing b needs c
    "]]
    .assert_eq(&text);
}

#[test]
fn hard_and_explicit_edges_alone_make_an_error_that_shows_the_cycle() {
    let text = ordered(&["a", "b"], vec![edge("a", "b", Strength::Hard), edge("b", "a", Strength::Explicit)]);
    expect_test::expect![[r#"
        Thing a
        Thing b
            Explicit: needs a
        cycle: Thing a needs b, Thing b needs a
    "#]]
    .assert_eq(&text);
}

#[test]
fn two_cycles_are_both_told() {
    let order = order(
        &["a", "b", "c", "d"].iter().map(|name| (thing(name), 0)).collect(),
        vec![
            edge("a", "b", Strength::Soft),
            edge("b", "a", Strength::Soft),
            edge("c", "d", Strength::Hard),
            edge("d", "c", Strength::Hard),
        ],
    );
    assert_eq!((order.sorted.len(), order.notes.len(), order.cycles.len()), (4, 1, 1));
}
