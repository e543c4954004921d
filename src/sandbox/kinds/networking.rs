//! Defaults of ingresses and network policies.

use serde_json::{Value, json};

use super::value::{items, set_absent};

pub(super) const INGRESS: &str = r"
spec = {}
status.loadBalancer = {}
spec.defaultBackend?.service?.port = {}
spec.defaultBackend?.resource?.apiGroup = null
spec.rules[].http?.paths[].backend?.resource?.apiGroup = null
spec.rules[].http?.paths[].backend = {}
spec.rules[].http?.paths[].backend.service?.port = {}
";

pub(super) const INGRESS_CLASS: &str = r#"
spec = {}
spec.parameters?.scope = "Cluster"
"#;

pub(super) const SERVICE_CIDR: &str = "
status = {}
";

pub(super) const NETWORK_POLICY: &str = r#"
spec.podSelector = {}
spec.ingress|egress[].ports[].protocol = "TCP"
"#;

/// A policy is about what comes in, and about what goes out if it has rules for that.
pub(super) fn default_network_policy(object: &mut Value) {
    let types = if items(object, "spec.egress").is_empty() {
        json!(["Ingress"])
    } else {
        json!(["Ingress", "Egress"])
    };
    set_absent(object, "spec.policyTypes", types);
}
