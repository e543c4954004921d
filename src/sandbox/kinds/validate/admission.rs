//! Rules of the kinds that extend the server.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::{Rules, said},
    words,
};
use crate::sandbox::kinds::value::{at, items, text};

const WEBHOOK: &str = "
webhooks[].failurePolicy: one-of Fail Ignore
webhooks[].matchPolicy: one-of Equivalent Exact
webhooks[].reinvocationPolicy: one-of IfNeeded Never
webhooks[].namespaceSelector|objectSelector: selector
webhooks[].rules[].operations: required
webhooks[].rules[].operations[]: one-of * CONNECT CREATE DELETE UPDATE
webhooks[].rules[].resources: required
webhooks[].rules[].apiGroups: required
webhooks[].rules[].apiVersions: required
webhooks[].rules[].scope: one-of * Cluster Namespaced
";

const API: &str = "
spec.service.name: required
spec.service.namespace: required
";

static WEBHOOK_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(WEBHOOK));
static API_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(API));

/// A webhook configuration of either sort.
pub(super) fn webhooks(object: &Value, causes: &mut Causes) {
    WEBHOOK_RULES.check(object, &Path::object(), causes);
    let mut names: Vec<&str> = Vec::new();
    for (place, hook) in items(object, "webhooks").iter().enumerate() {
        let path = Path::root("webhooks").index(place);
        let name = text(hook, "name");
        full_name(name, &path.child("name"), causes);
        if names.contains(&name) {
            causes.duplicate(&path.child("name"), &json!(name));
        }
        names.push(name);
        review(hook, &path, causes);
        client(hook.get("clientConfig").unwrap_or(&Value::Null), &path.child("clientConfig"), causes);
        for (place, rule) in items(hook, "rules").iter().enumerate() {
            let resources = items(rule, "resources");
            let plain = resources.iter().filter_map(Value::as_str).filter(|it| !it.contains('/')).count();
            if resources.contains(&json!("*")) && plain > 1 {
                let words = "if '*' is present, must not specify other resources without subresources";
                causes.invalid(
                    &path.child("rules").index(place).child("resources"),
                    &json!(resources),
                    words,
                );
            }
        }
    }
}

fn full_name(name: &str, path: &Path, causes: &mut Causes) {
    if name.is_empty() {
        causes.required(path, "");
        return;
    }
    let before = causes.len();
    said(name, words::subdomain, path, causes);
    if causes.len() == before && name.split('.').count() < 3 {
        let words = "should be a domain with at least three segments separated by dots";
        causes.invalid(path, &json!(name), words);
    }
}

fn review(hook: &Value, path: &Path, causes: &mut Causes) {
    let versions = items(hook, "admissionReviewVersions");
    let here = path.child("admissionReviewVersions");
    if versions.is_empty() {
        causes.required(&here, "must specify one of v1, v1beta1");
    } else if !["v1", "v1beta1"].iter().any(|known| versions.contains(&json!(known))) {
        causes.invalid(&here, &json!(versions), "must include at least one of v1, v1beta1");
    }
    for (place, version) in versions.iter().enumerate() {
        said(version.as_str().unwrap_or_default(), words::label_1035, &here.index(place), causes);
    }
    match hook.get("sideEffects").and_then(Value::as_str) {
        None => causes.required(&path.child("sideEffects"), "must specify one of None, NoneOnDryRun"),
        Some("None" | "NoneOnDryRun") => {}
        Some(other) => causes.not_supported(&path.child("sideEffects"), other, &["None", "NoneOnDryRun"]),
    }
    if let Some(seconds) = hook.get("timeoutSeconds")
        && seconds.as_i64().is_some_and(|it| !(1..=30).contains(&it))
    {
        let words = "the timeout value must be between 1 and 30 seconds";
        causes.invalid(&path.child("timeoutSeconds"), seconds, words);
    }
}

const FORM: &str = "; desired format: https://host[/path]";

