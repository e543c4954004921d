//! What every object of a target gets: a namespace, labels, folded Secrets.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::scope::Scopes;
use crate::model::{
    ANNOTATION_SHARED, Body, FIELD_MANAGER, Finding, LABEL_ENVIRONMENT, LABEL_MANAGED_BY, LABEL_STACK,
    Origin, Problem, Severity, Target,
};

/// Gives each object its namespace and labels, and folds `stringData` into `data` (rules 3, 4).
pub(super) fn stamp(
    objects: &mut [(Body, Origin)],
    target: &Target,
    scopes: &Scopes,
    problems: &mut Vec<Problem>,
    findings: &mut Vec<Finding>,
) {
    let selected = selected_managers(objects);
    for (body, origin) in objects {
        let namespaced = scopes.namespaced(&body.gvk());
        if !namespaced && body.text(&["metadata", "namespace"]).is_some() {
            findings.push(pointless_namespace(body, origin));
        }
        if namespaced && target.namespace.is_none() && body.text(&["metadata", "namespace"]).is_none() {
            problems.push(
                Problem::new(origin.place.clone(), format!("{} has no namespace", body.id()))
                    .help("write `spec.namespace` in stack.yaml, or `metadata.namespace` here"),
            );
        }
        let shared = is_shared(body);
        let Some(tree) = body.tree_mut().as_object_mut() else { continue };
        tree.shift_remove("status");
        let Some(metadata) = map_of(tree, "metadata") else { continue };
        if metadata.get("creationTimestamp").is_some_and(Value::is_null) {
            metadata.shift_remove("creationTimestamp");
        }
        match (namespaced, &target.namespace) {
            (true, Some(namespace)) => {
                metadata.entry("namespace").or_insert_with(|| json!(namespace));
            }
            (true, None) => {}
            (false, _) => {
                metadata.shift_remove("namespace");
            }
        }
        let Some(labels) = map_of(metadata, "labels") else { continue };
        label_managed(labels, &selected);
        if !shared {
            labels.insert(LABEL_STACK.to_owned(), json!(target.id.stack));
            labels.insert(LABEL_ENVIRONMENT.to_owned(), json!(target.id.environment));
        }
        if body.is_secret() {
            fold(body, origin, problems);
        }
    }
}

/// Whether several targets may declare the object (rules 4).
fn is_shared(body: &Body) -> bool {
    body.kind() == "Namespace" && body.api_version() == "v1"
        || body.annotation(ANNOTATION_SHARED) == Some("true")
}

fn pointless_namespace(body: &Body, origin: &Origin) -> Finding {
    Finding {
        id: "namespace-of-cluster-scoped",
        severity: Severity::Info,
        object: Some(body.id().to_string()),
        place: Some(origin.place.clone()),
        message: format!("a {} stands in no namespace: `metadata.namespace` is left out", body.kind()),
        fix: None,
    }
}

/// The map below `key`, made where there is none.
fn map_of<'a>(map: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    let value = map.entry(key).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut()
}

fn label_managed(labels: &mut Map<String, Value>, selected: &BTreeSet<String>) {
    let kept =
        labels.get(LABEL_MANAGED_BY).and_then(Value::as_str).is_some_and(|value| selected.contains(value));
    if !kept {
        labels.insert(LABEL_MANAGED_BY.to_owned(), json!(FIELD_MANAGER));
    }
}

/// Values of `app.kubernetes.io/managed-by` that a selector of the set reads: these must stay as they are.
fn selected_managers(objects: &[(Body, Origin)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (body, _) in objects {
        collect(body.tree(), Within::Anything, &mut found);
    }
    found
}

/// Where a part of an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Anything,
    Selector,
}

fn collect(tree: &Value, within: Within, found: &mut BTreeSet<String>) {
    match tree {
        Value::Object(map) => {
            for (key, value) in map {
                if let (Within::Selector, LABEL_MANAGED_BY, Some(text)) =
                    (within, key.as_str(), value.as_str())
                {
                    found.insert(text.to_owned());
                }
                let selects = key.to_lowercase().ends_with("selector");
                collect(value, if selects { Within::Selector } else { within }, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(item, within, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `stringData` is never sent: the server would own it under another name than what it stores (rules 3).
fn fold(body: &mut Body, origin: &Origin, problems: &mut Vec<Problem>) {
    let id = body.id();
    let Some(tree) = body.tree_mut().as_object_mut() else { return };
    let Some(Value::Object(plain)) = tree.shift_remove("stringData") else { return };
    let Some(data) = map_of(tree, "data") else { return };
    for (key, value) in plain {
        match value.as_str() {
            Some(text) => {
                data.insert(key, json!(STANDARD.encode(text)));
            }
            None => problems.push(
                Problem::new(origin.place.clone(), format!("{id}: `stringData.{key}` is not a text"))
                    .help("put it in quotes"),
            ),
        }
    }
}
