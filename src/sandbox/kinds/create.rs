//! What becomes of a new object before it is validated and stored.

use serde_json::Value;

use super::{
    admission,
    defaults::fill,
    meta, pod, service, storage,
    value::{remove, set},
    workload,
};
use crate::model::Gvk;
use crate::schema::SchemaSet;

/// What a new object may need of the cluster it comes into.
pub trait Allocate {
    /// A free address of the service network.
    fn cluster_ip(&mut self) -> String;
    /// Takes the address that a Service asks for.
    fn claim_cluster_ip(&mut self, ip: &str);
    /// A free port of the nodes.
    fn node_port(&mut self) -> u16;
    /// Takes the port that a Service asks for.
    fn claim_node_port(&mut self, port: u16);
    /// The value and the preemption policy of a PriorityClass; for the empty name, of the default one.
    fn priority(&self, class: &str) -> Option<Priority>;
    /// The name of the StorageClass that claims get by default.
    fn default_storage_class(&self) -> Option<String>;
}

/// What a PriorityClass gives to pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priority {
    /// The name of the class.
    pub class: String,
    /// How much its pods come first.
    pub value: i64,
    /// Whether they push others out.
    pub preemption: String,
}

/// Makes a defaulted object a new one: its status is empty, its generation the first, addresses are given out.
///
/// Name, uid and creationTimestamp stand in it already, as some kinds carry them on.
pub fn prepare_create(object: &mut Value, gvk: &Gvk, cx: &mut dyn Allocate) {
    remove(object, "metadata.selfLink");
    let schemas = SchemaSet::builtin();
    if schemas.of(gvk).is_none() {
        return;
    }
    // A node brings its own.
    if gvk.kind != "Node" {
        remove(object, "status");
        fill(object, gvk);
    }
    prepare_kind(object, gvk, cx);
    if has_generation(gvk) {
        set(object, "metadata.generation", 1);
    } else {
        remove(object, "metadata.generation");
    }
}

fn prepare_kind(object: &mut Value, gvk: &Gvk, cx: &mut dyn Allocate) {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Pod") => pod::prepare_pod(object, cx),
        ("", "Service") => service::prepare_service(object, cx),
        ("", "Namespace") => meta::prepare_namespace(object),
        ("", "Node") => meta::prepare_node(object),
        ("", "PersistentVolumeClaim") => storage::prepare_claim(object, cx),
        ("", "PersistentVolume") => storage::prepare_volume(object),
        ("apps", "DaemonSet") => workload::prepare_daemon_set(object),
        ("apps", "StatefulSet") => workload::prepare_stateful_set(object),
        ("batch", "Job") => workload::prepare_job(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => admission::prepare_custom_kind(object),
        ("apiregistration.k8s.io", "APIService") => admission::prepare_api_service(object),
        ("storage.k8s.io", "VolumeAttributesClass") => {
            meta::add_finalizer(object, "kubernetes.io/vac-protection");
        }
        _ => {}
    }
}

/// Whether the kind counts the changes of its spec.
pub(super) fn has_generation(gvk: &Gvk) -> bool {
    matches!(
        (gvk.group.as_str(), gvk.kind.as_str()),
        ("apps", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
            | ("", "Pod" | "PodTemplate" | "ReplicationController")
            | ("batch", "Job" | "CronJob")
            | ("discovery.k8s.io", "EndpointSlice")
            | ("networking.k8s.io", "Ingress" | "NetworkPolicy" | "IngressClass")
            | ("policy", "PodDisruptionBudget")
            | ("scheduling.k8s.io", "PriorityClass")
            | ("admissionregistration.k8s.io" | "apiextensions.k8s.io" | "flowcontrol.apiserver.k8s.io", _)
    )
}
