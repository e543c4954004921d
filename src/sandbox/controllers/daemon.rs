//! DaemonSets: a pod on each node.

use serde_json::{Value, json};

use super::{
    object::{controlled, event, is_going, labels, number, pod_from, pod_name},
    pod::is_ready,
    revision,
    view::{Cx, Write},
};
use crate::sandbox::kinds::value::{at, items, remove, set, text};

const COMPONENT: &str = "daemonset-controller";
const REVISION: &str = "controller-revision-hash";
const NAME: &str = "metadata.name";

/// What the pods of daemons bear, so that they stay where others must leave.
const BORNE: &[(&str, &str)] = &[
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];

/// The next step of a DaemonSet.
pub(super) fn sync(cx: Cx<'_>, set: &Value) -> Vec<Write> {
    if is_going(set) {
        return Vec::new();
    }
    let current = revision::current(cx, set, REVISION);
    let mut writes = current.writes;
    let pods = controlled(cx, "", "Pod", set);
    let nodes = nodes(cx, set);
    for (nth, node) in nodes.iter().enumerate() {
        if !pods.iter().any(|pod| node_of(pod) == *node) {
            writes.extend(made(cx, set, &current.hash, (nth, node)));
        }
    }
    for pod in pods.iter().filter(|pod| !nodes.contains(&node_of(pod)) && !is_going(pod)) {
        writes.push(Write::delete(pod));
    }
    writes.extend(renewed(cx, set, &pods, &current.hash));
    writes.extend(Write::status(set, status(set, &pods, nodes.len(), &current.hash)));
    writes
}

/// The nodes whose labels the pods ask for.
fn nodes<'a>(cx: Cx<'a>, set: &Value) -> Vec<&'a str> {
    let asked = at(set, "spec.template.spec.nodeSelector").and_then(Value::as_object);
    let fits =
        |node: &&Value| asked.into_iter().flatten().all(|(key, value)| labels(node).get(key) == Some(value));
    let mut names: Vec<&str> =
        cx.view.list("", "Node", "").into_iter().filter(fits).map(|node| text(node, NAME)).collect();
    names.sort_unstable();
    names
}

/// The node that a pod is bound to by its affinity, which says so before it is placed.
fn node_of(pod: &Value) -> &str {
    let terms = items(
        pod,
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
    );
    let field = terms.iter().flat_map(|term| items(term, "matchFields")).next();
    field.and_then(|field| items(field, "values").first()).and_then(Value::as_str).unwrap_or_default()
}

fn made(cx: Cx<'_>, set_: &Value, hash: &str, (nth, node): (usize, &str)) -> Vec<Write> {
    let name = pod_name(cx, set_, nth);
    let template = at(set_, "spec.template").unwrap_or(&Value::Null);
    let marks = [(REVISION, hash), ("pod-template-generation", "1")];
    let mut pod = pod_from(set_, template, &name, &marks);
    let term = json!([{"matchFields": [{"key": NAME, "operator": "In", "values": [node]}]}]);
    set(
        &mut pod,
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
        term,
    );
    let mut tolerations = items(&pod, "spec.tolerations").to_vec();
    let host = at(&pod, "spec.hostNetwork")
        .is_some()
        .then_some(("node.kubernetes.io/network-unavailable", "NoSchedule"));
    for (key, effect) in BORNE.iter().copied().chain(host) {
        tolerations.push(json!({"key": key, "operator": "Exists", "effect": effect}));
    }
    set(&mut pod, "spec.tolerations", tolerations);
    let message = format!("Created pod: {name}");
    vec![Write::create(pod), event(cx, set_, (COMPONENT, "SuccessfulCreate", &message))]
}

fn is_current(pod: &Value, hash: &str) -> bool {
    labels(pod).get(REVISION).and_then(Value::as_str) == Some(hash)
}

/// One old pod gives way while all others are ready.
fn renewed(cx: Cx<'_>, set: &Value, pods: &[&Value], hash: &str) -> Vec<Write> {
    if text(set, "spec.updateStrategy.type") == "OnDelete" {
        return Vec::new();
    }
    if pods.iter().any(|pod| is_going(pod) || is_current(pod, hash) && !is_ready(pod)) {
        return Vec::new();
    }
    let Some(old) = pods.iter().find(|pod| !is_current(pod, hash)) else { return Vec::new() };
    let message = format!("Deleted pod: {}", text(old, NAME));
    vec![Write::delete(old), event(cx, set, (COMPONENT, "SuccessfulDelete", &message))]
}

fn status(set: &Value, pods: &[&Value], nodes: usize, hash: &str) -> Value {
    let alive: Vec<&&Value> = pods.iter().filter(|pod| !is_going(pod)).collect();
    let ready = alive.iter().filter(|pod| is_ready(pod)).count();
    let updated = alive.iter().filter(|pod| is_current(pod, hash)).count();
    let mut status = json!({
        "observedGeneration": number(set, "metadata.generation").unwrap_or(1),
        "currentNumberScheduled": alive.len(), "desiredNumberScheduled": nodes, "numberMisscheduled": 0,
        "numberReady": ready, "numberAvailable": ready, "updatedNumberScheduled": updated,
        "numberUnavailable": nodes.saturating_sub(ready),
    });
    for key in ["numberAvailable", "updatedNumberScheduled", "numberUnavailable"] {
        if status.get(key) == Some(&json!(0)) {
            remove(&mut status, key);
        }
    }
    status
}
