//! Rules of where pods go: affinity, tolerations, spread.

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::said,
    selector, words,
};
use crate::sandbox::kinds::value::{at, items, text};

/// What a pod bears.
pub(super) fn tolerations(spec: &Value, path: &Path, causes: &mut Causes) {
    for (place, toleration) in items(spec, "tolerations").iter().enumerate() {
        let path = path.child("tolerations").index(place);
        let (key, operator, effect) =
            (text(toleration, "key"), text(toleration, "operator"), text(toleration, "effect"));
        if !key.is_empty() {
            said(key, words::qualified, &path.child("key"), causes);
        }
        if key.is_empty() && operator != "Exists" {
            let words =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            causes.invalid(&path.child("operator"), &json!(operator), words);
        }
        if toleration.get("tolerationSeconds").is_some() && effect != "NoExecute" {
            let words = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            causes.invalid(&path.child("effect"), &json!(effect), words);
        }
        operator_and_value(operator, text(toleration, "value"), &path.child("operator"), causes);
        let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        if !effect.is_empty() && !known.contains(&effect) {
            causes.not_supported(&path.child("effect"), effect, &known);
        }
    }
}

/// The server names the operator even where the value is wrong.
fn operator_and_value(operator: &str, value: &str, path: &Path, causes: &mut Causes) {
    match operator {
        "" | "Equal" => said(value, words::label_value, path, causes),
        "Exists" => {
            if !value.is_empty() {
                causes.invalid(path, &json!(value), "value must be empty when `operator` is 'Exists'");
            }
        }
        other => causes.not_supported(path, other, &["Equal", "Exists"]),
    }
}

/// How evenly pods are spread.
pub(super) fn spread(spec: &Value, path: &Path, causes: &mut Causes) {
    let all = items(spec, "topologySpreadConstraints");
    for (place, constraint) in all.iter().enumerate() {
        let path = path.child("topologySpreadConstraints").index(place);
        let (key, action) = (text(constraint, "topologyKey"), text(constraint, "whenUnsatisfiable"));
        let skew = at(constraint, "maxSkew").cloned().unwrap_or(json!(0));
        if skew.as_i64().is_some_and(|it| it <= 0) {
            causes.invalid(&path.child("maxSkew"), &skew, "must be greater than zero");
        }
        if key.is_empty() {
            causes.required(&path.child("topologyKey"), "can not be empty");
        }
        let known = ["DoNotSchedule", "ScheduleAnyway"];
        if !known.contains(&action) {
            causes.not_supported(&path.child("whenUnsatisfiable"), action, &known);
        }
        let later = all.iter().skip(place + 1);
        if later
            .into_iter()
            .any(|it| (text(it, "topologyKey"), text(it, "whenUnsatisfiable")) == (key, action))
        {
            let path = path.child("{topologyKey, whenUnsatisfiable}");
            causes.duplicate(&path, &json!(format!("{{{key}, {action}}}")));
        }
        fine_print(constraint, action, &path, causes);
    }
}

fn fine_print(constraint: &Value, action: &str, path: &Path, causes: &mut Causes) {
    if let Some(least) = at(constraint, "minDomains") {
        if least.as_i64().is_some_and(|it| it <= 0) {
            causes.invalid(&path.child("minDomains"), least, "must be greater than 0");
        }
        if action != "DoNotSchedule" {
            let words = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
            causes.invalid(&path.child("minDomains"), least, &words);
        }
    }
    for key in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
        match at(constraint, key).and_then(Value::as_str) {
            None | Some("Honor" | "Ignore") => {}
            Some(other) => causes.not_supported(&path.child(key), other, &["Honor", "Ignore"]),
        }
    }
    if let Some(found) = constraint.get("labelSelector") {
        selector::label_selector(found, &path.child("labelSelector"), causes);
    }
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Nodes and pods that a pod wants to be near to or far from.
pub(super) fn affinity(spec: &Value, path: &Path, causes: &mut Causes) {
    let path = path.child("affinity");
    if let Some(nodes) = at(spec, "affinity.nodeAffinity") {
        node_affinity(nodes, &path.child("nodeAffinity"), causes);
    }
    for sort in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = at(spec, "affinity").and_then(|it| it.get(sort)) else { continue };
        let path = path.child(sort);
        for (place, term) in items(pods, REQUIRED).iter().enumerate() {
            pod_term(term, &path.child(REQUIRED).index(place), causes);
        }
        for (place, weighed) in items(pods, PREFERRED).iter().enumerate() {
            let path = path.child(PREFERRED).index(place);
            weight(weighed, &path, causes);
            let term = weighed.get("podAffinityTerm").unwrap_or(&Value::Null);
            pod_term(term, &path.child("podAffinityTerm"), causes);
        }
    }
}

fn node_affinity(nodes: &Value, path: &Path, causes: &mut Causes) {
    if let Some(required) = nodes.get(REQUIRED) {
        let path = path.child(REQUIRED).child("nodeSelectorTerms");
        let terms = items(required, "nodeSelectorTerms");
        if terms.is_empty() {
            causes.required(&path, "must have at least one node selector term");
        }
        for (place, term) in terms.iter().enumerate() {
            selector::node_term(term, &path.index(place), causes);
        }
    }
    for (place, weighed) in items(nodes, PREFERRED).iter().enumerate() {
        let path = path.child(PREFERRED).index(place);
        weight(weighed, &path, causes);
        if let Some(term) = weighed.get("preference") {
            selector::node_term(term, &path.child("preference"), causes);
        }
    }
}

fn weight(weighed: &Value, path: &Path, causes: &mut Causes) {
    let weight = at(weighed, "weight").cloned().unwrap_or(json!(0));
    if weight.as_i64().is_some_and(|it| !(1..=100).contains(&it)) {
        causes.invalid(&path.child("weight"), &weight, "must be in the range 1-100");
    }
}

fn pod_term(term: &Value, path: &Path, causes: &mut Causes) {
    for key in ["labelSelector", "namespaceSelector"] {
        if let Some(found) = term.get(key) {
            selector::label_selector(found, &path.child(key), causes);
        }
    }
    for namespace in items(term, "namespaces") {
        said(namespace.as_str().unwrap_or_default(), words::label, &path.child("namespace"), causes);
    }
    let key = text(term, "topologyKey");
    if key.is_empty() {
        causes.required(&path.child("topologyKey"), "can not be empty");
    }
    said(key, words::qualified, &path.child("topologyKey"), causes);
}
