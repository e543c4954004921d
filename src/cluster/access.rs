//! What we may do, and which Role would allow what we may not.

use serde_json::{Value, json};

use super::{
    Cluster,
    request::{Call, CallError},
};
use crate::model::{Gvk, ObjectId, Refusal};

/// One thing that may or may not be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deed {
    /// Verb, as in `patch`.
    pub verb: String,
    /// API group; empty for the core group.
    pub group: String,
    /// Plural name, with `/subresource` where there is one.
    pub resource: String,
    /// Namespace; none for cluster-scoped objects and for all namespaces.
    pub namespace: Option<String>,
    /// Name, where the right may be bound to it.
    pub name: Option<String>,
}

impl Cluster {
    /// Whether the server would let us do it (SelfSubjectAccessReview).
    pub async fn may(&self, deed: &Deed) -> Result<bool, CallError> {
        let (resource, subresource) = deed.resource.split_once('/').unwrap_or((&deed.resource, ""));
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": deed.verb,
                "group": deed.group,
                "resource": resource,
                "subresource": subresource,
                "namespace": deed.namespace,
                "name": deed.name,
            }},
        });
        let call = Call::ask("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review.to_string());
        let reply = self.call(&call).await?;
        let review: Value = serde_json::from_slice(&reply.body)?;
        Ok(review.pointer("/status/allowed").and_then(Value::as_bool).unwrap_or_default())
    }

    /// Whether RBAC lets us apply an object at all: `patch`, and `create` where it is not there (rules 8).
    #[expect(clippy::fn_params_excessive_bools, reason = "it is a fact of the object, not a switch")]
    pub async fn may_apply(&self, api_version: &str, id: &ObjectId, absent: bool) -> Result<bool, CallError> {
        let kind = self.resource(&Gvk::new(api_version, &id.kind)).await?;
        let deed = |verb: &str, name: Option<String>| Deed {
            verb: verb.to_owned(),
            group: kind.gvk.group.clone(),
            resource: kind.plural.clone(),
            namespace: id.namespace.clone(),
            name,
        };
        if !self.may(&deed("patch", Some(id.name.clone()))).await? {
            return Ok(false);
        }
        // A creation cannot be bound to a name.
        if absent { self.may(&deed("create", None)).await } else { Ok(true) }
    }
}

/// What RBAC denied; none where a 403 comes from a quota, an admission plugin or a Terminating namespace.
pub fn rbac_denial(refusal: &Refusal) -> Option<Deed> {
    let (_, rest) = refusal.message.split_once(" cannot ")?;
    let (verb, rest) = rest.split_once(" resource \"")?;
    let (resource, rest) = rest.split_once("\" in API group \"")?;
    let (group, rest) = rest.split_once('"')?;
    let namespace = rest.split_once("in the namespace \"").and_then(|(_, rest)| rest.split_once('"'));
    let forbidden = refusal.message.split_once(" is forbidden: User ").map_or("", |(before, _)| before);
    let name = forbidden.split_once(" \"").and_then(|(_, rest)| rest.split_once('"'));
    Some(Deed {
        verb: verb.to_owned(),
        group: group.to_owned(),
        resource: resource.to_owned(),
        namespace: namespace.map(|(name, _)| name.to_owned()),
        name: name.map(|(name, _)| name.to_owned()),
    })
}

/// Names the denied verb and resource, and prints the Role that would allow it.
pub fn rbac_hint(refusal: &Refusal) -> Option<String> {
    if refusal.code != 403 {
        return None;
    }
    let deed = rbac_denial(refusal)?;
    let (kind, place, scope) = match &deed.namespace {
        Some(namespace) => {
            ("Role", format!(", namespace: {namespace}"), format!(" in namespace {namespace}"))
        }
        None => ("ClusterRole", String::new(), " in the whole cluster".to_owned()),
    };
    let group = if deed.group.is_empty() { "\"\"" } else { &deed.group };
    Some(format!(
        "the right to {verb} {resource}{scope} is missing; this {kind} would give it:\n\
         apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: {kind}\n\
         metadata: {{name: obsctl-{verb}-{name}{place}}}\n\
         rules:\n\
         - {{apiGroups: [{group}], resources: [{resource}], verbs: [{verb}]}}",
        verb = deed.verb,
        resource = deed.resource,
        name = deed.resource.replace('/', "-"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden(message: &str) -> Refusal {
        Refusal { code: 403, reason: "Forbidden".to_owned(), message: message.to_owned(), causes: Vec::new() }
    }

    #[test]
    fn names_the_role_that_would_allow_it() {
        let refusal = forbidden(
            "deployments.apps \"x\" is forbidden: User \"jane\" cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"mlops\"",
        );
        let hint = rbac_hint(&refusal).unwrap();
        assert!(hint.starts_with("the right to patch deployments in namespace mlops is missing"));
        assert!(hint.contains("metadata: {name: obsctl-patch-deployments, namespace: mlops}"));
        assert!(hint.contains("- {apiGroups: [apps], resources: [deployments], verbs: [patch]}"));
        assert_eq!(rbac_denial(&refusal).unwrap().name.as_deref(), Some("x"));
    }

    #[test]
    fn a_right_in_the_whole_cluster_is_a_cluster_role() {
        let refusal = forbidden(
            "namespaces is forbidden: User \"jane\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope",
        );
        let hint = rbac_hint(&refusal).unwrap();
        assert!(hint.contains("kind: ClusterRole\n") && hint.contains("apiGroups: [\"\"]"));
    }

    #[test]
    fn a_quota_is_no_matter_of_roles() {
        let refusal = forbidden("pods \"x\" is forbidden: exceeded quota: small, requested: pods=1");
        assert_eq!(rbac_hint(&refusal), None);
    }
}
