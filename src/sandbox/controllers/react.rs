//! Who has to look again when an object has changed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    aggregation, autoscaling, claim, daemon, deployment, garbage, job, namespace,
    object::{controller, fits, is_going, labels},
    operator, pod, replicas, service, stateful,
    view::{Cx, Key, View, Write},
};
use crate::sandbox::kinds::value::{at, text};

/// The kinds whose objects control pods or sets of pods.
const PARENTS: &[(&str, &str, &str)] = &[
    ("Pod", "apps", "ReplicaSet"),
    ("Pod", "apps", "StatefulSet"),
    ("Pod", "apps", "DaemonSet"),
    ("Pod", "batch", "Job"),
    ("ReplicaSet", "apps", "Deployment"),
    ("ControllerRevision", "apps", "StatefulSet"),
    ("ControllerRevision", "apps", "DaemonSet"),
    ("PersistentVolumeClaim", "apps", "StatefulSet"),
    ("EndpointSlice", "", "Service"),
    ("Endpoints", "", "Service"),
    ("StatefulSet", operator::GROUP, "Prometheus"),
    ("StatefulSet", operator::GROUP, "PrometheusAgent"),
    ("StatefulSet", operator::GROUP, "Alertmanager"),
    ("StatefulSet", operator::GROUP, "ThanosRuler"),
];

/// What is to be written because an object was made, changed or deleted.
///
/// Answers nothing once all controllers are content.
pub fn react(view: &dyn View, changed: &Key, now: &str) -> Vec<Write> {
    let cx = Cx { view, now };
    let mut concerned = BTreeSet::from([changed.clone()]);
    match view.get(changed) {
        Some(object) => concerned.extend(neighbours(cx, changed, object)),
        None => concerned.extend(bereaved(cx, changed)),
    }
    let mut writes = garbage::collect(cx, changed);
    if view.get(changed).is_none() && changed.group.is_empty() && changed.kind == "Service" {
        writes.extend(service::gone(cx, changed));
    }
    for key in concerned {
        let Some(object) = view.get(&key) else { continue };
        if is_going(object) && garbage::is_kept(object) {
            writes.extend(ending(cx, object));
            continue;
        }
        writes.extend(sync(cx, &key, object));
    }
    let mut distinct: Vec<Write> = Vec::new();
    for write in writes {
        if !distinct.contains(&write) {
            distinct.push(write);
        }
    }
    distinct
}

/// What its controller does about an object that is there.
fn sync(cx: Cx<'_>, key: &Key, object: &Value) -> Vec<Write> {
    match (key.group.as_str(), key.kind.as_str()) {
        ("", "Namespace") => namespace::sync(cx, object),
        ("", "Pod") => pod::sync(cx, object),
        ("", "Service") => service::sync(cx, object),
        ("", "PersistentVolumeClaim") => claim::sync(cx, object),
        ("", "PersistentVolume") => claim::sync_volume(cx, object),
        ("apps", "Deployment") => deployment::sync(cx, object),
        ("apps", "ReplicaSet") => replicas::sync(cx, object),
        ("apps", "StatefulSet") => stateful::sync(cx, object),
        ("apps", "DaemonSet") => daemon::sync(cx, object),
        ("batch", "Job") => job::sync(cx, object),
        ("apiregistration.k8s.io", "APIService") => aggregation::sync(cx, object),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::sync(cx, object),
        ("policy", "PodDisruptionBudget") => autoscaling::sync_budget(cx, object),
        (operator::GROUP, _) => operator::sync(cx, object),
        _ => Vec::new(),
    }
}

/// What is done about an object that waits for its finalizers.
fn ending(cx: Cx<'_>, object: &Value) -> Vec<Write> {
    match text(object, "kind") {
        "PersistentVolumeClaim" | "PersistentVolume" => claim::release(cx, object),
        "Namespace" => namespace::sync(cx, object),
        _ => Vec::new(),
    }
}

/// The other objects whose controllers look at this one.
fn neighbours(cx: Cx<'_>, key: &Key, object: &Value) -> Vec<Key> {
    let namespace = key.namespace.as_str();
    let mut found = Vec::new();
    if let Some((group, kind, name)) = controller(object) {
        found.push(Key::new(&group, &kind, namespace, name));
    }
    match (key.group.as_str(), key.kind.as_str()) {
        ("", "Pod") => {
            found.extend(selecting(cx, "", "Service", object));
            found.extend(selecting(cx, "policy", "PodDisruptionBudget", object));
            found.extend(all(cx, "", "PersistentVolumeClaim", namespace));
        }
        ("", "PersistentVolumeClaim") => {
            found.extend(all(cx, "", "Pod", namespace));
            let volume = text(object, "spec.volumeName");
            if !volume.is_empty() {
                found.push(Key::new("", "PersistentVolume", "", volume));
            }
        }
        ("", "Service") => found.extend(all(cx, "apiregistration.k8s.io", "APIService", "")),
        ("", "PersistentVolume") => found.extend(all(cx, "", "PersistentVolumeClaim", "")),
        ("", "Node") => {
            found.extend(all(cx, "apps", "DaemonSet", ""));
            found.extend(all(cx, "", "Pod", ""));
        }
        ("apps", "Deployment" | "StatefulSet") => {
            found.extend(all(cx, "autoscaling", "HorizontalPodAutoscaler", namespace));
        }
        _ => {}
    }
    found
}

/// Those who look after what an object left behind.
fn bereaved(cx: Cx<'_>, key: &Key) -> Vec<Key> {
    let namespace = key.namespace.as_str();
    let mut found = Vec::new();
    for (kind, parent_group, parent) in PARENTS {
        if *kind == key.kind {
            found.extend(all(cx, parent_group, parent, namespace));
        }
    }
    if key.kind == "Pod" {
        found.extend(all(cx, "", "Service", namespace));
        found.extend(all(cx, "policy", "PodDisruptionBudget", namespace));
        found.extend(all(cx, "", "PersistentVolumeClaim", namespace));
    }
    if key.kind == "Service" {
        found.extend(all(cx, "apiregistration.k8s.io", "APIService", ""));
    }
    if key.kind == "PersistentVolumeClaim" {
        found.extend(all(cx, "", "PersistentVolume", ""));
    }
    if !namespace.is_empty() {
        // It may wait for its last object to go, or have lost what each namespace has.
        found.push(Key::new("", "Namespace", "", namespace));
    }
    found
}

fn all(cx: Cx<'_>, group: &str, kind: &str, namespace: &str) -> Vec<Key> {
    cx.view.list(group, kind, namespace).into_iter().map(Key::of).collect()
}

/// The objects of a kind that select a pod, or still list it.
fn selecting(cx: Cx<'_>, group: &str, kind: &str, pod: &Value) -> Vec<Key> {
    let labels = labels(pod);
    let concerned = |object: &&Value| match (kind, at(object, "spec.selector")) {
        ("Service", Some(selector)) => service::selects(selector, labels) || service::lists(cx, object, pod),
        (_, Some(selector)) => fits(selector, labels),
        (_, None) => false,
    };
    let found = cx.view.list(group, kind, text(pod, "metadata.namespace"));
    found.into_iter().filter(concerned).map(Key::of).collect()
}
