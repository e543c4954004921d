//! What is done about a field that another manager owns (rules 10).

use crate::model::{ConflictDecision, ConflictRule, FIELD_MANAGER, ObjectId, like};

use super::{context::Context, foreign};

/// Managers that people and their command line tools write under.
const HUMAN: &[&str] = &[
    "kubectl",
    "kubectl-*",
    "oc",
    "before-first-apply",
    "helm",
    "Helm",
    "k9s",
    "lens",
    "Lens*",
    "rancher",
    "kustomize",
    "curl",
    "python-requests",
    "OpenAPI-Generator",
    "Go-http-client",
    "Mozilla",
    "node-fetch",
    "dashboard",
    "headlamp*",
    "kubefwd",
    "node",
    "okhttp",
    "Swagger-Codegen",
];

/// Managers of controllers that have their reason to write.
const CONTROLLERS: &[&str] = &[
    "kube-controller-manager",
    "kube-scheduler",
    "kube-apiserver",
    "kubelet",
    "cloud-controller-manager",
    "horizontal-pod-autoscaler",
    "vpa-*",
    "vertical-pod-autoscaler*",
    "keda*",
    "cluster-autoscaler",
    "karpenter*",
    "prometheus-operator",
    "PrometheusOperator",
    "operator",
    "cainjector",
    "cert-manager-cainjector*",
    "cert-manager-*",
    "kwok*",
    "grafana-operator",
    "opentelemetry-operator",
    "elastic-operator",
    "aws-load-balancer-controller",
    "ingress-nginx*",
    "cilium*",
    "calico*",
];

/// Another manager of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rival {
    /// Its name.
    pub(crate) manager: String,
    /// The subresource it wrote through.
    pub(crate) subresource: Option<String>,
}

impl Rival {
    /// Reads the manager of a conflict's cause: a bare name, or `"name" with subresource "scale" using apps/v1`.
    pub(crate) fn parse(manager: &str, message: &str) -> Self {
        let quoted = |text: &str, after: &str| -> Option<String> {
            let rest = text.split_once(after)?.1;
            let rest = rest.strip_prefix('"')?;
            rest.split_once('"').map(|(name, _)| name.to_owned())
        };
        let subresource =
            quoted(manager, "with subresource ").or_else(|| quoted(message, "with subresource "));
        let name = match quoted(manager, "") {
            Some(name) => name,
            None => manager.split(" with subresource ").next().unwrap_or(manager).to_owned(),
        };
        Self { manager: name, subresource }
    }

    /// As printed: `kube-controller-manager (scale)`.
    pub(crate) fn told(&self) -> String {
        match &self.subresource {
            Some(subresource) => format!("{} ({subresource})", self.manager),
            None => self.manager.clone(),
        }
    }
}

/// What is done about one field of one object; the environment's rules come first.
pub(crate) fn decide(context: &Context<'_>, id: &ObjectId, field: &str, rival: &Rival) -> ConflictDecision {
    let ruled = context.policy.conflicts.iter().find(|rule| applies(rule, id, field, rival));
    if let Some(rule) = ruled {
        return rule.decision;
    }
    let among = |managers: &[&str]| managers.iter().any(|pattern| like(pattern, &rival.manager));
    let adopted = foreign::reconciler(&rival.manager).is_some() && context.policy.adopt_foreign;
    let subresource = rival.subresource.as_deref().is_some_and(|sub| sub == "scale" || sub == "status");
    // A human's `kubectl scale` is a hand edit like any other; an unknown writer of `scale` is an autoscaler.
    if rival.manager == FIELD_MANAGER || among(HUMAN) || adopted {
        ConflictDecision::Take
    } else if subresource || among(CONTROLLERS) {
        ConflictDecision::Yield
    } else {
        ConflictDecision::Refuse
    }
}

fn applies(rule: &ConflictRule, id: &ObjectId, field: &str, rival: &Rival) -> bool {
    let fits =
        |pattern: &Option<String>, text: &str| pattern.as_deref().is_none_or(|pattern| like(pattern, text));
    fits(&rule.manager, &rival.manager) && fits(&rule.kind, &id.kind) && fits(&rule.field, field)
}

/// What to type about a field that nobody decided.
pub(crate) fn fix(id: &ObjectId, field: &str, rival: &Rival) -> String {
    format!(
        "add to the environment's policy.conflicts: {{id: {}, manager: {}, kind: {}, field: '{field}', decision: take}}, or decision: yield",
        id.name, rival.manager, id.kind
    )
}
