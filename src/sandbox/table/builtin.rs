//! The columns of built-in kinds.

use serde_json::{Value, json};

use super::cells::{age, containers, joined, number, or_none, selector};

/// A column: its name, its type, whether only `-o wide` shows it, and its cell.
pub(super) struct Column {
    name: &'static str,
    sort: &'static str,
    wide: bool,
    pub(super) cell: fn(&Value, &str) -> Value,
}

impl Column {
    pub(super) fn definition(&self) -> Value {
        let format = if self.name == "Name" { "name" } else { "" };
        json!({"name": self.name, "type": self.sort, "format": format, "description": "", "priority": i32::from(self.wide)})
    }
}

const fn text(name: &'static str, cell: fn(&Value, &str) -> Value) -> Column {
    Column { name, sort: "string", wide: false, cell }
}

const fn count(name: &'static str, cell: fn(&Value, &str) -> Value) -> Column {
    Column { name, sort: "integer", wide: false, cell }
}

const fn wide(name: &'static str, cell: fn(&Value, &str) -> Value) -> Column {
    Column { name, sort: "string", wide: true, cell }
}

const NAME: Column = text("Name", |o, _| or_none(o, "/metadata/name"));
const AGE: Column = text("Age", |o, now| json!(age(string(o, "/metadata/creationTimestamp"), now)));
const CREATED: Column = text("Created At", |o, _| or_none(o, "/metadata/creationTimestamp"));
const PODS: &str = "/spec/template/spec/containers";
const CONTAINERS: Column = wide("Containers", |o, _| containers(o, PODS, "name"));
const IMAGES: Column = wide("Images", |o, _| containers(o, PODS, "image"));
const SELECTOR: Column = wide("Selector", |o, _| selector(o.pointer("/spec/selector")));

fn string<'a>(tree: &'a Value, pointer: &str) -> &'a str {
    tree.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn items<'a>(tree: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    tree.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn size(tree: &Value, pointer: &str) -> usize {
    match tree.pointer(pointer) {
        Some(Value::Object(map)) => map.len(),
        Some(Value::Array(list)) => list.len(),
        _ => 0,
    }
}

const DEPLOYMENTS: &[Column] = &[
    NAME,
    text("Ready", |o, _| {
        json!(format!("{}/{}", number(o, "/status/readyReplicas"), number(o, "/spec/replicas")))
    }),
    count("Up-to-date", |o, _| json!(number(o, "/status/updatedReplicas"))),
    count("Available", |o, _| json!(number(o, "/status/availableReplicas"))),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];
const REPLICASETS: &[Column] = &[
    NAME,
    count("Desired", |o, _| json!(number(o, "/spec/replicas"))),
    count("Current", |o, _| json!(number(o, "/status/replicas"))),
    count("Ready", |o, _| json!(number(o, "/status/readyReplicas"))),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];
const STATEFULSETS: &[Column] = &[
    NAME,
    text("Ready", |o, _| {
        json!(format!("{}/{}", number(o, "/status/readyReplicas"), number(o, "/spec/replicas")))
    }),
    AGE,
    CONTAINERS,
    IMAGES,
];
const DAEMONSETS: &[Column] = &[
    NAME,
    count("Desired", |o, _| json!(number(o, "/status/desiredNumberScheduled"))),
    count("Current", |o, _| json!(number(o, "/status/currentNumberScheduled"))),
    count("Ready", |o, _| json!(number(o, "/status/numberReady"))),
    count("Up-to-date", |o, _| json!(number(o, "/status/updatedNumberScheduled"))),
    count("Available", |o, _| json!(number(o, "/status/numberAvailable"))),
    text("Node Selector", |o, _| selector(o.pointer("/spec/template/spec/nodeSelector"))),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];
const POD: &[Column] = &[
    NAME,
    text("Ready", |o, _| {
        let ready =
            items(o, "/status/containerStatuses").filter(|c| c.get("ready") == Some(&json!(true))).count();
        json!(format!("{ready}/{}", size(o, "/spec/containers")))
    }),
    text("Status", |o, _| pod_status(o)),
    text("Restarts", |o, _| {
        let restarts: i64 = items(o, "/status/containerStatuses").map(|c| number(c, "/restartCount")).sum();
        json!(restarts.to_string())
    }),
    AGE,
    wide("IP", |o, _| or_none(o, "/status/podIP")),
    wide("Node", |o, _| or_none(o, "/spec/nodeName")),
    wide("Nominated Node", |o, _| or_none(o, "/status/nominatedNodeName")),
    wide("Readiness Gates", |_, _| json!("<none>")),
];

