//! The custom resources of prometheus-operator: the StatefulSets and what they mount, and the status that follows.

use serde_json::{Map, Value, json};

use super::{
    condition::{Said, condition},
    object::{controlled, controlled_by, is_going, labels, number, owned_by},
    view::{Cx, Key, Write},
};
use crate::sandbox::kinds::value::{at, flag, items, set, text};

/// The group of the operator.
pub(super) const GROUP: &str = "monitoring.coreos.com";
const MANAGER: &str = "PrometheusOperator";
const RELOADER: &str = "quay.io/prometheus-operator/prometheus-config-reloader";

/// What the operator makes of a kind.
struct Made {
    kind: &'static str,
    /// What the names of its objects begin with.
    prefix: &'static str,
    app: &'static str,
    image: &'static str,
    /// The ports of its first container: name, number, protocol; a Service calls the others the other way round.
    ports: &'static [(&'static str, i64, &'static str)],
    /// The Service that all of a kind share.
    service: &'static str,
    secrets: &'static [&'static str],
    rules: bool,
}

const KINDS: &[Made] = &[
    Made {
        kind: "Prometheus",
        prefix: "prometheus",
        app: "prometheus",
        image: "quay.io/prometheus/prometheus",
        ports: &[("web", 9090, "TCP")],
        service: "prometheus-operated",
        secrets: &["", "-tls-assets-0", "-web-config", "-thanos-prometheus-http-client-file"],
        rules: true,
    },
    Made {
        kind: "PrometheusAgent",
        prefix: "prom-agent",
        app: "prometheus-agent",
        image: "quay.io/prometheus/prometheus",
        ports: &[("web", 9090, "TCP")],
        service: "prometheus-agent-operated",
        secrets: &["", "-tls-assets-0", "-web-config"],
        rules: false,
    },
    Made {
        kind: "Alertmanager",
        prefix: "alertmanager",
        app: "alertmanager",
        image: "quay.io/prometheus/alertmanager",
        ports: &[("web", 9093, "TCP"), ("mesh-tcp", 9094, "TCP"), ("mesh-udp", 9094, "UDP")],
        service: "alertmanager-operated",
        secrets: &["-generated", "-tls-assets-0", "-web-config", "-cluster-tls-config"],
        rules: false,
    },
    Made {
        kind: "ThanosRuler",
        prefix: "thanos-ruler",
        app: "thanos-ruler",
        image: "quay.io/thanos/thanos",
        ports: &[("web", 10902, "TCP")],
        service: "thanos-ruler-operated",
        secrets: &["-config", "-tls-assets-0", "-web-config"],
        rules: true,
    },
];

/// Makes what a resource asks for, and says how far that is.
pub(super) fn sync(cx: Cx<'_>, resource: &Value) -> Vec<Write> {
    let Some(made) = KINDS.iter().find(|made| made.kind == text(resource, "kind")) else { return Vec::new() };
    if is_going(resource) {
        return Vec::new();
    }
    let mut writes = Vec::new();
    if !flag(resource, "spec.paused") {
        writes.extend(mounted(cx, resource, made));
        for shard in 0..shards(resource, made) {
            writes.extend(stateful_set(cx, resource, made, shard));
        }
    }
    writes.extend(Write::status(resource, status(cx, resource, made)));
    writes.into_iter().map(|write| write.by(MANAGER)).collect()
}

fn shards(resource: &Value, made: &Made) -> i64 {
    if made.kind.starts_with("Prometheus") { number(resource, "spec.shards").unwrap_or(1) } else { 1 }
}

fn base(resource: &Value, made: &Made) -> String {
    format!("{}-{}", made.prefix, text(resource, "metadata.name"))
}

/// Secrets, rule files and the Service, where they are not yet there.
fn mounted(cx: Cx<'_>, resource: &Value, made: &Made) -> Vec<Write> {
    let base = base(resource, made);
    let namespace = text(resource, "metadata.namespace");
    let mut wanted: Vec<Value> =
        made.secrets.iter().map(|suffix| part("Secret", &format!("{base}{suffix}"), resource)).collect();
    if made.rules {
        wanted.push(part("ConfigMap", &format!("{base}-rulefiles-0"), resource));
    }
    let mut service = part("Service", made.service, resource);
    set(&mut service, &format!("metadata.labels.operated-{}", made.app), "true");
    let ports: Vec<Value> = made.ports.iter().map(|port| service_port(*port)).collect();
    set(&mut service, "spec", json!({"clusterIP": "None", "ports": ports, "selector": Map::new()}));
    if let Some(selector) = service.pointer_mut("/spec/selector").and_then(Value::as_object_mut) {
        selector.insert("app.kubernetes.io/name".to_owned(), Value::from(made.app));
    }
    set(&mut service, "metadata.ownerReferences", json!([owned_by(resource)]));
    wanted.push(service);
    wanted.retain(|object| {
        cx.view.get(&Key::new("", text(object, "kind"), namespace, text(object, "metadata.name"))).is_none()
    });
    wanted.into_iter().map(Write::create).collect()
}

