//! Pods and Events, reduced to what explains a failure.

use serde_json::Value;

use crate::model::Body;

/// One Event about an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventFacts {
    /// RFC 3339 time at which it was last seen.
    pub time: String,
    /// Whether its type is `Warning`.
    pub warning: bool,
    /// Its reason, as in `FailedScheduling`.
    pub reason: String,
    /// Its message.
    pub message: String,
    /// How often it was seen.
    pub count: i64,
    /// Kind and name of the object it is about.
    pub about: String,
}

impl EventFacts {
    /// Reads an Event of `v1` or `events.k8s.io/v1`.
    pub fn of(event: &Body) -> Self {
        let text = |path: &[&str]| event.text(path).filter(|text| !text.is_empty());
        let times: [&[&str]; 5] = [
            &["series", "lastObservedTime"],
            &["lastTimestamp"],
            &["deprecatedLastTimestamp"],
            &["eventTime"],
            &["metadata", "creationTimestamp"],
        ];
        let number = |path: &[&str]| event.at(path).and_then(Value::as_i64);
        let about = |key| text(&["involvedObject", key]).or_else(|| text(&["regarding", key]));
        Self {
            time: times.iter().find_map(|path| text(path)).unwrap_or_default().to_owned(),
            warning: event.text(&["type"]) == Some("Warning"),
            reason: event.text(&["reason"]).unwrap_or_default().to_owned(),
            message: text(&["message"]).or_else(|| text(&["note"])).unwrap_or_default().trim().to_owned(),
            count: number(&["series", "count"]).or_else(|| number(&["count"])).unwrap_or(1),
            about: format!("{} {}", about("kind").unwrap_or_default(), about("name").unwrap_or_default()),
        }
    }
}

/// One container of a Pod.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContainerFacts {
    /// Its name.
    pub name: String,
    /// Whether it is an init container.
    pub init: bool,
    /// Whether it is ready, or an init container that has ended well.
    pub ready: bool,
    /// How often it was started again.
    pub restarts: i64,
    /// Why it waits: reason and message.
    pub waiting: Option<(String, String)>,
    /// How it ended last: reason and exit code.
    pub ended: Option<(String, i64)>,
}

/// One Pod.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PodFacts {
    /// Its name.
    pub name: String,
    /// Its phase.
    pub phase: String,
    /// Whether it is ready.
    pub ready: bool,
    /// Why no node takes it.
    pub unschedulable: Option<String>,
    /// Its containers, init containers first.
    pub containers: Vec<ContainerFacts>,
}

impl PodFacts {
    /// Reads a Pod.
    pub fn of(pod: &Body) -> Self {
        let is = |condition: &Value, key, value| condition.get(key).and_then(Value::as_str) == Some(value);
        let conditions = pod.items(&["status", "conditions"]);
        let unschedulable =
            conditions.iter().find(|it| is(it, "type", "PodScheduled") && is(it, "status", "False"));
        let mut containers = containers(pod, "initContainerStatuses", true);
        containers.extend(containers_of_main(pod));
        Self {
            name: pod.text(&["metadata", "name"]).unwrap_or_default().to_owned(),
            phase: pod.text(&["status", "phase"]).unwrap_or_default().to_owned(),
            ready: conditions.iter().any(|it| is(it, "type", "Ready") && is(it, "status", "True")),
            unschedulable: unschedulable.map(|it| text(it, &["message"])),
            containers,
        }
    }

    /// The container that holds the Pod back: the first that waits for a reason, else the first that is not ready.
    pub fn culprit(&self) -> Option<&ContainerFacts> {
        let lame = || self.containers.iter().filter(|container| !container.ready);
        let speaking = |it: &&ContainerFacts| {
            it.waiting.as_ref().is_some_and(|(reason, _)| !HARMLESS.contains(&reason.as_str()))
        };
        lame().find(speaking).or_else(|| lame().find(|it| it.ended.is_some())).or_else(|| lame().next())
    }
}

/// Reasons of waiting that every container goes through.
const HARMLESS: &[&str] = &["ContainerCreating", "PodInitializing"];

fn containers_of_main(pod: &Body) -> Vec<ContainerFacts> {
    containers(pod, "containerStatuses", false)
}

fn containers(pod: &Body, list: &str, init: bool) -> Vec<ContainerFacts> {
    pod.items(&["status", list]).iter().map(|status| container(status, init)).collect()
}

fn container(status: &Value, init: bool) -> ContainerFacts {
    let ended = |path: &str| {
        let state = status.get(path)?.get("terminated")?;
        Some((text(state, &["reason"]), state.get("exitCode").and_then(Value::as_i64).unwrap_or_default()))
    };
    let now = ended("state");
    let waiting = status.get("state").and_then(|state| state.get("waiting"));
    let well = init && now.as_ref().is_some_and(|(_, code)| *code == 0);
    ContainerFacts {
        name: text(status, &["name"]),
        init,
        ready: well || status.get("ready").and_then(Value::as_bool).unwrap_or_default(),
        restarts: status.get("restartCount").and_then(Value::as_i64).unwrap_or_default(),
        waiting: waiting.map(|state| (text(state, &["reason"]), text(state, &["message"]))),
        ended: now.or_else(|| ended("lastState")),
    }
}

fn text(value: &Value, path: &[&str]) -> String {
    let found = path.iter().try_fold(value, |value, key| value.get(key));
    found.and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

/// The end of a container's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTail {
    /// The Pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Its last lines, oldest first.
    pub lines: Vec<String>,
}

/// The Pods of the newest revision among those of a workload: what went before is not to blame.
pub fn newest_pods(pods: &[Body]) -> Vec<&Body> {
    let revision = |pod: &Body| {
        pod.label("pod-template-hash").or_else(|| pod.label("controller-revision-hash")).map(str::to_owned)
    };
    let made = |pod: &&Body| pod.text(&["metadata", "creationTimestamp"]).unwrap_or_default().to_owned();
    let Some(newest) = pods.iter().max_by_key(made).map(revision) else { return Vec::new() };
    pods.iter().filter(|pod| revision(pod) == newest).collect()
}
