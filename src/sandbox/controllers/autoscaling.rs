//! Autoscalers, which find no metrics here, and disruption budgets.

use serde_json::{Value, json};

use super::{
    condition::{Said, condition},
    object::{Round, fits, is_going, labels, number, share},
    pod::{is_finished, is_ready},
    view::{Cx, Key, Write},
};
use crate::model::Gvk;
use crate::sandbox::kinds::value::{at, set, text};

/// The status of an autoscaler: it sees its target, and keeps it within its bounds.
pub(super) fn sync(cx: Cx<'_>, scaler: &Value) -> Vec<Write> {
    if is_going(scaler) {
        return Vec::new();
    }
    let wanted = at(scaler, "spec.scaleTargetRef").unwrap_or(&Value::Null);
    let gvk = Gvk::new(text(wanted, "apiVersion"), text(wanted, "kind"));
    let key = Key::new(&gvk.group, &gvk.kind, text(scaler, "metadata.namespace"), text(wanted, "name"));
    let Some(target) = cx.view.get(&key) else {
        let message = format!(
            "the HPA controller was unable to get the target's current scale: {} not found",
            text(wanted, "name")
        );
        let said = Said { sort: "AbleToScale", holds: false, reason: "FailedGetScale", message: &message };
        let mut status = scaler
            .get("status")
            .cloned()
            .unwrap_or_else(|| json!({"desiredReplicas": 0, "currentMetrics": null}));
        set(&mut status, "conditions", json!([condition(cx, scaler, &said)]));
        return Write::status(scaler, status).into_iter().collect();
    };
    let replicas = number(target, "spec.replicas").unwrap_or(1);
    let (least, most) =
        (number(scaler, "spec.minReplicas").unwrap_or(1), number(scaler, "spec.maxReplicas").unwrap_or(1));
    let bounded = replicas.clamp(least.min(most), most.max(least));
    if replicas > 0 && bounded != replicas {
        let mut scaled = target.clone();
        set(&mut scaled, "spec.replicas", bounded);
        return vec![Write::update(scaled)];
    }
    let status = json!({
        "conditions": conditions(cx, scaler), "currentMetrics": [{"type": ""}],
        "currentReplicas": replicas, "desiredReplicas": 0,
    });
    Write::status(scaler, status).into_iter().collect()
}

fn conditions(cx: Cx<'_>, scaler: &Value) -> Value {
    let able = Said {
        sort: "AbleToScale",
        holds: true,
        reason: "SucceededGetScale",
        message: "the HPA controller was able to get the target's current scale",
    };
    let blind = Said {
        sort: "ScalingActive",
        holds: false,
        reason: "FailedGetResourceMetric",
        message: "the HPA was unable to compute the replica count: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)",
    };
    json!([condition(cx, scaler, &able), condition(cx, scaler, &blind)])
}

/// How many pods may be missed.
pub(super) fn sync_budget(cx: Cx<'_>, budget: &Value) -> Vec<Write> {
    if is_going(budget) {
        return Vec::new();
    }
    let selector = at(budget, "spec.selector").unwrap_or(&Value::Null);
    let mut pods = cx.view.list("", "Pod", text(budget, "metadata.namespace"));
    pods.retain(|pod| {
        selector.is_object() && fits(selector, labels(pod)) && !is_finished(pod) && !is_going(pod)
    });
    let healthy = pods.iter().filter(|pod| is_ready(pod)).count();
    let (expected, healthy) = (i64::try_from(pods.len()).unwrap_or(0), i64::try_from(healthy).unwrap_or(0));
    let desired = match at(budget, "spec.minAvailable") {
        Some(least) => share(Some(least), expected, Round::Up),
        None => (expected - share(at(budget, "spec.maxUnavailable"), expected, Round::Up)).max(0),
    };
    let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
    let generation = number(budget, "metadata.generation").unwrap_or(1);
    let (holds, reason) = if allowed > 0 { (true, "SufficientPods") } else { (false, "InsufficientPods") };
    let mut said = condition(cx, budget, &Said { sort: "DisruptionAllowed", holds, reason, message: "" });
    said.insert("observedGeneration".to_owned(), Value::from(generation));
    let status = json!({
        "conditions": [said], "currentHealthy": healthy, "desiredHealthy": desired,
        "disruptionsAllowed": allowed, "expectedPods": expected, "observedGeneration": generation,
    });
    Write::status(budget, status).into_iter().collect()
}
