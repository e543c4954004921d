//! Defaults of pods and of the pod templates of other kinds.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{
    table::Table,
    value::{at, flag, items, items_mut, set, set_absent, text},
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
containers|initContainers|ephemeralContainers[].securityContext?.procMount = "Default"
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.timeoutSeconds = 1
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.periodSeconds = 10
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.successThreshold = 1
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.failureThreshold = 3
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.httpGet?.path = "/"
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.httpGet?.scheme = "HTTP"
containers|initContainers|ephemeralContainers[].livenessProbe|readinessProbe|startupProbe?.grpc?.service = ""
containers|initContainers|ephemeralContainers[].lifecycle?.postStart|preStop?.httpGet?.path = "/"
containers|initContainers|ephemeralContainers[].lifecycle?.postStart|preStop?.httpGet?.scheme = "HTTP"
volumes[].secret|configMap|downwardAPI|projected?.defaultMode = 420
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
    // The same type serves as handler of a life cycle hook and of a probe.
    if let Some(context) = container.get_mut("securityContext").and_then(Value::as_object_mut) {
        if context.get("procMount").and_then(Value::as_str) == Some("Default") {
            context.shift_remove("procMount");
        }
    }
}

/// An image that names no version is pulled each time.
fn set_pull_policy(value: &mut Value, image: &str, policy: &str) {
    let name = text(value, image);
    if name.is_empty() && policy == "pullPolicy" {
        return;
    }
    let always = tag(name) == "latest";
    set_absent(value, policy, if always { "Always" } else { "IfNotPresent" });
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