fn service_port((name, number, protocol): (&str, i64, &str)) -> Value {
    let own = match name.split_once('-') {
        Some((first, last)) => format!("{last}-{first}"),
        None => name.to_owned(),
    };
    json!({"name": own, "port": number, "protocol": protocol, "targetPort": name})
}

fn part(kind: &str, name: &str, resource: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": kind,
        "metadata": {
            "name": name, "namespace": text(resource, "metadata.namespace"),
            "labels": {"managed-by": "prometheus-operator"},
            "ownerReferences": [controlled_by(resource)],
        },
    })
}

/// The labels by which the pods of a resource are found.
fn selected(resource: &Value, made: &Made, shard: i64) -> Map<String, Value> {
    let name = text(resource, "metadata.name");
    let mut labels = Map::new();
    for (key, value) in [
        ("app.kubernetes.io/instance", name),
        ("app.kubernetes.io/managed-by", "prometheus-operator"),
        ("app.kubernetes.io/name", made.app),
    ] {
        labels.insert(key.to_owned(), Value::from(value));
    }
    if made.kind.starts_with("Prometheus") {
        labels.insert("operator.prometheus.io/name".to_owned(), Value::from(name));
        labels.insert("operator.prometheus.io/shard".to_owned(), Value::from(shard.to_string()));
    }
    if made.kind != "PrometheusAgent" {
        labels.insert(made.app.to_owned(), Value::from(name));
    }
    labels
}

fn stateful_set(cx: Cx<'_>, resource: &Value, made: &Made, shard: i64) -> Vec<Write> {
    let base = base(resource, made);
    let name = if shard == 0 { base } else { format!("{base}-shard-{shard}") };
    let mut wanted = part("StatefulSet", &name, resource);
    set(&mut wanted, "apiVersion", "apps/v1");
    let chosen = selected(resource, made, shard);
    let mut all = labels(resource).as_object().cloned().unwrap_or_default();
    all.extend(chosen.clone());
    all.insert("managed-by".to_owned(), Value::from("prometheus-operator"));
    set(&mut wanted, "metadata.labels", all);
    set(
        &mut wanted,
        "spec",
        json!({
            "replicas": number(resource, "spec.replicas").unwrap_or(1),
            "serviceName": made.service, "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": chosen},
            "updateStrategy": {"type": "RollingUpdate"},
            "template": template(resource, made, &chosen),
        }),
    );
    if let Some(claim) = claim(resource, &name) {
        set(&mut wanted, "spec.volumeClaimTemplates", json!([claim]));
    }
    let gvk = crate::model::Gvk::new("apps/v1", "StatefulSet");
    crate::sandbox::kinds::default(&mut wanted, &gvk);
    let Some(old) =
        cx.view.get(&Key::new("apps", "StatefulSet", text(resource, "metadata.namespace"), &name))
    else {
        return vec![Write::create(wanted)];
    };
    let same = ["replicas", "template"].iter().all(|field| {
        old.get("spec").and_then(|spec| spec.get(*field))
            == wanted.get("spec").and_then(|spec| spec.get(*field))
    }) && labels(old) == labels(&wanted);
    if same {
        return Vec::new();
    }
    let mut new = old.clone();
    for path in ["spec.replicas", "spec.template", "metadata.labels"] {
        set(&mut new, path, at(&wanted, path).cloned().unwrap_or_default());
    }
    vec![Write::update(new)]
}

