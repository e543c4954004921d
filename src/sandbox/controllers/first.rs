//! What a cluster has before anybody writes to it.

use serde_json::{Value, json};

/// Namespaces, a node, classes and the Service of the API server, for an empty store.
pub fn first_objects(now: &str) -> Vec<Value> {
    let mut objects: Vec<Value> = ["default", "kube-node-lease", "kube-public", "kube-system"]
        .iter()
        .map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
        .collect();
    objects.push(node(now));
    objects.extend(
        [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)].map(
            |(name, value)| {
                json!({
                    "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
                    "value": value,
                })
            },
        ),
    );
    objects.push(json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "volumes.sandbox.obsctl.dev",
    }));
    objects.push(json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {
            "name": "kubernetes", "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]},
    }));
    objects
}

fn node(now: &str) -> Value {
    let condition = |sort: &str, holds: &str, reason: &str| {
        json!({
            "type": sort, "status": holds, "reason": reason, "message": "",
            "lastHeartbeatTime": now, "lastTransitionTime": now,
        })
    };
    let room = json!({"cpu": "64", "memory": "256Gi", "pods": "10k"});
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "sandbox", "labels": {
            "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": "sandbox", "kubernetes.io/os": "linux",
        }},
        "status": {
            "capacity": room, "allocatable": room,
            "addresses": [{"type": "InternalIP", "address": "172.18.0.2"}, {"type": "Hostname", "address": "sandbox"}],
            "conditions": [condition("Ready", "True", "KubeletReady")],
        },
    })
}
