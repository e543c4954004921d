//! StatefulSets: numbered pods, each with its claims.

use serde_json::{Value, json};

use super::{
    object::{controlled, event, is_going, labels, number, pod_from},
    pod::{is_finished, is_ready},
    revision,
    view::{Cx, Key, Write},
};
use crate::sandbox::kinds::value::{at, items, items_mut, remove, set, text};

const COMPONENT: &str = "statefulset-controller";
const REVISION: &str = "controller-revision-hash";

/// The next step of a StatefulSet.
pub(super) fn sync(cx: Cx<'_>, set: &Value) -> Vec<Write> {
    if is_going(set) {
        return Vec::new();
    }
    let current = revision::current(cx, set, "controller.kubernetes.io/hash");
    let mut writes = current.writes;
    let pods = controlled(cx, "", "Pod", set);
    let stepped = step(cx, set, &pods, &current.name);
    writes.extend(stepped);
    writes.extend(Write::status(set, status(set, &pods, &current.name)));
    writes
}

fn wanted(set: &Value) -> i64 {
    number(set, "spec.replicas").unwrap_or(1)
}

fn start(set: &Value) -> i64 {
    number(set, "spec.ordinals.start").unwrap_or(0)
}

fn ordinal(pod: &Value) -> i64 {
    text(pod, "metadata.name").rsplit('-').next().and_then(|it| it.parse().ok()).unwrap_or(-1)
}

fn revision_of(pod: &Value) -> &str {
    labels(pod).get(REVISION).and_then(Value::as_str).unwrap_or_default()
}

/// Makes what is missing from below, takes away from above, and renews from above, one at a time where order is asked for.
fn step(cx: Cx<'_>, set: &Value, pods: &[&Value], revision: &str) -> Vec<Write> {
    let ordered = text(set, "spec.podManagementPolicy") != "Parallel";
    let places = start(set)..start(set) + wanted(set);
    let mut writes = Vec::new();
    for place in places.clone() {
        let pod = pods.iter().find(|pod| ordinal(pod) == place);
        match pod {
            None => writes.extend(made(cx, set, place, revision)),
            Some(pod) if is_finished(pod) => writes.push(Write::delete(pod)),
            Some(_) => {}
        }
        if ordered && !pod.is_some_and(|pod| is_ready(pod)) {
            return writes;
        }
    }
    let mut beyond: Vec<&&Value> =
        pods.iter().filter(|pod| !places.contains(&ordinal(pod)) && !is_going(pod)).collect();
    beyond.sort_by_key(|pod| std::cmp::Reverse(ordinal(pod)));
    beyond.truncate(if ordered { 1 } else { usize::MAX });
    writes.extend(beyond.into_iter().flat_map(|pod| deleted(cx, set, pod)));
    if writes.is_empty() {
        writes.extend(renewed(cx, set, pods, revision));
    }
    writes
}

/// One old pod gives way, once all newer ones are ready.
fn renewed(cx: Cx<'_>, set: &Value, pods: &[&Value], revision: &str) -> Vec<Write> {
    if text(set, "spec.updateStrategy.type") == "OnDelete" {
        return Vec::new();
    }
    let partition = number(set, "spec.updateStrategy.rollingUpdate.partition").unwrap_or(0);
    let mut sorted: Vec<&&Value> = pods.iter().filter(|pod| ordinal(pod) >= partition).collect();
    sorted.sort_by_key(|pod| std::cmp::Reverse(ordinal(pod)));
    for pod in sorted {
        if revision_of(pod) != revision {
            return if is_going(pod) { Vec::new() } else { deleted(cx, set, pod) };
        }
        if !is_ready(pod) {
            return Vec::new();
        }
    }
    Vec::new()
}

fn deleted(cx: Cx<'_>, set: &Value, pod: &Value) -> Vec<Write> {
    let (pod_name, set_name) = (text(pod, "metadata.name"), text(set, "metadata.name"));
    let message = format!("delete Pod {pod_name} in StatefulSet {set_name} successful");
    vec![Write::delete(pod), event(cx, set, (COMPONENT, "SuccessfulDelete", &message))]
}

