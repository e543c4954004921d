//! ReplicaSets: as many pods as wished.

use serde_json::{Value, json};

use super::{
    object::{controlled, event, is_going, number, pod_from, pod_name},
    pod::{is_finished, is_ready},
    view::{Cx, Write},
};
use crate::sandbox::kinds::value::{at, remove, text};

const COMPONENT: &str = "replicaset-controller";

/// Pods to be made or deleted, and the count of them.
pub(super) fn sync(cx: Cx<'_>, set: &Value) -> Vec<Write> {
    let mut pods = controlled(cx, "", "Pod", set);
    pods.retain(|pod| !is_going(pod) && !is_finished(pod));
    let mut writes = Vec::new();
    if !is_going(set) {
        let wanted = number(set, "spec.replicas").and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        let template = at(set, "spec.template").unwrap_or(&Value::Null);
        for nth in pods.len()..wanted {
            let name = pod_name(cx, set, nth);
            writes.push(Write::create(pod_from(set, template, &name, &[])));
            let message = format!("Created pod: {name}");
            writes.push(event(cx, set, (COMPONENT, "SuccessfulCreate", &message)));
        }
        for pod in spare(&pods, wanted) {
            writes.push(Write::delete(pod));
            let message = format!("Deleted pod: {}", text(pod, "metadata.name"));
            writes.push(event(cx, set, (COMPONENT, "SuccessfulDelete", &message)));
        }
    }
    writes.extend(Write::status(set, status(set, &pods)));
    writes
}

/// The pods that go first: those that are not ready, then the youngest.
fn spare<'a>(pods: &[&'a Value], wanted: usize) -> Vec<&'a Value> {
    let mut sorted = pods.to_vec();
    sorted.sort_by_key(|pod| (is_ready(pod), std::cmp::Reverse(text(pod, "metadata.creationTimestamp"))));
    sorted.truncate(pods.len().saturating_sub(wanted));
    sorted
}

fn status(set: &Value, pods: &[&Value]) -> Value {
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let mut status = json!({
        "replicas": pods.len(), "fullyLabeledReplicas": pods.len(),
        "readyReplicas": ready, "availableReplicas": ready, "terminatingReplicas": 0,
        "observedGeneration": number(set, "metadata.generation").unwrap_or(1),
    });
    for key in ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"] {
        if status.get(key) == Some(&json!(0)) {
            remove(&mut status, key);
        }
    }
    status
}
