//! Which defaults a kind has.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value};

use super::{
    admission, autoscaling,
    decode::decode,
    meta, networking, pod, service, storage,
    table::Table,
    value::{at_mut, set_absent},
    workload,
};
use crate::model::Gvk;
use crate::schema::SchemaSet;

/// The tables by group, kind and, where versions differ, version.
const TABLES: &[(&str, &str, &str)] = &[
    ("", "Pod", workload::POD),
    ("", "PodTemplate", workload::POD_TEMPLATE),
    ("", "ReplicationController", workload::REPLICATION_CONTROLLER),
    ("", "Namespace", meta::NAMESPACE),
    ("", "Secret", meta::SECRET),
    ("", "Event", meta::EVENT),
    ("", "Node", meta::NODE),
    ("", "ResourceQuota", meta::QUOTA),
    ("", "LimitRange", meta::LIMITS),
    ("", "Service", service::SERVICE),
    ("", "Endpoints", service::ENDPOINTS),
    ("", "PersistentVolume", storage::VOLUME),
    ("", "PersistentVolumeClaim", storage::CLAIM),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy", admission::MUTATING_POLICY),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding", admission::POLICY_BINDING),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration", admission::MUTATING_WEBHOOKS),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", admission::VALIDATING_POLICY),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding", admission::POLICY_BINDING),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", admission::VALIDATING_WEBHOOKS),
    ("apiextensions.k8s.io", "CustomResourceDefinition", admission::CUSTOM_KIND),
    ("apiregistration.k8s.io", "APIService", admission::API_SERVICE),
    ("apps", "ControllerRevision", meta::CONTROLLER_REVISION),
    ("apps", "DaemonSet", workload::DAEMON_SET),
    ("apps", "Deployment", workload::DEPLOYMENT),
    ("apps", "ReplicaSet", workload::REPLICA_SET),
    ("apps", "StatefulSet", workload::STATEFUL_SET),
    ("autoscaling", "HorizontalPodAutoscaler", autoscaling::AUTOSCALER),
    ("batch", "CronJob", workload::CRON_JOB),
    ("batch", "Job", workload::JOB),
    ("coordination.k8s.io", "Lease", meta::LEASE),
    ("discovery.k8s.io", "EndpointSlice", service::ENDPOINT_SLICE),
    ("events.k8s.io", "Event", meta::EVENT_V1),
    ("networking.k8s.io", "Ingress", networking::INGRESS),
    ("networking.k8s.io", "IngressClass", networking::INGRESS_CLASS),
    ("networking.k8s.io", "NetworkPolicy", networking::NETWORK_POLICY),
    ("policy", "PodDisruptionBudget", autoscaling::DISRUPTION_BUDGET),
    ("rbac.authorization.k8s.io", "ClusterRole", meta::ROLE),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", meta::ROLE_BINDING),
    ("rbac.authorization.k8s.io", "Role", meta::ROLE),
    ("rbac.authorization.k8s.io", "RoleBinding", meta::ROLE_BINDING),
    ("scheduling.k8s.io", "PriorityClass", meta::PRIORITY_CLASS),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema", admission::FLOW),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", admission::PRIORITY_LEVEL),
    ("networking.k8s.io", "ServiceCIDR", networking::SERVICE_CIDR),
    ("storage.k8s.io", "CSIDriver", storage::CSI_DRIVER),
    ("storage.k8s.io", "CSINode", storage::CSI_NODE),
    ("storage.k8s.io", "VolumeAttachment", storage::ATTACHMENT),
    ("storage.k8s.io", "StorageClass", storage::STORAGE_CLASS),
];

static READ: LazyLock<BTreeMap<String, Table>> = LazyLock::new(|| {
    TABLES.iter().map(|(group, kind, text)| (format!("{group}/{kind}"), Table::read(text))).collect()
});

static AUTOSCALER_V1: LazyLock<Table> = LazyLock::new(|| Table::read(autoscaling::AUTOSCALER_V1));

/// Reads an object as the server does: unknown and empty fields go, Quantities are rewritten, defaults are filled in.
///
/// A custom kind is left as it is.
pub fn default(object: &mut Value, gvk: &Gvk) {
    let schemas = SchemaSet::builtin();
    let Some(schema) = schemas.of(gvk) else { return };
    decode(object, schema);
    if let Some(path) = workload::pod_spec_path(&gvk.kind) {
        // Templates are held by value, but for that of a ReplicationController.
        if gvk.kind != "ReplicationController" {
            set_absent(object, path, Map::new());
        }
        if let Some(spec) = at_mut(object, path) {
            pod::default_spec(spec);
        }
    }
    // Rules look at what the table gives, and make what it fills.
    fill(object, gvk);
    default_by_rule(object, gvk);
    fill(object, gvk);
}

/// Fills in what the table of the kind says.
pub(super) fn fill(object: &mut Value, gvk: &Gvk) {
    if let Some(table) = table(gvk) {
        table.fill(object);
    }
}

fn table(gvk: &Gvk) -> Option<&'static Table> {
    if gvk.kind == "HorizontalPodAutoscaler" && gvk.version == "v1" {
        return Some(&AUTOSCALER_V1);
    }
    READ.get(&format!("{}/{}", gvk.group, gvk.kind))
}

/// The defaults that follow from other fields.
fn default_by_rule(object: &mut Value, gvk: &Gvk) {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Pod") => {
            if let Some(spec) = object.get_mut("spec") {
                pod::default_pod(spec);
            }
        }
        ("", "ReplicationController") => workload::default_replication_controller(object),
        ("batch", "Job") => workload::default_job(object),
        ("apps", "DaemonSet") => workload::default_daemon_set(object),
        ("", "Service") => service::default_service(object),
        ("", "Namespace") => meta::default_namespace(object),
        ("", "Node") => meta::default_node(object),
        ("", "LimitRange") => meta::default_limit_range(object),
        ("", "Secret") => meta::default_secret(object),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            meta::default_role_binding(object);
        }
        ("networking.k8s.io", "NetworkPolicy") => networking::default_network_policy(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => admission::default_custom_kind(object),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::kinds::table::assert_readable;

    #[test]
    fn all_tables_can_be_read_and_are_of_kinds_that_exist() {
        assert_readable(autoscaling::AUTOSCALER_V1);
        let schemas = SchemaSet::builtin();
        for (group, kind, text) in TABLES {
            assert_readable(text);
            assert!(schemas.kinds().any(|gvk| gvk.group == *group && gvk.kind == *kind), "{group} {kind}");
        }
    }
}
