//! Defaults of pods and of the pod templates of other kinds.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::{
    create::Allocate,
    quantity::nanos,
    table::Table,
    value::{at, flag, items, items_mut, remove, set, set_absent, text},
};

const SPEC: &str = r#"
restartPolicy = "Always"
dnsPolicy = "ClusterFirst"
schedulerName = "default-scheduler"
securityContext = {}
terminationGracePeriodSeconds = 30
containers|initContainers|ephemeralContainers[].resources = {}
containers|initContainers|ephemeralContainers[].terminationMessagePath = "/dev/termination-log"
containers|initContainers|ephemeralContainers[].terminationMessagePolicy = "File"
containers|initContainers|ephemeralContainers[].ports[].protocol = "TCP"
containers|initContainers|ephemeralContainers[].env[].valueFrom?.fieldRef?.apiVersion = "v1"
containers|initContainers|ephemeralContainers[].env[].valueFrom?.resourceFieldRef?.divisor = "0"
containers|initContainers|ephemeralContainers[].env[].valueFrom?.fileKeyRef?.optional = false
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.timeoutSeconds = 1
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.periodSeconds = 10
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.successThreshold = 1
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.failureThreshold = 3
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.httpGet?.path = "/"
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.httpGet?.scheme = "HTTP"
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.grpc?.service = ""
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.httpGet|tcpSocket|grpc?.port = 0
containers|initContainers|ephemeralContainers[].lifecycle?.postStart|preStop?.httpGet|tcpSocket?.port = 0
containers|initContainers|ephemeralContainers[].lifecycle?.postStart|preStop?.sleep?.seconds = 0
containers|initContainers|ephemeralContainers[].lifecycle?.postStart|preStop?.httpGet?.path = "/"
containers|initContainers|ephemeralContainers[].lifecycle?.postStart|preStop?.httpGet?.scheme = "HTTP"
volumes[].secret|configMap|downwardAPI|projected?.defaultMode = 420
volumes[].projected?.sources = null
volumes[].downwardAPI?.items[].fieldRef?.apiVersion = "v1"
volumes[].downwardAPI?.items[].resourceFieldRef?.divisor = "0"
volumes[].projected?.sources[].downwardAPI?.items[].fieldRef?.apiVersion = "v1"
volumes[].projected?.sources[].downwardAPI?.items[].resourceFieldRef?.divisor = "0"
volumes[].projected?.sources[].serviceAccountToken?.expirationSeconds = 3600
volumes[].hostPath?.type = ""
volumes[].iscsi?.iscsiInterface = "default"
volumes[].rbd?.pool = "rbd"
volumes[].rbd?.user = "admin"
volumes[].rbd?.keyring = "/etc/ceph/keyring"
volumes[].azureDisk?.cachingMode = "ReadWrite"
volumes[].azureDisk?.kind = "Shared"
volumes[].azureDisk?.fsType = "ext4"
volumes[].azureDisk?.readOnly = false
volumes[].scaleIO?.storageMode = "ThinProvisioned"
volumes[].scaleIO?.fsType = "xfs"
volumes[].ephemeral?.volumeClaimTemplate?.metadata = {}
volumes[].ephemeral?.volumeClaimTemplate?.spec.volumeMode = "Filesystem"
volumes[].ephemeral?.volumeClaimTemplate?.spec.resources = {}
affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution[].preference = {}
affinity?.podAffinity|podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm = {}
"#;

static SPEC_TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(SPEC));

/// The lists of containers of a pod.
pub(super) const CONTAINER_LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Fills in a pod spec, wherever it stands.
pub(super) fn default_spec(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    SPEC_TABLE.fill(spec);
    for list in CONTAINER_LISTS {
        for container in items_mut(spec, list) {
            default_container(container);
        }
    }
    for volume in items_mut(spec, "volumes") {
        default_volume(volume);
    }
    default_service_account(spec);
}

/// Fills in what a Pod has and a template has not.
pub(super) fn default_pod(spec: &mut Value) {
    set_absent(spec, "enableServiceLinks", true);
    if at(spec, "terminationGracePeriodSeconds").and_then(Value::as_i64).is_some_and(|it| it < 0) {
        set(spec, "terminationGracePeriodSeconds", 1);
    }
    let host_network = flag(spec, "hostNetwork");
    for list in CONTAINER_LISTS {
        for container in items_mut(spec, list) {
            default_requests(container);
            if host_network {
                for port in items_mut(container, "ports") {
                    let container_port = at(port, "containerPort").cloned().unwrap_or_default();
                    set_absent(port, "hostPort", container_port);
                }
            }
        }
    }
    if at(spec, "resources.limits").is_some() {
        default_requests(spec);
    }
}

fn default_container(container: &mut Value) {
    set_pull_policy(container, "image", "imagePullPolicy");
    // Behind a feature gate that is off.
    if remove(container, "lifecycle.stopSignal").is_some()
        && at(container, "lifecycle").and_then(Value::as_object).is_some_and(Map::is_empty)
    {
        remove(container, "lifecycle");
    }
}

/// An image that names no version is pulled each time.
fn set_pull_policy(value: &mut Value, image: &str, policy: &str) {
    let name = text(value, image);
    if name.is_empty() && policy == "pullPolicy" {
        return;
    }
    let always = is_reference(name) && tag(name) == "latest";
    set_absent(value, policy, if always { "Always" } else { "IfNotPresent" });
}

