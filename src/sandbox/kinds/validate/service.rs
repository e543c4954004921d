//! Rules of Services and what leads to their pods.

use std::{net::IpAddr, sync::LazyLock};

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::{Rules, said},
    words,
};
use crate::sandbox::kinds::value::{at, items, text};

const SERVICE: &str = "
spec.ports[].port: port
spec.ports[].targetPort: port-or-name
spec.ports[].protocol: one-of SCTP TCP UDP
spec.ports[].appProtocol: qualified
spec.selector: labels
spec.sessionAffinity: one-of ClientIP None
spec.type: one-of ClusterIP ExternalName LoadBalancer NodePort
spec.internalTrafficPolicy: one-of Cluster Local
spec.ipFamilyPolicy: one-of PreferDualStack RequireDualStack SingleStack
spec.trafficDistribution: one-of PreferClose PreferSameZone PreferSameNode
";

const ENDPOINTS: &str = "
subsets[].addresses[].ip: ip
subsets[].ports[].port: port
subsets[].ports[].protocol: one-of SCTP TCP UDP
subsets[].ports[].name: label
";

static SERVICE_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(SERVICE));
static ENDPOINTS_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(ENDPOINTS));

/// A Service.
pub(super) fn service(object: &Value, causes: &mut Causes) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    SERVICE_RULES.check(object, &Path::object(), causes);
    ports(spec, &path, causes);
    addresses(spec, &path, causes);
    families(spec, &path, causes);
    traffic(spec, &path, causes);
    load_balancer(spec, &path, causes);
    if let Some(seconds) = at(spec, "sessionAffinityConfig.clientIP.timeoutSeconds")
        && seconds.as_i64().is_some_and(|it| !(1..=86400).contains(&it))
    {
        let path = path.child("sessionAffinityConfig.clientIP.timeoutSeconds");
        causes.invalid(&path, seconds, "must be greater than 0 and less than 86400");
    }
    if causes.len() == 0 {
        allocatable(spec, &path, causes);
    }
}

fn is_headless(spec: &Value) -> bool {
    text(spec, "clusterIP") == "None"
}

fn ports(spec: &Value, path: &Path, causes: &mut Causes) {
    let path = path.child("ports");
    let ports = items(spec, "ports");
    let sort = text(spec, "type");
    if ports.is_empty() && !is_headless(spec) && sort != "ExternalName" {
        causes.required(&path, "");
    }
    let mut names: Vec<&str> = Vec::new();
    let mut pairs: Vec<(Value, &str)> = Vec::new();
    let mut nodes: Vec<(i64, &str)> = Vec::new();
    for (place, port) in ports.iter().enumerate() {
        let path = path.index(place);
        let (name, protocol) = (text(port, "name"), text(port, "protocol"));
        if name.is_empty() {
            if ports.len() > 1 {
                causes.required(&path.child("name"), "");
            }
        } else {
            said(name, words::label, &path.child("name"), causes);
            if names.contains(&name) {
                causes.duplicate(&path.child("name"), &json!(name));
            }
            names.push(name);
        }
        let pair = (port.get("port").cloned().unwrap_or_default(), protocol);
        if pairs.contains(&pair) {
            causes.duplicate(&path, &json!({
                "Name": "", "Protocol": protocol, "AppProtocol": null, "Port": pair.0, "TargetPort": 0, "NodePort": 0,
            }));
        }
        pairs.push(pair);
        node_port(port, sort, &mut nodes, &path, causes);
    }
}

fn node_port<'a>(
    port: &'a Value,
    sort: &str,
    taken: &mut Vec<(i64, &'a str)>,
    path: &Path,
    causes: &mut Causes,
) {
    let Some(number) = at(port, "nodePort").and_then(Value::as_i64).filter(|it| *it != 0) else { return };
    let path = path.child("nodePort");
    let pair = (number, text(port, "protocol"));
    if sort == "ClusterIP" || sort == "ExternalName" {
        causes.forbidden(&path, &format!("may not be used when `type` is '{sort}'"));
    } else if taken.contains(&pair) {
        causes.invalid(&path, &json!(number), "provided port is already allocated");
    }
    taken.push(pair);
}

