//! Claims and volumes: bound to one another, made where none fits, kept while in use.

use serde_json::{Value, json};

use super::{
    object::{fits, is_going, labels},
    pod::claims,
    view::{Cx, Key, Write},
};
use crate::sandbox::kinds::value::{at, items, set, text};

const PROVISIONER: &str = "volumes.sandbox.obsctl.dev";
const CLAIM_FINALIZER: &str = "kubernetes.io/pvc-protection";
const VOLUME_FINALIZER: &str = "kubernetes.io/pv-protection";

/// Binds a claim to a volume, made for it where none fits.
pub(super) fn sync(cx: Cx<'_>, claim: &Value) -> Vec<Write> {
    if is_going(claim) || text(claim, "status.phase") == "Bound" {
        return Vec::new();
    }
    let volume = cx.view.list("", "PersistentVolume", "").into_iter().find(|volume| suits(volume, claim));
    match volume {
        None if at(claim, "spec.storageClassName").and_then(Value::as_str) == Some("") => Vec::new(),
        None => vec![Write::create(made(claim)).by("sandbox-provisioner")],
        Some(volume) => bound(claim, volume),
    }
}

/// Whether the volume is this claim's, or free and as it asks.
fn suits(volume: &Value, claim: &Value) -> bool {
    if is_going(volume) {
        return false;
    }
    let names = |path: &str| at(claim, path).and_then(Value::as_str).unwrap_or_default();
    if text(volume, "spec.claimRef.name") == names("metadata.name")
        && text(volume, "spec.claimRef.namespace") == names("metadata.namespace")
    {
        let uid = text(volume, "spec.claimRef.uid");
        return uid.is_empty() || uid == names("metadata.uid");
    }
    let wished = names("spec.volumeName");
    if !wished.is_empty() {
        return wished == text(volume, "metadata.name") && at(volume, "spec.claimRef").is_none();
    }
    at(volume, "spec.claimRef").is_none()
        && text(volume, "spec.storageClassName") == names("spec.storageClassName")
        && at(volume, "spec.volumeMode") == at(claim, "spec.volumeMode")
        && items(claim, "spec.accessModes")
            .iter()
            .all(|mode| items(volume, "spec.accessModes").contains(mode))
        && at(claim, "spec.selector").is_none_or(|selector| fits(selector, labels(volume)))
        && is_large_enough(volume, claim)
}

fn is_large_enough(volume: &Value, claim: &Value) -> bool {
    let amount = |object, path| at(object, path).and_then(crate::sandbox::kinds::amount);
    amount(volume, "spec.capacity.storage") >= amount(claim, "spec.resources.requests.storage")
}

fn made(claim: &Value) -> Value {
    let name = format!("pvc-{}", text(claim, "metadata.uid"));
    let mut volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": PROVISIONER}},
        "spec": {
            "accessModes": items(claim, "spec.accessModes"),
            "capacity": {"storage": at(claim, "spec.resources.requests.storage").cloned().unwrap_or_default()},
            "claimRef": reference(claim),
            "persistentVolumeReclaimPolicy": "Delete",
            "csi": {"driver": PROVISIONER, "volumeHandle": name},
        },
    });
    for field in ["storageClassName", "volumeMode"] {
        if let Some(value) = at(claim, "spec").and_then(|spec| spec.get(field)).cloned() {
            set(&mut volume, &format!("spec.{field}"), value);
        }
    }
    volume
}

fn reference(claim: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "name": text(claim, "metadata.name"), "namespace": text(claim, "metadata.namespace"),
        "uid": text(claim, "metadata.uid"),
    })
}

/// The two name each other; the claim says so in its status once it does in its spec.
fn bound(claim: &Value, volume: &Value) -> Vec<Write> {
    let mut writes = Vec::new();
    if text(volume, "spec.claimRef.uid") != text(claim, "metadata.uid") {
        let mut volume = volume.clone();
        set(&mut volume, "spec.claimRef", reference(claim));
        writes.push(Write::update(volume));
    }
    let name = text(volume, "metadata.name");
    if text(claim, "spec.volumeName") != name {
        let mut claim = claim.clone();
        set(&mut claim, "spec.volumeName", name);
        let mut notes =
            at(&claim, "metadata.annotations").and_then(Value::as_object).cloned().unwrap_or_default();
        for key in ["pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller"] {
            notes.insert(key.to_owned(), Value::from("yes"));
        }
        set(&mut claim, "metadata.annotations", notes);
        writes.push(Write::update(claim));
        return writes;
    }
    let status = json!({
        "phase": "Bound", "accessModes": items(volume, "spec.accessModes"),
        "capacity": at(volume, "spec.capacity").cloned().unwrap_or_default(),
    });
    writes.extend(Write::status(claim, status));
    writes
}

/// The phase of a volume follows from its claim.
pub(super) fn sync_volume(cx: Cx<'_>, volume: &Value) -> Vec<Write> {
    let claim = at(volume, "spec.claimRef")
        .map(|claim| Key::new("", "PersistentVolumeClaim", text(claim, "namespace"), text(claim, "name")));
    let held = claim.as_ref().and_then(|key| cx.view.get(key));
    let uid = text(volume, "spec.claimRef.uid");
    let phase = match (&claim, held) {
        (None, _) => "Available",
        (Some(_), Some(claim)) if uid.is_empty() || text(claim, "metadata.uid") == uid => {
            if text(claim, "spec.volumeName") == text(volume, "metadata.name") {
                "Bound"
            } else {
                "Available"
            }
        }
        (Some(_), _) if uid.is_empty() => "Available",
        (Some(_), _) if text(volume, "spec.persistentVolumeReclaimPolicy") == "Delete" => {
            return vec![Write::delete(volume)];
        }
        (Some(_), _) => "Released",
    };
    if text(volume, "status.phase") == phase {
        return Vec::new();
    }
    let status = json!({"phase": phase, "lastPhaseTransitionTime": cx.now});
    Write::status(volume, status).into_iter().collect()
}

/// Lets a claim or a volume go that nothing uses any more.
pub(super) fn release(cx: Cx<'_>, object: &Value) -> Vec<Write> {
    let (name, namespace) = (text(object, "metadata.name"), text(object, "metadata.namespace"));
    let (finalizer, used) = if text(object, "kind") == "PersistentVolumeClaim" {
        let pods = cx.view.list("", "Pod", namespace);
        (CLAIM_FINALIZER, pods.iter().any(|pod| claims(pod).any(|claim| claim == name)))
    } else {
        (VOLUME_FINALIZER, text(object, "status.phase") == "Bound" && is_claimed(cx, object))
    };
    if used || !items(object, "metadata.finalizers").contains(&json!(finalizer)) {
        return Vec::new();
    }
    vec![Write::update(super::garbage::without_finalizer(object, finalizer))]
}

fn is_claimed(cx: Cx<'_>, volume: &Value) -> bool {
    let reference = at(volume, "spec.claimRef").unwrap_or(&Value::Null);
    let key = Key::new("", "PersistentVolumeClaim", text(reference, "namespace"), text(reference, "name"));
    cx.view.get(&key).is_some_and(|claim| text(claim, "metadata.uid") == text(reference, "uid"))
}
