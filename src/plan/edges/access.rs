//! Namespaces, definitions, ServiceAccounts, Roles and bindings.

use serde_json::Value;

use crate::model::{Body, ObjectId};

use super::{
    collect::{Edges, hard, hard_ready, soft},
    index::{Index, Workload, object_id},
    pods::{list, text},
};

pub(super) const RBAC: &str = "rbac.authorization.k8s.io";

/// Edges from an object to its Namespace, its definition and what grants it rights.
pub(super) fn edges_of(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    if let Some(namespace) = &id.namespace {
        let to = object_id("", "Namespace", None, namespace);
        edges.need(index, id, &to, hard_ready(format!("stands in {to}")));
    }
    if let Some(crd) = index.crds.get(&(id.group.as_str(), id.kind.as_str())) {
        edges.need(index, id, crd, hard_ready(format!("is defined by {crd}")));
    }
    match (id.group.as_str(), id.kind.as_str()) {
        (RBAC, "RoleBinding" | "ClusterRoleBinding") => binding_edges(index, id, body, edges),
        ("", "ServiceAccount") => account_edges(index, id, body, edges),
        ("", "Secret") => token_edge(index, id, body, edges),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => {
            policy_edge(index, id, body, edges);
        }
        _ => {}
    }
}

fn binding_edges(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    if let Some(role) = bound_role(id, body) {
        edges.need(index, id, &role, hard(format!("binds {role}")));
    }
    for account in bound_accounts(id, body) {
        edges.need(index, id, &account, soft(format!("grants rights to {account}")));
        for workload in index.workloads_in(account.namespace.as_deref()) {
            if workload.account() == account.name {
                edges.need(index, workload.id, id, soft(format!("has the rights that {id} grants")));
            }
        }
    }
}

/// The Role or ClusterRole that a binding names.
pub(crate) fn bound_role(id: &ObjectId, body: &Body) -> Option<ObjectId> {
    let kind = body.text(&["roleRef", "kind"])?;
    let namespace = if kind == "Role" { id.namespace.as_deref() } else { None };
    Some(object_id(RBAC, kind, namespace, body.text(&["roleRef", "name"])?))
}

/// The ServiceAccounts that a binding names.
pub(super) fn bound_accounts(id: &ObjectId, body: &Body) -> Vec<ObjectId> {
    body.items(&["subjects"])
        .iter()
        .filter(|subject| text(subject, "kind") == Some("ServiceAccount"))
        .filter_map(|subject| {
            let namespace = text(subject, "namespace").or(id.namespace.as_deref());
            Some(object_id("", "ServiceAccount", namespace, text(subject, "name")?))
        })
        .collect()
}

/// The bindings of the set that name a workload's ServiceAccount, with the Roles they bind.
pub(super) fn roles_of<'a>(index: &Index<'a>, workload: &Workload<'_>) -> Vec<&'a Body> {
    let account = object_id("", "ServiceAccount", workload.id.namespace.as_deref(), workload.account());
    ["RoleBinding", "ClusterRoleBinding"]
        .into_iter()
        .flat_map(|kind| index.of_kind(RBAC, kind))
        .filter(|(id, binding)| bound_accounts(id, &binding.body).contains(&account))
        .filter_map(|(id, binding)| bound_role(id, &binding.body))
        .filter_map(|role| index.objects.get(&role).map(|role| &role.body))
        .collect()
}

fn account_edges(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    for key in ["secrets", "imagePullSecrets"] {
        for secret in list(body.tree(), key) {
            if let Some(name) = text(secret, "name") {
                let to = object_id("", "Secret", id.namespace.as_deref(), name);
                edges.need(index, id, &to, soft(format!("names {to}")));
            }
        }
    }
}

/// The controller deletes a token Secret whose ServiceAccount does not exist.
fn token_edge(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    let named = body.annotation("kubernetes.io/service-account.name");
    if let Some(name) = named.filter(|_| body.text(&["type"]) == Some("kubernetes.io/service-account-token"))
    {
        let to = object_id("", "ServiceAccount", id.namespace.as_deref(), name);
        edges.need(index, id, &to, hard(format!("is a token of {to}")));
    }
}

fn policy_edge(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    if let Some(name) = body.at(&["spec", "policyName"]).and_then(Value::as_str) {
        let to = object_id(&id.group, "ValidatingAdmissionPolicy", None, name);
        edges.need(index, id, &to, soft(format!("binds {to}")));
    }
}
