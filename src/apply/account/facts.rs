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
    pub count: u64,
    /// Kind and name of the object it is about.
    pub about: String,
}

/// The sorts of containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContainerSort {
    /// Runs before the others.
    Init,
    /// Runs as long as the Pod.
    #[default]
    Main,
}

/// One container of a Pod.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContainerFacts {
    /// Its name.
    pub name: String,
    /// Which sort it is.
    pub sort: ContainerSort,
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
        let mut all = containers(pod, ContainerSort::Init);
        all.extend(containers(pod, ContainerSort::Main));
        Self {
            name: pod.text(&["metadata", "name"]).unwrap_or_default().to_owned(),
            phase: pod.text(&["status", "phase"]).unwrap_or_default().to_owned(),
            ready: conditions.iter().any(|it| is(it, "type", "Ready") && is(it, "status", "True")),
            unschedulable: unschedulable.map(|it| text(it, &["message"])),
            containers: all,
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

fn containers(pod: &Body, sort: ContainerSort) -> Vec<ContainerFacts> {
    let list = match sort {
        ContainerSort::Init => "initContainerStatuses",
        ContainerSort::Main => "containerStatuses",
    };
    pod.items(&["status", list]).iter().map(|status| container(status, sort)).collect()
}

fn container(status: &Value, sort: ContainerSort) -> ContainerFacts {
    let ended = |path: &str| {
        let state = status.get(path)?.get("terminated")?;
        Some((text(state, &["reason"]), state.get("exitCode").and_then(Value::as_i64).unwrap_or_default()))
    };
    let now = ended("state");
    let waiting = status.get("state").and_then(|state| state.get("waiting"));
    let well = sort == ContainerSort::Init && now.as_ref().is_some_and(|(_, code)| *code == 0);
    ContainerFacts {
        name: text(status, &["name"]),
        sort,
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

/// The label by which Pods of one revision are told from those of another.
fn revision(pod: &Body) -> Option<&str> {
    pod.label("pod-template-hash").or_else(|| pod.label("controller-revision-hash"))
}

/// The Pods of the newest revision among those of a workload: what went before is not to blame.
///
/// Where the newest revision's hash is not known, it is that of the Pod made last.
pub fn newest_pods<'a>(pods: &'a [Body], hash: Option<&str>) -> Vec<&'a Body> {
    let made = |pod: &&Body| pod.text(&["metadata", "creationTimestamp"]).unwrap_or_default().to_owned();
    let newest = match hash {
        Some(hash) => Some(hash),
        None => pods.iter().max_by_key(made).and_then(revision),
    };
    pods.iter().filter(|pod| revision(pod) == newest).collect()
}

/// The hash of a workload's newest revision, as its Pods bear it.
///
/// A Deployment's stands on the newest of its ReplicaSets.
pub fn newest_hash<'a>(workload: &'a Body, replica_sets: &'a [Body]) -> Option<&'a str> {
    let number = |set: &&Body| {
        set.annotation("deployment.kubernetes.io/revision").and_then(|text| text.parse::<u64>().ok())
    };
    match workload.kind() {
        "StatefulSet" => workload.text(&["status", "updateRevision"]),
        _ => replica_sets.iter().max_by_key(number)?.label("pod-template-hash"),
    }
}
