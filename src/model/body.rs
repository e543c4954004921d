//! The tree of one Kubernetes object, which never prints what a Secret holds.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};

use super::ident::{Gvk, ObjectId};

/// The JSON tree of one object; a copy shares it until one of the two is changed.
///
/// `Debug` prints only the identity, so that neither a log nor a panic can show a secret value. There is no
/// `Serialize`: an object leaves the process through `cluster` and the record packs of `wire` alone.
#[derive(Clone, PartialEq, Default)]
pub struct Body(Arc<Value>);

impl Body {
    /// Wraps a tree.
    pub fn new(tree: Value) -> Self {
        Self(Arc::new(tree))
    }

    /// The tree itself: for comparing and sending, never for showing.
    pub fn tree(&self) -> &Value {
        &self.0
    }

    /// The tree, to be changed in place.
    pub fn tree_mut(&mut self) -> &mut Value {
        Arc::make_mut(&mut self.0)
    }

    /// Gives the tree away.
    pub fn into_tree(self) -> Value {
        Arc::unwrap_or_clone(self.0)
    }

    /// The value under a chain of map keys.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&*self.0, |value, key| value.get(key))
    }

    /// The string under a chain of map keys.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path).and_then(Value::as_str)
    }

    /// The map under a chain of map keys.
    pub fn map(&self, path: &[&str]) -> Option<&Map<String, Value>> {
        self.at(path).and_then(Value::as_object)
    }

    /// The items of the list under a chain of map keys; none where there is no list.
    pub fn items(&self, path: &[&str]) -> &[Value] {
        self.at(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// `apiVersion`, empty where missing.
    pub fn api_version(&self) -> &str {
        self.text(&["apiVersion"]).unwrap_or_default()
    }

    /// `kind`, empty where missing.
    pub fn kind(&self) -> &str {
        self.text(&["kind"]).unwrap_or_default()
    }

    /// Group, version and kind.
    pub fn gvk(&self) -> Gvk {
        Gvk::new(self.api_version(), self.kind())
    }

    /// The object's identity as its metadata has it.
    pub fn id(&self) -> ObjectId {
        ObjectId {
            group: self.gvk().group,
            kind: self.kind().to_owned(),
            namespace: self.text(&["metadata", "namespace"]).map(str::to_owned),
            name: self.text(&["metadata", "name"]).unwrap_or_default().to_owned(),
        }
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.text(&["metadata", "labels", name])
    }

    /// The value of an annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.text(&["metadata", "annotations", name])
    }

    /// Whether this is a core `Secret`.
    pub fn is_secret(&self) -> bool {
        self.kind() == "Secret" && self.api_version() == "v1"
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} {})", self.api_version(), self.id())
    }
}