fn template(resource: &Value, made: &Made, chosen: &Map<String, Value>) -> Value {
    let mut all =
        at(resource, "spec.podMetadata.labels").and_then(Value::as_object).cloned().unwrap_or_default();
    all.extend(chosen.clone());
    all.shift_remove("managed-by");
    let image = match text(resource, "spec.image") {
        "" => format!("{}:v{}", made.image, text(resource, "spec.version").trim_start_matches('v')),
        image => image.trim_end_matches(':').to_owned(),
    };
    let mut container = json!({
        "name": made.app, "image": image.trim_end_matches(":v"),
        "ports": made.ports.iter().map(|(name, number, protocol)| {
            json!({"name": name, "containerPort": number, "protocol": protocol})
        }).collect::<Vec<_>>(),
    });
    if let Some(resources) = at(resource, "spec.resources").cloned() {
        set(&mut container, "resources", resources);
    }
    let mut template = json!({
        "metadata": {"labels": all, "annotations": {"kubectl.kubernetes.io/default-container": made.app}},
        "spec": {
            "initContainers": [{"name": "init-config-reloader", "image": RELOADER}],
            "containers": [container, {
                "name": "config-reloader", "image": RELOADER,
                "ports": [{"name": "reloader-web", "containerPort": 8080}],
            }],
            "terminationGracePeriodSeconds": 120,
        },
    });
    for field in [
        "serviceAccountName",
        "nodeSelector",
        "tolerations",
        "affinity",
        "securityContext",
        "imagePullSecrets",
    ] {
        if let Some(value) = at(resource, "spec").and_then(|spec| spec.get(field)).cloned() {
            set(&mut template, &format!("spec.{field}"), value);
        }
    }
    template
}

/// The claim template that the resource's storage asks for.
fn claim(resource: &Value, name: &str) -> Option<Value> {
    let template = at(resource, "spec.storage.volumeClaimTemplate")?;
    let mut claim = json!({"metadata": {"name": format!("{name}-db")}, "spec": template.get("spec")?});
    if items(&claim, "spec.accessModes").is_empty() {
        set(&mut claim, "spec.accessModes", json!(["ReadWriteOnce"]));
    }
    Some(claim)
}

fn status(cx: Cx<'_>, resource: &Value, made: &Made) -> Value {
    let sets = controlled(cx, "apps", "StatefulSet", resource);
    let sum = |path: &str| sets.iter().filter_map(|set| number(set, path)).sum::<i64>();
    let wanted = number(resource, "spec.replicas").unwrap_or(1) * shards(resource, made);
    let (replicas, updated, available) =
        (sum("status.replicas"), sum("status.updatedReplicas"), sum("status.availableReplicas"));
    let generation = number(resource, "metadata.generation").unwrap_or(1);
    let enough = !sets.is_empty() && available >= wanted && updated >= wanted;
    let short = format!("shard 0: {available} of {wanted} pods are ready");
    let (reason, message) = if enough { ("", "") } else { ("SomePodsNotReady", short.as_str()) };
    let said = [
        Said { sort: "Available", holds: enough, reason, message },
        Said { sort: "Reconciled", holds: true, reason: "", message: "" },
    ];
    let conditions = said.iter().map(|said| {
        let mut fields = condition(cx, resource, said);
        fields.insert("observedGeneration".to_owned(), Value::from(generation));
        Value::Object(fields)
    });
    let mut status = json!({
        "paused": flag(resource, "spec.paused"), "replicas": replicas, "updatedReplicas": updated,
        "availableReplicas": available, "unavailableReplicas": (wanted - available).max(0),
        "conditions": conditions.collect::<Vec<_>>(),
    });
    if made.kind != "ThanosRuler" {
        let mut chosen = selected(resource, made, 0);
        chosen.shift_remove("operator.prometheus.io/shard");
        let mut terms: Vec<String> = chosen
            .iter()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
            .collect();
        terms.sort();
        set(&mut status, "selector", terms.join(","));
    }
    if made.kind.starts_with("Prometheus") {
        set(&mut status, "shards", shards(resource, made));
        set(&mut status, "shardStatuses", shard_statuses(resource, made, &sets));
    }
    status
}

fn shard_statuses(resource: &Value, made: &Made, sets: &[&Value]) -> Vec<Value> {
    let wanted = number(resource, "spec.replicas").unwrap_or(1);
    let one = |shard: i64| {
        let shard_label = json!(shard.to_string());
        let set =
            sets.iter().find(|set| labels(set).get("operator.prometheus.io/shard") == Some(&shard_label));
        let count = |path: &str| set.and_then(|set| number(set, path)).unwrap_or(0);
        let available = count("status.availableReplicas");
        json!({
            "shardID": shard.to_string(), "replicas": count("status.replicas"),
            "updatedReplicas": count("status.updatedReplicas"), "availableReplicas": available,
            "unavailableReplicas": (wanted - available).max(0),
        })
    };
    (0..shards(resource, made)).map(one).collect()
}
