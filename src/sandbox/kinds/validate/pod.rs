//! Rules of pods and pod templates.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    affinity,
    container::{Pod, container, host_ports, profile},
    object::{Causes, Path},
    rules::{Rules, said},
    volume, words,
};
use crate::sandbox::kinds::{
    pod::containers,
    value::{at, flag, items, text},
};

const POD: &str = "
containers: required
dnsConfig.nameservers[]: ip
dnsConfig.searches[]: underscored
activeDeadlineSeconds: between 1 2147483647
serviceAccountName: subdomain
nodeName: subdomain
hostname: label
subdomain: label
nodeSelector: labels
hostAliases[].ip: ip
hostAliases[].hostnames[]: subdomain
runtimeClassName: subdomain
preemptionPolicy: one-of PreemptLowerPriority Never
priorityClassName: subdomain
readinessGates[].conditionType: qualified
securityContext.runAsUser|runAsGroup|fsGroup: between 0 2147483647
securityContext.supplementalGroups[]: between 0 2147483647
securityContext.sysctls[].name: required
securityContext.fsGroupChangePolicy: one-of Always OnRootMismatch
securityContext.seccompProfile|appArmorProfile.type: one-of Localhost RuntimeDefault Unconfined
";

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(POD));

const DNS: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/// Where a pod spec stands, which decides some of its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a Pod.
    Pod,
    /// In the template of a kind that keeps its pods running; the kind is named.
    Lasting(&'static str),
    /// In the template of a Job.
    Job,
    /// In a template nobody runs.
    Template,
}

/// All that may be wrong with a pod spec.
pub(super) fn spec(spec: &Value, place: Place, path: &Path, causes: &mut Causes) {
    RULES.check(spec, path, causes);
    let volumes = volume::all(spec, place, path, causes);
    all_containers(&Pod { spec, volumes, place }, path, causes);
    policies(spec, place, path, causes);
    dns(spec, path, causes);
    affinity::tolerations(spec, path, causes);
    affinity::spread(spec, path, causes);
    affinity::affinity(spec, path, causes);
    sysctls(spec, path, causes);
    for (at_, gate) in items(spec, "schedulingGates").iter().enumerate() {
        said(text(gate, "name"), words::qualified, &path.child("schedulingGates").index(at_), causes);
    }
    if let Some(name) = at(spec, "os.name").and_then(Value::as_str)
        && !["linux", "windows"].contains(&name)
    {
        causes.not_supported(&path.child("os"), name, &["linux", "windows"]);
    }
    if let Some(context) = spec.get("securityContext") {
        profile(context, &path.child("securityContext"), causes);
    }
}

fn all_containers(pod: &Pod<'_>, path: &Path, causes: &mut Causes) {
    let spec = pod.spec;
    let mut names: Vec<&str> = Vec::new();
    let mut sorted: Vec<_> = containers(spec).collect();
    // The names of ordinary containers are taken first.
    sorted.sort_by_key(|(list, ..)| *list != "containers");
    for (list, at_, found) in sorted {
        let path = path.child(list).index(at_);
        container(found, pod, list, &path, causes);
        let name = text(found, "name");
        if !name.is_empty() && names.contains(&name) {
            causes.duplicate(&path.child("name"), &json!(name));
        }
        names.push(name);
    }
    host_ports(spec, &["containers"], path, causes);
}

fn policies(spec: &Value, place: Place, path: &Path, causes: &mut Causes) {
    let policy = text(spec, "restartPolicy");
    let here = path.child("restartPolicy");
    let known = ["Always", "OnFailure", "Never"];
    match place {
        Place::Lasting(kind) => {
            if policy != "Always" {
                causes.not_supported(&here, policy, &["Always"]);
            }
            if spec.get("activeDeadlineSeconds").is_some() {
                let words = format!("activeDeadlineSeconds in {kind} is not Supported");
                causes.forbidden(&path.child("activeDeadlineSeconds"), &words);
            }
        }
        Place::Job => {
            if policy.is_empty() || policy == "Always" {
                causes.required(&here, "valid values: \"OnFailure\", \"Never\"");
            } else if !known.contains(&policy) {
                causes.not_supported(&here, policy, &["OnFailure", "Never"]);
            }
        }
        Place::Pod | Place::Template => {}
    }
    if !known.contains(&policy) {
        causes.not_supported(&here, policy, &known);
    }
    if flag(spec, "shareProcessNamespace") && flag(spec, "hostPID") {
        let path = path.child("securityContext.shareProcessNamespace");
        causes.invalid(&path, &json!(true), "ShareProcessNamespace and HostPID cannot both be enabled");
    }
}

fn dns(spec: &Value, path: &Path, causes: &mut Causes) {
    let policy = text(spec, "dnsPolicy");
    if !DNS.contains(&policy) {
        causes.not_supported(&path.child("dnsPolicy"), policy, &DNS);
    }
    let path = path.child("dnsConfig");
    let servers = items(spec, "dnsConfig.nameservers");
    if policy == "None" {
        match spec.get("dnsConfig") {
            None => causes.required(&path, "must provide `dnsConfig` when `dnsPolicy` is None"),
            Some(_) if servers.is_empty() => {
                let words = "must provide at least one DNS nameserver when `dnsPolicy` is None";
                causes.required(&path.child("nameservers"), words);
            }
            Some(_) => {}
        }
    }
    if servers.len() > 3 {
        causes.invalid(&path.child("nameservers"), &json!(servers), "must not have more than 3 nameservers");
    }
    for (at_, option) in items(spec, "dnsConfig.options").iter().enumerate() {
        if text(option, "name").is_empty() {
            causes.required(&path.child("options").index(at_), "must not be empty");
        }
    }
}

fn sysctls(spec: &Value, path: &Path, causes: &mut Causes) {
    const FORM: &str = "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
    let is_edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = |part: &str| {
        part.starts_with(is_edge)
            && part.ends_with(is_edge)
            && part.chars().all(|c| is_edge(c) || "-_".contains(c))
    };
    for (at_, sysctl) in items(spec, "securityContext.sysctls").iter().enumerate() {
        let name = text(sysctl, "name");
        if !name.is_empty() && !name.split(['.', '/']).all(fits) {
            let path = path.child("securityContext.sysctls").index(at_).child("name");
            causes.invalid(&path, &json!(name), FORM);
        }
    }
}

/// The template that a kind makes its pods of.
pub(super) fn template(template: &Value, place: Place, path: &Path, causes: &mut Causes) {
    // The server prints these paths without `metadata`.
    let metadata = template.get("metadata").unwrap_or(&Value::Null);
    if let Some(labels) = metadata.get("labels") {
        super::selector::labels(labels, &path.child("labels"), causes);
    }
    if let Some(annotations) = metadata.get("annotations") {
        super::selector::annotations(annotations, &path.child("annotations"), causes);
    }
    if let Some(found) = at(template, "spec") {
        spec(found, place, &path.child("spec"), causes);
    }
    if place != Place::Template && !items(template, "spec.ephemeralContainers").is_empty() {
        causes.forbidden(
            &path.child("spec.ephemeralContainers"),
            "ephemeral containers not allowed in pod template",
        );
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_can_be_read() {
        crate::sandbox::kinds::validate::rules::assert_readable(super::POD);
    }
}
