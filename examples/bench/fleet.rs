//! A fleet of monitoring objects to measure with: ten objects a team, one file a team.

use serde_json::{Value, json};

/// Objects of a fleet: ten a team, and the namespaces they stand in.
pub(crate) fn count(teams: usize) -> usize {
    teams * 10 + teams.min(20)
}

/// Files of a repository with one stack of `teams` × 10 objects and their namespaces, one at a time.
///
/// They are never in memory together: what this process holds counts as the peak of every process that it starts.
pub(crate) fn repository(teams: usize) -> impl Iterator<Item = (String, String)> {
    let fixed = [
        ("obsctl.yaml".to_owned(), REPOSITORY.to_owned()),
        ("environments/bench/environment.yaml".to_owned(), ENVIRONMENT.to_owned()),
        ("stacks/fleet/stack.yaml".to_owned(), STACK.to_owned()),
        (format!("{MANIFESTS}/00-namespaces.yaml"), namespaces(teams)),
    ];
    let teams =
        (0..teams).map(|team| (format!("{MANIFESTS}/team-{team:05}.yaml"), documents(&objects(team))));
    fixed.into_iter().chain(teams)
}

/// The folder of the manifests, which kubectl reads too.
pub(crate) const MANIFESTS: &str = "stacks/fleet/manifests";
const REPOSITORY: &str = "apiVersion: obsctl.dev/v1alpha1\nkind: Repository\nmetadata: {name: bench}\n";
const ENVIRONMENT: &str = "apiVersion: obsctl.dev/v1alpha1\nkind: Environment\nmetadata: {name: bench}\nspec:\n  cluster: {}\n  stacks: [{name: fleet}]\n";
const STACK: &str = "apiVersion: obsctl.dev/v1alpha1\nkind: Stack\nmetadata: {name: fleet}\nspec:\n  sources:\n    - manifests: [manifests/]\n";

fn namespaces(teams: usize) -> String {
    let all: Vec<_> = (0..teams.min(20))
        .map(|i| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": format!("fleet-{i}")}}))
        .collect();
    documents(&all)
}

/// YAML documents in block style, as people write them: the text must cost what real files cost to read.
fn documents(objects: &[Value]) -> String {
    let mut text = String::new();
    for object in objects {
        text.push_str("---\n");
        text.push_str(&serde_saphyr::to_string(object).unwrap_or_default());
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

fn objects(team: usize) -> Vec<Value> {
    let name = format!("team-{team}");
    let namespace = format!("fleet-{}", team % 20);
    let labels = json!({"app.kubernetes.io/name": name, "component": "monitoring"});
    let meta =
        |suffix: &str| json!({"name": format!("{name}{suffix}"), "namespace": namespace, "labels": labels});
    let mut all = access(&name, &namespace, &meta);
    all.extend(configuration(team, &name, &meta));
    all.extend(workload(&name, &labels, &meta));
    all
}

fn access(name: &str, namespace: &str, meta: &dyn Fn(&str) -> Value) -> Vec<Value> {
    let rbac = "rbac.authorization.k8s.io";
    vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta("")}),
        json!({"apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": meta(""), "rules": [
            {"apiGroups": [""], "resources": ["pods", "services", "endpoints"], "verbs": ["get", "list", "watch"]}]}),
        json!({"apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": meta(""),
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]}),
    ]
}

fn configuration(team: usize, name: &str, meta: &dyn Fn(&str) -> Value) -> Vec<Value> {
    vec![
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("-rules"), "data": {"rules.yml": rules(team)}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("-dashboard"), "data": {"dashboard.json": dashboard(team)}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("-scrape"), "data": {"prometheus.yml":
            format!("global:\n  scrape_interval: 30s\nscrape_configs:\n- job_name: {name}\n  kubernetes_sd_configs:\n  - role: pod\n")}}),
    ]
}

fn workload(name: &str, labels: &Value, meta: &dyn Fn(&str) -> Value) -> Vec<Value> {
    let selector = json!({"app.kubernetes.io/name": name});
    vec![
        json!({"apiVersion": "v1", "kind": "Service", "metadata": meta(""), "spec": {"selector": labels,
            "ports": [{"name": "http", "port": 9090, "targetPort": 9090, "protocol": "TCP"}]}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(""), "spec": {"replicas": 0,
            "selector": {"matchLabels": selector}, "template": {"metadata": {"labels": labels}, "spec": {
            "serviceAccountName": name,
            "containers": [{"name": "prometheus", "image": "prom/prometheus:v3.1.0",
                "args": ["--config.file=/etc/prometheus/prometheus.yml"],
                "ports": [{"name": "http", "containerPort": 9090}],
                "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
                "volumeMounts": [{"name": "config", "mountPath": "/etc/prometheus"}]}],
            "volumes": [{"name": "config", "configMap": {"name": format!("{name}-scrape")}}]}}}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta(""), "spec": {
            "podSelector": {"matchLabels": selector}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
                "ports": [{"port": 9090, "protocol": "TCP"}]}]}}),
        json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": meta(""), "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": 1, "maxReplicas": 5, "metrics": [{"type": "Resource", "resource": {"name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": 70}}}]}}),
    ]
}

fn rules(team: usize) -> String {
    let groups: Vec<_> = (0..8)
        .map(|g| {
            format!(
                "- name: g{g}\n  rules:\n  - alert: HighErr{team}x{g}\n    expr: sum(rate(http_requests_total{{team=\"t{team}\",code=~\"5..\"}}[5m])) > {g}\n    for: 10m\n    labels:\n      severity: warning\n    annotations:\n      summary: errors {{{{ $value }}}}\n"
            )
        })
        .collect();
    format!("groups:\n{}", groups.concat())
}

/// About 20 KB of JSON with forty panels.
fn dashboard(team: usize) -> String {
    let panels: Vec<_> = (0..40)
        .map(|i| {
            json!({"id": i, "type": "timeseries", "title": format!("Panel {i}"),
                "gridPos": {"h": 8, "w": 12, "x": (i % 2) * 12, "y": (i / 2) * 8},
                "datasource": {"type": "prometheus", "uid": "prom"},
                "targets": [{"refId": "A", "legendFormat": "{{code}}",
                    "expr": format!("sum(rate(http_requests_total{{team=\"t{team}\",handler=\"h{i}\"}}[5m])) by (code)")}],
                "fieldConfig": {"overrides": [], "defaults": {"unit": "reqps", "thresholds": {"mode": "absolute",
                    "steps": [{"color": "green", "value": null}, {"color": "red", "value": 80}]}}}})
        })
        .collect();
    let dashboard = json!({"title": format!("Team {team}"), "uid": format!("team-{team}"), "schemaVersion": 39,
        "panels": panels, "time": {"from": "now-6h", "to": "now"}});
    serde_json::to_string_pretty(&dashboard).unwrap_or_default()
}
