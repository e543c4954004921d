//! Rules of autoscalers and disruption budgets.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::{Rules, said},
    words,
};
use crate::sandbox::kinds::{
    amount,
    value::{at, items, text},
};

const SCALER: &str = "
spec.minReplicas: least 1
spec.scaleTargetRef.kind: required
spec.scaleTargetRef.kind: segment
spec.scaleTargetRef.name: required
spec.scaleTargetRef.name: segment
spec.behavior.scaleUp|scaleDown.policies: required must specify at least one Policy
spec.behavior.scaleUp|scaleDown.policies[].type: one-of Percent Pods
spec.behavior.scaleUp|scaleDown.policies[].value: positive
spec.behavior.scaleUp|scaleDown.policies[].periodSeconds: positive
spec.behavior.scaleUp|scaleDown.selectPolicy: one-of Disabled Max Min
";

const BUDGET: &str = "
spec.minAvailable|maxUnavailable: count-or-share
spec.selector: selector
spec.unhealthyPodEvictionPolicy: one-of AlwaysAllow IfHealthyBudget
";

static SCALER_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(SCALER));
static BUDGET_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(BUDGET));

const SORTS: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

/// A HorizontalPodAutoscaler.
pub(super) fn scaler(object: &Value, causes: &mut Causes) {
    let path = Path::root("spec");
    SCALER_RULES.check(object, &Path::object(), causes);
    let most = at(object, "spec.maxReplicas").cloned().unwrap_or(json!(0));
    let least = at(object, "spec.minReplicas").and_then(Value::as_i64).unwrap_or(1);
    match most.as_i64() {
        Some(0) => causes.required(&path.child("maxReplicas"), "must be set and greater than 0"),
        Some(..0) => causes.invalid(&path.child("maxReplicas"), &most, "must be greater than or equal to 1"),
        _ => {}
    }
    if most.as_i64().is_some_and(|it| it < least) {
        let words = "must be greater than or equal to `minReplicas`";
        causes.invalid(&path.child("maxReplicas"), &most, words);
    }
    let from_outside =
        items(object, "spec.metrics").iter().any(|it| matches!(text(it, "type"), "Object" | "External"));
    if least == 0 && !from_outside {
        let words = "must specify at least one Object or External metric to support scaling to zero replicas";
        causes.forbidden(&path.child("metrics"), words);
    }
    target(object, &path.child("scaleTargetRef"), causes);
    for (place, metric) in items(object, "spec.metrics").iter().enumerate() {
        metric_spec(metric, &path.child("metrics").index(place), causes);
    }
    behavior(object, &path.child("behavior"), causes);
}

fn target(object: &Value, path: &Path, causes: &mut Causes) {
    let version = text(object, "spec.scaleTargetRef.apiVersion");
    let kind = text(object, "spec.scaleTargetRef.kind");
    let here = path.child("apiVersion");
    if version.matches('/').count() > 1 {
        causes.invalid(&here, &json!(version), &format!("unexpected GroupVersion string: {version}"));
    } else if !version.contains('/') && kind != "ReplicationController" {
        causes.invalid(&here, &json!(version), "apiVersion must specify API group");
    }
}

fn behavior(object: &Value, path: &Path, causes: &mut Causes) {
    for way in ["scaleUp", "scaleDown"] {
        let Some(rules) = at(object, "spec.behavior").and_then(|it| it.get(way)) else { continue };
        let path = path.child(way);
        if let Some(window) = at(rules, "stabilizationWindowSeconds") {
            let here = path.child("stabilizationWindowSeconds");
            match window.as_i64() {
                Some(i64::MIN..=-1) => causes.invalid(&here, window, "must be greater than or equal to zero"),
                Some(3601..) => causes.invalid(&here, window, "must be less than or equal to 3600"),
                _ => {}
            }
        }
        for (place, policy) in items(rules, "policies").iter().enumerate() {
            let period = at(policy, "periodSeconds").cloned().unwrap_or_default();
            if period.as_i64().is_some_and(|it| it > 1800) {
                let path = path.child("policies").index(place).child("periodSeconds");
                causes.invalid(&path, &period, "must be less than or equal to 1800");
            }
        }
    }
}

fn metric_spec(metric: &Value, path: &Path, causes: &mut Causes) {
    let sort = text(metric, "type");
    if sort.is_empty() {
        causes.required(&path.child("type"), "must specify a metric source type");
    }
    let Some((_, field)) = SORTS.iter().find(|(name, _)| *name == sort) else {
        // Said twice by the server too.
        for _ in 0..2 {
            causes.not_supported(&path.child("type"), sort, &SORTS.map(|(name, _)| name));
        }
        return;
    };
    let here = path.child(field);
    let Some(source) = metric.get(*field) else {
        causes.required(&here, "must populate information for the given metric source");
        return;
    };
    match sort {
        "Resource" => resource_source(source, &here, causes),
        "ContainerResource" => {
            resource_source(source, &here, causes);
            match text(source, "container") {
                "" => causes.required(&here.child("container"), "must specify a container"),
                name => said(name, words::label, &here.child("container"), causes),
            }
        }
        "Pods" => pods_source(source, &here, causes),
        "Object" => object_source(source, &here, causes),
        _ => external_source(source, &here, causes),
    }
}

