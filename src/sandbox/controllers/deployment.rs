//! Deployments: a ReplicaSet for each template, and the walk from one to the next.

use serde_json::{Map, Value, json};

use super::{
    condition::{Said, updated_condition},
    object::{controlled, controlled_by, event, is_going, number, short_hash},
    rollout::{self, Step},
    view::{Action, Cx, Write},
};
use crate::model::canonical;
use crate::sandbox::kinds::value::{at, flag, remove, set, text};

pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MOST: &str = "deployment.kubernetes.io/max-replicas";
const HASH: &str = "pod-template-hash";
const COMPONENT: &str = "deployment-controller";

/// The next step of a Deployment.
pub(super) fn sync(cx: Cx<'_>, deployment: &Value) -> Vec<Write> {
    if is_going(deployment) {
        return Vec::new();
    }
    let sets = controlled(cx, "apps", "ReplicaSet", deployment);
    let (new, old): (Vec<&Value>, Vec<&Value>) =
        sets.into_iter().partition(|set| same_template(deployment, set));
    let new = new.into_iter().min_by_key(|set| text(set, "metadata.creationTimestamp"));
    let mut writes = match rollout::step(cx, deployment, new, &old) {
        Step::Make(replicas) => made(cx, deployment, &old, replicas),
        Step::Scale(scaled) => {
            scaled.into_iter().flat_map(|(set, replicas)| scale(cx, deployment, set, replicas)).collect()
        }
        Step::Settled => settled(deployment, new, &old),
    };
    writes.extend(reported(cx, deployment, new, &old));
    writes
}

/// The status, and with it the number of the revision: an update would count as a change of what is wished.
fn reported(cx: Cx<'_>, deployment: &Value, new: Option<&Value>, old: &[&Value]) -> Option<Write> {
    let status = status(cx, deployment, new, old);
    let number = new.map(|set| current_revision(set, old));
    if number.is_none_or(|number| revision(deployment) == number) {
        return Write::status(deployment, status);
    }
    let mut marked = deployment.clone();
    mark(&mut marked, number.unwrap_or_default());
    set(&mut marked, "status", status);
    Some(Write { action: Action::Status(marked), ..Write::update(Value::Null) })
}

fn mark(object: &mut Value, number: i64) {
    if at(object, "metadata.annotations").is_none() {
        set(object, "metadata.annotations", Map::new());
    }
    set_value(object, "/metadata/annotations", REVISION, Value::from(number.to_string()));
}

/// The number that the new ReplicaSet has, or is to have above all old ones.
fn current_revision(new: &Value, old: &[&Value]) -> i64 {
    let highest = old.iter().map(|set| revision(set)).max().unwrap_or(0);
    if revision(new) > highest { revision(new) } else { highest + 1 }
}

/// The template of a ReplicaSet, less the label that its Deployment added.
fn same_template(deployment: &Value, set: &Value) -> bool {
    let mut template = at(set, "spec.template").cloned().unwrap_or_default();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.shift_remove(HASH);
    }
    at(deployment, "spec.template") == Some(&template)
}

fn revision(set: &Value) -> i64 {
    let annotations = at(set, "metadata.annotations");
    let text = annotations.and_then(|map| map.get(REVISION)).and_then(Value::as_str);
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn made(cx: Cx<'_>, deployment: &Value, old: &[&Value], replicas: i64) -> Vec<Write> {
    let template = at(deployment, "spec.template").cloned().unwrap_or_default();
    let hash = short_hash(&canonical(&template));
    let name = format!("{}-{hash}", text(deployment, "metadata.name"));
    let revision = old.iter().map(|set| revision(set)).max().unwrap_or(0) + 1;
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": name, "namespace": text(deployment, "metadata.namespace"),
            "annotations": annotations(deployment, revision),
            "labels": at(&template, "metadata.labels").cloned().unwrap_or_else(|| json!({})),
            "ownerReferences": [controlled_by(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "selector": at(deployment, "spec.selector").cloned().unwrap_or_default(),
            "template": template,
        },
    });
    if let Some(ready) = at(deployment, "spec.minReadySeconds").cloned() {
        set_value(&mut set, "/spec", "minReadySeconds", ready);
    }
    for place in ["/metadata/labels", "/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        set_value(&mut set, place, HASH, Value::from(hash.clone()));
    }
    let message = format!("Scaled up replica set {name} from 0 to {replicas}");
    let mut writes = vec![Write::create(set)];
    if replicas > 0 {
        writes.push(event(cx, deployment, (COMPONENT, "ScalingReplicaSet", &message)));
    }
    writes
}

fn set_value(object: &mut Value, place: &str, key: &str, value: Value) {
    if let Some(map) = object.pointer_mut(place).and_then(Value::as_object_mut) {
        map.insert(key.to_owned(), value);
    }
}

