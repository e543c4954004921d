//! What controllers see and what they ask for.

use serde_json::Value;

use crate::model::Gvk;
use crate::sandbox::kinds::value::{set, text};

/// Which object, whatever the version it is looked at in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for an object of the cluster.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Key {
    /// The key of an object.
    pub fn of(object: &Value) -> Self {
        let gvk = Gvk::new(text(object, "apiVersion"), text(object, "kind"));
        Self {
            group: gvk.group,
            kind: gvk.kind,
            namespace: text(object, "metadata.namespace").to_owned(),
            name: text(object, "metadata.name").to_owned(),
        }
    }

    /// A key in a group and namespace.
    pub fn new(group: &str, kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

/// The objects of a cluster at one moment, each in the version in which it is stored.
pub trait View {
    /// An object.
    fn get(&self, key: &Key) -> Option<&Value>;
    /// The objects of a kind, in one namespace or, for the empty one, in all.
    fn list(&self, group: &str, kind: &str, namespace: &str) -> Vec<&Value>;
    /// The group and kind of everything there is.
    fn kinds(&self) -> Vec<(String, String)>;
    /// Whether a planned fault keeps this pod from becoming ready.
    fn never_ready(&self, pod: &Key) -> bool;
}

/// What a controller wants written.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The field manager, which is the name of the controller's program.
    pub manager: &'static str,
    /// What is to be done.
    pub action: Action,
}

/// The ways to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Makes the object, unless its name is taken.
    Create(Value),
    /// Replaces the object but for its status; it carries the resourceVersion that was seen.
    Update(Value),
    /// Replaces the status; it carries the resourceVersion that was seen.
    Status(Value),
    /// Deletes the object if it still has this uid: at once, its dependents in the background.
    Delete {
        /// Which.
        key: Key,
        /// Its identity.
        uid: String,
    },
}

/// The program that most controllers are part of.
pub(super) const CONTROLLERS: &str = "kube-controller-manager";
/// The program that runs pods.
pub(super) const KUBELET: &str = "kubelet";

impl Write {
    pub(super) fn create(object: Value) -> Self {
        Self { manager: CONTROLLERS, action: Action::Create(object) }
    }

    pub(super) fn update(object: Value) -> Self {
        Self { manager: CONTROLLERS, action: Action::Update(object) }
    }

    pub(super) fn delete(object: &Value) -> Self {
        let uid = text(object, "metadata.uid").to_owned();
        Self { manager: CONTROLLERS, action: Action::Delete { key: Key::of(object), uid } }
    }

    /// A new status, unless the object has it already.
    pub(super) fn status(object: &Value, status: Value) -> Option<Self> {
        (object.get("status") != Some(&status)).then(|| {
            let mut object = object.clone();
            set(&mut object, "status", status);
            Self { manager: CONTROLLERS, action: Action::Status(object) }
        })
    }

    pub(super) fn by(mut self, manager: &'static str) -> Self {
        self.manager = manager;
        self
    }
}

/// What a reaction has at hand.
#[derive(Clone, Copy)]
pub(super) struct Cx<'a> {
    /// The cluster.
    pub(super) view: &'a dyn View,
    /// The time, as objects carry it.
    pub(super) now: &'a str,
}
