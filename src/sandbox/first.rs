//! What stands in a new sandbox, as in any new cluster.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::api::{Answer, Engine, Heard, answer};

/// Makes what is missing of it; an object that was deleted on purpose comes back, as in a cluster.
pub(super) fn furnish(engine: &mut Engine, now: &str, kubernetes: &str) {
    for (path, object) in objects(kubernetes) {
        post(engine, path, &object, (now, kubernetes));
    }
}

fn post(engine: &mut Engine, path: &str, object: &Value, (now, kubernetes): (&str, &str)) {
    let heard = Heard {
        method: Method::POST,
        path: path.to_owned(),
        query: String::new(),
        accept: None,
        content_type: None,
        agent: Some("sandbox".to_owned()),
        body: Bytes::from(object.to_string()),
        now: now.to_owned(),
        kubernetes: kubernetes.to_owned(),
    };
    // What is there already is refused, and that is well.
    let _there: Answer = answer(engine, &heard);
}

fn objects(kubernetes: &str) -> Vec<(&'static str, Value)> {
    let mut objects = Vec::new();
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        objects.push(("/api/v1/namespaces", json!({"metadata": {"name": name}})));
    }
    for (name, value, words) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster",
        ),
        ("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved"),
    ] {
        let class = json!({"metadata": {"name": name}, "value": value, "description": words});
        objects.push(("/apis/scheduling.k8s.io/v1/priorityclasses", class));
    }
    let class = json!({
        "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "sandbox.obsctl.dev/none",
    });
    objects.push(("/apis/storage.k8s.io/v1/storageclasses", class));
    objects.push(("/api/v1/nodes", node(kubernetes)));
    let service = json!({
        "metadata": {"name": "kubernetes", "labels": {"component": "apiserver", "provider": "kubernetes"}},
        "spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]},
    });
    objects.push(("/api/v1/namespaces/default/services", service));
    objects
}

fn node(kubernetes: &str) -> Value {
    let room = json!({"cpu": "32", "memory": "256Gi", "pods": "1000", "ephemeral-storage": "1Ti"});
    json!({
        "metadata": {"name": "sandbox", "labels": {
            "kubernetes.io/hostname": "sandbox", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}},
        "status": {
            "capacity": room, "allocatable": room,
            "addresses": [{"type": "Hostname", "address": "sandbox"}],
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady",
                "message": "the sandbox has no kubelet, and is always ready"}],
            "nodeInfo": {"kubeletVersion": kubernetes, "operatingSystem": "linux", "architecture": "amd64"},
        },
    })
}
