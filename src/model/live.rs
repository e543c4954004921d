//! What the cluster said at one moment.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    body::Body,
    ident::{Gvk, ObjectId},
};

/// Which cluster, and who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterIdentity {
    /// Kubeconfig context, `in-cluster` or `sandbox`.
    pub context: String,
    /// URL of the API server.
    pub server: String,
    /// UID of namespace `kube-system`; where that may not be read, a digest of CA and server.
    pub identity: String,
    /// Who the server takes us for (SelfSubjectReview), and who impersonates them where somebody does.
    pub user: String,
    /// Server version, as in `v1.36.3`.
    pub version: String,
    /// What is odd about the connection, as a server certificate that is not checked.
    pub remarks: Vec<String>,
}

/// What discovery says of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// Group, version, kind.
    pub gvk: Gvk,
    /// Plural name in URLs.
    pub plural: String,
    /// Whether its objects stand in namespaces.
    pub namespaced: bool,
    /// Whether it has a `status` subresource.
    pub status: bool,
    /// Whether it has a `scale` subresource.
    pub scale: bool,
    /// Verbs the server serves.
    pub verbs: Vec<String>,
}

/// All kinds a cluster serves, and those that the plan will bring.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypeMap {
    /// By group, version and kind.
    pub types: BTreeMap<Gvk, ResourceType>,
    /// `group/version` whose aggregated API does not answer.
    pub stale: Vec<String>,
}

impl TypeMap {
    /// The served type of an exact version.
    pub fn get(&self, gvk: &Gvk) -> Option<&ResourceType> {
        self.types.get(gvk)
    }

    /// Any served version of a group and kind.
    pub fn any_version(&self, group: &str, kind: &str) -> Option<&ResourceType> {
        self.types.values().find(|t| t.gvk.group == group && t.gvk.kind == kind)
    }
}

/// One entry of `metadata.managedFields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedEntry {
    /// Field manager.
    pub manager: String,
    /// Whether the operation was `Apply`; else `Update`.
    pub apply: bool,
    /// `apiVersion` of the fields.
    pub api_version: String,
    /// RFC 3339 time, as the server wrote it.
    pub time: Option<String>,
    /// Subresource, as in `status` or `scale`.
    pub subresource: Option<String>,
    /// The FieldsV1 set as compact JSON text.
    pub fields: Arc<str>,
}

/// One object as the cluster has it.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveObject {
    /// The object without `metadata.managedFields`.
    pub body: Body,
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// `metadata.managedFields`.
    pub managed: Vec<ManagedEntry>,
}

impl LiveObject {
    /// Whether the object is being deleted.
    pub fn terminating(&self) -> bool {
        self.body.at(&["metadata", "deletionTimestamp"]).is_some()
    }
}

/// What is known of one object.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    /// It is there.
    Present(Arc<LiveObject>),
    /// The server said that it is not there.
    Absent,
    /// Its kind is not served: it cannot be there.
    NoSuchKind,
    /// It could not be read; the text says why.
    Unreadable(String),
}

impl Observed {
    /// The object, where it is there.
    pub fn present(&self) -> Option<&Arc<LiveObject>> {
        match self {
            Self::Present(object) => Some(object),
            Self::Absent | Self::NoSuchKind | Self::Unreadable(_) => None,
        }
    }
}

/// Phase of a Namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespacePhase {
    /// Objects can be made in it.
    Active,
    /// It is being deleted.
    Terminating,
}

/// What the cluster said at one moment about all that a plan asks of.
#[derive(Debug, Clone, Default)]
pub struct LiveState {
    /// What it serves.
    pub types: TypeMap,
    /// Every desired object, every object of the last inventory, and every object that bears our labels.
    pub objects: BTreeMap<ObjectId, Observed>,
    /// Namespaces that exist, of those the plan needs.
    pub namespaces: BTreeMap<String, NamespacePhase>,
    /// Whether namespaces could be read; if not, a missing one is not proof.
    pub namespaces_unreadable: Option<String>,
    /// Kinds that could not be listed with our label, with the reason: their absence proves nothing.
    pub unlisted: BTreeMap<Gvk, String>,
    /// Required objects that were looked for (rules `requires`), as `sort name`, and whether they are there.
    pub required: BTreeMap<String, bool>,
}
