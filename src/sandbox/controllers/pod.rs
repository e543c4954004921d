//! Pods: given a node, and run there without running anything.

use serde_json::{Value, json};

use super::{
    object::{controller, event, fnv, is_going},
    view::{Cx, KUBELET, Key, Write},
};
use crate::sandbox::kinds::value::{at, flag, items, set, text};

/// Whether a pod takes requests.
pub(super) fn is_ready(pod: &Value) -> bool {
    let conditions = items(pod, "status.conditions");
    conditions.iter().any(|it| text(it, "type") == "Ready" && text(it, "status") == "True")
}

/// Whether a pod has run to its end.
pub(super) fn is_finished(pod: &Value) -> bool {
    matches!(text(pod, "status.phase"), "Succeeded" | "Failed")
}

/// The next step in the life of a pod.
pub(super) fn sync(cx: Cx<'_>, pod: &Value) -> Vec<Write> {
    if is_going(pod) {
        let message = format!(
            "Stopping container {}",
            text(&items(pod, "spec.containers").first().cloned().unwrap_or_default(), "name")
        );
        return vec![Write::delete(pod).by(KUBELET), event(cx, pod, ("kubelet", "Killing", &message))];
    }
    if is_finished(pod) || is_ready(pod) {
        return Vec::new();
    }
    if text(pod, "spec.nodeName").is_empty() {
        return placed(cx, pod);
    }
    let status = if cx.view.never_ready(&Key::of(pod)) {
        stuck(cx, pod)
    } else if controller(pod).is_some_and(|(group, kind, _)| group == "batch" && kind == "Job") {
        finished(cx, pod)
    } else {
        running(cx, pod)
    };
    Write::status(pod, status).map(|write| write.by(KUBELET)).into_iter().collect()
}

/// Gives it the first node, once the claims it mounts are bound.
fn placed(cx: Cx<'_>, pod: &Value) -> Vec<Write> {
    let namespace = text(pod, "metadata.namespace");
    let mut nodes: Vec<&str> =
        cx.view.list("", "Node", "").into_iter().map(|node| text(node, "metadata.name")).collect();
    nodes.sort_unstable();
    let wished = text(pod, "metadata.annotations");
    let node = nodes.iter().find(|node| **node == wished).or_else(|| nodes.first()).copied();
    let missing = claims(pod).find(|claim| {
        let key = Key::new("", "PersistentVolumeClaim", namespace, claim);
        cx.view.get(&key).is_none_or(|claim| text(claim, "status.phase") != "Bound")
    });
    match (node, missing) {
        (Some(node), None) => {
            let mut placed = pod.clone();
            set(&mut placed, "spec.nodeName", node);
            let message =
                format!("Successfully assigned {namespace}/{} to {node}", text(pod, "metadata.name"));
            let scheduler = "kube-scheduler";
            vec![
                Write::update(placed).by(scheduler),
                event(cx, pod, ("default-scheduler", "Scheduled", &message)),
            ]
        }
        (None, _) => waiting(cx, pod, "no nodes available to schedule pods"),
        (Some(_), Some(claim)) => {
            let key = Key::new("", "PersistentVolumeClaim", namespace, claim);
            let why = match cx.view.get(&key) {
                None => format!("persistentvolumeclaim \"{claim}\" not found"),
                Some(_) => "pod has unbound immediate PersistentVolumeClaims".to_owned(),
            };
            waiting(cx, pod, &format!("0/{} nodes are available: {why}.", nodes.len()))
        }
    }
}

/// The names of the claims that a pod mounts.
pub(super) fn claims(pod: &Value) -> impl Iterator<Item = &str> {
    let named =
        items(pod, "spec.volumes").iter().map(|volume| text(volume, "persistentVolumeClaim.claimName"));
    named.filter(|name| !name.is_empty())
}

fn waiting(cx: Cx<'_>, pod: &Value, why: &str) -> Vec<Write> {
    let old = items(pod, "status.conditions").iter().find(|it| text(it, "type") == "PodScheduled");
    if old.is_some_and(|old| text(old, "message") == why) {
        return Vec::new();
    }
    let mut status = at(pod, "status").cloned().unwrap_or_default();
    let condition = json!({
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why,
        "lastProbeTime": null, "lastTransitionTime": cx.now,
    });
    set(&mut status, "conditions", json!([condition]));
    let mut writes: Vec<Write> =
        Write::status(pod, status).into_iter().map(|it| it.by("kube-scheduler")).collect();
    writes.push(event(cx, pod, ("default-scheduler", "FailedScheduling", why)));
    writes
}

