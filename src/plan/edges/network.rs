//! Services and what points at them, scalers, disruption budgets, network policies.

use serde_json::Value;

use crate::model::{Body, ObjectId};

use super::{
    collect::{Edges, hard, hard_ready, soft},
    index::{Index, is_custom, object_id},
    pods::{list, text},
};

/// Edges from objects around workloads.
pub(super) fn edges_of(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    match (id.group.as_str(), id.kind.as_str()) {
        ("networking.k8s.io", "Ingress") => ingress_edges(index, id, body, edges),
        ("networking.k8s.io", "NetworkPolicy") => policy_edges(index, id, body, edges),
        ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject") => {
            target_edge(index, id, body.at(&["spec", "scaleTargetRef"]), edges);
        }
        ("autoscaling.k8s.io", "VerticalPodAutoscaler") => {
            target_edge(index, id, body.at(&["spec", "targetRef"]), edges);
        }
        ("policy", "PodDisruptionBudget") => budget_edges(index, id, body, edges),
        ("apps", "StatefulSet") => {
            if let Some(name) = body.text(&["spec", "serviceName"]) {
                let to = object_id("", "Service", id.namespace.as_deref(), name);
                edges.need(index, id, &to, soft(format!("is named by {to}")));
            }
        }
        ("apiregistration.k8s.io", "APIService") => api_service_edges(index, id, body, edges),
        ("admissionregistration.k8s.io", kind) if kind.ends_with("WebhookConfiguration") => {
            webhook_edges(index, id, body, edges);
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let service = body.at(&["spec", "conversion", "webhook", "clientConfig", "service"]);
            if let Some(to) = service.and_then(service_id) {
                edges.need(index, id, &to, soft(format!("converts through {to}")));
            }
        }
        _ => {}
    }
}

fn service_id(service: &Value) -> Option<ObjectId> {
    Some(object_id("", "Service", text(service, "namespace"), text(service, "name")?))
}

fn ingress_edges(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    let namespace = id.namespace.as_deref();
    let paths = body
        .items(&["spec", "rules"])
        .iter()
        .flat_map(|rule| rule.get("http").map(|http| list(http, "paths")).unwrap_or_default());
    let backends = paths.filter_map(|path| path.get("backend"));
    for backend in backends.chain(body.at(&["spec", "defaultBackend"])) {
        if let Some(name) = backend.pointer("/service/name").and_then(Value::as_str) {
            let to = object_id("", "Service", namespace, name);
            edges.need(index, id, &to, soft(format!("routes to {to}")));
        }
    }
    for tls in body.items(&["spec", "tls"]) {
        if let Some(name) = text(tls, "secretName") {
            let to = object_id("", "Secret", namespace, name);
            edges.need(index, id, &to, hard(format!("serves with {to}")));
        }
    }
    if let Some(class) = body.text(&["spec", "ingressClassName"]) {
        let to = object_id("networking.k8s.io", "IngressClass", None, class);
        edges.need(index, id, &to, soft(format!("is of {to}")));
    }
}

/// A policy that allows nothing comes after the workloads and after the policies that allow something.
fn policy_edges(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    if !denies_all(body) {
        return;
    }
    for workload in index.workloads_in(id.namespace.as_deref()) {
        edges.need(index, id, workload.id, soft(format!("cuts off {}", workload.id)));
    }
    for (other, policy) in index.of_kind("networking.k8s.io", "NetworkPolicy") {
        if other.namespace == id.namespace && !denies_all(&policy.body) {
            edges.need(index, id, other, soft(format!("denies what {other} does not allow")));
        }
    }
}

fn denies_all(policy: &Body) -> bool {
    let everything = policy.map(&["spec", "podSelector"]).is_none_or(|selector| {
        selector.values().all(|part| part.as_object().is_some_and(serde_json::Map::is_empty))
    });
    let rules = policy.items(&["spec", "ingress"]).len() + policy.items(&["spec", "egress"]).len();
    everything && rules == 0
}

fn target_edge(index: &Index<'_>, id: &ObjectId, target: Option<&Value>, edges: &mut Edges) {
    let Some(target) = target else { return };
    let group = text(target, "apiVersion")
        .map_or("apps", |version| version.split_once('/').map_or("", |(group, _)| group));
    let kind = text(target, "kind").unwrap_or("Deployment");
    let to = object_id(group, kind, id.namespace.as_deref(), text(target, "name").unwrap_or_default());
    edges.need(index, id, &to, soft(format!("scales {to}")));
}

fn budget_edges(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    let selector = body.at(&["spec", "selector", "matchLabels"]);
    for workload in index.workloads_in(id.namespace.as_deref()) {
        if workload.matches(selector) {
            edges.need(index, id, workload.id, soft(format!("protects Pods of {}", workload.id)));
        }
    }
}

fn api_service_edges(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    let Some(service) = body.at(&["spec", "service"]).and_then(service_id) else { return };
    edges.need(index, id, &service, soft(format!("is served through {service}")));
    for workload in behind(index, &service) {
        edges.need(index, id, &workload, soft(format!("is served by {workload}")));
    }
    let group = body.text(&["spec", "group"]).unwrap_or_default();
    for other in index.objects.keys().filter(|other| !group.is_empty() && other.group == group) {
        edges.need(index, other, id, hard_ready(format!("is served by {id}")));
    }
}

fn webhook_edges(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    for webhook in list(body.tree(), "webhooks") {
        let Some(service) = webhook.pointer("/clientConfig/service").and_then(service_id) else { continue };
        edges.need(index, id, &service, hard(format!("calls {service}")));
        for workload in behind(index, &service) {
            edges.need(index, id, &workload, hard_ready(format!("is answered by {workload}")));
        }
        for rule in list(webhook, "rules") {
            let checked = |object: &&ObjectId| {
                is_custom(&object.group)
                    && names(rule, "apiGroups", &object.group)
                    && names(rule, "resources", &index.plural(object))
            };
            for object in index.objects.keys().filter(checked) {
                edges.need(index, object, id, hard(format!("is checked by {id}")));
            }
        }
    }
}

/// Whether a webhook's rule names a group or resource; `*` alone names no custom resource in particular.
fn names(rule: &Value, key: &str, wanted: &str) -> bool {
    list(rule, key)
        .iter()
        .any(|name| name.as_str().is_some_and(|name| name == wanted || (key == "resources" && name == "*")))
}

/// The workloads that a Service selects.
fn behind(index: &Index<'_>, service: &ObjectId) -> Vec<ObjectId> {
    let selector = index.objects.get(service).and_then(|service| service.body.at(&["spec", "selector"]));
    let workloads = index.workloads_in(service.namespace.as_deref());
    workloads.iter().filter(|workload| workload.matches(selector)).map(|w| w.id.clone()).collect()
}