fn pod_status(pod: &Value) -> Value {
    if pod.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null()) {
        return json!("Terminating");
    }
    let waiting = items(pod, "/status/containerStatuses").find_map(|c| c.pointer("/state/waiting/reason"));
    let reason = waiting.or_else(|| pod.pointer("/status/reason")).or_else(|| pod.pointer("/status/phase"));
    match reason.and_then(Value::as_str) {
        Some("Succeeded") => json!("Completed"),
        Some(reason) => json!(reason),
        None => json!("Unknown"),
    }
}

const SERVICES: &[Column] = &[
    NAME,
    text("Type", |o, _| or_none(o, "/spec/type")),
    text("Cluster-IP", |o, _| or_none(o, "/spec/clusterIP")),
    text("External-IP", |o, _| match string(o, "/spec/type") {
        "LoadBalancer" => {
            let ip = o.pointer("/status/loadBalancer/ingress/0/ip").cloned();
            ip.unwrap_or_else(|| json!("<pending>"))
        }
        "ExternalName" => or_none(o, "/spec/externalName"),
        _ => joined(items(o, "/spec/externalIPs").filter_map(Value::as_str).map(str::to_owned)),
    }),
    text("Port(s)", |o, _| {
        joined(items(o, "/spec/ports").map(|port| {
            let (number, protocol) = (number(port, "/port"), string(port, "/protocol"));
            match port.get("nodePort").and_then(Value::as_i64).filter(|node| *node != 0) {
                Some(node) => format!("{number}:{node}/{protocol}"),
                None => format!("{number}/{protocol}"),
            }
        }))
    }),
    AGE,
    wide("Selector", |o, _| selector(o.pointer("/spec/selector"))),
];
const CONFIGMAPS: &[Column] =
    &[NAME, count("Data", |o, _| json!(size(o, "/data") + size(o, "/binaryData"))), AGE];
const SECRETS: &[Column] =
    &[NAME, text("Type", |o, _| or_none(o, "/type")), count("Data", |o, _| json!(size(o, "/data"))), AGE];
const NAMESPACES: &[Column] = &[NAME, text("Status", |o, _| or_none(o, "/status/phase")), AGE];
const NODES: &[Column] = &[
    NAME,
    text("Status", |o, _| {
        let ready = items(o, "/status/conditions").find(|c| string(c, "/type") == "Ready");
        json!(if ready.is_some_and(|c| string(c, "/status") == "True") { "Ready" } else { "NotReady" })
    }),
    text("Roles", |_, _| json!("<none>")),
    AGE,
    text("Version", |o, _| or_none(o, "/status/nodeInfo/kubeletVersion")),
];
const CLAIMS: &[Column] = &[
    NAME,
    text("Status", |o, _| or_none(o, "/status/phase")),
    text("Volume", |o, _| json!(string(o, "/spec/volumeName"))),
    text("Capacity", |o, _| json!(string(o, "/status/capacity/storage"))),
    text("Access Modes", |o, _| modes(o, "/status/accessModes")),
    text("StorageClass", |o, _| json!(string(o, "/spec/storageClassName"))),
    text("VolumeAttributesClass", |o, _| unset(o, "/spec/volumeAttributesClassName")),
    AGE,
    wide("VolumeMode", |o, _| or_none(o, "/spec/volumeMode")),
];
const VOLUMES: &[Column] = &[
    NAME,
    text("Capacity", |o, _| json!(string(o, "/spec/capacity/storage"))),
    text("Access Modes", |o, _| modes(o, "/spec/accessModes")),
    text("Reclaim Policy", |o, _| json!(string(o, "/spec/persistentVolumeReclaimPolicy"))),
    text("Status", |o, _| json!(string(o, "/status/phase"))),
    text("Claim", |o, _| {
        let (ns, name) = (string(o, "/spec/claimRef/namespace"), string(o, "/spec/claimRef/name"));
        json!(if name.is_empty() { String::new() } else { format!("{ns}/{name}") })
    }),
    text("StorageClass", |o, _| json!(string(o, "/spec/storageClassName"))),
    text("VolumeAttributesClass", |o, _| unset(o, "/spec/volumeAttributesClassName")),
    text("Reason", |o, _| json!(string(o, "/status/reason"))),
    AGE,
];

fn unset(tree: &Value, pointer: &str) -> Value {
    let text = string(tree, pointer);
    json!(if text.is_empty() { "<unset>" } else { text })
}

fn modes(tree: &Value, pointer: &str) -> Value {
    let short = |mode: &str| match mode {
        "ReadWriteOnce" => "RWO".to_owned(),
        "ReadOnlyMany" => "ROX".to_owned(),
        "ReadWriteMany" => "RWX".to_owned(),
        "ReadWriteOncePod" => "RWOP".to_owned(),
        other => other.to_owned(),
    };
    let modes: Vec<String> = items(tree, pointer).filter_map(Value::as_str).map(short).collect();
    json!(modes.join(","))
}