fn conditions(cx: Cx<'_>, pod: &Value, ready: Option<&str>) -> Value {
    let one = |(sort, holds): (&str, bool)| {
        let status = if holds { "True" } else { "False" };
        let old = items(pod, "status.conditions").iter().find(|old| text(old, "type") == sort);
        let since =
            old.filter(|old| text(old, "status") == status).map(|old| text(old, "lastTransitionTime"));
        let mut condition = json!({
            "type": sort, "status": status, "lastProbeTime": null, "lastTransitionTime": since.unwrap_or(cx.now),
        });
        if let (Some(message), false) = (ready, holds) {
            set(&mut condition, "reason", "ContainersNotReady");
            set(&mut condition, "message", message);
        }
        condition
    };
    let is = ready.is_none();
    let all =
        [("Initialized", true), ("Ready", is), ("ContainersReady", is), ("PodScheduled", true)].map(one);
    Value::from(all.to_vec())
}

/// A status with what all pods on a node have.
fn started(cx: Cx<'_>, pod: &Value, phase: &str, ready: Option<&str>) -> Value {
    let ip = address(cx, pod);
    let mut status = json!({
        "phase": phase, "qosClass": text(pod, "status.qosClass"),
        "conditions": conditions(cx, pod, ready),
        "startTime": at(pod, "status.startTime").cloned().unwrap_or_else(|| Value::from(cx.now)),
    });
    if !ip.is_empty() {
        set(&mut status, "podIPs", json!([{"ip": ip}]));
        set(&mut status, "podIP", ip);
    }
    if let Some(generation) = at(pod, "metadata.generation").cloned() {
        set(&mut status, "observedGeneration", generation);
    }
    status
}

/// The address of its node where it shares that, else one out of its identity.
fn address(cx: Cx<'_>, pod: &Value) -> String {
    if flag(pod, "spec.hostNetwork") {
        let node = cx.view.get(&Key::new("", "Node", "", text(pod, "spec.nodeName")));
        let addresses = node.map(|node| items(node, "status.addresses")).unwrap_or_default();
        let internal = addresses.iter().find(|it| text(it, "type") == "InternalIP");
        return internal.map(|it| text(it, "address")).unwrap_or_default().to_owned();
    }
    let hash = fnv(text(pod, "metadata.uid"));
    format!("10.244.{}.{}", (hash >> 8) % 256, hash % 254 + 1)
}

/// A container's status: ready as long as it runs.
fn container_status(container: &Value, state: &Value) -> Value {
    let runs = state.get("running").is_some();
    json!({
        "name": text(container, "name"), "image": text(container, "image"), "imageID": "",
        "ready": runs, "started": runs, "restartCount": 0, "state": state, "lastState": {},
    })
}

fn all_in(containers: &[Value], state: &Value) -> Vec<Value> {
    containers.iter().map(|container| container_status(container, state)).collect()
}

fn with_containers(mut status: Value, pod: &Value, state: &Value, now: &str) -> Value {
    set(&mut status, "containerStatuses", all_in(items(pod, "spec.containers"), state));
    let mut before = all_in(items(pod, "spec.initContainers"), &completed(now));
    // What was to run first has run, which is all that is asked of it.
    for status in &mut before {
        set(status, "ready", true);
    }
    if !before.is_empty() {
        set(&mut status, "initContainerStatuses", before);
    }
    status
}

fn completed(now: &str) -> Value {
    json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}})
}

fn running(cx: Cx<'_>, pod: &Value) -> Value {
    let state = json!({"running": {"startedAt": cx.now}});
    with_containers(started(cx, pod, "Running", None), pod, &state, cx.now)
}

fn finished(cx: Cx<'_>, pod: &Value) -> Value {
    with_containers(started(cx, pod, "Succeeded", None), pod, &completed(cx.now), cx.now)
}

/// An image that cannot be had.
fn stuck(cx: Cx<'_>, pod: &Value) -> Value {
    let names: Vec<&str> = items(pod, "spec.containers").iter().map(|it| text(it, "name")).collect();
    let message = format!("containers with unready status: [{}]", names.join(" "));
    let image = items(pod, "spec.containers").first().map(|it| text(it, "image")).unwrap_or_default();
    let state = json!({"waiting": {
        "reason": "ImagePullBackOff", "message": format!("Back-off pulling image \"{image}\""),
    }});
    let mut status = started(cx, pod, "Pending", Some(&message));
    set(&mut status, "containerStatuses", all_in(items(pod, "spec.containers"), &state));
    status
}
