//! Fields that the API server does not let change, and how to change them all the same.

use crate::model::{ObjectId, Propagation, Refusal};

/// Kinds with the fields that cannot change, as the server's causes begin.
const TABLE: &[(&str, &str, &[&str])] = &[
    ("apps", "StatefulSet", &["spec"]),
    ("apps", "Deployment", &["spec.selector"]),
    ("apps", "DaemonSet", &["spec.selector"]),
    ("apps", "ReplicaSet", &["spec.selector"]),
    ("batch", "Job", &["spec.template", "spec.selector", "spec.completions", "spec.completionMode"]),
    ("", "Service", &["spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies"]),
    ("", "PersistentVolumeClaim", &["spec"]),
    ("", "PersistentVolume", &["spec"]),
    ("", "ConfigMap", &["data", "binaryData", "immutable"]),
    ("", "Secret", &["data", "stringData", "immutable", "type"]),
    ("", "Pod", &["spec"]),
    ("rbac.authorization.k8s.io", "RoleBinding", &["roleRef"]),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", &["roleRef"]),
    ("storage.k8s.io", "StorageClass", &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]),
    ("apiextensions.k8s.io", "CustomResourceDefinition", &["spec.scope", "spec.group", "spec.names"]),
    ("networking.k8s.io", "IngressClass", &["spec.controller"]),
    ("scheduling.k8s.io", "PriorityClass", &["value", "preemptionPolicy"]),
    ("policy", "PodDisruptionBudget", &["spec"]),
];

/// Words by which the server says that a field cannot change.
const WORDS: &[&str] = &[
    "field is immutable",
    "is immutable",
    "cannot change roleref",
    "may not change once set",
    "updates to",
    "may not be changed",
    "may not be updated",
    "cannot be changed",
    "are forbidden",
    "pod updates may not change",
];

/// What a 422 says about the object's identity or its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The object is another one than it was: somebody made it anew.
    Stale,
    /// These fields cannot change.
    Immutable(Vec<String>),
    /// Something else is wrong.
    Other,
}

/// Reads a refusal; a generic 422 is never taken for an immutable field (P9).
pub(crate) fn verdict(id: &ObjectId, refusal: &Refusal) -> Verdict {
    if refusal.code != 422 && refusal.code != 403 {
        return Verdict::Other;
    }
    if refusal.causes.iter().any(|cause| cause.field == "metadata.uid")
        || refusal.message.contains("metadata.uid")
    {
        return Verdict::Stale;
    }
    if refusal.code != 422 || refusal.causes.is_empty() {
        return Verdict::Other;
    }
    let row = TABLE.iter().find(|(group, kind, _)| id.is(group, kind));
    let cannot_change = |field: &str, message: &str| {
        let message = message.to_lowercase();
        let said = WORDS.iter().any(|word| message.contains(word));
        let known = row.is_some_and(|(_, _, fields)| {
            fields.iter().any(|known| {
                field.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            })
        });
        said && (known || message.contains("immutable"))
    };
    if refusal.causes.iter().all(|cause| cannot_change(&cause.field, &cause.message)) {
        Verdict::Immutable(refusal.causes.iter().map(|cause| cause.field.clone()).collect())
    } else {
        Verdict::Other
    }
}

/// Whether an object of this kind is never deleted to change a field: its contents would be lost.
pub(crate) fn is_precious(id: &ObjectId) -> bool {
    id.is("", "Namespace")
        || id.is("", "PersistentVolumeClaim")
        || id.is("", "PersistentVolume")
        || id.is("apiextensions.k8s.io", "CustomResourceDefinition")
}

/// What becomes of dependents when an object is deleted to be made anew.
pub(crate) fn propagation(id: &ObjectId) -> Propagation {
    if id.is("apps", "StatefulSet") {
        Propagation::Orphan
    } else if id.is("batch", "Job") || id.is("apps", "Deployment") || id.is("apps", "DaemonSet") {
        Propagation::Foreground
    } else {
        Propagation::Background
    }
}

/// How to change such a field.
pub(crate) fn recipe(id: &ObjectId) -> String {
    let allow = format!(
        "allow it with policy.allowReplace: [{}] in the environment, or annotate the object obsctl.dev/replace: \"true\"",
        id.kind
    );
    match id.kind.as_str() {
        "StatefulSet" => format!(
            "the StatefulSet is deleted with its Pods kept and made anew, which then takes them over; volumes already made keep their size and class: {allow}"
        ),
        "PersistentVolumeClaim" | "PersistentVolume" => {
            "its data would be lost: make a claim of another name, copy the data, and point the workload at it".to_owned()
        }
        "CustomResourceDefinition" => {
            "deleting a definition deletes all its objects: bring the new one under another name or group".to_owned()
        }
        "Namespace" => "deleting a Namespace deletes all that stands in it: use another name".to_owned(),
        "ConfigMap" | "Secret" => format!("give it a new name and point its users at it, or {allow}"),
        _ => format!("the object is deleted and made anew: {allow}"),
    }
}
