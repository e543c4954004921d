//! What the API server warns of although it accepts it.

use serde_json::Value;

use super::value::{at, items, text};
use crate::model::Gvk;

/// Warnings about a new object, or about a change of one: then only where what is counted as a generation changed.
pub fn warnings(old: Option<&Value>, new: &Value, gvk: &Gvk) -> Vec<String> {
    let generation = |tree: &Value| at(tree, "metadata.generation").cloned();
    if old.is_some_and(|old| generation(old) == generation(new)) {
        return Vec::new();
    }
    let place = match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Pod") => "spec",
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch", "Job") => {
            "spec.template.spec"
        }
        ("batch", "CronJob") => "spec.jobTemplate.spec.template.spec",
        _ => return Vec::new(),
    };
    at(new, place).map_or_else(Vec::new, |spec| same_ports(spec, place))
}

/// A port of a container.
struct Port<'a> {
    path: String,
    number: &'a Value,
    protocol: &'a str,
    host: (&'a str, u64),
}

/// Ports that two containers, or one twice, say they listen on.
fn same_ports(spec: &Value, place: &str) -> Vec<String> {
    let mut seen: Vec<Port<'_>> = Vec::new();
    let mut found = Vec::new();
    for (at_container, container) in items(spec, "containers").iter().enumerate() {
        for (at_port, port) in items(container, "ports").iter().enumerate() {
            let number = port.get("hostPort").and_then(Value::as_u64).unwrap_or_default();
            let port = Port {
                path: format!("{place}.containers[{at_container}].ports[{at_port}]"),
                number: port.get("containerPort").unwrap_or(&Value::Null),
                protocol: text(port, "protocol"),
                host: (text(port, "hostIP"), number),
            };
            let same = seen.iter().filter(|one| (one.number, one.protocol) == (port.number, port.protocol));
            for other in same {
                if other.host == port.host {
                    found.push(format!("{}: duplicate port definition with {}", port.path, other.path));
                } else if other.host.1 == 0 || port.host.1 == 0 {
                    found.push(format!("{}: overlapping port definition with {}", port.path, other.path));
                }
            }
            seen.push(port);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_port_that_two_containers_name_is_warned_of_once() {
        let container = |port: u16, host: u16| json!({"ports": [{"containerPort": port, "protocol": "TCP", "hostPort": host}]});
        let pod = json!({"spec": {"containers": [container(80, 0), container(81, 0), container(80, 0), container(80, 9)]}});
        let told = warnings(None, &pod, &Gvk::new("v1", "Pod"));
        assert_eq!(
            told,
            [
                "spec.containers[2].ports[0]: duplicate port definition with spec.containers[0].ports[0]",
                "spec.containers[3].ports[0]: overlapping port definition with spec.containers[0].ports[0]",
                "spec.containers[3].ports[0]: overlapping port definition with spec.containers[2].ports[0]",
            ]
        );
        assert!(warnings(Some(&pod), &pod, &Gvk::new("v1", "Pod")).is_empty());
    }
}