fn addresses(spec: &Value, path: &Path, causes: &mut Causes) {
    let ips = items(spec, "clusterIPs");
    let sort = text(spec, "type");
    if sort == "ExternalName" {
        if !ips.is_empty() || !text(spec, "clusterIP").is_empty() {
            causes.forbidden(&path.child("clusterIPs"), "may not be set for ExternalName services");
        }
        match text(spec, "externalName") {
            "" => causes.required(&path.child("externalName"), ""),
            name => said(name.trim_end_matches('.'), words::subdomain, &path.child("externalName"), causes),
        }
        return;
    }
    if !ips.is_empty() && text(spec, "clusterIP").is_empty() {
        causes.invalid(
            &path.child("clusterIPs"),
            &json!(ips),
            "must be empty when `clusterIP` is not specified",
        );
    }
    let first = ips.first().and_then(Value::as_str).unwrap_or_default();
    if !text(spec, "clusterIP").is_empty() && !ips.is_empty() && first != text(spec, "clusterIP") {
        causes.invalid(&path.child("clusterIPs"), &json!(ips), "first value must match `clusterIP`");
    }
    for (place, ip) in ips.iter().enumerate() {
        let here = path.child("clusterIPs").index(place);
        match ip.as_str().unwrap_or_default() {
            "None" if matches!(sort, "NodePort" | "LoadBalancer") => {
                causes.invalid(&here, ip, &format!("may not be set to 'None' for {sort} services"));
            }
            "None" => {}
            text => said(text, words::ip, &here, causes),
        }
    }
    for (place, ip) in items(spec, "externalIPs").iter().enumerate() {
        outer_address(ip, &path.child("externalIPs").index(place), causes);
    }
}

/// What can be given out: asked only of a Service that is right in all else, as the server allocates last.
fn allocatable(spec: &Value, path: &Path, causes: &mut Causes) {
    let ips = items(spec, "clusterIPs");
    if let Some(ip) = ips.first().and_then(Value::as_str).filter(|ip| is_foreign(ip)) {
        let words = format!(
            "failed to allocate IP {ip}: the provided IP ({ip}) is not in the valid range. The range of valid IPs is 10.96.0.0/16"
        );
        causes.invalid(&path.child("clusterIPs"), &json!(ips), &words);
    }
    for (place, port) in items(spec, "ports").iter().enumerate() {
        let Some(number) = at(port, "nodePort").and_then(Value::as_i64).filter(|it| *it != 0) else {
            continue;
        };
        if !(30000..=32767).contains(&number) {
            let words = "provided port is not in the valid range. The range of valid ports is 30000-32767";
            let path = path.child("ports").index(place).child("nodePort");
            causes.invalid(&path, &json!(number), words);
        }
    }
}

/// Whether an address is outside the service network, which the sandbox has as the test bed does.
fn is_foreign(ip: &str) -> bool {
    let Ok(IpAddr::V4(address)) = ip.parse::<IpAddr>() else { return false };
    !matches!(address.octets(), [10, 96, ..])
}

/// An address that others may reach.
fn outer_address(ip: &Value, path: &Path, causes: &mut Causes) {
    let shown = ip.as_str().unwrap_or_default();
    said(shown, words::ip, path, causes);
    not_special(shown, ip, path, causes);
}

