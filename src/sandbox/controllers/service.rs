//! Services: the addresses of the pods they lead to.

use serde_json::{Map, Value, json};

use super::{
    object::{controlled, controlled_by, is_going, labels, suffix},
    pod::{is_finished, is_ready},
    view::{Cx, Key, Write},
};
use crate::sandbox::kinds::value::{at, flag, items, remove, set, text};

const MANAGED: &str = "endpointslice.kubernetes.io/managed-by";
const ENDPOINTS_MANAGED: &str = "endpoints.kubernetes.io/managed-by";
const CONTROLLER: &str = "endpointslice-controller.k8s.io";

/// Whether the plain selector of a Service fits labels; an empty one fits none.
pub(super) fn selects(selector: &Value, labels: &Value) -> bool {
    let Some(selector) = selector.as_object() else { return false };
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Endpoints and EndpointSlice of a Service that selects pods.
pub(super) fn sync(cx: Cx<'_>, service: &Value) -> Vec<Write> {
    let selector = at(service, "spec.selector").unwrap_or(&Value::Null);
    if is_going(service)
        || text(service, "spec.type") == "ExternalName"
        || selector.as_object().is_none_or(Map::is_empty)
    {
        return Vec::new();
    }
    let mut pods = cx.view.list("", "Pod", text(service, "metadata.namespace"));
    pods.retain(|pod| {
        selects(selector, labels(pod))
            && !text(pod, "status.podIP").is_empty()
            && !is_finished(pod)
            && !is_going(pod)
    });
    pods.sort_by_key(|pod| text(pod, "metadata.name"));
    let mut writes = endpoints(cx, service, &pods);
    writes.extend(slice(cx, service, &pods));
    writes
}

/// Whether the Endpoints of a Service hold a pod.
pub(super) fn lists(cx: Cx<'_>, service: &Value, pod: &Value) -> bool {
    let key = Key { kind: "Endpoints".to_owned(), ..Key::of(service) };
    let subsets = cx.view.get(&key).map(|endpoints| items(endpoints, "subsets")).unwrap_or_default();
    let addresses = subsets
        .iter()
        .flat_map(|subset| [items(subset, "addresses"), items(subset, "notReadyAddresses")].concat());
    let uid = text(pod, "metadata.uid");
    addresses.into_iter().any(|address| text(&address, "targetRef.uid") == uid)
}

/// The Endpoints of a Service that is gone: they name no owner.
pub(super) fn gone(cx: Cx<'_>, service: &Key) -> Vec<Write> {
    let left = cx.view.get(&Key { kind: "Endpoints".to_owned(), ..service.clone() });
    let ours = left.filter(|left| labels(left).get(ENDPOINTS_MANAGED).is_some());
    ours.map(Write::delete).into_iter().collect()
}

/// The labels of a Service, which its endpoints carry on, and more.
fn labelled(service: &Value, more: &[(&str, &str)]) -> Value {
    let mut all = labels(service).as_object().cloned().unwrap_or_default();
    if text(service, "spec.clusterIP") == "None" {
        all.insert("service.kubernetes.io/headless".to_owned(), Value::from(""));
    }
    for (key, value) in more {
        all.insert((*key).to_owned(), Value::from(*value));
    }
    Value::Object(all)
}

fn target(pod: &Value) -> Value {
    json!({
        "kind": "Pod", "namespace": text(pod, "metadata.namespace"), "name": text(pod, "metadata.name"),
        "uid": text(pod, "metadata.uid"),
    })
}

/// The ports of a Service as they are on a pod.
fn ports(service: &Value, pods: &[&Value]) -> Vec<Value> {
    let mut found = Vec::new();
    for port in items(service, "spec.ports") {
        let protocol = text(port, "protocol");
        let number = match at(port, "targetPort") {
            Some(Value::String(name)) => pods.iter().find_map(|pod| named_port(pod, name, protocol)),
            number => number.and_then(Value::as_i64),
        };
        let Some(number) = number else { continue };
        let mut entry = json!({"port": number, "protocol": protocol, "name": text(port, "name")});
        if let Some(application) = at(port, "appProtocol").cloned() {
            set(&mut entry, "appProtocol", application);
        }
        found.push(entry);
    }
    found
}

fn named_port(pod: &Value, name: &str, protocol: &str) -> Option<i64> {
    let ports = items(pod, "spec.containers").iter().flat_map(|container| items(container, "ports"));
    let mut fitting = ports.filter(|port| text(port, "name") == name && text(port, "protocol") == protocol);
    fitting.next().and_then(|port| at(port, "containerPort")).and_then(Value::as_i64)
}

fn endpoints(cx: Cx<'_>, service: &Value, pods: &[&Value]) -> Vec<Write> {
    let (namespace, name) = (text(service, "metadata.namespace"), text(service, "metadata.name"));
    let early = flag(service, "spec.publishNotReadyAddresses");
    let addresses = |ready: bool| -> Vec<Value> {
        let chosen = pods.iter().filter(|pod| (is_ready(pod) || early) == ready);
        let entry = |pod: &&Value| json!({"ip": text(pod, "status.podIP"), "nodeName": text(pod, "spec.nodeName"), "targetRef": target(pod)});
        chosen.map(entry).collect()
    };
    let mut subset = Map::new();
    let mut ports = ports(service, pods);
    for port in ports.iter_mut().filter(|port| text(port, "name").is_empty()) {
        remove(port, "name");
    }
    for (key, list) in
        [("addresses", addresses(true)), ("notReadyAddresses", addresses(false)), ("ports", ports)]
    {
        if !list.is_empty() {
            subset.insert(key.to_owned(), Value::from(list));
        }
    }
    let some = subset.contains_key("addresses") || subset.contains_key("notReadyAddresses");
    let subsets: Vec<Value> = some.then_some(Value::Object(subset)).into_iter().collect();
    let labels = labelled(service, &[(ENDPOINTS_MANAGED, "endpoint-controller")]);
    let mut wanted = json!({
        "apiVersion": "v1", "kind": "Endpoints",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
    });
    if !subsets.is_empty() {
        set(&mut wanted, "subsets", subsets);
    }
    let old = cx.view.get(&Key::new("", "Endpoints", namespace, name));
    written(old, wanted, &["subsets"])
}

fn slice(cx: Cx<'_>, service: &Value, pods: &[&Value]) -> Vec<Write> {
    let (namespace, name) = (text(service, "metadata.namespace"), text(service, "metadata.name"));
    let early = flag(service, "spec.publishNotReadyAddresses");
    let entry = |pod: &&Value| {
        let ready = is_ready(pod);
        json!({
            "addresses": [text(pod, "status.podIP")], "nodeName": text(pod, "spec.nodeName"),
            "conditions": {"ready": ready || early, "serving": ready, "terminating": false},
            "targetRef": target(pod),
        })
    };
    let old = controlled(cx, "discovery.k8s.io", "EndpointSlice", service).into_iter().next();
    let fresh = format!("{name}-{}", suffix(text(service, "metadata.uid")));
    let slice_name = old.map_or(fresh.as_str(), |old| text(old, "metadata.name"));
    let labels = labelled(service, &[(MANAGED, CONTROLLER), ("kubernetes.io/service-name", name)]);
    let ports = ports(service, pods);
    let wanted = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": slice_name, "generateName": format!("{name}-"), "namespace": namespace, "labels": labels,
            "ownerReferences": [controlled_by(service)],
        },
        "addressType": "IPv4",
        "endpoints": if pods.is_empty() { Value::Null } else { pods.iter().map(entry).collect() },
        "ports": if ports.is_empty() || pods.is_empty() { Value::Null } else { Value::from(ports) },
    });
    written(old, wanted, &["endpoints", "ports"])
}

/// Makes an object, or changes the one there is where the fields or its labels differ.
fn written(old: Option<&Value>, wanted: Value, fields: &[&str]) -> Vec<Write> {
    let Some(old) = old else { return vec![Write::create(wanted)] };
    let same =
        fields.iter().all(|field| old.get(*field) == wanted.get(*field)) && labels(old) == labels(&wanted);
    if same {
        return Vec::new();
    }
    let mut new = old.clone();
    for field in fields {
        match wanted.get(*field) {
            Some(value) => set(&mut new, field, value.clone()),
            None => {
                remove(&mut new, field);
            }
        }
    }
    set(&mut new, "metadata.labels", labels(&wanted).clone());
    vec![Write::update(new)]
}
