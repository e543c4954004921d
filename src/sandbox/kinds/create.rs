//! What becomes of a new object before it is validated and stored.

use serde_json::Value;

use super::{
    admission, meta, service,
    value::{remove, set},
    workload,
};
use crate::model::Gvk;

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
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Service") => service::prepare_service(object, cx),
        ("", "Namespace") => meta::prepare_namespace(object),
        ("apps", "DaemonSet") => workload::prepare_daemon_set(object),
        ("apps", "StatefulSet") => workload::prepare_stateful_set(object),
        ("batch", "Job") => workload::prepare_job(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => admission::prepare_custom_kind(object),
        _ => {}
    }
    if has_generation(gvk) {
        set(object, "metadata.generation", 1);
    } else {
        remove(object, "metadata.generation");
    }
}

/// Whether the kind counts the changes of its spec.
pub(super) fn has_generation(gvk: &Gvk) -> bool {
    matches!(
        (gvk.group.as_str(), gvk.kind.as_str()),
        ("apps", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
            | ("", "Pod" | "ReplicationController")
            | ("batch", "Job" | "CronJob")
            | ("networking.k8s.io", "Ingress" | "NetworkPolicy" | "IngressClass")
            | ("policy", "PodDisruptionBudget")
            | ("admissionregistration.k8s.io" | "apiextensions.k8s.io" | "flowcontrol.apiserver.k8s.io", _)
    )
}