const JOBS: &[Column] = &[
    NAME,
    text("Status", |o, _| {
        let done = items(o, "/status/conditions").find(|c| string(c, "/status") == "True");
        let suspended = o.pointer("/spec/suspend") == Some(&json!(true));
        json!(done.map_or(if suspended { "Suspended" } else { "Running" }, |c| string(c, "/type")))
    }),
    text("Completions", |o, _| {
        let wanted = o.pointer("/spec/completions").and_then(Value::as_i64).unwrap_or(1);
        json!(format!("{}/{wanted}", number(o, "/status/succeeded")))
    }),
    text("Duration", |o, now| {
        let (from, to) = (string(o, "/status/startTime"), string(o, "/status/completionTime"));
        json!(if from.is_empty() { String::new() } else { age(from, if to.is_empty() { now } else { to }) })
    }),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];
const CRONJOBS: &[Column] = &[
    NAME,
    text("Schedule", |o, _| or_none(o, "/spec/schedule")),
    text("Timezone", |o, _| or_none(o, "/spec/timeZone")),
    text("Suspend", |o, _| {
        json!(if o.pointer("/spec/suspend") == Some(&json!(true)) { "True" } else { "False" })
    }),
    count("Active", |o, _| json!(size(o, "/status/active"))),
    text("Last Schedule", |o, now| {
        let last = string(o, "/status/lastScheduleTime");
        json!(if last.is_empty() { "<none>".to_owned() } else { age(last, now) })
    }),
    AGE,
];
const INGRESSES: &[Column] = &[
    NAME,
    text("Class", |o, _| or_none(o, "/spec/ingressClassName")),
    text("Hosts", |o, _| {
        let hosts: Vec<String> = items(o, "/spec/rules")
            .map(|rule| string(rule, "/host"))
            .map(|h| if h.is_empty() { "*" } else { h }.to_owned())
            .collect();
        json!(if hosts.is_empty() { "*".to_owned() } else { hosts.join(",") })
    }),
    text("Address", |o, _| json!(string(o, "/status/loadBalancer/ingress/0/ip"))),
    text("Ports", |o, _| json!(if size(o, "/spec/tls") > 0 { "80, 443" } else { "80" })),
    AGE,
];
const AUTOSCALERS: &[Column] = &[
    NAME,
    text("Reference", |o, _| {
        json!(format!(
            "{}/{}",
            string(o, "/spec/scaleTargetRef/kind"),
            string(o, "/spec/scaleTargetRef/name")
        ))
    }),
    text("Targets", |o, _| {
        joined(items(o, "/spec/metrics").map(|metric| {
            let target = metric.pointer("/resource/target/averageUtilization").and_then(Value::as_i64);
            let name = string(metric, "/resource/name");
            target.map_or_else(|| "<unknown>".to_owned(), |target| format!("{name}: <unknown>/{target}%"))
        }))
    }),
    text("MinPods", |o, _| json!(number(o, "/spec/minReplicas").max(1).to_string())),
    count("MaxPods", |o, _| json!(number(o, "/spec/maxReplicas"))),
    count("Replicas", |o, _| json!(number(o, "/status/currentReplicas"))),
    AGE,
];
const BUDGETS: &[Column] = &[
    NAME,
    text("Min Available", |o, _| text_or(o, "/spec/minAvailable", "N/A")),
    text("Max Unavailable", |o, _| text_or(o, "/spec/maxUnavailable", "N/A")),
    count("Allowed Disruptions", |o, _| json!(number(o, "/status/disruptionsAllowed"))),
    AGE,
];

fn text_or(tree: &Value, pointer: &str, other: &str) -> Value {
    match tree.pointer(pointer) {
        Some(Value::String(text)) => json!(text),
        Some(Value::Number(number)) => json!(number.to_string()),
        _ => json!(other),
    }
}

