//! Which rules a kind has.

use serde_json::Value;

use super::{
    admission, autoscaling, core, definition, immutable, limits, meta, networking,
    object::{Causes, Path},
    pod::{self, Place},
    rbac, service, storage, workload,
};
use crate::model::{Cause, Gvk};
use crate::schema::SchemaSet;

/// What the server would refuse in a new object or, with the old one, in an update.
///
/// Both are defaulted and prepared. A custom kind breaks nothing here: its rules stand in its schema.
pub fn validate(old: Option<&Value>, new: &Value, gvk: &Gvk) -> Vec<Cause> {
    let mut causes = Causes::default();
    let builtin = SchemaSet::builtin().of(gvk).is_some();
    match old {
        None => {
            meta::check(new, gvk, &mut causes);
            if gvk.group == "apiextensions.k8s.io" {
                definition::name(new, &mut causes);
            }
        }
        Some(old) => {
            meta::check_update(old, new, gvk, &mut causes);
            if builtin {
                immutable::check(old, new, gvk, &mut causes);
            }
        }
    }
    if builtin {
        by_kind(new, gvk, &mut causes);
    }
    causes.into_list()
}

fn by_kind(object: &Value, gvk: &Gvk, causes: &mut Causes) {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "ConfigMap") => core::config_map(object, causes),
        ("", "Secret") => core::secret(object, causes),
        ("", "Namespace") => core::namespace(object, causes),
        ("", "Event") => core::event(object, causes),
        ("", "ResourceQuota") => core::quota(object, causes),
        ("", "LimitRange") => limits::limit_range(object, causes),
        ("", "Service") => service::service(object, causes),
        ("", "Endpoints") => service::endpoints(object, causes),
        ("", "PersistentVolumeClaim") => storage::claim(object, causes),
        ("", "PersistentVolume") => storage::volume(object, causes),
        ("", "ReplicationController") => workload::replication_controller(object, causes),
        ("", "Pod") => {
            let spec = object.get("spec").unwrap_or(&Value::Null);
            pod::spec(spec, Place::Pod, &Path::root("spec"), causes);
        }
        ("", "PodTemplate") => {
            let template = object.get("template").unwrap_or(&Value::Null);
            pod::template(template, Place::Template, &Path::root("template"), causes);
        }
        ("apps", "Deployment") => workload::deployment(object, causes),
        ("apps", "ReplicaSet") => workload::replica_set(object, causes),
        ("apps", "StatefulSet") => workload::stateful_set(object, causes),
        ("apps", "DaemonSet") => workload::daemon_set(object, causes),
        ("batch", "Job") => workload::job(object, causes),
        ("batch", "CronJob") => workload::cron_job(object, causes),
        ("coordination.k8s.io", "Lease") => core::lease(object, causes),
        ("discovery.k8s.io", "EndpointSlice") => service::endpoint_slice(object, causes),
        ("storage.k8s.io", "StorageClass") => storage::class(object, causes),
        (group, _) => by_group(object, group, &gvk.kind, causes),
    }
}

fn by_group(object: &Value, group: &str, kind: &str, causes: &mut Causes) {
    match (group, kind) {
        ("networking.k8s.io", "Ingress") => networking::ingress(object, causes),
        ("networking.k8s.io", "IngressClass") => networking::ingress_class(object, causes),
        ("networking.k8s.io", "NetworkPolicy") => networking::policy(object, causes),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::scaler(object, causes),
        ("policy", "PodDisruptionBudget") => autoscaling::budget(object, causes),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => rbac::role(object, causes),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => rbac::binding(object, causes),
        ("node.k8s.io", "RuntimeClass") => rbac::runtime_class(object, causes),
        ("scheduling.k8s.io", "PriorityClass") => rbac::priority_class(object, causes),
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => admission::webhooks(object, causes),
        ("apiregistration.k8s.io", "APIService") => admission::api_service(object, causes),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition::definition(object, causes),
        _ => {}
    }
}