/// A target's sort is known, and what it gives is positive.
fn metric_target(source: &Value, path: &Path, causes: &mut Causes) {
    let path = path.child("target");
    let sort = text(source, "target.type");
    if sort.is_empty() {
        causes.required(&path.child("type"), "must specify a metric target type");
    }
    if !["Utilization", "Value", "AverageValue"].contains(&sort) {
        let words = "must be either Utilization, Value, or AverageValue";
        causes.invalid(&path.child("type"), &json!(sort), words);
    }
    for key in ["value", "averageValue"] {
        if let Some(value) = source.get("target").and_then(|it| it.get(key))
            && amount(value).is_some_and(|nanos| nanos <= 0)
        {
            causes.invalid(&path.child(key), value, "must be positive");
        }
    }
    if let Some(share) = at(source, "target.averageUtilization")
        && share.as_i64().is_some_and(|it| it < 1)
    {
        causes.invalid(&path.child("averageUtilization"), share, "must be greater than 0");
    }
}

fn resource_source(source: &Value, path: &Path, causes: &mut Causes) {
    if text(source, "name").is_empty() {
        causes.required(&path.child("name"), "must specify a resource name");
    }
    metric_target(source, path, causes);
    match (at(source, "target.averageUtilization"), at(source, "target.averageValue")) {
        (None, None) => causes.required(
            &path.child("target.averageUtilization"),
            "must set either a target raw value or a target utilization",
        ),
        (Some(_), Some(_)) => causes.forbidden(
            &path.child("target.averageValue"),
            "may not set both a target raw value and a target utilization",
        ),
        _ => {}
    }
}

fn metric_name(source: &Value, path: &Path, causes: &mut Causes) {
    match text(source, "metric.name") {
        "" => causes.required(&path.child("metric.name"), "must specify a metric name"),
        name => said(name, words::path_segment, &path.child("metric.name"), causes),
    }
}

fn pods_source(source: &Value, path: &Path, causes: &mut Causes) {
    metric_name(source, path, causes);
    metric_target(source, path, causes);
    if at(source, "target.averageValue").and_then(amount).is_none_or(|nanos| nanos <= 0) {
        let words = "must specify a positive target averageValue";
        causes.required(&path.child("target.averageValue"), words);
    }
}

fn object_source(source: &Value, path: &Path, causes: &mut Causes) {
    for key in ["kind", "name"] {
        let here = path.child("describedObject").child(key);
        match text(source, &format!("describedObject.{key}")) {
            "" => causes.required(&here, ""),
            name => said(name, words::path_segment, &here, causes),
        }
    }
    metric_name(source, path, causes);
    metric_target(source, path, causes);
    if at(source, "target.value").is_none() && at(source, "target.averageValue").is_none() {
        let words = "must set either a target value or averageValue";
        causes.required(&path.child("target.averageValue"), words);
    }
}

fn external_source(source: &Value, path: &Path, causes: &mut Causes) {
    metric_name(source, path, causes);
    metric_target(source, path, causes);
    match (at(source, "target.value"), at(source, "target.averageValue")) {
        (None, None) => causes.required(
            &path.child("target.averageValue"),
            "must set either a target value for metric or a per-pod target",
        ),
        (Some(_), Some(_)) => causes.forbidden(
            &path.child("target.value"),
            "may not set both a target value for metric and a per-pod target",
        ),
        _ => {}
    }
}

/// A PodDisruptionBudget.
pub(super) fn budget(object: &Value, causes: &mut Causes) {
    BUDGET_RULES.check(object, &Path::object(), causes);
    let of = |key: &str| at(object, "spec").and_then(|it| it.get(key)).cloned();
    if let (Some(least), Some(most)) = (of("minAvailable"), of("maxUnavailable")) {
        let shown = json!({
            "MinAvailable": least, "Selector": of("selector"), "MaxUnavailable": most,
            "UnhealthyPodEvictionPolicy": of("unhealthyPodEvictionPolicy"),
        });
        causes.invalid(&Path::root("spec"), &shown, "minAvailable and maxUnavailable cannot be both set");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_can_be_read() {
        crate::sandbox::kinds::validate::rules::assert_readable(super::SCALER);
        crate::sandbox::kinds::validate::rules::assert_readable(super::BUDGET);
    }
}
