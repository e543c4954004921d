//! The annotation of client-side apply, which `kubectl` alone is judged by.

use serde_json::Value;

use super::{
    changes::changes,
    conflict::Refused,
    core::Core,
    kind::Force,
    path::texts,
    typed::{Duplicates, check},
};
use crate::fields::{owned::fields, set::FieldSet};
use crate::model::canonical;

const KUBECTL: &str = "kubectl";
const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn annotation(object: &Value) -> Option<&str> {
    let text = object.get("metadata")?.get("annotations")?.get(ANNOTATION)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

/// Runs an apply; where `kubectl` meets conflicts on fields that its own annotation names and nobody changed since, it
/// runs again by force.
pub(super) fn with_conflicts_allowed<T>(
    manager: &str,
    live: &Value,
    core: &Core<'_, '_>,
    force: Force,
    run: &dyn Fn(Force) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let conflicts = match run(force) {
        Err(Refused::Conflicts(conflicts)) if manager == KUBECTL => conflicts,
        other => return other,
    };
    let Some(allowed) = allowed(live, core) else { return Err(Refused::Conflicts(conflicts)) };
    let allowed = texts(&allowed);
    let left: Vec<_> = conflicts.into_iter().filter(|conflict| !allowed.contains(&conflict.path)).collect();
    if left.is_empty() { run(Force::Take) } else { Err(Refused::Conflicts(left)) }
}

/// The fields of the annotation that the live object still has as it says.
fn allowed(live: &Value, core: &Core<'_, '_>) -> Option<FieldSet> {
    let last: Value = serde_json::from_str(annotation(live)?).ok()?;
    if last.get("apiVersion").and_then(Value::as_str) != Some(core.api_version) {
        return None;
    }
    let schema = core.kind.schema;
    check(&last, schema, Duplicates::Refused).ok()?;
    let found = changes(Some(&last), Some(live), schema);
    Some(fields(&last, schema).difference(&found.written()).difference(&found.removed))
}

/// An apply by `kubectl` renews the annotation where there is one.
pub(super) fn renew(manager: &str, applied: &Value, object: &mut Value) {
    if manager != KUBECTL || annotation(object).is_none() {
        return;
    }
    let mut applied = applied.clone();
    if let Some(metadata) = applied.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.shift_remove(ANNOTATION);
        }
    }
    let annotations = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    if let Some(annotations) = annotations {
        annotations.insert(ANNOTATION.to_owned(), (escaped(&canonical(&applied)) + "\n").into());
    }
}

/// JSON as the server writes it: safe to stand in HTML.
fn escaped(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}
