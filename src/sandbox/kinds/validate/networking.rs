//! Rules of ingresses and network policies.

use std::{net::IpAddr, sync::LazyLock};

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::{Rules, port, said},
    selector, words,
};
use crate::sandbox::kinds::value::{at, items, text};

const INGRESS: &str = "
spec.ingressClassName: subdomain
spec.tls[].secretName: subdomain
spec.rules[].http.paths: required
";

const INGRESS_CLASS: &str = "
spec.controller: required
spec.parameters.kind: required
spec.parameters.name: required
spec.parameters.kind|name: segment
spec.parameters.scope: one-of Cluster Namespace
";

const POLICY: &str = "
spec.podSelector: selector
spec.ingress|egress[].ports[].protocol: one-of TCP UDP SCTP
spec.ingress|egress[].ports[].port: port-or-name
";

static INGRESS_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(INGRESS));
static CLASS_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(INGRESS_CLASS));
static POLICY_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(POLICY));

/// An Ingress.
pub(super) fn ingress(object: &Value, causes: &mut Causes) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    INGRESS_RULES.check(object, &Path::object(), causes);
    let rules = items(spec, "rules");
    if rules.is_empty() && spec.get("defaultBackend").is_none() {
        let words = "either `defaultBackend` or `rules` must be specified";
        causes.invalid(&path, spec.get("rules").unwrap_or(&Value::Null), words);
    }
    if let Some(found) = spec.get("defaultBackend") {
        backend(found, &path.child("defaultBackend"), causes);
    }
    for (place, rule) in rules.iter().enumerate() {
        let path = path.child("rules").index(place);
        host(text(rule, "host"), &path.child("host"), causes);
        for (place, found) in items(rule, "http.paths").iter().enumerate() {
            http_path(found, &path.child("http.paths").index(place), causes);
        }
    }
    for (place, tls) in items(spec, "tls").iter().enumerate() {
        for (at_, name) in items(tls, "hosts").iter().enumerate() {
            let path = path.child("tls").index(place).child("hosts").index(at_);
            host_name(name.as_str().unwrap_or_default(), &path, causes);
        }
    }
}

fn host(name: &str, path: &Path, causes: &mut Causes) {
    if name.is_empty() {
        return;
    }
    if name.parse::<IpAddr>().is_ok() {
        causes.invalid(path, &json!(name), "must be a DNS name, not an IP address");
    }
    host_name(name, path, causes);
}

fn host_name(name: &str, path: &Path, causes: &mut Causes) {
    said(name, if name.contains('*') { words::wildcard } else { words::subdomain }, path, causes);
}

fn http_path(found: &Value, path: &Path, causes: &mut Causes) {
    let (sort, place) = (text(found, "pathType"), text(found, "path"));
    let here = path.child("path");
    match at(found, "pathType").and_then(Value::as_str) {
        None => causes.required(&path.child("pathType"), "pathType must be specified"),
        Some("Exact" | "Prefix") => strict_path(place, &here, causes),
        Some("ImplementationSpecific") => {
            if !place.is_empty() && !place.starts_with('/') {
                causes.invalid(&here, &json!(place), "must be an absolute path");
            }
        }
        Some(_) => {
            let known = ["Exact", "ImplementationSpecific", "Prefix"];
            causes.not_supported(&path.child("pathType"), sort, &known);
        }
    }
    backend(found.get("backend").unwrap_or(&Value::Null), &path.child("backend"), causes);
}

fn strict_path(place: &str, path: &Path, causes: &mut Causes) {
    if !place.starts_with('/') {
        causes.invalid(path, &json!(place), "must be an absolute path");
    }
    for sequence in ["//", "/./", "/../", "%2f", "%2F"] {
        if place.contains(sequence) {
            causes.invalid(path, &json!(place), &format!("must not contain '{sequence}'"));
        }
    }
    for suffix in ["/..", "/."] {
        if place.ends_with(suffix) {
            causes.invalid(path, &json!(place), &format!("cannot end with '{suffix}'"));
        }
    }
}

fn backend(found: &Value, path: &Path, causes: &mut Causes) {
    let (service, resource) = (found.get("service"), found.get("resource"));
    match (service, resource) {
        (None, None) => causes.invalid(path, &json!(""), "resource or service backend is required"),
        (Some(_), Some(_)) => {
            causes.invalid(path, &json!(""), "cannot set both resource and service backends");
        }
        (None, Some(resource)) => {
            let here = path.child("resource");
            for key in ["kind", "name"] {
                match text(resource, key) {
                    "" => causes.required(&here.child(key), ""),
                    name => said(name, words::path_segment, &here.child(key), causes),
                }
            }
            if let Some(group) = resource.get("apiGroup").and_then(Value::as_str) {
                said(group, words::subdomain, &here.child("apiGroup"), causes);
            }
        }
        (Some(service), None) => service_backend(service, path, causes),
    }
}

