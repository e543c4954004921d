//! What follows in the cluster when a step is carried out, and what is waited for.

use std::collections::BTreeMap;

use crate::model::{ANNOTATION_WAIT, Action, Body, DesiredState, ObjectId, Propagation, Step, Wait, Write};

use super::edges::{How, object_id, pod_references, pod_template};

/// What is waited for after an object is written.
pub(crate) fn wait_of(id: &ObjectId, body: &Body) -> Wait {
    match body.annotation(ANNOTATION_WAIT) {
        Some("none") => Wait::None,
        Some("exists") => Wait::Exists,
        Some("ready") => Wait::Ready,
        // A claim may bind only with its Pod.
        _ if id.is("", "PersistentVolumeClaim") => Wait::Exists,
        _ => Wait::Ready,
    }
}

/// A workload that reads a ConfigMap or Secret.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    id: ObjectId,
    how: How,
    reloads: bool,
}

/// The readers of each ConfigMap and Secret.
pub(crate) type Readers = BTreeMap<ObjectId, Vec<Reader>>;

/// Who reads a ConfigMap or Secret, and how.
pub(crate) fn readers(desired: &DesiredState) -> Readers {
    let mut readers = Readers::new();
    for (id, wanted) in &desired.objects {
        let Some(template) = pod_template(&wanted.body) else { continue };
        let reloads = has_reloader(template);
        for used in pod_references(template) {
            if matches!(used.how, How::Files | How::FileAtStart | How::Environment) {
                let (group, kind) = used.kind;
                let to = object_id(group, kind, id.namespace.as_deref(), &used.name);
                readers.entry(to).or_default().push(Reader { id: id.clone(), how: used.how, reloads });
            }
        }
    }
    readers
}

/// Whether a container beside the others reloads configuration.
fn has_reloader(template: &serde_json::Value) -> bool {
    let containers = template.pointer("/spec/containers").and_then(serde_json::Value::as_array);
    containers.into_iter().flatten().any(|container| {
        let image = container.get("image").and_then(serde_json::Value::as_str).unwrap_or_default();
        image.contains("reload") || image.contains("k8s-sidecar")
    })
}

/// What follows when a step is carried out, in words.
pub(crate) fn effects(step: &Step, readers: &Readers, restarted: &dyn Fn(&ObjectId) -> bool) -> Vec<String> {
    let mut effects = Vec::new();
    if restarts(step) {
        effects.push(format!("restarts {}", step.object));
    }
    if step.action == Action::Replace {
        let orphans = matches!(step.write, Write::Replace { propagation: Propagation::Orphan, .. });
        let kept = if orphans { "; its Pods are kept" } else { "" };
        effects.push(format!("deletes {} and makes it anew{kept}", step.object));
    }
    let content = |change: &&crate::model::FieldChange| {
        ["data", "binaryData"].iter().any(|key| change.path.starts_with(&[key]))
    };
    let changes =
        step.fields.iter().filter(content).any(|change| change.values.before != change.values.after);
    if step.action != Action::Create && changes {
        let affected = readers.get(&step.object).into_iter().flatten();
        effects.extend(affected.filter(|reader| !restarted(&reader.id)).map(told));
    }
    effects
}

fn told(reader: &Reader) -> String {
    let id = &reader.id;
    match (reader.how, reader.reloads) {
        (How::Files, true) => format!("{id} reads it: reloads within about a minute"),
        (How::Files, false) => {
            format!(
                "{id} reads it: its files follow within about a minute, the program needs a reload or restart"
            )
        }
        _ => format!("{id} reads it when it starts: needs a restart"),
    }
}

/// Whether a step changes the Pod template of a running workload.
pub(crate) fn restarts(step: &Step) -> bool {
    let workload = matches!(step.object.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet");
    let template = |change: &crate::model::FieldChange| {
        change.path.starts_with(&["spec", "template"]) && change.values.before != change.values.after
    };
    workload && !matches!(step.action, Action::Create) && step.fields.iter().any(template)
}
