//! What an update may not change.

use serde_json::{Map, Value, json};

use super::object::{Causes, Path};
use crate::model::Gvk;
use crate::sandbox::kinds::{
    amount,
    value::{at, flag, items, items_mut, remove, set, text},
};

const SAME: &str = "field is immutable";

/// What the change from `old` to `new` breaks.
pub(super) fn check(old: &Value, new: &Value, gvk: &Gvk, causes: &mut Causes) {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "ConfigMap") => frozen(old, new, causes),
        ("", "Secret") => {
            same(old, new, &["type"], causes);
            frozen(old, new, causes);
        }
        ("", "Service") => service(old, new, causes),
        ("", "Pod") => pod(old, new, causes),
        ("", "PersistentVolumeClaim") => claim(old, new, causes),
        ("", "ResourceQuota") => same(old, new, &["spec.scopes"], causes),
        ("", "PersistentVolume") => volume(old, new, causes),
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => same(old, new, &["spec.selector"], causes),
        ("apps", "StatefulSet") => stateful_set(old, new, causes),
        ("apps", "ControllerRevision") => same(old, new, &["data"], causes),
        ("batch", "Job") => job(old, new, causes),
        ("discovery.k8s.io", "EndpointSlice") => same(old, new, &["addressType"], causes),
        ("networking.k8s.io", "IngressClass") => same(old, new, &["spec.controller"], causes),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => role_ref(old, new, causes),
        ("scheduling.k8s.io", "PriorityClass") => priority_class(old, new, causes),
        ("storage.k8s.io", "StorageClass") => storage_class(old, new, causes),
        ("node.k8s.io", "RuntimeClass") => same(old, new, &["handler"], causes),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            same(old, new, &["spec.group", "spec.scope", "spec.names.kind", "spec.names.plural"], causes);
        }
        _ => {}
    }
}

fn same(old: &Value, new: &Value, fields: &[&str], causes: &mut Causes) {
    for field in fields {
        if at(old, field) != at(new, field) {
            let shown = at(new, field).cloned().unwrap_or_default();
            causes.invalid(&Path::root(field), &shown, SAME);
        }
    }
}

/// A ConfigMap or Secret that was marked immutable stays as it is.
fn frozen(old: &Value, new: &Value, causes: &mut Causes) {
    if !flag(old, "immutable") {
        return;
    }
    let words = "field is immutable when `immutable` is set";
    if !flag(new, "immutable") {
        causes.forbidden(&Path::root("immutable"), words);
    }
    for field in ["data", "binaryData"] {
        if at(old, field) != at(new, field) {
            causes.forbidden(&Path::root(field), words);
        }
    }
}

fn service(old: &Value, new: &Value, causes: &mut Causes) {
    let kept = [text(old, "spec.type"), text(new, "spec.type")].iter().all(|sort| *sort != "ExternalName");
    let was = at(old, "spec.clusterIPs");
    if kept && was.is_some() && was != at(new, "spec.clusterIPs") {
        let shown = at(new, "spec.clusterIPs").cloned().unwrap_or_default();
        causes.invalid(&Path::root("spec.clusterIPs").index(0), &shown, "may not change once set");
    }
    let balanced = [old, new].iter().all(|object| text(object, "spec.type") == "LoadBalancer");
    let (was, is) = (at(old, "spec.loadBalancerClass"), at(new, "spec.loadBalancerClass"));
    if balanced && was != is {
        let shown = is.cloned().unwrap_or_default();
        causes.invalid(&Path::root("spec.loadBalancerClass"), &shown, "may not change once set");
    }
}

fn role_ref(old: &Value, new: &Value, causes: &mut Causes) {
    if at(old, "roleRef") != at(new, "roleRef") {
        let of = |key: &str| text(new, &format!("roleRef.{key}")).to_owned();
        let shown = json!({"APIGroup": of("apiGroup"), "Kind": of("kind"), "Name": of("name")});
        causes.invalid(&Path::root("roleRef"), &shown, "cannot change roleRef");
    }
}

fn priority_class(old: &Value, new: &Value, causes: &mut Causes) {
    if at(old, "value") != at(new, "value") {
        causes.forbidden(&Path::root("value"), "may not be changed in an update.");
    }
    same(old, new, &["preemptionPolicy"], causes);
}

fn storage_class(old: &Value, new: &Value, causes: &mut Causes) {
    same(old, new, &["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"], causes);
}

