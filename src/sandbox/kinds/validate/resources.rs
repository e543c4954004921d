//! Rules of what containers request and are limited to.

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::said,
    words,
};
use crate::sandbox::kinds::{
    amount,
    value::{at, items, text},
};

const STANDARD: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "storage",
    "pods",
    "services",
    "resourcequotas",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];
const OF_CONTAINERS: &[&str] = &["cpu", "memory", "ephemeral-storage"];

fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

fn is_huge(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// A resource name, wherever it stands.
pub(super) fn resource_name(name: &str, path: &Path, causes: &mut Causes) {
    let before = causes.len();
    said(name, words::qualified, path, causes);
    if causes.len() == before && !name.contains('/') && !STANDARD.contains(&name) && !is_huge(name) {
        causes.invalid(path, &json!(name), "must be a standard resource type or fully qualified");
    }
}

/// Amounts are not negative, and whole where the resource has no parts.
pub(super) fn resource_amount(name: &str, value: &Value, path: &Path, causes: &mut Causes) {
    let Some(nanos) = amount(value) else { return };
    if nanos < 0 {
        causes.invalid(path, value, "must be greater than or equal to 0");
    }
    if is_extended(name) && nanos % 1_000_000_000 != 0 {
        causes.invalid(path, value, "must be an integer");
    }
}

/// Requests and limits of a container.
pub(super) fn resources(asked: &Value, pod: &Value, path: &Path, causes: &mut Causes) {
    for sort in ["limits", "requests"] {
        for (name, value) in asked.get(sort).and_then(Value::as_object).into_iter().flatten() {
            let here = path.child(sort).key(name);
            resource_name(name, &here, causes);
            if !name.contains('/') && !OF_CONTAINERS.contains(&name.as_str()) && !is_huge(name) {
                causes.invalid(&here, &json!(name), "must be a standard resource for containers");
            }
            resource_amount(name, value, &here, causes);
            if sort == "requests" {
                beside_limit(name, value, asked, path, causes);
            }
        }
    }
    let names = |sort: &str| at(asked, sort).and_then(Value::as_object).into_iter().flatten();
    let all: Vec<&str> = names("limits").chain(names("requests")).map(|(name, _)| name.as_str()).collect();
    if all.iter().any(|name| is_huge(name)) && !all.iter().any(|name| matches!(*name, "cpu" | "memory")) {
        causes.forbidden(path, "HugePages require cpu or memory");
    }
    claims(asked, pod, path, causes);
}

fn beside_limit(name: &str, value: &Value, asked: &Value, path: &Path, causes: &mut Causes) {
    let shared = !is_extended(name) && !is_huge(name);
    let limit = asked.get("limits").and_then(|limits| limits.get(name));
    match (limit, amount(value)) {
        (Some(limit), Some(request)) => {
            let Some(most) = amount(limit) else { return };
            let shown = limit.as_str().unwrap_or_default();
            if !shared && request != most {
                let words = format!("must be equal to {name} limit of {shown}");
                causes.invalid(&path.child("requests"), value, &words);
            } else if shared && request > most {
                let words = format!("must be less than or equal to {name} limit of {shown}");
                causes.invalid(&path.child("requests"), value, &words);
            }
        }
        (None, _) if !shared => {
            causes.required(&path.child("limits"), "Limit must be set for non overcommitable resources");
        }
        _ => {}
    }
}

fn claims(asked: &Value, pod: &Value, path: &Path, causes: &mut Causes) {
    let known: Vec<&str> = items(pod, "resourceClaims").iter().map(|claim| text(claim, "name")).collect();
    for (place, claim) in items(asked, "claims").iter().enumerate() {
        let name = text(claim, "name");
        if !known.contains(&name) {
            let which = if known.is_empty() { " which is empty" } else { "" };
            let words = format!("must be one of the names in pod.spec.resourceClaims{which}");
            causes.not_found(&path.child("claims").index(place), name, &words);
        }
    }
}
