//! Services and what follows from them: defaults, addresses and ports.

use serde_json::{Value, json};

use super::{
    create::Allocate,
    value::{at, flag, items, items_mut, remove, set, set_absent, text},
};

pub(super) const SERVICE: &str = r#"
status.loadBalancer = {}
spec.sessionAffinity = "None"
spec.type = "ClusterIP"
spec(sessionAffinity=ClientIP).sessionAffinityConfig.clientIP.timeoutSeconds = 10800
spec.ports[].port = 0
spec.ports[].protocol = "TCP"
spec(type=ClusterIP)(externalIPs).externalTrafficPolicy = "Cluster"
spec(type=NodePort).externalTrafficPolicy = "Cluster"
spec(type=LoadBalancer).externalTrafficPolicy = "Cluster"
spec(type=ClusterIP).internalTrafficPolicy = "Cluster"
spec(type=NodePort).internalTrafficPolicy = "Cluster"
spec(type=LoadBalancer).internalTrafficPolicy = "Cluster"
spec(type=LoadBalancer).allocateLoadBalancerNodePorts = true
"#;

pub(super) const ENDPOINTS: &str = r#"
subsets[].addresses|notReadyAddresses[].ip = ""
subsets[].ports[].port = 0
subsets[].ports[].protocol = "TCP"
"#;

pub(super) const ENDPOINT_SLICE: &str = r#"
endpoints = null
ports = null
ports[].name = ""
ports[].protocol = "TCP"
endpoints[].conditions = {}
"#;

/// A port leads to the port of the same number unless it says otherwise; settings of no affinity go.
pub(super) fn default_service(object: &mut Value) {
    if text(object, "spec.sessionAffinity") == "None" {
        remove(object, "spec.sessionAffinityConfig");
    }
    for port in items_mut(object, "spec.ports") {
        if matches!(at(port, "targetPort"), None | Some(Value::Null)) || is_unset(port) {
            let number = at(port, "port").cloned().unwrap_or(Value::from(0));
            set(port, "targetPort", number);
        }
    }
}

fn is_unset(port: &Value) -> bool {
    at(port, "targetPort").is_some_and(|target| target == &json!(0) || target == &json!(""))
}

/// Gives a new Service its addresses and ports.
pub(super) fn prepare_service(object: &mut Value, cx: &mut dyn Allocate) {
    set(object, "status", json!({"loadBalancer": {}}));
    if text(object, "spec.type") == "ExternalName" {
        return;
    }
    allocate(object, cx);
}

/// Gives a Service the addresses and ports that its type needs and it does not have.
pub(super) fn allocate(object: &mut Value, cx: &mut dyn Allocate) {
    if text(object, "spec.type") == "ExternalName" {
        return;
    }
    default_families(object);
    give_cluster_ips(object, cx);
    give_node_ports(object, cx);
}

fn is_headless(object: &Value) -> bool {
    text(object, "spec.clusterIP") == "None"
}

/// A cluster of one address family, unless a headless Service without selector may be told more by its author.
fn default_families(object: &mut Value) {
    let with_selector =
        at(object, "spec.selector").and_then(Value::as_object).is_some_and(|it| !it.is_empty());
    let dual = is_headless(object) && !with_selector;
    let policy = if dual { "RequireDualStack" } else { "SingleStack" };
    set_absent(object, "spec.ipFamilyPolicy", policy);
    if dual && text(object, "spec.ipFamilyPolicy") != "SingleStack" {
        let families = match items(object, "spec.ipFamilies").first().and_then(Value::as_str) {
            Some("IPv6") => json!(["IPv6", "IPv4"]),
            _ => json!(["IPv4", "IPv6"]),
        };
        set(object, "spec.ipFamilies", families);
    }
    set_absent(object, "spec.ipFamilies", json!(["IPv4"]));
}

fn give_cluster_ips(object: &mut Value, cx: &mut dyn Allocate) {
    let asked = text(object, "spec.clusterIP").to_owned();
    if asked.is_empty() && !items(object, "spec.clusterIPs").is_empty() {
        // Refused when it is validated.
        return;
    }
    let ip = if asked.is_empty() { cx.cluster_ip() } else { asked };
    if ip != "None" {
        cx.claim_cluster_ip(&ip);
    }
    set_absent(object, "spec.clusterIPs", json!([ip]));
    set(object, "spec.clusterIP", ip);
}

fn wants_node_ports(spec: &Value) -> bool {
    match text(spec, "type") {
        "NodePort" => true,
        "LoadBalancer" => flag(spec, "allocateLoadBalancerNodePorts"),
        _ => false,
    }
}