fn made(cx: Cx<'_>, set: &Value, place: i64, revision: &str) -> Vec<Write> {
    let set_name = text(set, "metadata.name");
    let name = format!("{set_name}-{place}");
    let template = at(set, "spec.template").unwrap_or(&Value::Null);
    let index = place.to_string();
    let marks = [
        (REVISION, revision),
        ("statefulset.kubernetes.io/pod-name", name.as_str()),
        ("apps.kubernetes.io/pod-index", index.as_str()),
    ];
    let mut pod = pod_from(set, template, &name, &marks);
    crate::sandbox::kinds::value::set(&mut pod, "spec.hostname", name.clone());
    let service = text(set, "spec.serviceName");
    if !service.is_empty() {
        crate::sandbox::kinds::value::set(&mut pod, "spec.subdomain", service);
    }
    let mut writes = claims(cx, set, &mut pod, place);
    writes.push(Write::create(pod));
    let message = format!("create Pod {name} in StatefulSet {set_name} successful");
    writes.push(event(cx, set, (COMPONENT, "SuccessfulCreate", &message)));
    writes
}

/// The claims of a pod: made if absent, and mounted under the names of their templates.
fn claims(cx: Cx<'_>, set: &Value, pod: &mut Value, place: i64) -> Vec<Write> {
    let namespace = text(set, "metadata.namespace");
    let mut writes = Vec::new();
    for template in items(set, "spec.volumeClaimTemplates") {
        let volume = text(template, "metadata.name");
        let name = format!("{volume}-{}-{place}", text(set, "metadata.name"));
        mount(pod, volume, &name);
        if cx.view.get(&Key::new("", "PersistentVolumeClaim", namespace, &name)).is_some() {
            continue;
        }
        let mut claim = template.clone();
        for (path, value) in [("apiVersion", "v1"), ("kind", "PersistentVolumeClaim")] {
            crate::sandbox::kinds::value::set(&mut claim, path, value);
        }
        crate::sandbox::kinds::value::set(&mut claim, "metadata.name", name);
        crate::sandbox::kinds::value::set(&mut claim, "metadata.namespace", namespace);
        if let Some(Value::Object(chosen)) = at(set, "spec.selector.matchLabels").cloned() {
            let mut all =
                at(&claim, "metadata.labels").and_then(Value::as_object).cloned().unwrap_or_default();
            all.extend(chosen);
            crate::sandbox::kinds::value::set(&mut claim, "metadata.labels", all);
        }
        remove(&mut claim, "status");
        writes.push(Write::create(claim));
    }
    writes
}

fn mount(pod: &mut Value, volume: &str, claim: &str) {
    let source = json!({"name": volume, "persistentVolumeClaim": {"claimName": claim}});
    if let Some(old) = items_mut(pod, "spec.volumes").iter_mut().find(|it| text(it, "name") == volume) {
        *old = source;
        return;
    }
    let mut all = items(pod, "spec.volumes").to_vec();
    all.push(source);
    set(pod, "spec.volumes", all);
}

fn status(set: &Value, pods: &[&Value], revision: &str) -> Value {
    let alive: Vec<&&Value> = pods.iter().filter(|pod| !is_going(pod)).collect();
    let ready = alive.iter().filter(|pod| is_ready(pod)).count();
    let of = |name: &str| alive.iter().filter(|pod| revision_of(pod) == name).count();
    let updated = of(revision);
    let all_new = updated == alive.len() && i64::try_from(ready).is_ok_and(|ready| ready == wanted(set));
    let current = match text(set, "status.currentRevision") {
        "" => revision,
        _ if all_new => revision,
        current => current,
    };
    let mut status = json!({
        "observedGeneration": number(set, "metadata.generation").unwrap_or(1),
        "replicas": alive.len(), "readyReplicas": ready, "availableReplicas": ready,
        "currentReplicas": of(current), "updatedReplicas": updated,
        "currentRevision": current, "updateRevision": revision, "collisionCount": 0,
    });
    for key in ["readyReplicas", "currentReplicas", "updatedReplicas"] {
        if status.get(key) == Some(&json!(0)) {
            remove(&mut status, key);
        }
    }
    status
}
