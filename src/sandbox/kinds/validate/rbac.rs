//! Rules of roles, bindings and what orders pods.

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::said,
    selector, words,
};
use crate::sandbox::kinds::value::{at, items, text};

const GROUP: &str = "rbac.authorization.k8s.io";

/// A Role or ClusterRole.
pub(super) fn role(object: &Value, causes: &mut Causes) {
    let kind = text(object, "kind");
    for (place, rule) in items(object, "rules").iter().enumerate() {
        policy_rule(rule, kind, &Path::root("rules").index(place), causes);
    }
    let Some(aggregation) = object.get("aggregationRule") else { return };
    let path = Path::root("aggregationRule.clusterRoleSelectors");
    let selectors = items(aggregation, "clusterRoleSelectors");
    if selectors.is_empty() {
        let words = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        causes.required(&path, words);
    }
    for (place, found) in selectors.iter().enumerate() {
        let before = causes.len();
        selector::label_selector(found, &path.index(place), causes);
        if causes.len() > before {
            causes.invalid(&path.index(place), &Value::Null, "invalid label selector.");
        }
    }
}

fn policy_rule(rule: &Value, kind: &str, path: &Path, causes: &mut Causes) {
    if items(rule, "verbs").is_empty() {
        causes.required(&path.child("verbs"), "verbs must contain at least one value");
    }
    let urls = items(rule, "nonResourceURLs");
    if !urls.is_empty() {
        let here = path.child("nonResourceURLs");
        let about =
            ["apiGroups", "resources", "resourceNames"].iter().any(|key| !items(rule, key).is_empty());
        if kind == "Role" {
            causes.invalid(&here, &json!(urls), "namespaced rules cannot apply to non-resource URLs");
        }
        if about {
            let words = "rules cannot apply to both regular resources and non-resource URLs";
            causes.invalid(&here, &json!(urls), words);
        }
        return;
    }
    if items(rule, "apiGroups").is_empty() {
        causes.required(&path.child("apiGroups"), "resource rules must supply at least one api group");
    }
    if items(rule, "resources").is_empty() {
        causes.required(&path.child("resources"), "resource rules must supply at least one resource");
    }
}

/// A RoleBinding or ClusterRoleBinding.
pub(super) fn binding(object: &Value, causes: &mut Causes) {
    let of_cluster = text(object, "kind") == "ClusterRoleBinding";
    let path = Path::root("roleRef");
    let group = text(object, "roleRef.apiGroup");
    if group != GROUP {
        causes.not_supported(&path.child("apiGroup"), group, &[GROUP]);
    }
    let kind = text(object, "roleRef.kind");
    let known: &[&str] = if of_cluster { &["ClusterRole"] } else { &["Role", "ClusterRole"] };
    if !known.contains(&kind) {
        causes.not_supported(&path.child("kind"), kind, known);
    }
    match text(object, "roleRef.name") {
        "" => causes.required(&path.child("name"), ""),
        name => said(name, words::path_segment, &path.child("name"), causes),
    }
    for (place, found) in items(object, "subjects").iter().enumerate() {
        subject(found, text(object, "kind"), &Path::root("subjects").index(place), causes);
    }
}

fn subject(found: &Value, binding: &str, path: &Path, causes: &mut Causes) {
    let (name, group) = (text(found, "name"), text(found, "apiGroup"));
    if name.is_empty() {
        causes.required(&path.child("name"), "");
    }
    match text(found, "kind") {
        "ServiceAccount" => {
            if !name.is_empty() {
                said(name, words::subdomain, &path.child("name"), causes);
            }
            if !group.is_empty() {
                causes.not_supported(&path.child("apiGroup"), group, &[""]);
            }
            if binding == "ClusterRoleBinding" && text(found, "namespace").is_empty() {
                causes.required(&path.child("namespace"), "");
            }
        }
        "User" | "Group" => {
            if group != GROUP {
                causes.not_supported(&path.child("apiGroup"), group, &[GROUP]);
            }
        }
        other => causes.not_supported(&path.child("kind"), other, &["ServiceAccount", "User", "Group"]),
    }
}

/// Above it, classes are the system's.
const HIGHEST: i64 = 1_000_000_000;

/// A PriorityClass.
pub(super) fn priority_class(object: &Value, causes: &mut Causes) {
    let name = text(object, "metadata.name");
    let value = at(object, "value").and_then(Value::as_i64).unwrap_or(0);
    let known = ["system-node-critical", "system-cluster-critical"].contains(&name);
    if name.starts_with("system-") && !known {
        let words = format!(
            "priority class names with 'system-' prefix are reserved for system use only. error: {name} is not a known system priority class"
        );
        causes.forbidden(&Path::root("metadata.name"), &words);
    } else if !known && value > HIGHEST {
        let words = format!("maximum allowed value of a user defined priority is {HIGHEST}");
        causes.forbidden(&Path::root("value"), &words);
    }
    let policy = text(object, "preemptionPolicy");
    if policy.is_empty() {
        causes.required(&Path::root("preemptionPolicy"), "");
    } else if !["PreemptLowerPriority", "Never"].contains(&policy) {
        causes.not_supported(&Path::root("preemptionPolicy"), policy, &["PreemptLowerPriority", "Never"]);
    }
}

/// A RuntimeClass.
pub(super) fn runtime_class(object: &Value, causes: &mut Causes) {
    match text(object, "handler") {
        "" => causes.required(&Path::root("handler"), ""),
        name => said(name, words::label, &Path::root("handler"), causes),
    }
}
