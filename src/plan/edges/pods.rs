//! What Pods need: ServiceAccounts, ConfigMaps, Secrets, claims.

use serde_json::Value;

use crate::model::{Body, ObjectId};

use super::{
    collect::{Edges, hard, soft},
    index::{Index, object_id},
};

/// How a Pod uses an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// As files that the kubelet keeps up to date.
    Files,
    /// As a file that stays as it was when the container started.
    FileAtStart,
    /// In the environment of a container.
    Environment,
    /// To pull images.
    Pull,
    /// As its identity.
    Account,
    /// As its storage.
    Claim,
    /// As its priority.
    Priority,
}

/// One object that a Pod uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PodReference {
    /// Group and kind of the object.
    pub(crate) kind: (&'static str, &'static str),
    /// Its name; it stands in the Pod's namespace unless it is cluster-scoped.
    pub(crate) name: String,
    /// How it is used.
    pub(crate) how: How,
    /// Whether the Pod starts without it.
    pub(crate) optional: bool,
}

/// The Pod template of an object, or a Pod itself.
pub(crate) fn pod_template(body: &Body) -> Option<&Value> {
    let template = match (body.gvk().group.as_str(), body.kind()) {
        ("", "Pod") => Some(body.tree()),
        ("batch", "CronJob") => body.at(&["spec", "jobTemplate", "spec", "template"]),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job")
        | ("", "ReplicationController") => body.at(&["spec", "template"]),
        _ => None,
    };
    template.filter(|template| template.get("spec").is_some())
}

/// All objects that Pods of a template use, sorted.
pub(crate) fn pod_references(template: &Value) -> Vec<PodReference> {
    let mut found = Vec::new();
    let Some(spec) = template.get("spec") else { return found };
    let at_start = sub_path_volumes(spec);
    for volume in list(spec, "volumes") {
        let name = text(volume, "name").unwrap_or_default();
        let how = if at_start.contains(&name) { How::FileAtStart } else { How::Files };
        volume_references(volume, how, &mut found);
    }
    for container in containers(spec) {
        container_references(container, &mut found);
    }
    for secret in list(spec, "imagePullSecrets") {
        push(&mut found, ("", "Secret"), text(secret, "name"), How::Pull);
    }
    let account = text(spec, "serviceAccountName").or_else(|| text(spec, "serviceAccount"));
    push(&mut found, ("", "ServiceAccount"), account, How::Account);
    push(&mut found, ("scheduling.k8s.io", "PriorityClass"), text(spec, "priorityClassName"), How::Priority);
    found.sort();
    found.dedup();
    found
}

fn volume_references(volume: &Value, how: How, found: &mut Vec<PodReference>) {
    reference(found, ("", "ConfigMap"), volume.get("configMap"), ("name", how));
    reference(found, ("", "Secret"), volume.get("secret"), ("secretName", how));
    let claim = volume.get("persistentVolumeClaim");
    reference(found, ("", "PersistentVolumeClaim"), claim, ("claimName", How::Claim));
    for source in volume.get("projected").map(|projected| list(projected, "sources")).unwrap_or_default() {
        reference(found, ("", "ConfigMap"), source.get("configMap"), ("name", how));
        reference(found, ("", "Secret"), source.get("secret"), ("name", how));
    }
}

fn container_references(container: &Value, found: &mut Vec<PodReference>) {
    let how = ("name", How::Environment);
    for variable in list(container, "env") {
        let from = variable.get("valueFrom");
        reference(found, ("", "ConfigMap"), from.and_then(|from| from.get("configMapKeyRef")), how);
        reference(found, ("", "Secret"), from.and_then(|from| from.get("secretKeyRef")), how);
    }
    for from in list(container, "envFrom") {
        reference(found, ("", "ConfigMap"), from.get("configMapRef"), how);
        reference(found, ("", "Secret"), from.get("secretRef"), how);
    }
}

/// Volumes of which a container mounts a `subPath`, which the kubelet never updates.
fn sub_path_volumes(spec: &Value) -> Vec<&str> {
    containers(spec)
        .flat_map(|container| list(container, "volumeMounts"))
        .filter(|mount| mount.get("subPath").is_some() || mount.get("subPathExpr").is_some())
        .filter_map(|mount| text(mount, "name"))
        .collect()
}

fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(|key| list(spec, key))
}

fn reference(
    found: &mut Vec<PodReference>,
    kind: (&'static str, &'static str),
    source: Option<&Value>,
    (key, how): (&str, How),
) {
    let Some(source) = source else { return };
    let Some(name) = text(source, key) else { return };
    let optional = source.get("optional").and_then(Value::as_bool).unwrap_or(false);
    found.push(PodReference { kind, name: name.to_owned(), how, optional });
}

fn push(found: &mut Vec<PodReference>, kind: (&'static str, &'static str), name: Option<&str>, how: How) {
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        found.push(PodReference { kind, name: name.to_owned(), how, optional: false });
    }
}

pub(super) fn list<'v>(value: &'v Value, key: &str) -> Vec<&'v Value> {
    value.get(key).and_then(Value::as_array).map(|items| items.iter().collect()).unwrap_or_default()
}

pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// Edges from an object that makes Pods to what they use.
pub(super) fn edges_of(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    storage_edges(index, id, body, edges);
    let Some(template) = pod_template(body) else { return };
    for used in pod_references(template) {
        let (group, kind) = used.kind;
        let namespace = if kind == "PriorityClass" { None } else { id.namespace.as_deref() };
        let to = object_id(group, kind, namespace, &used.name);
        let because = match used.how {
            How::Files | How::FileAtStart | How::Claim => format!("mounts {to}"),
            How::Environment => format!("reads {to} into its environment"),
            How::Pull => format!("pulls images with {to}"),
            How::Account => format!("runs as {to}"),
            How::Priority => format!("has the priority of {to}"),
        };
        let link = if used.optional { soft(because) } else { hard(because) };
        edges.need(index, id, &to, link);
    }
}

/// Edges from claims and claim templates to classes and volumes.
fn storage_edges(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    let claims: Vec<&Value> = match id.kind.as_str() {
        "PersistentVolumeClaim" | "PersistentVolume" => vec![body.tree()],
        "StatefulSet" => body.items(&["spec", "volumeClaimTemplates"]).iter().collect(),
        _ => Vec::new(),
    };
    for claim in claims {
        let named = |key: &str| claim.get("spec").and_then(|spec| text(spec, key));
        if let Some(class) = named("storageClassName") {
            let to = object_id("storage.k8s.io", "StorageClass", None, class);
            edges.need(index, id, &to, soft(format!("asks for storage of {to}")));
        }
        if let Some(volume) = named("volumeName") {
            let to = object_id("", "PersistentVolume", None, volume);
            edges.need(index, id, &to, soft(format!("binds {to}")));
        }
    }
}