const STATEFUL: &[&str] = &[
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

fn stateful_set(old: &Value, new: &Value, causes: &mut Causes) {
    let rest = |object: &Value| {
        let spec = object.get("spec").and_then(Value::as_object).cloned().unwrap_or_default();
        let kept = spec.into_iter().filter(|(key, _)| !STATEFUL.contains(&key.as_str()));
        let mut kept: Map<String, Value> = kept.collect();
        for template in
            kept.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut).into_iter().flatten()
        {
            remove(template, "status");
        }
        kept
    };
    if rest(old) != rest(new) {
        causes.forbidden(
            &Path::root("spec"),
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        );
    }
}

fn job(old: &Value, new: &Value, causes: &mut Causes) {
    let suspended = flag(old, "spec.suspend") && at(old, "status.startTime").is_none();
    let mut fields = vec![
        "spec.completions",
        "spec.selector",
        "spec.completionMode",
        "spec.podFailurePolicy",
        "spec.backoffLimitPerIndex",
        "spec.managedBy",
    ];
    if text(old, "spec.completionMode") == "Indexed" {
        fields.retain(|field| *field != "spec.completions");
    }
    if !suspended {
        fields.insert(2, "spec.template");
    }
    same(old, new, &fields, causes);
}

/// The server adds a picture of the difference, in the words of its own types.
const FIXED_CLAIM: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

fn claim(old: &Value, new: &Value, causes: &mut Causes) {
    let fixed = |object: &Value| {
        let mut spec = object.get("spec").cloned().unwrap_or_default();
        remove(&mut spec, "resources");
        remove(&mut spec, "volumeAttributesClassName");
        spec
    };
    let (mut was, is) = (fixed(old), fixed(new));
    // A volume may be named once.
    if at(&was, "volumeName").is_none()
        && let Some(name) = at(&is, "volumeName").cloned()
    {
        set(&mut was, "volumeName", name);
    }
    let room = |object: &Value| at(object, "spec.resources.requests.storage").and_then(amount);
    let bound = text(old, "status.phase") == "Bound";
    if was != is || !bound && room(new) != room(old) {
        causes.forbidden(&Path::root("spec"), FIXED_CLAIM);
    }
    if bound && room(new) < room(old) {
        let here = Path::root("spec.resources.requests.storage");
        causes.forbidden(&here, "field can not be less than status.capacity");
    }
    volume_mode(old, new, causes);
}

fn volume(old: &Value, new: &Value, causes: &mut Causes) {
    let source = |object: &Value| {
        let mut spec = object.get("spec").cloned().unwrap_or_default();
        for field in [
            "capacity",
            "accessModes",
            "claimRef",
            "persistentVolumeReclaimPolicy",
            "storageClassName",
            "mountOptions",
            "nodeAffinity",
            "volumeAttributesClassName",
            "volumeMode",
        ] {
            remove(&mut spec, field);
        }
        spec
    };
    if source(old) != source(new) {
        causes.forbidden(
            &Path::root("spec.persistentvolumesource"),
            "spec.persistentvolumesource is immutable after creation",
        );
    }
    volume_mode(old, new, causes);
}

/// The server's path begins in the spec.
fn volume_mode(old: &Value, new: &Value, causes: &mut Causes) {
    if at(old, "spec.volumeMode") != at(new, "spec.volumeMode") {
        let shown = at(new, "spec.volumeMode").cloned().unwrap_or_default();
        causes.invalid(&Path::root("volumeMode"), &shown, SAME);
    }
}

fn words_of(list: &str) -> &'static str {
    if list == "containers" { "containers" } else { "init containers" }
}

/// Few fields of a pod may change once it is made.
fn pod(old: &Value, new: &Value, causes: &mut Causes) {
    let fixed = |object: &Value| {
        let mut spec = object.get("spec").cloned().unwrap_or_default();
        for list in ["containers", "initContainers"] {
            for container in items_mut(&mut spec, list) {
                remove(container, "image");
            }
        }
        for field in
            ["activeDeadlineSeconds", "tolerations", "schedulingGates", "nodeName", "ephemeralContainers"]
        {
            remove(&mut spec, field);
        }
        spec
    };
    for list in ["containers", "initContainers"] {
        let count = |object: &Value| items(object, &format!("spec.{list}")).len();
        if count(old) != count(new) {
            causes.forbidden(
                &Path::root("spec").child(list),
                &format!("pod updates may not add or remove {}", words_of(list)),
            );
            return;
        }
    }
    if fixed(old) != fixed(new) {
        causes.forbidden(
            &Path::root("spec"),
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        );
    }
}