fn service_backend(service: &Value, path: &Path, causes: &mut Causes) {
    let here = path.child("service");
    match text(service, "name") {
        "" => causes.required(&here.child("name"), ""),
        name => said(name, words::label, &here.child("name"), causes),
    }
    let (name, number) =
        (text(service, "port.name"), at(service, "port.number").filter(|it| **it != json!(0)));
    match (name, number) {
        ("", None) => causes.required(path, "port name or number is required"),
        ("", Some(number)) => port(number, &here.child("port.number"), causes),
        (name, None) => said(name, words::port_name, &here.child("port.name"), causes),
        (_, Some(_)) => causes.invalid(path, &json!(""), "cannot set both port name & port number"),
    }
}

/// An IngressClass.
pub(super) fn ingress_class(object: &Value, causes: &mut Causes) {
    CLASS_RULES.check(object, &Path::object(), causes);
    let path = Path::root("spec");
    let controller = text(object, "spec.controller");
    if !controller.is_empty() {
        let here = path.child("controller");
        match controller.split_once('/') {
            Some((domain, rest)) if !rest.is_empty() && !domain.is_empty() => {
                said(domain, words::subdomain, &here, causes);
            }
            _ => {
                let words = "must be a domain-prefixed path (such as \"acme.io/foo\")";
                causes.invalid(&here, &json!(controller), words);
            }
        }
    }
    let namespace = at(object, "spec.parameters.namespace");
    let here = path.child("parameters.namespace");
    match (text(object, "spec.parameters.scope"), namespace) {
        ("Namespace", None) => causes.required(&here, "`parameters.scope` is set to 'Namespace'"),
        ("Cluster", Some(_)) => causes.forbidden(&here, "`parameters.scope` is set to 'Cluster'"),
        _ => {}
    }
}

/// A NetworkPolicy.
pub(super) fn policy(object: &Value, causes: &mut Causes) {
    let path = Path::root("spec");
    POLICY_RULES.check(object, &Path::object(), causes);
    for (way, peers) in [("ingress", "from"), ("egress", "to")] {
        for (place, rule) in items(object, &format!("spec.{way}")).iter().enumerate() {
            let path = path.child(way).index(place);
            for (place, found) in items(rule, "ports").iter().enumerate() {
                port_range(found, &path.child("ports").index(place), causes);
            }
            for (place, found) in items(rule, peers).iter().enumerate() {
                peer(found, &path.child(peers).index(place), causes);
            }
        }
    }
    let types = items(object, "spec.policyTypes");
    let here = path.child("policyTypes");
    if types.len() > 2 {
        causes.invalid(&here, &json!(types), "may not specify more than two policyTypes");
        return;
    }
    for (place, found) in types.iter().filter_map(Value::as_str).enumerate() {
        if !["Ingress", "Egress"].contains(&found) {
            causes.not_supported(&here.index(place), found, &["Ingress", "Egress"]);
        }
    }
}

fn port_range(found: &Value, path: &Path, causes: &mut Causes) {
    let Some(end) = found.get("endPort") else { return };
    let here = path.child("endPort");
    match found.get("port") {
        None => causes.invalid(&here, end, "may not be specified when `port` is not specified"),
        Some(Value::String(_)) => {
            causes.invalid(&here, end, "may not be specified when `port` is non-numeric");
        }
        Some(begin) => {
            if end.as_i64() < begin.as_i64() {
                // The server shows the port, not its end.
                causes.invalid(&here, begin, "must be greater than or equal to `port`");
            }
        }
    }
}

fn peer(found: &Value, path: &Path, causes: &mut Causes) {
    let selectors = ["podSelector", "namespaceSelector"].into_iter().filter(|key| found.get(*key).is_some());
    let selectors: Vec<&str> = selectors.collect();
    for key in &selectors {
        let chosen = found.get(*key).unwrap_or(&Value::Null);
        selector::label_selector(chosen, &path.child(key), causes);
    }
    match (found.get("ipBlock"), selectors.is_empty()) {
        (None, true) => causes.required(path, "must specify a peer"),
        (Some(_), false) => causes.forbidden(path, "may not specify both ipBlock and another peer"),
        (Some(block), true) => ip_block(block, &path.child("ipBlock"), causes),
        (None, false) => {}
    }
}

fn ip_block(block: &Value, path: &Path, causes: &mut Causes) {
    let whole = text(block, "cidr");
    if whole.is_empty() {
        causes.required(&path.child("cidr"), "");
        return;
    }
    let words = words::cidr(whole);
    for words in &words {
        causes.invalid(&path.child("cidr"), &json!(whole), words);
    }
    if !words.is_empty() {
        return;
    }
    for (place, part) in items(block, "except").iter().enumerate() {
        let (shown, path) = (part.as_str().unwrap_or_default(), path.child("except").index(place));
        let words = words::cidr(shown);
        for words in &words {
            causes.invalid(&path, part, words);
        }
        if words.is_empty() && !words::is_strict_part(shown, whole) {
            causes.invalid(&path, part, "must be a strict subset of `cidr`");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_can_be_read() {
        for table in [super::INGRESS, super::INGRESS_CLASS, super::POLICY] {
            crate::sandbox::kinds::validate::rules::assert_readable(table);
        }
    }
}
