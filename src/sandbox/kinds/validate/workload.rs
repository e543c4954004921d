//! Rules of the kinds that run pods.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    cron,
    object::{Causes, Path},
    pod::{self, Place},
    rules::Rules,
    selector, storage,
};
use crate::sandbox::kinds::value::{at, items, set, text};

const COUNTS: &str = "
spec.replicas|minReadySeconds|progressDeadlineSeconds: least 0
spec.ordinals.start: least 0
spec.strategy.rollingUpdate.maxUnavailable|maxSurge: count-or-share
spec.persistentVolumeClaimRetentionPolicy.whenDeleted|whenScaled: one-of Retain Delete
spec.updateStrategy.rollingUpdate.partition: least 0
";

const HISTORY: &str = "
spec.revisionHistoryLimit: least 0
";

const JOB: &str = "
parallelism|completions|activeDeadlineSeconds|backoffLimit|ttlSecondsAfterFinished|backoffLimitPerIndex: least 0
completionMode: one-of NonIndexed Indexed
podReplacementPolicy: one-of Failed TerminatingOrFailed
";

const CRON_JOB: &str = "
spec.startingDeadlineSeconds|successfulJobsHistoryLimit|failedJobsHistoryLimit: least 0
spec.concurrencyPolicy: one-of Allow Forbid Replace
";

static COUNT_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(COUNTS));
static HISTORY_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(HISTORY));
static JOB_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(JOB));
static CRON_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(CRON_JOB));

fn spec_path() -> Path {
    Path::root("spec")
}

/// A Deployment.
pub(super) fn deployment(object: &Value, causes: &mut Causes) {
    COUNT_RULES.check(object, &Path::object(), causes);
    HISTORY_RULES.check(object, &Path::object(), causes);
    selected_template(object, "deployment", "ReplicaSet", causes);
    strategy(object, causes);
    let ready = at(object, "spec.minReadySeconds").and_then(Value::as_i64).unwrap_or(0);
    if let Some(deadline) = at(object, "spec.progressDeadlineSeconds")
        && deadline.as_i64().is_some_and(|it| it <= ready)
    {
        let path = spec_path().child("progressDeadlineSeconds");
        causes.invalid(&path, deadline, "must be greater than minReadySeconds");
    }
}

fn strategy(object: &Value, causes: &mut Causes) {
    let path = spec_path().child("strategy");
    let rolling = at(object, "spec.strategy.rollingUpdate");
    match text(object, "spec.strategy.type") {
        "Recreate" if rolling.is_some() => {
            let words = "may not be specified when strategy `type` is 'Recreate'";
            causes.forbidden(&path.child("rollingUpdate"), words);
        }
        "Recreate" => {}
        "RollingUpdate" => {
            let of = |key: &str| at(object, "spec.strategy.rollingUpdate").and_then(|it| it.get(key));
            let none = |value: Option<&Value>| value.is_some_and(|it| *it == json!(0) || *it == json!("0%"));
            if none(of("maxSurge")) && none(of("maxUnavailable")) {
                let value = of("maxUnavailable").cloned().unwrap_or_default();
                causes.invalid(
                    &path.child("rollingUpdate.maxUnavailable"),
                    &value,
                    "may not be 0 when `maxSurge` is 0",
                );
            }
        }
        other => {
            let shown = json!({"Type": other, "RollingUpdate": internal(rolling)});
            causes.not_supported_value(&path, &shown, &["Recreate", "RollingUpdate"]);
        }
    }
}

/// A rolling update as the server's own type prints it.
fn internal(rolling: Option<&Value>) -> Option<Value> {
    rolling.map(|it| json!({"MaxUnavailable": it.get("maxUnavailable"), "MaxSurge": it.get("maxSurge")}))
}

/// The selector is there, is not empty, and fits the template it stands beside.
fn selected_template(object: &Value, word: &'static str, kind: &'static str, causes: &mut Causes) {
    let path = spec_path();
    let template = at(object, "spec.template").unwrap_or(&Value::Null);
    match at(object, "spec.selector") {
        None => {
            // A DaemonSet without one only selects nothing.
            if kind != "DaemonSet" {
                causes.required(&path.child("selector"), "");
            }
            mismatch(template, causes);
        }
        Some(found) => beside(found, template, (word, kind), causes),
    }
    pod::template(template, Place::Lasting(kind), &path.child("template"), causes);
}

fn beside(found: &Value, template: &Value, (word, kind): (&str, &str), causes: &mut Causes) {
    let path = spec_path().child("selector");
    let before = causes.len();
    selector::label_selector(found, &path, causes);
    let valid = causes.len() == before;
    if is_empty(found) {
        causes.invalid(&path, &json!({}), &format!("empty selector is invalid for {word}"));
    }
    if valid {
        fits_template(found, template, causes);
    } else if kind != "DaemonSet" {
        let words = if kind == "ReplicaSet" { "invalid label selector" } else { "" };
        causes.invalid(&path, &sorted_selector(found), words);
    }
}