fn annotations(deployment: &Value, revision: i64) -> Map<String, Value> {
    let own = at(deployment, "metadata.annotations").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut annotations: Map<String, Value> = own
        .into_iter()
        .filter(|(key, _)| key != "kubectl.kubernetes.io/last-applied-configuration" && key != REVISION)
        .collect();
    let replicas = number(deployment, "spec.replicas").unwrap_or(1);
    let most = replicas + rollout::surge(deployment);
    for (key, value) in [(DESIRED, replicas), (MOST, most), (REVISION, revision)] {
        annotations.insert(key.to_owned(), Value::from(value.to_string()));
    }
    annotations
}

fn scale(cx: Cx<'_>, deployment: &Value, set: &Value, replicas: i64) -> Vec<Write> {
    let was = number(set, "spec.replicas").unwrap_or(0);
    let way = if replicas > was { "up" } else { "down" };
    let name = text(set, "metadata.name");
    let message = format!("Scaled {way} replica set {name} from {was} to {replicas}");
    let mut scaled = set.clone();
    crate::sandbox::kinds::value::set(&mut scaled, "spec.replicas", replicas);
    let count = annotations(deployment, revision(set));
    for key in [DESIRED, MOST] {
        if let Some(value) = count.get(key) {
            set_value(&mut scaled, "/metadata/annotations", key, value.clone());
        }
    }
    vec![Write::update(scaled), event(cx, deployment, (COMPONENT, "ScalingReplicaSet", &message))]
}

/// Nothing is to be scaled: revisions are numbered, and what history need not keep goes.
fn settled(deployment: &Value, new: Option<&Value>, old: &[&Value]) -> Vec<Write> {
    let Some(new) = new else { return Vec::new() };
    let mut writes = Vec::new();
    let number_of_new = current_revision(new, old);
    if revision(new) != number_of_new {
        let mut renewed = new.clone();
        mark(&mut renewed, number_of_new);
        writes.push(Write::update(renewed));
    }
    let mut empty: Vec<&&Value> = old
        .iter()
        .filter(|set| {
            number(set, "spec.replicas") == Some(0)
                && number(set, "status.replicas").unwrap_or(0) == 0
                && !is_going(set)
        })
        .collect();
    empty.sort_by_key(|set| revision(set));
    let limit = number(deployment, "spec.revisionHistoryLimit").and_then(|it| usize::try_from(it).ok());
    let spare = empty.len().saturating_sub(limit.unwrap_or(usize::MAX));
    writes.extend(empty.into_iter().take(spare).map(|set| Write::delete(set)));
    writes
}

fn status(cx: Cx<'_>, deployment: &Value, new: Option<&Value>, old: &[&Value]) -> Value {
    let sets: Vec<&Value> = new.into_iter().chain(old.iter().copied()).collect();
    let sum = |path: &str| sets.iter().filter_map(|set| number(set, path)).sum::<i64>();
    let wanted = number(deployment, "spec.replicas").unwrap_or(1);
    let (all, ready, available) =
        (sum("status.replicas"), sum("status.readyReplicas"), sum("status.availableReplicas"));
    let updated = new.and_then(|set| number(set, "status.replicas")).unwrap_or(0);
    let mut status = json!({
        "observedGeneration": number(deployment, "metadata.generation").unwrap_or(1),
        "replicas": all, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": available,
        "unavailableReplicas": (wanted.max(all) - available).max(0),
    });
    for key in ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas"] {
        if status.get(key) == Some(&json!(0)) {
            remove(&mut status, key);
        }
    }
    if let Some(count) = at(deployment, "status.collisionCount").cloned() {
        set(&mut status, "collisionCount", count);
    }
    set(&mut status, "terminatingReplicas", 0);
    let done = updated == wanted && all == wanted && available >= wanted;
    let arrived = if done { Arrived::All } else { Arrived::Some };
    let conditions =
        json!([available_condition(cx, deployment, available), progress(cx, deployment, new, &arrived)]);
    set(&mut status, "conditions", conditions);
    status
}

/// Whether all pods are the new ones, and ready.
enum Arrived {
    All,
    Some,
}

fn available_condition(cx: Cx<'_>, deployment: &Value, available: i64) -> Value {
    let wanted = number(deployment, "spec.replicas").unwrap_or(1);
    let enough = available >= wanted - rollout::unavailable(deployment);
    let (reason, message) = if enough {
        ("MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    updated_condition(cx, deployment, &Said { sort: "Available", holds: enough, reason, message })
}

fn progress(cx: Cx<'_>, deployment: &Value, new: Option<&Value>, arrived: &Arrived) -> Value {
    let name = new.map(|set| text(set, "metadata.name"));
    let (reason, message) = match (name, arrived) {
        _ if flag(deployment, "spec.paused") => ("DeploymentPaused", "Deployment is paused".to_owned()),
        (Some(name), Arrived::All) => {
            ("NewReplicaSetAvailable", format!("ReplicaSet \"{name}\" has successfully progressed."))
        }
        (Some(name), Arrived::Some) => {
            ("ReplicaSetUpdated", format!("ReplicaSet \"{name}\" is progressing."))
        }
        (None, _) => ("NewReplicaSetCreated", "Created new replica set".to_owned()),
    };
    updated_condition(cx, deployment, &Said { sort: "Progressing", holds: true, reason, message: &message })
}
