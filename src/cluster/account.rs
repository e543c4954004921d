//! What explains a failed wait: Events, Pods, ReplicaSets and last log lines.

use http_body_util::BodyExt as _;
use serde_json::Value;

use super::{
    Cluster,
    request::{Call, CallError},
    url,
};
use crate::model::{Body, Gvk, LiveObject, ObjectId};

/// One Event of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEvent {
    /// RFC 3339 time at which it was seen last.
    pub time: String,
    /// Whether its type is `Warning`.
    pub warning: bool,
    /// Reason, as in `FailedScheduling`.
    pub reason: String,
    /// Text.
    pub message: String,
    /// How often it was seen.
    pub count: u64,
}

impl Cluster {
    /// The Events of an object, oldest first.
    pub async fn events_of(&self, id: &ObjectId, uid: Option<&str>) -> Result<Vec<ObjectEvent>, CallError> {
        let namespace = id.namespace.as_deref().unwrap_or("default");
        let mut selector = format!("involvedObject.kind={},involvedObject.name={}", id.kind, id.name);
        if let Some(uid) = uid {
            selector = format!("{selector},involvedObject.uid={uid}");
        }
        let kind = self.resource(&Gvk::new("v1", "Event")).await?;
        let found = self.list(&kind, Some(namespace), &[("fieldSelector", &selector)], None).await?;
        let mut events: Vec<_> = found.iter().map(|object| event(&object.body)).collect();
        events.sort_by(|a, b| a.time.cmp(&b.time));
        for event in &mut events {
            event.message = self.clean(&event.message);
        }
        Ok(events)
    }

    /// Objects of a kind in a namespace that a `matchLabels`-style selector chooses.
    pub async fn selected(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        selector: &str,
    ) -> Result<Vec<LiveObject>, CallError> {
        let kind = self.resource(&Gvk::new(api_version, kind)).await?;
        self.list(&kind, Some(namespace), &[("labelSelector", selector)], None).await
    }

    /// The Pods that a workload's `spec.selector` chooses; none where it has no selector.
    pub async fn pods_of(&self, workload: &Body) -> Result<Vec<LiveObject>, CallError> {
        let id = workload.id();
        match (selector_of(workload), &id.namespace) {
            (Some(selector), Some(namespace)) => self.selected("v1", "Pod", namespace, &selector).await,
            _ => Ok(Vec::new()),
        }
    }

    /// The ReplicaSets that a Deployment controls.
    pub async fn replica_sets_of(&self, deployment: &LiveObject) -> Result<Vec<LiveObject>, CallError> {
        let id = deployment.body.id();
        let (Some(selector), Some(namespace)) = (selector_of(&deployment.body), &id.namespace) else {
            return Ok(Vec::new());
        };
        let mut found = self.selected("apps/v1", "ReplicaSet", namespace, &selector).await?;
        found.retain(|set| {
            let owners = set.body.items(&["metadata", "ownerReferences"]).iter();
            owners.filter_map(|owner| owner.get("uid")).any(|uid| uid == &deployment.uid)
        });
        Ok(found)
    }

    /// The last log lines of a container; `previous` asks for the run that ended.
    #[expect(clippy::fn_params_excessive_bools, reason = "the API's own parameter")]
    pub async fn logs_of(
        &self,
        pod: &ObjectId,
        container: &str,
        lines: usize,
        previous: bool,
    ) -> Result<Vec<String>, CallError> {
        let namespace = url::encode(pod.namespace.as_deref().unwrap_or("default"));
        let path = format!("/api/v1/namespaces/{namespace}/pods/{}/log", url::encode(&pod.name));
        let lines = lines.to_string();
        let mut query = vec![("container", container), ("tailLines", &lines), ("limitBytes", "65536")];
        if previous {
            query.push(("previous", "true"));
        }
        let response = self.stream(&Call::get(url::with_query(&path, &query))).await?;
        let body = response.into_body().collect().await.map_err(|e| CallError::Broken(e.to_string()))?;
        let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        Ok(text.lines().map(|line| self.clean(line)).collect())
    }
}

fn event(body: &Body) -> ObjectEvent {
    let text = |path: &[&str]| body.text(path).filter(|text| !text.is_empty());
    let time = text(&["series", "lastObservedTime"])
        .or_else(|| text(&["lastTimestamp"]))
        .or_else(|| text(&["eventTime"]))
        .or_else(|| text(&["metadata", "creationTimestamp"]));
    let count = body.at(&["series", "count"]).or_else(|| body.at(&["count"])).and_then(Value::as_u64);
    ObjectEvent {
        time: time.unwrap_or_default().to_owned(),
        warning: body.text(&["type"]) == Some("Warning"),
        reason: body.text(&["reason"]).unwrap_or_default().to_owned(),
        message: body.text(&["message"]).unwrap_or_default().trim().to_owned(),
        count: count.unwrap_or(1),
    }
}

/// `spec.selector` as a label selector.
fn selector_of(workload: &Body) -> Option<String> {
    let labels = workload.map(&["spec", "selector", "matchLabels"]).into_iter().flatten();
    let mut terms: Vec<_> =
        labels.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
    for expression in workload.items(&["spec", "selector", "matchExpressions"]) {
        let text = |key: &str| expression.get(key).and_then(Value::as_str).unwrap_or_default();
        let values: Vec<_> = expression
            .get("values")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        terms.push(match text("operator") {
            "In" => format!("{} in ({})", text("key"), values.join(",")),
            "NotIn" => format!("{} notin ({})", text("key"), values.join(",")),
            "DoesNotExist" => format!("!{}", text("key")),
            _ => text("key").to_owned(),
        });
    }
    (!terms.is_empty()).then(|| terms.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_every_form_of_selector() {
        let workload = Body::new(json!({"spec": {"selector": {
            "matchLabels": {"app": "x"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a", "b"]},
                {"key": "old", "operator": "DoesNotExist"}]}}}));
        assert_eq!(selector_of(&workload).as_deref(), Some("app=x,tier in (a,b),!old"));
        assert_eq!(selector_of(&Body::new(json!({"spec": {}}))), None);
    }

    #[test]
    fn takes_the_newest_time_an_event_has() {
        let read = event(&Body::new(json!({"lastTimestamp": null, "eventTime": "2026-11-21T00:00:01.5Z",
            "type": "Warning", "reason": "FailedScheduling", "message": " no nodes ", "count": 4})));
        assert_eq!((read.time.as_str(), read.warning, read.count), ("2026-11-21T00:00:01.5Z", true, 4));
        assert_eq!(read.message, "no nodes");
    }
}
