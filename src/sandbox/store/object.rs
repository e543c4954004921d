//! One stored object: its JSON text, and what was read of it so far.

use std::{collections::BTreeMap, sync::OnceLock};

use serde::Deserialize;
use serde_json::Value;

/// Where an object stands inside its collection; cluster-scoped ones have an empty namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// Namespace, or nothing.
    pub(crate) namespace: String,
    /// Name.
    pub(crate) name: String,
}

/// Which object: its collection as `deployments.apps` or `configmaps`, and its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// Plural and group.
    pub(crate) collection: String,
    /// Namespace and name.
    pub(crate) place: Place,
}

impl Key {
    /// The key of an object.
    pub(crate) fn new(collection: &str, namespace: Option<&str>, name: &str) -> Self {
        let place = Place { namespace: namespace.unwrap_or_default().to_owned(), name: name.to_owned() };
        Self { collection: collection.to_owned(), place }
    }
}

/// A stored object; it is parsed when somebody asks for its tree, and lists are made of texts alone.
#[derive(Debug)]
pub(crate) struct Object {
    version: u64,
    text: Box<str>,
    tree: OnceLock<Value>,
    labels: OnceLock<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
struct Labelled {
    #[serde(default)]
    metadata: Labels,
}

#[derive(Default, Deserialize)]
struct Labels {
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

impl Object {
    /// An object read from the log.
    pub(super) fn read(version: u64, text: &str) -> Self {
        Self { version, text: text.into(), tree: OnceLock::new(), labels: OnceLock::new() }
    }

    /// An object that is written now.
    pub(super) fn written(version: u64, tree: Value) -> Self {
        let text = tree.to_string().into_boxed_str();
        let known = OnceLock::from(tree);
        Self { version, text, tree: known, labels: OnceLock::new() }
    }

    /// Its resourceVersion.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Its JSON, which begins with `kind` and `apiVersion`.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Its tree.
    pub(crate) fn tree(&self) -> &Value {
        self.tree.get_or_init(|| serde_json::from_str(&self.text).unwrap_or_default())
    }

    /// Its labels, found without parsing the rest.
    pub(crate) fn labels(&self) -> &BTreeMap<String, String> {
        self.labels.get_or_init(|| {
            let found: Labelled = serde_json::from_str(&self.text).unwrap_or_default();
            found.metadata.labels.unwrap_or_default()
        })
    }
}
