//! Defaults of the kinds that run pods.

use serde_json::{Map, Value, json};

use super::value::{at, flag, items_mut, remove, set, set_absent, text};

pub(super) const DEPLOYMENT: &str = r#"
status.conditions[].lastUpdateTime|lastTransitionTime = null
status = {}
spec.template.metadata = {}
spec.replicas = 1
spec.strategy.type = "RollingUpdate"
spec.strategy(type=RollingUpdate).rollingUpdate.maxUnavailable = "25%"
spec.strategy(type=RollingUpdate).rollingUpdate.maxSurge = "25%"
spec.revisionHistoryLimit = 10
spec.progressDeadlineSeconds = 600
"#;

pub(super) const STATEFUL_SET: &str = r#"
status.conditions[].lastTransitionTime = null
status.replicas = 0
status.availableReplicas = 0
spec.template.metadata = {}
spec.podManagementPolicy = "OrderedReady"
spec.updateStrategy(!type).rollingUpdate.partition = 0
spec(!updateStrategy).updateStrategy.rollingUpdate.partition = 0
spec.updateStrategy.type = "RollingUpdate"
spec.updateStrategy(type=RollingUpdate).rollingUpdate?.partition = 0
spec.serviceName = ""
spec.replicas = 1
spec.revisionHistoryLimit = 10
spec.persistentVolumeClaimRetentionPolicy.whenDeleted = "Retain"
spec.persistentVolumeClaimRetentionPolicy.whenScaled = "Retain"
spec.volumeClaimTemplates[].apiVersion = "v1"
spec.volumeClaimTemplates[].kind = "PersistentVolumeClaim"
spec.volumeClaimTemplates[].metadata = {}
spec.volumeClaimTemplates[].spec.volumeMode = "Filesystem"
spec.volumeClaimTemplates[].spec.resources = {}
spec.volumeClaimTemplates[].status.phase = "Pending"
"#;

pub(super) const DAEMON_SET: &str = r#"
status.conditions[].lastTransitionTime = null
status.currentNumberScheduled = 0
status.desiredNumberScheduled = 0
status.numberMisscheduled = 0
status.numberReady = 0
spec.template.metadata = {}
spec.updateStrategy.type = "RollingUpdate"
spec.updateStrategy(type=RollingUpdate).rollingUpdate.maxUnavailable = 1
spec.updateStrategy(type=RollingUpdate).rollingUpdate.maxSurge = 0
spec.revisionHistoryLimit = 10
"#;

pub(super) const REPLICA_SET: &str = r"
status.conditions[].lastTransitionTime = null
status.replicas = 0
spec.template.metadata = {}
spec.replicas = 1
";

pub(super) const REPLICATION_CONTROLLER: &str = r"
status.conditions[].lastTransitionTime = null
status.replicas = 0
spec.template?.metadata = {}
spec.replicas = 1
";

pub(super) const JOB: &str = r#"
status.conditions[].lastProbeTime|lastTransitionTime = null
status = {}
spec.template.metadata = {}
spec.completionMode = "NonIndexed"
spec.suspend = false
spec(podFailurePolicy).podReplacementPolicy = "Failed"
spec.podReplacementPolicy = "TerminatingOrFailed"
spec(backoffLimitPerIndex).backoffLimit = 2147483647
spec.backoffLimit = 6
spec(!completions)(!parallelism).completions = 1
spec.parallelism = 1
spec.podFailurePolicy?.rules[].onPodConditions[].status = "True"
"#;

pub(super) const CRON_JOB: &str = r#"
status = {}
spec.jobTemplate.metadata = {}
spec.jobTemplate.spec.template.metadata = {}
spec.concurrencyPolicy = "Allow"
spec.suspend = false
spec.successfulJobsHistoryLimit = 3
spec.failedJobsHistoryLimit = 1
"#;

pub(super) const POD: &str = "
status = {}
status.conditions[].lastProbeTime|lastTransitionTime = null
status.containerStatuses|initContainerStatuses|ephemeralContainerStatuses[].state|lastState = {}
status.containerStatuses|initContainerStatuses|ephemeralContainerStatuses[].state|lastState?.running?.startedAt = null
status.containerStatuses|initContainerStatuses|ephemeralContainerStatuses[].state|lastState?.terminated?.startedAt|finishedAt = null
";

