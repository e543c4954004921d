//! What discovery tells of the built-in kinds beyond their schemas: short names, categories, what else they serve.

/// `plural.group`, short names, categories.
const NAMES: &[(&str, &str, &str)] = &[
    ("componentstatuses", "cs", ""),
    ("configmaps", "cm", ""),
    ("endpoints", "ep", ""),
    ("events", "ev", ""),
    ("limitranges", "limits", ""),
    ("namespaces", "ns", ""),
    ("nodes", "no", ""),
    ("persistentvolumeclaims", "pvc", ""),
    ("persistentvolumes", "pv", ""),
    ("pods", "po", "all"),
    ("replicationcontrollers", "rc", "all"),
    ("resourcequotas", "quota", ""),
    ("serviceaccounts", "sa", ""),
    ("services", "svc", "all"),
    ("mutatingwebhookconfigurations.admissionregistration.k8s.io", "", "api-extensions"),
    ("validatingadmissionpolicies.admissionregistration.k8s.io", "", "api-extensions"),
    ("validatingadmissionpolicybindings.admissionregistration.k8s.io", "", "api-extensions"),
    ("mutatingadmissionpolicies.admissionregistration.k8s.io", "", "api-extensions"),
    ("mutatingadmissionpolicybindings.admissionregistration.k8s.io", "", "api-extensions"),
    ("validatingwebhookconfigurations.admissionregistration.k8s.io", "", "api-extensions"),
    ("customresourcedefinitions.apiextensions.k8s.io", "crd,crds", "api-extensions"),
    ("apiservices.apiregistration.k8s.io", "", "api-extensions"),
    ("daemonsets.apps", "ds", "all"),
    ("deployments.apps", "deploy", "all"),
    ("replicasets.apps", "rs", "all"),
    ("statefulsets.apps", "sts", "all"),
    ("horizontalpodautoscalers.autoscaling", "hpa", "all"),
    ("cronjobs.batch", "cj", "all"),
    ("jobs.batch", "", "all"),
    ("certificatesigningrequests.certificates.k8s.io", "csr", ""),
    ("events.events.k8s.io", "ev", ""),
    ("ingresses.networking.k8s.io", "ing", ""),
    ("networkpolicies.networking.k8s.io", "netpol", ""),
    ("ipaddresses.networking.k8s.io", "ip", ""),
    ("poddisruptionbudgets.policy", "pdb", ""),
    ("priorityclasses.scheduling.k8s.io", "pc", ""),
    ("storageclasses.storage.k8s.io", "sc", ""),
    ("volumeattributesclasses.storage.k8s.io", "vac", ""),
];

/// Short names and categories of a built-in resource.
pub(super) fn names(qualified: &str) -> (Vec<String>, Vec<String>) {
    let words = |text: &str| text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    NAMES
        .iter()
        .find(|(name, _, _)| *name == qualified)
        .map(|(_, short, categories)| (words(short), words(categories)))
        .unwrap_or_default()
}

/// Groups in the order in which discovery lists them; those of custom kinds come after them by name.
pub(super) const GROUPS: &[&str] = &[
    "",
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
];

/// Where the objects of a built-in resource are stored, if not under its own name: one kind under two groups.
pub(super) fn stored_elsewhere(group: &str, version: &str) -> Option<(&'static str, &'static str)> {
    match (group, version) {
        ("events.k8s.io", "v1") => Some(("events", "v1")),
        ("autoscaling", "v1") => Some(("horizontalpodautoscalers.autoscaling", "autoscaling/v2")),
        _ => None,
    }
}