fn is_empty(selector: &Value) -> bool {
    at(selector, "matchLabels").and_then(Value::as_object).is_none_or(serde_json::Map::is_empty)
        && items(selector, "matchExpressions").is_empty()
}

fn fits_template(selector: &Value, template: &Value, causes: &mut Causes) {
    let labels = at(template, "metadata.labels").unwrap_or(&Value::Null);
    if !selects(selector, labels) {
        mismatch(template, causes);
    }
}

fn mismatch(template: &Value, causes: &mut Causes) {
    let labels = at(template, "metadata.labels").unwrap_or(&Value::Null);
    let path = spec_path().child("template.metadata.labels");
    causes.invalid(&path, &sorted(labels), "`selector` does not match template `labels`");
}

/// A map as the server prints it: in the order of its keys.
fn sorted(value: &Value) -> Value {
    let Some(map) = value.as_object() else { return value.clone() };
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Whether a selector fits labels.
fn selects(selector: &Value, labels: &Value) -> bool {
    let exact = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    exact.into_iter().all(|(key, value)| labels.get(key) == Some(value))
        && items(selector, "matchExpressions").iter().all(|term| {
            let label = labels.get(text(term, "key"));
            let named = label.is_some_and(|it| items(term, "values").contains(it));
            match text(term, "operator") {
                "In" => named,
                "NotIn" => !named,
                "Exists" => label.is_some(),
                _ => label.is_none(),
            }
        })
}

/// A ReplicaSet.
pub(super) fn replica_set(object: &Value, causes: &mut Causes) {
    COUNT_RULES.check(object, &Path::object(), causes);
    selected_template(object, "deployment", "ReplicaSet", causes);
}

/// A ReplicationController, whose selector is a plain map.
pub(super) fn replication_controller(object: &Value, causes: &mut Causes) {
    COUNT_RULES.check(object, &Path::object(), causes);
    let path = spec_path();
    let chosen = at(object, "spec.selector").cloned().unwrap_or_default();
    if chosen.as_object().is_none_or(serde_json::Map::is_empty) {
        causes.required(&path.child("selector"), "");
    }
    let Some(template) = at(object, "spec.template") else {
        causes.required(&path.child("template"), "");
        return;
    };
    if chosen.as_object().is_some_and(|map| !map.is_empty()) {
        fits_template(&json!({"matchLabels": chosen}), template, causes);
    }
    pod::template(template, Place::Lasting("ReplicationController"), &path.child("template"), causes);
}

/// A StatefulSet.
pub(super) fn stateful_set(object: &Value, causes: &mut Causes) {
    COUNT_RULES.check(object, &Path::object(), causes);
    selected_template(&with_claims(object), "statefulset", "StatefulSet", causes);
    let path = spec_path();
    // Looked at twice, and said twice.
    let metadata = at(object, "spec.template.metadata").unwrap_or(&Value::Null);
    pod::template(&json!({"metadata": metadata}), Place::Template, &path.child("template"), causes);
    let service = text(object, "spec.serviceName");
    if !service.is_empty() {
        super::rules::said(service, super::words::label, &path.child("serviceName"), causes);
    }
    let management = text(object, "spec.podManagementPolicy");
    if !["OrderedReady", "Parallel"].contains(&management) {
        let words = "must be 'OrderedReady' or 'Parallel'";
        causes.invalid(&path.child("podManagementPolicy"), &json!(management), words);
    }
    let rolling = at(object, "spec.updateStrategy.rollingUpdate");
    let shown = rolling.map(|it| {
        json!({"Partition": it.get("partition").cloned().unwrap_or(json!(0)), "MaxUnavailable": it.get("maxUnavailable")})
    });
    match text(object, "spec.updateStrategy.type") {
        "RollingUpdate" => {}
        "OnDelete" => {
            if let Some(shown) = shown {
                let words = "only allowed for updateStrategy 'RollingUpdate'";
                causes.invalid(&path.child("updateStrategy.rollingUpdate"), &shown, words);
            }
        }
        other => {
            let shown = json!({"Type": other, "RollingUpdate": shown});
            causes.invalid(&path.child("updateStrategy"), &shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
    for (place, claim) in items(object, "spec.volumeClaimTemplates").iter().enumerate() {
        let path = path.child("volumeClaimTemplates").index(place).child("spec");
        storage::claim_spec(claim.get("spec").unwrap_or(&Value::Null), &path, causes);
    }
}

/// The set as its pods will be: each claim template is a volume too.
fn with_claims(object: &Value) -> Value {
    let claims = items(object, "spec.volumeClaimTemplates").iter().map(|claim| text(claim, "metadata.name"));
    let claims: Vec<&str> = claims.collect();
    if claims.is_empty() {
        return object.clone();
    }
    let volume = |name: &&str| json!({"name": name, "persistentVolumeClaim": {"claimName": name}});
    let mut volumes: Vec<Value> = claims.iter().map(volume).collect();
    let others = items(object, "spec.template.spec.volumes");
    volumes.extend(others.iter().filter(|it| !claims.contains(&text(it, "name"))).cloned());
    let mut object = object.clone();
    set(&mut object, "spec.template.spec.volumes", volumes);
    object
}

/// A DaemonSet.
pub(super) fn daemon_set(object: &Value, causes: &mut Causes) {
    COUNT_RULES.check(object, &Path::object(), causes);
    HISTORY_RULES.check(object, &Path::object(), causes);
    selected_template(object, "daemonset", "DaemonSet", causes);
    let path = spec_path().child("updateStrategy");
    let rolling = at(object, "spec.updateStrategy.rollingUpdate");
    match text(object, "spec.updateStrategy.type") {
        "OnDelete" => {}
        "RollingUpdate" => {
            rolling_daemons(rolling.unwrap_or(&Value::Null), &path.child("rollingUpdate"), causes);
        }
        other => {
            let shown = json!({"Type": other, "RollingUpdate": internal(rolling)});
            causes.not_supported_value(&path, &shown, &["RollingUpdate", "OnDelete"]);
        }
    }
}

fn rolling_daemons(rolling: &Value, path: &Path, causes: &mut Causes) {
    // What is no share counts as none.
    let is_none = |key: &str| match rolling.get(key) {
        Some(Value::String(text)) => !text.ends_with('%') || text == "0%",
        other => other.is_none_or(|it| *it == json!(0)),
    };
    for key in ["maxUnavailable", "maxSurge"] {
        if let Some(value) = rolling.get(key) {
            super::rules::count_or_share(value, &path.child(key), causes);
        }
    }
    match (is_none("maxUnavailable"), is_none("maxSurge")) {
        (false, false) => {
            let surge = rolling.get("maxSurge").cloned().unwrap_or_default();
            causes.invalid(&path.child("maxSurge"), &surge, "may not be set when maxUnavailable is non-zero");
        }
        (true, true) => causes.required(&path.child("maxUnavailable"), "cannot be 0 when maxSurge is 0"),
        _ => {}
    }
}

/// A Job.
pub(super) fn job(object: &Value, causes: &mut Causes) {
    let path = spec_path();
    let spec = object.get("spec").unwrap_or(&Value::Null);
    job_spec(spec, &path, causes);
    let uid = text(object, "metadata.uid");
    let found = spec.get("selector").unwrap_or(&Value::Null);
    let manual = spec.get("manualSelector") == Some(&Value::Bool(true));
    if spec.get("selector").is_none() {
        causes.required(&path.child("selector"), "");
        return;
    }
    let own = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    if !manual && *found != own {
        causes.invalid(&path.child("selector"), &sorted_selector(found), "`selector` not auto-generated");
    }
    fits_template(found, spec.get("template").unwrap_or(&Value::Null), causes);
}

fn sorted_selector(selector: &Value) -> Value {
    let mut selector = selector.clone();
    if let Some(labels) = selector.get_mut("matchLabels") {
        *labels = sorted(labels);
    }
    selector
}

fn job_spec(spec: &Value, path: &Path, causes: &mut Causes) {
    JOB_RULES.check(spec, path, causes);
    let indexed = text(spec, "completionMode") == "Indexed";
    if indexed && spec.get("completions").is_none() {
        let words = "when completion mode is Indexed";
        causes.required(&path.child("completions"), words);
    }
    if let (Some(limit), false) = (spec.get("backoffLimitPerIndex"), indexed) {
        causes.invalid(&path.child("backoffLimitPerIndex"), limit, "requires indexed completion mode");
    }
    let template = spec.get("template").unwrap_or(&Value::Null);
    pod::template(template, Place::Job, &path.child("template"), causes);
}

/// A CronJob.
pub(super) fn cron_job(object: &Value, causes: &mut Causes) {
    let path = spec_path();
    CRON_RULES.check(object, &Path::object(), causes);
    let name = text(object, "metadata.name");
    if name.len() > 52 {
        let words = "must be no more than 52 characters";
        causes.invalid(&Path::root("metadata.name"), &json!(name), words);
    }
    cron::schedule(text(object, "spec.schedule"), &path.child("schedule"), causes);
    if let Some(zone) = at(object, "spec.timeZone") {
        cron::time_zone(zone, &path.child("timeZone"), causes);
    }
    let spec = at(object, "spec.jobTemplate.spec").unwrap_or(&Value::Null);
    job_spec(spec, &path.child("jobTemplate.spec"), causes);
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_can_be_read() {
        for table in [super::COUNTS, super::HISTORY, super::JOB, super::CRON_JOB] {
            crate::sandbox::kinds::validate::rules::assert_readable(table);
        }
    }
}
