//! All that a decision is made from.

use std::collections::{BTreeMap, BTreeSet};

use crate::fields::{self, Difference};
use crate::model::{
    ANNOTATION_SHARED, Body, DesiredState, FIELD_MANAGER, FieldPath, Gvk, InventoryItem, Ledger, LiveObject,
    LiveState, ObjectId, Policy, Shown, TargetId, Wanted,
};
use crate::schema::{Schema, SchemaSet};
use crate::secrets::Sealer;

use serde_json::Value;

/// What a `--allow-delete KIND[/[NAMESPACE/]NAME]` allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Kind as typed, in any case, or one of `ns`, `crd`, `pvc`, `pv`; `stack` names a stack.
    pub kind: String,
    /// Namespace; none means any.
    pub namespace: Option<String>,
    /// Name; none means any.
    pub name: Option<String>,
}

impl Allowed {
    /// Reads what was typed after `--allow-delete`.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        let owned = |part: &str| Some(part.to_owned());
        let (kind, namespace, name) = match parts.as_slice() {
            [kind] => (kind, None, None),
            [kind, name] => (kind, None, owned(name)),
            [kind, namespace, name] => (kind, owned(namespace), owned(name)),
            _ => return None,
        };
        Some(Self { kind: (*kind).to_owned(), namespace, name })
    }

    /// Whether the deletion of an object is allowed.
    pub fn allows(&self, id: &ObjectId) -> bool {
        let typed = self.kind.to_lowercase();
        let kind = match typed.as_str() {
            "ns" => "namespace",
            "crd" => "customresourcedefinition",
            "pvc" => "persistentvolumeclaim",
            "pv" => "persistentvolume",
            other => other,
        };
        let lower = id.kind.to_lowercase();
        (kind == lower || kind.strip_suffix('s') == Some(&lower))
            && self.namespace.as_deref().is_none_or(|n| id.namespace.as_deref() == Some(n))
            && self.name.as_ref().is_none_or(|name| *name == id.name)
    }
}

/// Who says what a write would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlanMode {
    /// The API server, by dry-run; where RBAC denies that, our own merge (promise 5).
    #[default]
    Auto,
    /// The API server; where RBAC denies the dry-run, the object is held.
    Server,
    /// Our own merge: nothing but reading is asked for.
    Local,
}

/// What the user asked for beside the target.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanOptions {
    /// `--plan-mode`.
    pub mode: PlanMode,
    /// `--max-deletes`.
    pub max_deletes: Option<usize>,
    /// `--allow-delete`, each.
    pub allow_delete: Vec<Allowed>,
    /// `--ignore-hold`: what a rollback turned back may come again.
    pub ignore_hold: bool,
    /// The plan is a destroy's: the desired state is empty on purpose.
    pub destroy: bool,
    /// Objects that an earlier run wrote and that are not ready yet become steps that wait.
    pub wait_for_unready: bool,
    /// Deletions that do not count for `--max-deletes`: what the undone revision created (rules 12).
    pub uncounted: BTreeSet<ObjectId>,
    /// Objects that the undone revisions took over, as they were before: they are given back, not deleted (rules 12).
    pub given_back: BTreeMap<ObjectId, Body>,
}

/// What stands around the target.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Objects that other stacks of the environment declare, with the names of those stacks.
    pub declared: BTreeMap<ObjectId, BTreeSet<String>>,
    /// Objects that last inventories of other stacks name, with the names of those stacks.
    pub inventoried: BTreeMap<ObjectId, BTreeSet<String>>,
    /// Group and kind of the definitions that other stacks of the same run bring, with the stack.
    pub types: BTreeMap<(String, String), String>,
    /// Namespaces that other stacks of the same run bring, with the stack.
    pub namespaces: BTreeMap<String, String>,
    /// How many objects stand in a Namespace that no inventory names; absent where nobody counted.
    pub strangers: BTreeMap<String, usize>,
    /// How many custom resources there are of a CustomResourceDefinition; absent where nobody counted.
    pub custom_resources: BTreeMap<String, usize>,
}

