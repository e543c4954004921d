//! Objects of our own for the fuzz, with every sort of list, map and scalar that merges in its own way.

use serde_json::{Value, json};

/// A custom kind with all list and map types, defaults, nullable fields and unknown fields.
pub(crate) fn crd() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "samples.fuzz.obsctl.dev"},
        "spec": {
            "group": "fuzz.obsctl.dev", "scope": "Namespaced",
            "names": {"kind": "Sample", "plural": "samples", "singular": "sample", "listKind": "SampleList"},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    "spec": {"type": "object", "properties": {
                        "text": {"type": "string", "default": "given"},
                        "nullable": {"type": "string", "nullable": true},
                        "count": {"type": "integer"}, "ratio": {"type": "number"}, "flag": {"type": "boolean"},
                        "amount": {"x-kubernetes-int-or-string": true},
                        "atomicList": {"type": "array", "items": {"type": "string"}},
                        "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
                        "ports": {
                            "type": "array", "x-kubernetes-list-type": "map",
                            "x-kubernetes-list-map-keys": ["port", "protocol"],
                            "items": {"type": "object", "required": ["port"], "properties": {
                                "port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"},
                                "name": {"type": "string"},
                                "extra": {"type": "object", "additionalProperties": {"type": "string"}}}}
                        },
                        "atomicMap": {"type": "object", "additionalProperties": {"type": "string"}, "x-kubernetes-map-type": "atomic"},
                        "maps": {"type": "object", "additionalProperties": {"type": "object", "properties": {
                            "a": {"type": "string"}, "b": {"type": "integer"}}}},
                        "lists": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
                        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                        "template": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true}
                    }}
                }}}
            }]
        }
    })
}

/// The objects, all in one namespace.
pub(crate) fn objects() -> Vec<Value> {
    let pod = json!({
        "metadata": {"labels": {"app": "sample"}, "creationTimestamp": null},
        "spec": {
            "serviceAccountName": "", "hostNetwork": false, "securityContext": {},
            "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}, {"operator": "Exists"}],
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "containers": [
                {"name": "one", "image": "one:1", "args": ["--a", "--b"], "command": null,
                 "env": [{"name": "B", "value": ""}, {"name": "A", "value": "1"}, {"name": "F", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                 "ports": [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP", "name": "dns"}],
                 "resources": {"requests": {"cpu": "1500m", "memory": "1024Mi"}, "limits": {"cpu": 2, "memory": "2Gi"}},
                 "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "config", "mountPath": "/config", "readOnly": false}],
                 "livenessProbe": {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 0}},
                {"name": "two", "image": "two:1", "securityContext": {"capabilities": {"drop": ["ALL"], "add": []}}}],
            "volumes": [{"name": "data", "emptyDir": {}}, {"name": "config", "configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
                        {"name": "limited", "emptyDir": {"sizeLimit": "1Gi", "medium": ""}}]
        }
    });
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "annotations": {"a/b.c": "x"}}, "data": {"a": "1", "b": "", "c.yml": "x: y\n"}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "empty"}, "data": {}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "labels": null}, "type": "Opaque", "data": {"p": "aHVudGVyMg==", "e": ""}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "svc"}, "spec": {
            "selector": {"app": "sample"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}, {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53}],
            "sessionAffinity": "None", "clusterIP": "None"}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": 1, "paused": false,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
            "selector": {"matchLabels": {"app": "sample"}}, "template": pod}, "status": {}}),
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "j"}, "spec": {"schedule": "* * * * *", "suspend": false, "jobTemplate": {"spec": {"template": {
            "spec": {"restartPolicy": "Never", "containers": [{"name": "one", "image": "one", "resources": {"limits": {"cpu": "0.5", "memory": "1e9"}}}]}}}}}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "sa"}, "automountServiceAccountToken": false, "secrets": [{"name": "b"}, {"name": "a"}], "imagePullSecrets": [{"name": "r"}, {"name": "q"}]}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]}),
        json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"requests.cpu": "1000", "limits.memory": "100G", "pods": 1000}}}),
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "p"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "n"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {"matchLabels": {"a": "b"}}}], "ports": [{"port": 80}]}]}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "i"}, "spec": {"rules": [{"host": "a.b", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "svc", "port": {"number": 80}}}}]}}]}}),
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b"}, "spec": {"maxUnavailable": "50%", "selector": {"matchLabels": {"app": "sample"}}}}),
        json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}, "spec": {"minReplicas": 1, "maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "1500m"}}}]}}),
    ];
    objects.extend((0..3).map(|n| {
        json!({"apiVersion": "fuzz.obsctl.dev/v1", "kind": "Sample", "metadata": {"name": format!("sample-{n}")}, "spec": {
            "text": "", "nullable": null, "count": 0, "ratio": 1.5, "flag": false, "amount": "100m", "atomicList": ["b", "a"], "set": ["b", "a", "c"],
            "ports": [{"port": 80, "name": "http", "extra": {}}, {"port": 53, "protocol": "UDP", "extra": {"a": "", "b": "x"}}, {"port": 53, "protocol": "TCP"}],
            "atomicMap": {"a": "x", "b": ""}, "maps": {"one": {"a": "x", "b": 1}, "two": {}}, "lists": {"one": ["x", "y"], "none": []},
            "free": {"deep": {"deeper": {"list": [1, 2, {"a": null}], "empty": {}, "n": 1}}},
            "template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "labels": {"a": "b"}}, "spec": {"containers": [{"name": "a"}]}}}})
    }));
    for object in &mut objects {
        object["metadata"]["namespace"] = json!("fuzz");
    }
    objects
}
