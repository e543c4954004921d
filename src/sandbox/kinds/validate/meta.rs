//! What all objects have: name, labels, owners, finalizers.

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::said,
    selector, words,
};
use crate::model::Gvk;
use crate::sandbox::kinds::value::{at, flag, items, remove, text};

type Words = fn(&str) -> Vec<String>;

/// Names that finalizers may have without a domain.
const PLAIN_FINALIZERS: [&str; 3] = ["foregroundDeletion", "orphan", "kubernetes"];

/// What the metadata of a new object break.
pub(super) fn check(object: &Value, gvk: &Gvk, causes: &mut Causes) {
    let Some(metadata) = object.get("metadata") else { return };
    let path = Path::root("metadata");
    name(metadata, gvk, &path, causes);
    let template = at(object, "spec.template.metadata.labels");
    if gvk.kind == "Job" && template.is_some() && metadata.get("labels") == template {
        // Labels that came from the template are looked at there.
        let mut metadata = metadata.clone();
        remove(&mut metadata, "labels");
        return common(&metadata, &path, causes);
    }
    common(metadata, &path, causes);
}

fn name(metadata: &Value, gvk: &Gvk, path: &Path, causes: &mut Causes) {
    let (name, base) = (text(metadata, "name"), text(metadata, "generateName"));
    let format = name_format(gvk);
    if !base.is_empty() {
        // What follows the dash is not there yet.
        let masked = match base.strip_suffix('-') {
            Some(rest) => format!("{rest}a"),
            None => base.to_owned(),
        };
        for words in format(&masked) {
            causes.invalid(&path.child("generateName"), &Value::from(base), &words);
        }
    }
    if name.is_empty() {
        causes.required(&path.child("name"), "name or generateName is required");
    } else {
        said(name, format, &path.child("name"), causes);
    }
}

fn name_format(gvk: &Gvk) -> Words {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("rbac.authorization.k8s.io" | "apiregistration.k8s.io", _) => words::path_segment,
        ("", "Namespace" | "Service") | ("apps", "StatefulSet") => words::label,
        // Nobody asks.
        ("" | "events.k8s.io", "Event") | ("policy", "PodDisruptionBudget") => |_| Vec::new(),
        _ => words::subdomain,
    }
}

/// Labels, annotations, owners and finalizers of a new object.
fn common(metadata: &Value, path: &Path, causes: &mut Causes) {
    labels_and_owners(metadata, path, causes);
    finalizers(metadata, &path.child("finalizers"), causes);
}

fn labels_and_owners(metadata: &Value, path: &Path, causes: &mut Causes) {
    if let Some(labels) = metadata.get("labels") {
        selector::labels(labels, &path.child("labels"), causes);
    }
    if let Some(annotations) = metadata.get("annotations") {
        selector::annotations(annotations, &path.child("annotations"), causes);
    }
    owners(metadata, &path.child("ownerReferences"), causes);
}

fn owners(metadata: &Value, path: &Path, causes: &mut Causes) {
    let owners = items(metadata, "ownerReferences");
    for owner in owners {
        let version = text(owner, "apiVersion");
        if version.rsplit('/').next().is_none_or(str::is_empty) {
            causes.invalid(&path.child("apiVersion"), &json!(version), "version must not be empty");
        }
        for key in ["kind", "name", "uid"] {
            if text(owner, key).is_empty() {
                causes.invalid(&path.child(key), &json!(""), "must not be empty");
            }
        }
        if version == "v1" && text(owner, "kind") == "Event" {
            causes.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner");
        }
    }
    let mut controllers = owners.iter().filter(|owner| flag(owner, "controller"));
    if let (Some(first), Some(second)) = (controllers.next(), controllers.next()) {
        let named = |owner| format!("{}/{}", text(owner, "kind"), text(owner, "name"));
        let words = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
            named(first),
            named(second),
        );
        causes.invalid(path, &json!(owners), &words);
    }
}

fn finalizers(metadata: &Value, path: &Path, causes: &mut Causes) {
    let finalizers = items(metadata, "finalizers");
    for (at, finalizer) in finalizers.iter().enumerate() {
        let name = finalizer.as_str().unwrap_or_default();
        for words in words::qualified(name) {
            causes.invalid(path, finalizer, &words);
        }
        finalizer_name(name, &path.index(at), causes);
    }
    if ["orphan", "foregroundDeletion"].iter().all(|name| finalizers.contains(&json!(name))) {
        causes.invalid(
            path,
            &json!(finalizers),
            "finalizer orphan and foregroundDeletion cannot be both set",
        );
    }
}

/// A finalizer belongs to the server or to a domain.
pub(super) fn finalizer_name(name: &str, path: &Path, causes: &mut Causes) {
    if !name.contains('/') && !PLAIN_FINALIZERS.contains(&name) {
        let words = "name is neither a standard finalizer name nor is it fully qualified";
        causes.invalid(path, &json!(name), words);
    }
}

/// The metadata that an update may not change.
pub(super) fn check_update(old: &Value, new: &Value, gvk: &Gvk, causes: &mut Causes) {
    let path = Path::root("metadata");
    for key in ["name", "namespace"] {
        let place = format!("metadata.{key}");
        let (was, is) = (at(old, &place), at(new, &place));
        if is.is_some() && was != is {
            causes.invalid(&path.child(key), is.unwrap_or(&Value::Null), "field is immutable");
        }
    }
    let Some(metadata) = new.get("metadata") else { return };
    let (was, is) = (at(old, "metadata.deletionTimestamp"), metadata.get("deletionTimestamp"));
    if was != is {
        for _ in 0..2 {
            causes.invalid(
                &path.child("deletionTimestamp"),
                is.unwrap_or(&Value::Null),
                "field is immutable",
            );
        }
    }
    let (labels, names) = repeats(gvk);
    for _ in 0..labels {
        labels_and_owners(metadata, &path, causes);
    }
    for _ in 0..names {
        finalizers(metadata, &path.child("finalizers"), causes);
    }
}

/// How often the server looks at labels and at finalizers in an update, and says so.
fn repeats(gvk: &Gvk) -> (usize, usize) {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("policy", "PodDisruptionBudget") => (2, 0),
        ("coordination.k8s.io" | "apiextensions.k8s.io" | "admissionregistration.k8s.io", _) => (3, 0),
        ("apiregistration.k8s.io", _) => (4, 0),
        ("", "LimitRange" | "ResourceQuota" | "Service") => (3, 1),
        ("" | "rbac.authorization.k8s.io" | "storage.k8s.io", _)
        | ("networking.k8s.io", "Ingress" | "IngressClass")
        | ("batch", "Job") => (4, 2),
        _ => (3, 1),
    }
}
