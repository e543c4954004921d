//! What the repository declares: stacks, environments, and one stack in one environment.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{gate::Gate, ident::TargetId, place::Place};

/// A part of a parsed YAML file with the place it stands at.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// How an environment reaches its cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterRef {
    /// Kubeconfig context; none means the kubeconfig's current one.
    pub context: Option<String>,
    /// UID of namespace `kube-system` that the cluster must have.
    pub identity: Option<String>,
    /// The ServiceAccount of the Pod we run in.
    pub in_cluster: bool,
    /// The embedded API server.
    pub sandbox: bool,
}

/// One source of a stack's objects; expressions of `stack.yaml` itself are replaced, those in files are not.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Files or folders of YAML and JSON manifests; paths as written.
    Manifests {
        /// Paths relative to the stack's folder, with `*` patterns.
        paths: Vec<Placed<String>>,
    },
    /// One ConfigMap made of files.
    ConfigMap(ConfigMapSource),
    /// One ConfigMap a dashboard file.
    Dashboards {
        /// Paths relative to the stack's folder, with `*` patterns.
        files: Vec<Placed<String>>,
        /// Prefix of each ConfigMap's name; the file's stem follows.
        prefix: String,
        /// Labels of each ConfigMap.
        labels: BTreeMap<String, String>,
        /// Annotations of each ConfigMap.
        annotations: BTreeMap<String, String>,
        /// Whether `${{ }}` is replaced in the content.
        substitute: bool,
    },
}

/// A ConfigMap made of files.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigMapSource {
    /// Name.
    pub name: Placed<String>,
    /// Namespace; the stack's where none is given.
    pub namespace: Option<String>,
    /// Paths relative to the stack's folder, with `*` patterns; the key is the file's name.
    pub files: Vec<Placed<String>>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Whether `${{ }}` is replaced in the content.
    pub substitute: bool,
}

/// Which objects a patch changes; each part that is given must match, `*` matches any run of characters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PatchTarget {
    /// API group.
    pub group: Option<String>,
    /// API version.
    pub version: Option<String>,
    /// Kind.
    pub kind: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Namespace.
    pub namespace: Option<String>,
    /// Labels that must be there with these values.
    pub labels: BTreeMap<String, String>,
}

/// What a patch does.
#[derive(Debug, Clone, PartialEq)]
pub enum PatchBody {
    /// Merged as server-side apply would.
    Merge(Value),
    /// RFC 6902 operations.
    Json(Value),
}

/// One patch, expressions replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// Which objects.
    pub target: PatchTarget,
    /// What to do.
    pub body: PatchBody,
    /// Where it stands.
    pub place: Place,
}

/// What must exist before a target can be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// `crd`, `namespace`, `secret`, `configMap` or `storageClass`.
    pub sort: RequirementSort,
    /// Name; for Secrets and ConfigMaps `[namespace/]name`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

/// The sorts of [`Requirement`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequirementSort {
    /// A CustomResourceDefinition.
    Crd,
    /// A Namespace.
    Namespace,
    /// A Secret.
    Secret,
    /// A ConfigMap.
    ConfigMap,
    /// A StorageClass.
    StorageClass,
}

/// What a field conflict with a foreign manager does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictDecision {
    /// Force: the field becomes ours.
    Take,
    /// The field is left out of what we apply.
    Yield,
    /// Nothing is done to the object (exit 3).
    Refuse,
}

/// One rule of the environment's conflict policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRule {
    /// Its id, by which `extends` merges.
    pub id: String,
    /// Manager, with `*`.
    pub manager: Option<String>,
    /// Kind, with `*`.
    pub kind: Option<String>,
    /// Field path as printed, with `*`.
    pub field: Option<String>,
    /// What to do.
    pub decision: ConflictDecision,
}

/// A field that is left out of comparing and applying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredField {
    /// Its id, by which `extends` merges.
    pub id: String,
    /// Kind, with `*`.
    pub kind: Option<String>,
    /// Name, with `*`.
    pub name: Option<String>,
    /// RFC 6901 pointer into the object.
    pub pointer: String,
    /// Why.
    pub reason: String,
}

/// The environment's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent switch that users write")]
pub struct Policy {
    /// Most deletions without a flag, in objects; none means the default rule of promise 3.
    pub max_deletes: Option<usize>,
    /// A dirty tree is refused.
    pub require_commit: bool,
    /// Plain Secrets in git are refused.
    pub refuse_plain_secrets: bool,
    /// Keys that others added to ConfigMap and Secret data are removed.
    pub remove_extra_keys: bool,
    /// Objects of foreign owners are taken over.
    pub adopt_foreign: bool,
    /// Kinds whose immutable fields may be changed by deleting and making anew.
    pub allow_replace: Vec<String>,
    /// Decides conflicts before the default rules.
    pub conflicts: Vec<ConflictRule>,
    /// Fields to leave alone.
    pub ignore_fields: Vec<IgnoredField>,
    /// Where records stand.
    pub state_namespace: String,
    /// Revisions kept.
    pub keep_revisions: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_deletes: None,
            require_commit: false,
            refuse_plain_secrets: false,
            remove_extra_keys: false,
            adopt_foreign: false,
            allow_replace: Vec::new(),
            conflicts: Vec::new(),
            ignore_fields: Vec::new(),
            state_namespace: super::ident::STATE_NAMESPACE.to_owned(),
            keep_revisions: 10,
        }
    }
}

/// One stack in one environment, values merged.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Who it is.
    pub id: TargetId,
    /// Folder of the stack, as in `stacks/mlops-monitoring`.
    pub folder: String,
    /// File of the stack.
    pub place: Place,
    /// Namespace of objects that name none, expression replaced.
    pub namespace: Option<String>,
    /// Merged values.
    pub values: Value,
    /// Where its objects come from.
    pub sources: Vec<Source>,
    /// Sources that `when` switches off: they make nothing, and their files are checked all the same.
    pub dormant: Vec<Source>,
    /// Patches in the order they are carried out.
    pub patches: Vec<Patch>,
    /// Stacks of the same environment that must be ready before.
    pub depends_on: Vec<String>,
    /// What must exist.
    pub requires: Vec<Requirement>,
    /// Gates.
    pub verify: Vec<Gate>,
    /// Kubernetes version the environment names, as in `1.36`.
    pub kubernetes_version: Option<String>,
}

/// One environment, `extends` resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// Name.
    pub name: String,
    /// Its file.
    pub place: Place,
    /// How to reach its cluster.
    pub cluster: ClusterRef,
    /// Its policy.
    pub policy: Policy,
    /// Its targets, in dependsOn order.
    pub targets: Vec<Target>,
}

/// All stacks and environments of a checkout, cross-checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Repo {
    /// The repository's id (rules 4); none where it cannot be had.
    pub id: Option<String>,
    /// Environments by name.
    pub environments: BTreeMap<String, Environment>,
    /// Names of all stacks.
    pub stacks: Vec<String>,
    /// Stacks that no environment lists, with their default values: only to be checked.
    pub unlisted: Vec<Target>,
}