const EVENTS: &[Column] = &[
    text("Last Seen", |o, now| {
        let last =
            ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
        let last = last.iter().map(|pointer| string(o, pointer)).find(|time| !time.is_empty());
        json!(age(last.unwrap_or_default(), now))
    }),
    text("Type", |o, _| json!(string(o, "/type"))),
    text("Reason", |o, _| json!(string(o, "/reason"))),
    text("Object", |o, _| {
        let kind = string(o, "/involvedObject/kind").to_lowercase();
        json!(format!("{kind}/{}", string(o, "/involvedObject/name")))
    }),
    text("Message", |o, _| json!(string(o, "/message").trim())),
    wide("Name", |o, _| or_none(o, "/metadata/name")),
];
const ENDPOINTS: &[Column] = &[
    NAME,
    text("Endpoints", |o, _| {
        joined(items(o, "/subsets").flat_map(|subset| {
            items(subset, "/addresses").flat_map(move |address| {
                let ip = string(address, "/ip").to_owned();
                items(subset, "/ports").map(move |port| format!("{ip}:{}", number(port, "/port")))
            })
        }))
    }),
    AGE,
];
const SLICES: &[Column] = &[
    NAME,
    text("AddressType", |o, _| json!(string(o, "/addressType"))),
    text("Ports", |o, _| joined(items(o, "/ports").map(|port| number(port, "/port").to_string()))),
    text("Endpoints", |o, _| {
        joined(
            items(o, "/endpoints")
                .flat_map(|e| items(e, "/addresses"))
                .filter_map(Value::as_str)
                .map(str::to_owned),
        )
    }),
    AGE,
];
const BINDINGS: &[Column] = &[
    NAME,
    text("Role", |o, _| json!(format!("{}/{}", string(o, "/roleRef/kind"), string(o, "/roleRef/name")))),
    AGE,
];
const CLASSES: &[Column] = &[
    NAME,
    text("Provisioner", |o, _| json!(string(o, "/provisioner"))),
    text("ReclaimPolicy", |o, _| json!(string(o, "/reclaimPolicy"))),
    text("VolumeBindingMode", |o, _| json!(string(o, "/volumeBindingMode"))),
    text("AllowVolumeExpansion", |o, _| json!(o.pointer("/allowVolumeExpansion") == Some(&json!(true)))),
    AGE,
];
const POLICIES: &[Column] =
    &[NAME, text("Pod-Selector", |o, _| selector(o.pointer("/spec/podSelector"))), AGE];
const LEASES: &[Column] = &[NAME, text("Holder", |o, _| json!(string(o, "/spec/holderIdentity"))), AGE];
const PRIORITIES: &[Column] = &[
    NAME,
    count("Value", |o, _| json!(number(o, "/value"))),
    text("Global-Default", |o, _| json!(o.pointer("/globalDefault") == Some(&json!(true)))),
    AGE,
];
const APISERVICES: &[Column] = &[
    NAME,
    text("Service", |o, _| match string(o, "/spec/service/name") {
        "" => json!("Local"),
        name => json!(format!("{}/{name}", string(o, "/spec/service/namespace"))),
    }),
    text("Available", |o, _| {
        let available = items(o, "/status/conditions").find(|c| string(c, "/type") == "Available");
        json!(available.map_or("Unknown", |c| string(c, "/status")))
    }),
    AGE,
];
const QUOTAS: &[Column] = &[NAME, AGE];
const INGRESS_CLASSES: &[Column] = &[
    NAME,
    text("Controller", |o, _| json!(string(o, "/spec/controller"))),
    text("Parameters", |o, _| or_none(o, "/spec/parameters/name")),
    AGE,
];
const CREATED_ONLY: &[Column] = &[NAME, CREATED];
const PLAIN: &[Column] = &[NAME, AGE];

/// The columns of a built-in resource.
pub(super) fn columns(qualified: &str) -> &'static [Column] {
    match qualified {
        "pods" => POD,
        "deployments.apps" => DEPLOYMENTS,
        "replicasets.apps" | "replicationcontrollers" => REPLICASETS,
        "statefulsets.apps" => STATEFULSETS,
        "daemonsets.apps" => DAEMONSETS,
        "services" => SERVICES,
        "configmaps" => CONFIGMAPS,
        "secrets" => SECRETS,
        "namespaces" => NAMESPACES,
        "nodes" => NODES,
        "persistentvolumeclaims" => CLAIMS,
        "persistentvolumes" => VOLUMES,
        "jobs.batch" => JOBS,
        "cronjobs.batch" => CRONJOBS,
        "ingresses.networking.k8s.io" => INGRESSES,
        "ingressclasses.networking.k8s.io" => INGRESS_CLASSES,
        "networkpolicies.networking.k8s.io" => POLICIES,
        "horizontalpodautoscalers.autoscaling" => AUTOSCALERS,
        "poddisruptionbudgets.policy" => BUDGETS,
        "events" => EVENTS,
        "endpoints" => ENDPOINTS,
        "endpointslices.discovery.k8s.io" => SLICES,
        "rolebindings.rbac.authorization.k8s.io" | "clusterrolebindings.rbac.authorization.k8s.io" => {
            BINDINGS
        }
        "roles.rbac.authorization.k8s.io"
        | "clusterroles.rbac.authorization.k8s.io"
        | "customresourcedefinitions.apiextensions.k8s.io" => CREATED_ONLY,
        "storageclasses.storage.k8s.io" => CLASSES,
        "leases.coordination.k8s.io" => LEASES,
        "priorityclasses.scheduling.k8s.io" => PRIORITIES,
        "apiservices.apiregistration.k8s.io" => APISERVICES,
        "resourcequotas" => QUOTAS,
        _ => PLAIN,
    }
}