fn client(config: &Value, path: &Path, causes: &mut Causes) {
    let (url, service) = (config.get("url").and_then(Value::as_str), config.get("service"));
    if url.is_some() == service.is_some() {
        causes.required(path, "exactly one of url or service is required");
        return;
    }
    if let Some(url) = url {
        let path = path.child("url");
        let (scheme, rest) = url.split_once("://").unwrap_or(("", ""));
        if scheme != "https" {
            causes.invalid(&path, &json!(scheme), &format!("'https' is the only allowed URL scheme{FORM}"));
        }
        if rest.split('/').next().is_none_or(str::is_empty) {
            causes.invalid(&path, &json!(""), &format!("host must be specified{FORM}"));
        }
    }
    let Some(service) = service else { return };
    // The server takes one for the other where it names the field.
    for key in ["name", "namespace"] {
        if text(service, key).is_empty() {
            let named = if key == "name" { "namespace" } else { "name" };
            causes.required(&path.child("service").child(named), "");
        }
    }
    service_port(service, &path.child("service"), causes);
    if let Some(place) = service.get("path").and_then(Value::as_str) {
        let path = path.child("service.path");
        if !place.starts_with('/') {
            causes.invalid(&path, &json!(place), "must start with a '/'");
        }
        // Whatever comes first is taken for the slash.
        let inner = place.get(1..).unwrap_or_default();
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        for (at_, segment) in inner.split('/').enumerate().filter(|_| place != "/") {
            if segment.is_empty() {
                causes.invalid(&path, &json!(place), &format!("segment[{at_}] may not be empty"));
            }
            for words in words::subdomain_or_empty(segment) {
                causes.invalid(&path, &json!(place), &format!("segment[{at_}]: {words}"));
            }
        }
    }
}

fn service_port(service: &Value, path: &Path, causes: &mut Causes) {
    let Some(port) = service.get("port") else { return };
    if port.as_i64().is_some_and(|it| !(1..=65535).contains(&it)) {
        causes.invalid(&path.child("port"), port, &format!("port is not valid: {}", words::PORT));
    }
}

/// An APIService.
pub(super) fn api_service(object: &Value, causes: &mut Causes) {
    let (name, group, version) =
        (text(object, "metadata.name"), text(object, "spec.group"), text(object, "spec.version"));
    let wanted = format!("{version}.{group}");
    if name != wanted {
        let words = format!("must be `spec.version+\".\"+spec.group`: {}", json!(wanted));
        causes.invalid(&Path::root("metadata.name"), &json!(name), &words);
    }
    if !group.is_empty() {
        said(group, words::subdomain, &Path::root("spec.group"), causes);
    } else if version != "v1" {
        let words = "only v1 may have an empty group and it better be legacy kube";
        causes.required(&Path::root("spec.group"), words);
    }
    said(version, words::label_1035, &Path::root("spec.version"), causes);
    API_RULES.check(object, &Path::object(), causes);
    for (key, most) in [("groupPriorityMinimum", 20000), ("versionPriority", 1000)] {
        let value = at(object, "spec").and_then(|it| it.get(key)).cloned().unwrap_or(json!(0));
        if value.as_i64().is_some_and(|it| !(1..=most).contains(&it)) {
            let words = format!("must be positive and less than {most}");
            causes.invalid(&Path::root("spec").child(key), &value, &words);
        }
    }
    if let Some(service) = at(object, "spec.service") {
        service_port(service, &Path::root("spec.service"), causes);
        let blind = at(object, "spec.insecureSkipTLSVerify") == Some(&json!(true));
        if blind && at(object, "spec.caBundle").is_some() {
            let path = Path::root("spec.insecureSkipTLSVerify");
            causes.invalid(&path, &json!(true), "may not be true if caBundle is present");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_can_be_read() {
        crate::sandbox::kinds::validate::rules::assert_readable(super::WEBHOOK);
        crate::sandbox::kinds::validate::rules::assert_readable(super::API);
    }
}
