//! Rules of the kinds without a family.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    meta::finalizer_name,
    object::{Causes, Path},
    resources::{resource_amount, resource_name},
    rules::said,
    words,
};
use crate::sandbox::kinds::{
    amount,
    value::{at, items, text},
};

/// More than this in a ConfigMap or Secret is refused.
const MOST_DATA: usize = 1024 * 1024;

/// A ConfigMap.
pub(super) fn config_map(object: &Value, causes: &mut Causes) {
    let entries = |field: &str| object.get(field).and_then(Value::as_object).into_iter().flatten();
    let mut size = 0;
    for (key, value) in entries("data") {
        let path = Path::root("data").key(key);
        said(key, words::config_key, &path, causes);
        if object.get("binaryData").is_some_and(|binary| binary.get(key).is_some()) {
            causes.invalid(&path, &json!(key), "duplicate of key present in binaryData");
        }
        size += value.as_str().map_or(0, str::len);
    }
    for (key, value) in entries("binaryData") {
        said(key, words::config_key, &Path::root("binaryData").key(key), causes);
        size += value.as_str().map_or(0, |text| text.len() / 4 * 3);
    }
    if size > MOST_DATA {
        causes.too_long(&Path::object(), MOST_DATA);
    }
}

/// A Secret.
pub(super) fn secret(object: &Value, causes: &mut Causes) {
    let mut size = 0;
    for (key, value) in object.get("data").and_then(Value::as_object).into_iter().flatten() {
        said(key, words::config_key, &Path::root("data").key(key), causes);
        size += value.as_str().map_or(0, |text| text.len() / 4 * 3);
    }
    if size > MOST_DATA {
        causes.too_long(&Path::root("data"), MOST_DATA);
    }
    let wants = |keys: &[&str], causes: &mut Causes| {
        for key in keys {
            if object.get("data").is_none_or(|data| data.get(*key).is_none()) {
                causes.required(&Path::root("data").key(key), "");
            }
        }
    };
    match text(object, "type") {
        "kubernetes.io/service-account-token" => {
            let annotations = at(object, "metadata.annotations");
            let name = annotations.and_then(|it| it.get("kubernetes.io/service-account.name"));
            if name.and_then(Value::as_str).unwrap_or_default().is_empty() {
                let path = Path::root("metadata.annotations").key("kubernetes.io/service-account.name");
                causes.required(&path, "");
            }
        }
        "kubernetes.io/dockercfg" => docker(object, ".dockercfg", causes),
        "kubernetes.io/dockerconfigjson" => docker(object, ".dockerconfigjson", causes),
        "kubernetes.io/tls" => wants(&["tls.crt", "tls.key"], causes),
        "kubernetes.io/basic-auth" => {
            let has = |key: &str| object.get("data").is_some_and(|data| data.get(key).is_some());
            if !has("username") && !has("password") {
                wants(&["username", "password"], causes);
            }
        }
        "kubernetes.io/ssh-auth" => {
            let key = object.get("data").and_then(|data| data.get("ssh-privatekey"));
            if key.and_then(Value::as_str).unwrap_or_default().is_empty() {
                causes.required(&Path::root("data").key("ssh-privatekey"), "");
            }
        }
        _ => {}
    }
}

fn docker(object: &Value, key: &str, causes: &mut Causes) {
    let path = Path::root("data").key(key);
    let Some(encoded) = object.get("data").and_then(|data| data.get(key)).and_then(Value::as_str) else {
        causes.required(&path, "");
        return;
    };
    let bytes = STANDARD.decode(encoded).unwrap_or_default();
    if serde_json::from_slice::<Value>(&bytes).is_err() {
        // The words of another parser cannot be had; the value is never shown.
        causes.invalid(&path, &json!("<secret contents redacted>"), "invalid JSON");
    }
}

/// A Namespace.
pub(super) fn namespace(object: &Value, causes: &mut Causes) {
    for finalizer in items(object, "spec.finalizers").iter().filter_map(Value::as_str) {
        said(finalizer, words::qualified, &Path::root("spec.finalizers"), causes);
        finalizer_name(finalizer, &Path::root("spec.finalizers"), causes);
    }
}

/// An Event stands in the namespace of what it is about.
pub(super) fn event(object: &Value, causes: &mut Causes) {
    let own = text(object, "metadata.namespace");
    let about = text(object, "involvedObject.namespace");
    let fits = about == own || about.is_empty() && matches!(own, "" | "default");
    if !fits {
        let path = Path::root("involvedObject.namespace");
        causes.invalid(&path, &json!(about), "does not match event.namespace");
    }
}

/// A Lease.
pub(super) fn lease(object: &Value, causes: &mut Causes) {
    if let Some(seconds) =
        at(object, "spec.leaseDurationSeconds").filter(|it| it.as_i64().is_some_and(|n| n <= 0))
    {
        causes.invalid(&Path::root("spec.leaseDurationSeconds"), seconds, "must be greater than 0");
    }
    if let Some(count) = at(object, "spec.leaseTransitions").filter(|it| it.as_i64().is_some_and(|n| n < 0)) {
        causes.invalid(&Path::root("spec.leaseTransitions"), count, "must be greater than or equal to 0");
    }
}

const OF_QUOTAS: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
];
const COUNTED: &[&str] = &[
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
];
const SCOPES: &[&str] = &[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];

/// A ResourceQuota.
pub(super) fn quota(object: &Value, causes: &mut Causes) {
    for (name, value) in at(object, "spec.hard").and_then(Value::as_object).into_iter().flatten() {
        let path = Path::root("spec.hard").key(name);
        resource_name(name, &path, causes);
        let known = OF_QUOTAS.contains(&name.as_str()) || name.contains("hugepages-");
        if !name.contains('/') && !known {
            causes.invalid(&path, &json!(name), "must be a standard resource for quota");
        }
        resource_amount(name, value, &path, causes);
        if COUNTED.contains(&name.as_str()) && amount(value).is_some_and(|nanos| nanos % 1_000_000_000 != 0) {
            causes.invalid(&path, value, "must be an integer");
        }
    }
    let scopes = items(object, "spec.scopes");
    let path = Path::root("spec.scopes");
    if scopes.iter().filter_map(Value::as_str).any(|scope| !SCOPES.contains(&scope)) {
        causes.invalid(&path, &json!(scopes), "unsupported scope");
    }
    for pair in [["Terminating", "NotTerminating"], ["BestEffort", "NotBestEffort"]] {
        if pair.iter().all(|scope| scopes.contains(&json!(scope))) {
            causes.invalid(&path, &json!(scopes), "conflicting scopes");
        }
    }
}
