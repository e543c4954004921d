//! What things are called: kinds, objects, stacks, environments.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An API group, version and kind, as in `apps/v1 Deployment`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Gvk {
    /// API group; empty for the core group.
    pub group: String,
    /// API version, as in `v1`.
    pub version: String,
    /// Kind, as in `Deployment`.
    pub kind: String,
}

impl Gvk {
    /// Splits an `apiVersion` such as `apps/v1` or `v1`.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    /// The `apiVersion` as objects carry it.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}

/// Which object of a cluster: its API group (no version), kind, namespace and name.
///
/// Printed as `Deployment mlops/prometheus`, or `ClusterRole prometheus` where there is no namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind, as in `Deployment`.
    pub kind: String,
    /// Namespace; none for cluster-scoped objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl ObjectId {
    /// Whether this is an object of the given group and kind.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }

    /// `namespace/name`, or the bare name of a cluster-scoped object.
    pub fn place(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.place())
    }
}

/// One stack in one environment of one repository: the owner of objects (rules 4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TargetId {
    /// The repository's id: `metadata.name` of `obsctl.yaml`, else the root commit; none on a sandbox.
    pub repository: Option<String>,
    /// Name of the environment, a DNS label of at most 40 characters.
    pub environment: String,
    /// Name of the stack, a DNS label of at most 40 characters.
    pub stack: String,
}

impl TargetId {
    /// The prefix of this target's records, `<environment>.<stack>`.
    pub fn record_prefix(&self) -> String {
        format!("{}.{}", self.environment, self.stack)
    }
}

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.environment, self.stack)
    }
}

/// The field manager of all exclusive objects.
pub const FIELD_MANAGER: &str = "obsctl";
/// Label that names the stack an object belongs to.
pub const LABEL_STACK: &str = "obsctl.dev/stack";
/// Label that names the environment an object belongs to.
pub const LABEL_ENVIRONMENT: &str = "obsctl.dev/environment";
/// Kubernetes' recommended label for the tool that manages an object.
pub const LABEL_MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Label of our records in the state namespace.
pub const LABEL_RECORD: &str = "obsctl.dev/record";
/// Annotation: `disabled` keeps an object from being pruned.
pub const ANNOTATION_PRUNE: &str = "obsctl.dev/prune";
/// Annotation: `none`, `exists` or `ready`: what to wait for after a write.
pub const ANNOTATION_WAIT: &str = "obsctl.dev/wait";
/// Annotation: `true` forbids deleting and replacing the object.
pub const ANNOTATION_PROTECT: &str = "obsctl.dev/protect";
/// Annotation: objects to be ready before this one is written.
pub const ANNOTATION_DEPENDS_ON: &str = "obsctl.dev/depends-on";
/// Annotation: `true` lets several targets declare the object (rules 4).
pub const ANNOTATION_SHARED: &str = "obsctl.dev/shared";
/// Where records stand unless the environment names another namespace.
pub const STATE_NAMESPACE: &str = "obsctl-system";
/// Name of the Secret in the state namespace that holds the key of the digests of secret values.
pub const KEY_NAME: &str = "obsctl-digest-key";