/// All that the decision about one target is made from.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Whose plan it is.
    pub target: &'a TargetId,
    /// The environment's policy.
    pub policy: &'a Policy,
    /// What is wanted.
    pub desired: &'a DesiredState,
    /// What the cluster said.
    pub live: &'a LiveState,
    /// What is known of kinds.
    pub schemas: &'a SchemaSet,
    /// What was applied before.
    pub ledger: &'a Ledger,
    /// Seals secret values.
    pub sealer: &'a Sealer,
    /// What the user asked for.
    pub options: &'a PlanOptions,
    /// Objects that are as wanted, and not ready.
    pub not_ready: &'a BTreeSet<ObjectId>,
    /// What stands around the target.
    pub around: &'a Surroundings,
    /// Brings an object to the form in which the server stores it, where the server is not asked.
    pub stored_form: &'a (dyn Fn(&mut Value, &Gvk) + Sync),
}

impl<'a> Context<'a> {
    /// One wanted object.
    pub(crate) fn wanted(&self, id: &ObjectId) -> Option<&'a Wanted> {
        self.desired.objects.get(id)
    }

    /// The field manager under which a body is applied (rules 4).
    pub fn manager(&self, body: &Body) -> String {
        manager_of(self.target, body)
    }

    /// The manager of this target's part of shared objects.
    pub(crate) fn shared_manager(&self) -> String {
        shared_manager(self.target)
    }

    /// What is known of a body's kind.
    pub(crate) fn schema(&self, body: &Body) -> Option<Schema<'a>> {
        self.schemas.of(&body.gvk())
    }

    /// The inventory of the current revision and of all that began since, by object (rules 6).
    pub(crate) fn inventory(&self) -> BTreeMap<&'a ObjectId, &'a InventoryItem> {
        let Some(head) = &self.ledger.head else { return BTreeMap::new() };
        let since = self
            .ledger
            .revisions
            .iter()
            .filter(|revision| head.current.is_none_or(|current| revision.number >= current));
        since.flat_map(|revision| &revision.inventory).map(|item| (&item.object, item)).collect()
    }

    /// What the current revision's inventory says of an object.
    pub(crate) fn last_item(&self, id: &ObjectId) -> Option<&'a InventoryItem> {
        let items = &self.ledger.current()?.inventory;
        items.iter().find(|item| item.object.name == id.name && item.object == *id)
    }

    /// The live object, where it is there.
    pub(crate) fn present(&self, id: &ObjectId) -> Option<&'a LiveObject> {
        self.live.objects.get(id)?.present().map(|live| &**live)
    }

    /// Differences between two trees of an object, as they may be shown.
    pub(crate) fn differences(&self, before: &Value, after: &Body) -> Vec<Difference> {
        fields::compare(before, after.tree(), self.schema(after))
    }

    /// A value of an object as it may be shown.
    pub(crate) fn shown(&self, body: &Body, path: &FieldPath, value: Option<&Value>) -> Shown {
        value.map_or(Shown::Absent, |value| self.sealer.shown(body, path, value))
    }

    /// Whether the deletion of an object was allowed by name.
    pub(crate) fn allows_deleting(&self, id: &ObjectId) -> bool {
        self.options.allow_delete.iter().any(|allowed| allowed.allows(id))
    }

    /// Whether a kind belongs to a group version whose aggregated API does not answer.
    pub(crate) fn is_stale(&self, gvk: &Gvk) -> bool {
        self.live.types.stale.contains(&gvk.api_version())
    }
}

/// The field manager under which a target applies a body (rules 4).
pub fn manager_of(target: &TargetId, body: &Body) -> String {
    if is_shared(body) { shared_manager(target) } else { FIELD_MANAGER.to_owned() }
}

fn shared_manager(target: &TargetId) -> String {
    format!("{FIELD_MANAGER}:{}:{}", target.environment, target.stack)
}

/// Whether several targets may declare the object (rules 4).
pub(crate) fn is_shared(body: &Body) -> bool {
    body.kind() == "Namespace" && body.api_version() == "v1"
        || body.annotation(ANNOTATION_SHARED) == Some("true")
}