/// Ports that differ only in their protocol share one number.
fn give_node_ports(object: &mut Value, cx: &mut dyn Allocate) {
    let Some(spec) = object.get_mut("spec") else { return };
    let wanted = wants_node_ports(spec);
    let local = text(spec, "externalTrafficPolicy") == "Local" && text(spec, "type") == "LoadBalancer";
    let mut given: Vec<(Value, String, u16)> = Vec::new();
    for port in items_mut(spec, "ports") {
        if let Some(asked) =
            at(port, "nodePort").and_then(Value::as_u64).and_then(|it| u16::try_from(it).ok())
        {
            cx.claim_node_port(asked);
            continue;
        }
        if !wanted {
            continue;
        }
        let number = at(port, "port").cloned().unwrap_or_default();
        let protocol = text(port, "protocol").to_owned();
        let shared = given.iter().find(|(n, p, _)| *n == number && *p != protocol).map(|(_, _, node)| *node);
        let node = shared.unwrap_or_else(|| cx.node_port());
        set(port, "nodePort", node);
        given.push((number, protocol, node));
    }
    if local && at(spec, "healthCheckNodePort").is_none() {
        set(spec, "healthCheckNodePort", cx.node_port());
    }
}

/// Keeps what was allocated where an update does not say, and lets go of what its type no longer has.
pub(super) fn prepare_service_update(old: &Value, new: &mut Value) {
    normalise_ips(old, new);
    let (was, is) = (needs(old), needs(new));
    let both = |need: &Need| was.contains(need) && is.contains(need);
    if both(&Need::Address) {
        keep_addresses(old, new);
    }
    if both(&Need::NodePorts) {
        keep_node_ports(old, new);
    }
    if both(&Need::HealthPort) {
        keep_absent(old, new, "healthCheckNodePort");
    }
    for need in was.iter().filter(|need| !is.contains(need)) {
        if *need == Need::NodePorts {
            drop_node_ports(old, new);
        }
        for field in need.fields() {
            let_go(old, new, field);
        }
    }
}

/// What the type of a Service brings with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Address,
    NodePorts,
    HealthPort,
    WayIn,
    Balancer,
}

impl Need {
    /// The fields that come and go with it.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Address => {
                &["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"]
            }
            Self::NodePorts => &[],
            Self::HealthPort => &["healthCheckNodePort"],
            Self::WayIn => &["externalTrafficPolicy"],
            Self::Balancer => &["allocateLoadBalancerNodePorts", "loadBalancerClass"],
        }
    }
}

fn needs(object: &Value) -> Vec<Need> {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let sort = text(spec, "type");
    let balanced = sort == "LoadBalancer";
    let all = [
        (Need::Address, sort != "ExternalName"),
        (Need::NodePorts, wants_node_ports(spec)),
        (Need::HealthPort, balanced && text(spec, "externalTrafficPolicy") == "Local"),
        (Need::WayIn, balanced || sort == "NodePort" || !items(spec, "externalIPs").is_empty()),
        (Need::Balancer, balanced),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(need, _)| need).collect()
}

/// The single address and the list say the same: whoever changes one changes the other.
fn normalise_ips(old: &Value, new: &mut Value) {
    let (was, is) = (text(old, "spec.clusterIP").to_owned(), text(new, "spec.clusterIP").to_owned());
    let same_list = at(old, "spec.clusterIPs") == at(new, "spec.clusterIPs");
    if was == is || !same_list {
        return;
    }
    if is.is_empty() {
        remove(new, "spec.clusterIPs");
    } else {
        set(new, "spec.clusterIPs", json!([is]));
    }
}

fn keep_absent(old: &Value, new: &mut Value, field: &str) {
    let path = format!("spec.{field}");
    if let Some(kept) = at(old, &path).cloned() {
        set_absent(new, &path, kept);
    }
}

fn keep_addresses(old: &Value, new: &mut Value) {
    keep_absent(old, new, "clusterIP");
    if at(old, "spec.clusterIP") == at(new, "spec.clusterIP") {
        keep_absent(old, new, "clusterIPs");
    }
    keep_absent(old, new, "ipFamilies");
    keep_absent(old, new, "ipFamilyPolicy");
}

/// What was there before and was not touched goes with the type that brought it.
fn let_go(old: &Value, new: &mut Value, field: &str) {
    let path = format!("spec.{field}");
    if at(old, &path) == at(new, &path) {
        remove(new, &path);
    }
}

fn keep_node_ports(old: &Value, new: &mut Value) {
    let old_ports = items(old, "spec.ports");
    let taken: Vec<Value> =
        items(new, "spec.ports").iter().filter_map(|port| port.get("nodePort").cloned()).collect();
    for port in items_mut(new, "spec.ports") {
        let same = |other: &&Value| ["port", "protocol"].iter().all(|key| other.get(*key) == port.get(*key));
        let kept = old_ports.iter().find(same).and_then(|old| old.get("nodePort")).cloned();
        if let Some(node) = kept.filter(|node| !taken.contains(node)) {
            set_absent(port, "nodePort", node);
        }
    }
}

fn drop_node_ports(old: &Value, new: &mut Value) {
    let ports = |object: &Value| -> Vec<Option<Value>> {
        items(object, "spec.ports").iter().map(|port| port.get("nodePort").cloned()).collect()
    };
    if ports(old) == ports(new) {
        for port in items_mut(new, "spec.ports") {
            remove(port, "nodePort");
        }
    }
}
