//! One resource of one version: what discovery tells of it, and how its objects are kept.

use std::sync::Arc;

use serde_json::Value;

use super::custom::Custom;
use crate::model::Gvk;
use crate::schema::SchemaSet;

/// Where a kind keeps what its `scale` subresource shows, as JSON pointers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScalePaths {
    /// The wanted number.
    pub(crate) replicas: String,
    /// The number there is.
    pub(crate) status: String,
    /// The label selector, as text or as a selector; none where the kind has none.
    pub(crate) selector: Option<String>,
}

/// A resource of one version.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// Group, version and kind.
    pub(crate) gvk: Gvk,
    /// The name in paths.
    pub(crate) plural: String,
    /// The name of one.
    pub(crate) singular: String,
    /// Short names.
    pub(crate) short: Vec<String>,
    /// Groups of resources it is asked for with, such as `all`.
    pub(crate) categories: Vec<String>,
    /// The kind of its lists.
    pub(crate) list_kind: String,
    /// Whether its objects stand in namespaces.
    pub(crate) namespaced: bool,
    /// Whether it has a `status` subresource.
    pub(crate) status: bool,
    /// Its `scale` subresource.
    pub(crate) scale: Option<ScalePaths>,
    /// What can be done with it.
    pub(crate) verbs: Vec<String>,
    /// Where its objects are stored: `deployments.apps`.
    pub(crate) collection: String,
    /// The kind that its objects are stored as.
    pub(crate) stored: Gvk,
    /// The definition it comes from; none for a built-in kind.
    pub(crate) custom: Option<Arc<Custom>>,
}

impl Resource {
    /// `deployments.apps`, or `configmaps` in the core group: as messages name it.
    pub(crate) fn qualified(&self) -> String {
        if self.gvk.group.is_empty() {
            self.plural.clone()
        } else {
            format!("{}.{}", self.plural, self.gvk.group)
        }
    }

    /// Whether something can be done with it.
    pub(crate) fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }

    /// The schemas it is described in.
    pub(crate) fn schemas(&self) -> SchemaSet {
        self.custom.as_ref().map_or_else(SchemaSet::builtin, |custom| custom.schemas().clone())
    }

    /// What begins the text of each stored object of this version.
    pub(crate) fn prefix(&self) -> String {
        let (kind, version) = (Value::from(self.gvk.kind.as_str()), Value::from(self.gvk.api_version()));
        format!("{{\"kind\":{kind},\"apiVersion\":{version},")
    }
}
