//! What is compared of a cluster: which objects there are, whose they are, and how they fare.

use std::collections::BTreeMap;

use serde_json::Value;

/// The kinds that are looked at, as kubectl names them.
pub(super) const KINDS: &[&str] = &[
    "alertmanagers.monitoring.coreos.com",
    "configmaps",
    "controllerrevisions.apps",
    "cronjobs.batch",
    "daemonsets.apps",
    "deployments.apps",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "horizontalpodautoscalers.autoscaling",
    "jobs.batch",
    "persistentvolumeclaims",
    "poddisruptionbudgets.policy",
    "pods",
    "prometheuses.monitoring.coreos.com",
    "replicasets.apps",
    "secrets",
    "serviceaccounts",
    "services",
    "statefulsets.apps",
];

/// Counts and phases of a status that must be alike.
const NUMBERS: &[&str] = &[
    "phase",
    "replicas",
    "readyReplicas",
    "availableReplicas",
    "updatedReplicas",
    "unavailableReplicas",
    "currentReplicas",
    "fullyLabeledReplicas",
    "terminatingReplicas",
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "numberAvailable",
    "numberMisscheduled",
    "updatedNumberScheduled",
    "succeeded",
    "active",
    "ready",
    "terminating",
    "currentHealthy",
    "desiredHealthy",
    "disruptionsAllowed",
    "expectedPods",
    "shards",
    "paused",
    "collisionCount",
    "qosClass",
];

/// One line an object of the three namespaces, with how many there are like it.
pub(super) fn picture(objects: &[Value]) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    for object in objects {
        let kind = object["kind"].as_str().unwrap_or_default();
        let plural = KINDS.iter().any(|known| known.starts_with(&kind.to_lowercase()));
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        // The Endpoints of the API server itself are written by nobody who is compared.
        let own = object["metadata"]["name"] == "kubernetes";
        if plural && !own && ["default", "mlops", "monitoring"].contains(&namespace) {
            *lines.entry(line(object, kind, namespace)).or_insert(0) += 1;
        }
    }
    lines
}

fn line(object: &Value, kind: &str, namespace: &str) -> String {
    format!("{kind} {namespace}/{} {}", name(object), fare(object, kind))
}

/// The name; of one that was generated, its controller's.
fn name(object: &Value) -> String {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let owners = object["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
    let controller = owners.iter().find(|owner| owner["controller"] == true);
    let generated = ["Pod", "ReplicaSet", "ControllerRevision", "EndpointSlice"];
    match controller {
        Some(owner) if generated.contains(&object["kind"].as_str().unwrap_or_default()) => {
            let of = owner["name"].as_str().unwrap_or_default();
            let of = if owner["kind"] == "ReplicaSet" {
                of.rsplit_once('-').map_or(of, |(base, _)| base)
            } else {
                of
            };
            format!("of {} {of}", owner["kind"].as_str().unwrap_or_default())
        }
        Some(owner) => format!("{name} of {} {}", owner["kind"], owner["name"]),
        None => name.to_owned(),
    }
}

fn fare(object: &Value, kind: &str) -> String {
    let status = &object["status"];
    let mut parts: Vec<String> = NUMBERS
        .iter()
        .filter_map(|key| Some(format!("{key}={}", status.get(*key).filter(|it| !it.is_null())?)))
        .collect();
    if let (Some(seen), Some(generation)) =
        (status.get("observedGeneration"), object["metadata"].get("generation"))
    {
        // Pods tell theirs only on newer nodes.
        if kind != "Pod" {
            parts.push(format!("current={}", seen == generation));
        }
    }
    let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    let mut said: Vec<String> =
        conditions.iter().map(|it| format!("{}={}", it["type"], it["status"])).collect();
    said.sort();
    parts.extend(said);
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    match kind {
        "Endpoints" => {
            let of = |key: &str| {
                object["subsets"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|subset| count(&subset[key]))
                    .sum::<usize>()
            };
            parts.push(format!("addresses={} ports={}", of("addresses"), of("ports")));
        }
        "EndpointSlice" => {
            parts.push(format!(
                "endpoints={} ports={}",
                count(&object["endpoints"]),
                count(&object["ports"])
            ));
        }
        "ReplicaSet" => {
            let revision = &object["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
            parts.push(format!("wanted={} revision={revision}", object["spec"]["replicas"]));
        }
        "ControllerRevision" => parts.push(format!("revision={}", object["revision"])),
        _ => {}
    }
    parts.join(" ")
}