pub(super) const POD_TEMPLATE: &str = "
template.metadata = {}
";

/// Where the kinds that run pods keep the spec of a pod.
pub(super) fn pod_spec_path(kind: &str) -> Option<&'static str> {
    match kind {
        "Pod" => Some("spec"),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
            Some("spec.template.spec")
        }
        "CronJob" => Some("spec.jobTemplate.spec.template.spec"),
        "PodTemplate" => Some("template.spec"),
        _ => None,
    }
}

/// A ReplicationController without labels or selector takes those of its template.
pub(super) fn default_replication_controller(object: &mut Value) {
    let labels = at(object, "spec.template.metadata.labels").cloned();
    if let Some(labels) = labels {
        set_absent(object, "spec.selector", labels.clone());
        set_absent(object, "metadata.labels", labels);
    }
}

/// A stored Job without labels takes those of its template; a new one does so once its template has all of them.
pub(super) fn default_job(object: &mut Value) {
    set_absent(object, "spec.manualSelector", false);
    if at(object, "spec.selector").is_some() {
        take_template_labels(object);
    }
}

fn take_template_labels(object: &mut Value) {
    if let Some(labels) = at(object, "spec.template.metadata.labels").cloned() {
        set_absent(object, "metadata.labels", labels);
    }
}

/// A Job gets a selector of its own, and labels that carry its uid, unless its author wants to choose them.
pub(super) fn prepare_job(object: &mut Value) {
    if flag(object, "spec.manualSelector") {
        return;
    }
    let (name, uid) = (text(object, "metadata.name").to_owned(), text(object, "metadata.uid").to_owned());
    let Some(template) = object.pointer_mut("/spec/template/metadata").and_then(Value::as_object_mut) else {
        return;
    };
    let labels = template.entry("labels").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(labels) = labels {
        for prefix in ["", "batch.kubernetes.io/"] {
            labels.insert(format!("{prefix}job-name"), Value::from(name.clone()));
            labels.insert(format!("{prefix}controller-uid"), Value::from(uid.clone()));
        }
    }
    take_template_labels(object);
    let mut chosen = at(object, "spec.selector.matchLabels").cloned().unwrap_or_else(|| json!({}));
    if let Some(labels) = chosen.as_object_mut() {
        labels.insert("batch.kubernetes.io/controller-uid".to_owned(), Value::from(uid));
    }
    set(object, "spec.selector.matchLabels", chosen);
}

/// The deprecated counter of template versions, which the server still keeps.
const COUNT: &str = "deprecated.daemonset.template.generation";

/// Whoever writes a DaemonSet without the counter writes a zero, and owns it.
pub(super) fn default_daemon_set(object: &mut Value) {
    if let Some(annotations) = annotations(object) {
        annotations.entry(COUNT).or_insert_with(|| Value::from("0"));
    }
}

/// The first template is counted.
pub(super) fn prepare_daemon_set(object: &mut Value) {
    if let Some(annotations) = annotations(object) {
        annotations.insert(COUNT.to_owned(), Value::from("1"));
    }
}

fn annotations(object: &mut Value) -> Option<&mut Map<String, Value>> {
    let metadata = object.pointer_mut("/metadata").and_then(Value::as_object_mut)?;
    metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}

/// Claim templates have a status, and it is that of a claim nobody has seen.
pub(super) fn prepare_stateful_set(object: &mut Value) {
    for template in items_mut(object, "spec.volumeClaimTemplates") {
        set(template, "status", json!({"phase": "Pending"}));
    }
    // Behind a feature gate that is off.
    remove(object, "spec.updateStrategy.rollingUpdate.maxUnavailable");
}

/// Counts the templates that a DaemonSet had, in its annotation of old.
pub(super) fn count_templates(old: &Value, new: &mut Value) {
    let counted = at(old, "metadata.annotations").and_then(|it| it.get(COUNT)).and_then(Value::as_str);
    let Some(mut count) = counted.and_then(|it| it.parse::<u64>().ok()) else { return };
    if at(old, "spec.template") != at(new, "spec.template") {
        count += 1;
    }
    if let Some(annotations) = annotations(new) {
        annotations.insert(COUNT.to_owned(), Value::from(count.to_string()));
    }
}