fn not_special(shown: &str, ip: &Value, path: &Path, causes: &mut Causes) {
    let Ok(address) = shown.parse::<IpAddr>() else { return };
    let link_local = matches!(address, IpAddr::V4(it) if it.is_link_local());
    if address.is_unspecified() {
        causes.invalid(path, ip, &format!("may not be unspecified ({address})"));
    }
    if address.is_loopback() {
        causes.invalid(path, ip, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    if link_local {
        causes.invalid(path, ip, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
}

fn families(spec: &Value, path: &Path, causes: &mut Causes) {
    let found = items(spec, "ipFamilies");
    if text(spec, "type") == "ExternalName" {
        return;
    }
    let any = is_headless(spec) && at(spec, "selector").is_none();
    let mut seen: Vec<&Value> = Vec::new();
    for (place, family) in found.iter().enumerate() {
        let path = path.child("ipFamilies").index(place);
        match family.as_str().unwrap_or_default() {
            other if !["IPv4", "IPv6"].contains(&other) => {
                causes.not_supported(&path, other, &["IPv4", "IPv6"]);
            }
            _ if seen.contains(&family) => causes.duplicate(&path, family),
            "IPv6" if !any => causes.invalid(&path, family, "not configured on this cluster"),
            _ => {}
        }
        seen.push(family);
    }
    if text(spec, "ipFamilyPolicy") == "RequireDualStack" && !any {
        let words = "this cluster is not configured for dual-stack services";
        causes.invalid(&path.child("ipFamilyPolicy"), &json!("RequireDualStack"), words);
    }
}

fn traffic(spec: &Value, path: &Path, causes: &mut Causes) {
    let sort = text(spec, "type");
    let outside = matches!(sort, "NodePort" | "LoadBalancer")
        || sort == "ClusterIP" && !items(spec, "externalIPs").is_empty();
    let policy = text(spec, "externalTrafficPolicy");
    let here = path.child("externalTrafficPolicy");
    if !policy.is_empty() && !outside {
        causes.invalid(&here, &json!(policy), "may only be set for externally-accessible services");
    } else if !policy.is_empty() && !["Cluster", "Local"].contains(&policy) {
        causes.not_supported(&here, policy, &["Cluster", "Local"]);
    }
    if let Some(port) = at(spec, "healthCheckNodePort").filter(|it| **it != json!(0))
        && (sort != "LoadBalancer" || policy != "Local")
    {
        let words = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        causes.invalid(&path.child("healthCheckNodePort"), port, words);
    }
}

fn load_balancer(spec: &Value, path: &Path, causes: &mut Causes) {
    let is = text(spec, "type") == "LoadBalancer";
    let only = "may only be used when `type` is 'LoadBalancer'";
    // The server's path has a capital letter.
    let ranges = path.child("LoadBalancerSourceRanges");
    let sources = items(spec, "loadBalancerSourceRanges");
    if !sources.is_empty() && !is {
        causes.forbidden(&ranges, only);
    }
    for (place, source) in sources.iter().enumerate() {
        for words in words::strict_cidr(source.as_str().unwrap_or_default().trim()) {
            causes.invalid(&ranges.index(place), source, &words);
        }
    }
    for key in ["loadBalancerClass", "allocateLoadBalancerNodePorts"] {
        if spec.get(key).is_some() && !is {
            causes.forbidden(&path.child(key), only);
        }
    }
    if let (Some(class), true) = (spec.get("loadBalancerClass").and_then(Value::as_str), is) {
        said(class, words::qualified, &path.child("loadBalancerClass"), causes);
    }
}

/// Endpoints.
pub(super) fn endpoints(object: &Value, causes: &mut Causes) {
    ENDPOINTS_RULES.check(object, &Path::object(), causes);
    for (place, subset) in items(object, "subsets").iter().enumerate() {
        let path = Path::root("subsets").index(place);
        let addresses = items(subset, "addresses");
        if addresses.is_empty() && items(subset, "notReadyAddresses").is_empty() {
            causes.required(&path, "must specify `addresses` or `notReadyAddresses`");
        }
        for (place, address) in addresses.iter().enumerate() {
            let (ip, path) = (text(address, "ip"), path.child("addresses").index(place).child("ip"));
            if ip.parse::<IpAddr>().is_err() {
                causes.invalid(&path, &json!(ip), "must be a valid IP address");
            }
            not_special(ip, &json!(ip), &path, causes);
        }
        let ports = items(subset, "ports");
        for (place, port) in ports.iter().enumerate() {
            if ports.len() > 1 && text(port, "name").is_empty() {
                causes.required(&path.child("ports").index(place).child("name"), "");
            }
        }
    }
}

/// An EndpointSlice.
pub(super) fn endpoint_slice(object: &Value, causes: &mut Causes) {
    match text(object, "addressType") {
        "" => causes.required(&Path::root("addressType"), ""),
        "IPv4" | "IPv6" | "FQDN" => {}
        other => causes.not_supported(&Path::root("addressType"), other, &["FQDN", "IPv4", "IPv6"]),
    }
    for (place, endpoint) in items(object, "endpoints").iter().enumerate() {
        let path = Path::root("endpoints").index(place);
        let addresses = items(endpoint, "addresses");
        if addresses.is_empty() {
            causes.required(&path.child("addresses"), "must contain at least 1 address");
        }
        if text(object, "addressType").starts_with("IPv") {
            for (place, ip) in addresses.iter().enumerate() {
                outer_address(ip, &path.child("addresses").index(place), causes);
            }
        }
        if let Some(name) = endpoint.get("hostname").and_then(Value::as_str) {
            said(name, words::label, &path.child("hostname"), causes);
        }
    }
    let mut names: Vec<&str> = Vec::new();
    for (place, port) in items(object, "ports").iter().enumerate() {
        let path = Path::root("ports").index(place);
        let (name, protocol) = (text(port, "name"), text(port, "protocol"));
        if names.contains(&name) {
            causes.duplicate(&path.child("name"), &json!(name));
        } else if !name.is_empty() {
            said(name, words::label, &path.child("name"), causes);
        }
        names.push(name);
        if !["SCTP", "TCP", "UDP"].contains(&protocol) {
            causes.not_supported(&path.child("protocol"), protocol, &["SCTP", "TCP", "UDP"]);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_can_be_read() {
        crate::sandbox::kinds::validate::rules::assert_readable(super::SERVICE);
        crate::sandbox::kinds::validate::rules::assert_readable(super::ENDPOINTS);
    }
}