/// Whether the server can read the name of an image; it shrugs at one that it cannot.
fn is_reference(image: &str) -> bool {
    let name = image.split('@').next().unwrap_or(image);
    let (first, rest) = name.split_once('/').map_or(("", name), |(first, rest)| (first, rest));
    let is_registry = first.contains(['.', ':'])
        || first == "localhost"
        || first.contains(|c: char| c.is_ascii_uppercase());
    let path = rest.rsplit_once(':').map_or(rest, |(path, _)| path);
    let is_edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = |part: &str| {
        part.starts_with(is_edge)
            && part.ends_with(is_edge)
            && !part.contains("..")
            && part.chars().all(|c| is_edge(c) || "._-".contains(c))
    };
    path.split('/').all(fits) && (is_registry || first.is_empty() && !name.starts_with('/') || fits(first))
}

/// The tag of an image reference: `latest` where it names neither tag nor digest.
fn tag(image: &str) -> &str {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or(name);
    match (last.split_once(':'), digest) {
        (Some((_, tag)), _) => tag,
        (None, Some(_)) => "",
        (None, None) => "latest",
    }
}

fn default_volume(volume: &mut Value) {
    if volume.as_object().is_some_and(|map| map.keys().all(|key| key == "name")) {
        set(volume, "emptyDir", Map::new());
    }
    if let Some(image) = volume.get_mut("image") {
        set_pull_policy(image, "reference", "pullPolicy");
    }
}

/// The old name of the field holds the same.
fn default_service_account(spec: &mut Value) {
    let name = match text(spec, "serviceAccountName") {
        "" => text(spec, "serviceAccount"),
        name => name,
    };
    if !name.is_empty() {
        let name = name.to_owned();
        set(spec, "serviceAccountName", name.clone());
        set(spec, "serviceAccount", name);
    }
}

/// What is limited and not requested is requested as far as it is limited.
fn default_requests(container: &mut Value) {
    let limits = at(container, "resources.limits").and_then(Value::as_object).cloned();
    for (name, limit) in limits.unwrap_or_default() {
        let requests = at(container, "resources.requests");
        if requests.is_none_or(|requests| requests.get(&name).is_none()) {
            if requests.is_none() {
                set(container, "resources.requests", Map::new());
            }
            if let Some(Value::Object(requests)) = container.pointer_mut("/resources/requests") {
                requests.insert(name, limit);
            }
        }
    }
}

/// A new Pod waits, has the priority of its class, and bears a node's absence for a while.
pub(super) fn prepare_pod(object: &mut Value, cx: &dyn Allocate) {
    set(object, "status.phase", "Pending");
    let class = quality(object.get("spec").unwrap_or(&Value::Null));
    set(object, "status.qosClass", class);
    let Some(spec) = object.get_mut("spec") else { return };
    if let Some(priority) = cx.priority(text(spec, "priorityClassName")) {
        set(spec, "priorityClassName", priority.class);
        set_absent(spec, "priority", priority.value);
        set_absent(spec, "preemptionPolicy", priority.preemption);
    }
    set_absent(spec, "priority", 0);
    set_absent(spec, "preemptionPolicy", "PreemptLowerPriority");
    bear_absence(spec);
}

/// Bears that a node is away for a while, unless it says for how long itself.
pub(super) fn bear_absence(spec: &mut Value) {
    set_absent(spec, "tolerations", Value::Array(Vec::new()));
    let Some(Value::Array(tolerations)) = spec.get_mut("tolerations") else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let bears = |toleration: &Value| {
            let named = text(toleration, "key");
            (named.is_empty() || named == key) && matches!(text(toleration, "effect"), "" | "NoExecute")
        };
        if !tolerations.iter().any(bears) {
            tolerations.push(json!({
                "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
            }));
        }
    }
}

/// How safe a pod is from eviction, which follows from what its containers request and are limited to.
fn quality(spec: &Value) -> &'static str {
    const MEASURED: [&str; 2] = ["cpu", "memory"];
    let all: Vec<&Value> =
        containers(spec).filter(|(list, ..)| *list != "ephemeralContainers").map(|(.., it)| it).collect();
    let amount = |container: &Value, sort: &str, name: &str| {
        at(container, &format!("resources.{sort}.{name}")).and_then(nanos).filter(|nanos| *nanos > 0)
    };
    let any = |container: &&Value| {
        MEASURED
            .iter()
            .any(|name| ["limits", "requests"].iter().any(|sort| amount(container, sort, name).is_some()))
    };
    let full = |container: &&Value| {
        MEASURED.iter().all(|name| {
            let limit = amount(container, "limits", name);
            limit.is_some() && amount(container, "requests", name) == limit
        })
    };
    if !all.iter().any(any) {
        "BestEffort"
    } else if all.iter().all(full) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

/// All containers of a pod spec, with the list they stand in and their place there.
pub(super) fn containers(spec: &Value) -> impl Iterator<Item = (&'static str, usize, &Value)> {
    CONTAINER_LISTS.into_iter().flat_map(move |list| {
        items(spec, list).iter().enumerate().map(move |(at, container)| (list, at, container))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::kinds::table::assert_readable;

    #[test]
    fn the_table_can_be_read() {
        assert_readable(SPEC);
    }

    #[test]
    fn an_image_is_pulled_each_time_only_where_its_version_may_move() {
        for (image, expected) in [
            ("nginx", "latest"),
            ("nginx:latest", "latest"),
            ("localhost:5000/nginx", "latest"),
            ("localhost:5000/nginx:1", "1"),
            ("nginx@sha256:00", ""),
            ("nginx:latest@sha256:00", "latest"),
        ] {
            assert_eq!(tag(image), expected, "{image}");
        }
    }
}
