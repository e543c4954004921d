//! Defaults of the kinds without a family: namespaces, secrets, roles, events and what orders pods and requests.

use serde_json::{Map, Value, json};

use super::value::{items_mut, remove, set, set_absent, text};

pub(super) const NAMESPACE: &str = r#"
spec = {}
status.phase = "Active"
status.conditions[].lastTransitionTime = null
"#;

pub(super) const SECRET: &str = r#"
type = "Opaque"
"#;

pub(super) const ROLE: &str = "
rules = null
";

pub(super) const ROLE_BINDING: &str = r#"
roleRef.apiGroup = "rbac.authorization.k8s.io"
"#;

pub(super) const EVENT: &str = r#"
involvedObject = {}
source = {}
eventTime = null
firstTimestamp = null
lastTimestamp = null
reportingComponent = ""
reportingInstance = ""
"#;

pub(super) const EVENT_V1: &str = r"
regarding = {}
deprecatedSource = {}
deprecatedFirstTimestamp = null
deprecatedLastTimestamp = null
eventTime = null
";

pub(super) const LEASE: &str = "
spec = {}
";

pub(super) const QUOTA: &str = "
spec = {}
status = {}
";

pub(super) const LIMITS: &str = "
spec.limits = null
";

pub(super) const NODE: &str = r#"
spec = {}
status.conditions[].lastHeartbeatTime|lastTransitionTime = null
status.daemonEndpoints.kubeletEndpoint.Port = 0
status.nodeInfo.machineID = ""
status.nodeInfo.systemUUID = ""
status.nodeInfo.bootID = ""
status.nodeInfo.kernelVersion = ""
status.nodeInfo.osImage = ""
status.nodeInfo.containerRuntimeVersion = ""
status.nodeInfo.kubeletVersion = ""
status.nodeInfo.kubeProxyVersion = ""
status.nodeInfo.operatingSystem = ""
status.nodeInfo.architecture = ""
"#;

pub(super) const CONTROLLER_REVISION: &str = "
revision = 0
";

pub(super) const PRIORITY_CLASS: &str = r#"
preemptionPolicy = "PreemptLowerPriority"
value = 0
"#;

/// Each Namespace carries its name as a label, for selectors.
pub(super) fn default_namespace(object: &mut Value) {
    let name = text(object, "metadata.name").to_owned();
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if name.is_empty() {
        return;
    }
    let labels = metadata.entry("labels").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(labels) = labels {
        labels.insert("kubernetes.io/metadata.name".to_owned(), Value::from(name));
    }
}

/// A Namespace stays until its contents are gone.
pub(super) fn prepare_namespace(object: &mut Value) {
    set(object, "status", json!({"phase": "Active"}));
    let finalizers = match object.pointer_mut("/spec/finalizers").map(Value::take) {
        Some(Value::Array(mut finalizers)) => {
            if !finalizers.contains(&json!("kubernetes")) {
                finalizers.push(json!("kubernetes"));
            }
            finalizers
        }
        _ => vec![json!("kubernetes")],
    };
    set(object, "spec.finalizers", finalizers);
}

/// Folds plain text into the encoded data.
pub(super) fn default_secret(object: &mut Value) {
    let Some(Value::Object(plain)) = remove(object, "stringData") else { return };
    if plain.is_empty() {
        return;
    }
    set_absent(object, "data", Map::new());
    let Some(Value::Object(data)) = object.get_mut("data") else { return };
    for (key, value) in plain {
        data.insert(key, Value::from(encoded(value.as_str().unwrap_or_default())));
    }
}

fn encoded(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(text)
}

/// Subjects name the group of their kind, and an empty group of the role is none.
pub(super) fn default_role_binding(object: &mut Value) {
    if text(object, "roleRef.apiGroup").is_empty() {
        remove(object, "roleRef.apiGroup");
    }
    for subject in items_mut(object, "subjects") {
        if matches!(text(subject, "kind"), "User" | "Group") {
            set_absent(subject, "apiGroup", "rbac.authorization.k8s.io");
        }
    }
}

/// Adds a finalizer that the object may have already.
pub(super) fn add_finalizer(object: &mut Value, name: &str) {
    set_absent(object, "metadata.finalizers", json!([]));
    if let Some(Value::Array(finalizers)) = object.pointer_mut("/metadata/finalizers")
        && !finalizers.contains(&json!(name))
    {
        finalizers.push(json!(name));
    }
}

/// A new Node takes no pods before its controller has seen it.
pub(super) fn prepare_node(object: &mut Value) {
    let taint = json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
    set_absent(object, "spec.taints", json!([]));
    if let Some(Value::Array(taints)) = object.pointer_mut("/spec/taints")
        && !taints.iter().any(|old| old.get("key") == taint.get("key"))
    {
        taints.push(taint);
    }
}

/// What a Node may hand out is all it has, unless it says less.
pub(super) fn default_node(object: &mut Value) {
    if let Some(capacity) = object.pointer("/status/capacity").cloned() {
        set_absent(object, "status.allocatable", capacity);
    }
}

/// Containers are limited to the maximum and request the least, unless the range says otherwise.
pub(super) fn default_limit_range(object: &mut Value) {
    for limit in items_mut(object, "spec.limits") {
        if text(limit, "type") != "Container" {
            continue;
        }
        for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
            let Some(Value::Object(given)) = limit.get(from).cloned() else { continue };
            set_absent(limit, to, Map::new());
            let Some(Value::Object(filled)) = limit.get_mut(to) else { continue };
            for (resource, amount) in given {
                filled.entry(resource).or_insert(amount);
            }
        }
    }
}
