//! The plan: steps with their change, precondition and wait, and what is held back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    body::Body,
    digest::Digest,
    ident::{ObjectId, TargetId},
    path::FieldPath,
    place::{Finding, Origin},
};

/// What is there before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff<T> {
    /// Before.
    pub before: T,
    /// After.
    pub after: T,
}

/// A value as it may be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// There is none.
    Absent,
    /// The value itself.
    Plain(Value),
    /// A secret: its length in bytes (decoded) and, where the key could be read, a short keyed digest.
    Sealed {
        /// Length of the value in bytes.
        length: usize,
        /// First characters of the keyed digest.
        digest: Option<String>,
    },
}

/// Who wrote a field last, as far as `managedFields` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// Field manager.
    pub manager: String,
    /// Subresource it wrote through.
    pub subresource: Option<String>,
    /// RFC 3339 time of its last write of any field.
    pub time: Option<String>,
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// Where it stands.
    pub path: FieldPath,
    /// Its values.
    pub values: Diff<Shown>,
    /// Who wrote the value that is there; none where `managedFields` cannot say.
    pub writer: Option<Writer>,
    /// What was decided about a conflict, as in `taken from kubectl-edit`.
    pub note: Option<String>,
}

/// A field that git declares and another manager keeps: it stays as it is (rules 10).
#[derive(Debug, Clone, PartialEq)]
pub struct LeftField {
    /// Where it stands.
    pub path: FieldPath,
    /// The value that stays.
    pub live: Shown,
    /// The value that git declares.
    pub git: Shown,
    /// Who keeps it.
    pub writer: Writer,
}

impl LeftField {
    /// Who keeps it, as in `horizontal-pod-autoscaler (scale)`.
    pub fn keeper(&self) -> String {
        match &self.writer.subresource {
            Some(subresource) => format!("{} ({subresource})", self.writer.manager),
            None => self.writer.manager.clone(),
        }
    }

    /// The field among others of a step: it stays.
    pub fn as_change(&self) -> FieldChange {
        FieldChange {
            path: self.path.clone(),
            values: Diff { before: self.live.clone(), after: self.live.clone() },
            writer: Some(self.writer.clone()),
            note: Some(format!("left to {}", self.keeper())),
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Makes an object.
    Create,
    /// Changes fields.
    Patch,
    /// Changes only who owns fields.
    Ownership,
    /// Deletes and makes anew, because an immutable field changes.
    Replace,
    /// Takes over an object that nobody's inventory names.
    Adopt,
    /// Takes over an object from another stack, or gives fields to another manager.
    Handover,
    /// Deletes an object that is declared no more.
    Prune,
    /// Takes our labels and ownership off an object and leaves it (rules 13).
    Release,
    /// Writes nothing: waits for an object that an earlier run wrote and that is not ready yet.
    Await,
}

impl Action {
    /// The word of plans and of JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Patch => "patch",
            Self::Ownership => "ownership",
            Self::Replace => "replace",
            Self::Adopt => "adopt",
            Self::Handover => "handover",
            Self::Prune => "prune",
            Self::Release => "release",
            Self::Await => "await",
        }
    }

    /// Whether the cluster changes.
    pub fn is_change(self) -> bool {
        match self {
            Self::Await => false,
            Self::Create
            | Self::Patch
            | Self::Ownership
            | Self::Replace
            | Self::Adopt
            | Self::Handover
            | Self::Prune
            | Self::Release => true,
        }
    }
}

/// What must still hold when a write arrives, checked by the API server itself (rules 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// There is no such object.
    Absent,
    /// The object is still the same one.
    Uid(String),
    /// The object is the same and nobody wrote to it since.
    Exact {
        /// `metadata.uid`.
        uid: String,
        /// `metadata.resourceVersion`.
        resource_version: String,
    },
}

/// How dependents of a deleted object are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// Deleted afterwards by the garbage collector.
    Background,
    /// Deleted before the object itself.
    Foreground,
    /// Left alone.
    Orphan,
}

/// The write of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Server-side apply of a whole body.
    Apply {
        /// What is sent, without the precondition.
        body: Body,
        /// Must hold.
        precondition: Precondition,
        /// Whether conflicts are overruled; then the precondition is [`Precondition::Exact`] or `Absent`.
        force: bool,
        /// Field manager: [`FIELD_MANAGER`](super::FIELD_MANAGER), or `obsctl:<env>:<stack>` for shared objects.
        manager: String,
        /// RFC 6902 edits of `managedFields`, carried out before, each with `test` operations.
        ownership_edits: Vec<Value>,
    },
    /// Deletion.
    Delete {
        /// Must hold; [`Precondition::Exact`].
        precondition: Precondition,
        /// What becomes of dependents.
        propagation: Propagation,
    },
    /// Deletion, waiting until it is gone, and server-side apply of a new object.
    Replace {
        /// What is sent.
        body: Body,
        /// Must hold for the deletion.
        precondition: Precondition,
        /// What becomes of dependents.
        propagation: Propagation,
    },
    /// Our labels and managedFields entry are taken off by JSON patch.
    Release {
        /// Must hold; [`Precondition::Exact`].
        precondition: Precondition,
        /// RFC 6902 operations.
        patch: Value,
    },
    /// Nothing is written.
    None,
}

/// What to wait for after a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Nothing.
    None,
    /// The object exists (applies) or is gone (deletes).
    Exists,
    /// The object is ready by the rules of its kind.
    Ready,
}

/// How strongly one step needs another (rules 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// A habit: given up first in a cycle.
    Soft,
    /// Inferred and needed.
    Hard,
    /// Written down by the user.
    Explicit,
}

/// Until when a step holds its dependents back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// It is written.
    Written,
    /// It is ready.
    Ready,
}

/// One edge of the order graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Index in [`Plan::steps`] of the step that goes first.
    pub on: usize,
    /// Until when.
    pub until: Until,
    /// How strongly.
    pub strength: Strength,
    /// Why, as in `mounts ConfigMap mlops/prometheus-config`.
    pub because: String,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// To which object.
    pub object: ObjectId,
    /// At which `apiVersion`.
    pub api_version: String,
    /// Where the object comes from; none for deletions.
    pub origin: Option<Origin>,
    /// Why, in a few words.
    pub reason: String,
    /// Why the change is an estimate and not the server's own answer.
    pub estimated: Option<String>,
    /// Fields that differ; for a creation every leaf we send.
    pub fields: Vec<FieldChange>,
    /// What is written.
    pub write: Write,
    /// What is waited for.
    pub wait: Wait,
    /// What goes first.
    pub depends_on: Vec<Dependency>,
    /// What follows in the cluster, as in `restarts Deployment mlops/grafana`.
    pub effects: Vec<String>,
    /// Digest of the desired object; none for deletions.
    pub digest: Option<Digest>,
    /// UID of the live object; none for creations.
    pub uid: Option<String>,
    /// What was live, kept for rollback where fields are taken by force, and on adopt and replace.
    pub pre_image: Option<Body>,
}

/// Why something is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldSort {
    /// A foreign owner, or an unknown manager in conflict.
    Conflict,
    /// A guard of promise 3: deletions, empty render, protected kinds.
    Guard,
    /// An immutable field that the stack may not replace.
    Immutable,
    /// Something it needs is missing.
    Missing,
    /// A rollback turned it back (rules 12).
    TurnedBack,
    /// The environment lists the stack no more.
    NoLongerDeclared,
    /// The API server refused the dry-run.
    Refused,
    /// It could not be read or compared.
    Unreadable,
    /// It is kept on purpose: `obsctl.dev/prune: disabled` or a foreign protection.
    Kept,
}

impl HoldSort {
    /// The word of plans and of JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::Guard => "guard",
            Self::Immutable => "immutable",
            Self::Missing => "missing",
            Self::TurnedBack => "turned-back",
            Self::NoLongerDeclared => "no-longer-declared",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
            Self::Kept => "kept",
        }
    }
}

/// Something that is not done, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    /// The sort of reason.
    pub sort: HoldSort,
    /// The object; none where it is about the target as a whole.
    pub object: Option<ObjectId>,
    /// Where it comes from.
    pub origin: Option<Origin>,
    /// Why, in words.
    pub reason: String,
    /// What to type or do.
    pub fix: Option<String>,
    /// Whether apply is refused (exit 3).
    pub blocking: bool,
    /// The change that is held back, where it is known.
    pub fields: Vec<FieldChange>,
}

/// What one target's plan will do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whose plan it is.
    pub target: TargetId,
    /// Number of the current revision; none before the first apply.
    pub revision: Option<u64>,
    /// Steps in an order that respects every edge; dependencies name earlier indices only.
    pub steps: Vec<Step>,
    /// What is not done.
    pub holds: Vec<Hold>,
    /// Objects to which nothing is to be written.
    pub unchanged: Vec<ObjectId>,
    /// Fields of unchanged objects that are left to other managers.
    pub left: BTreeMap<ObjectId, Vec<LeftField>>,
    /// Every desired object's digest, for the inventory.
    pub digests: BTreeMap<ObjectId, Digest>,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// Edges given up to break cycles, and other remarks about the order.
    pub notes: Vec<String>,
}

/// Counts of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Objects made.
    pub create: usize,
    /// Objects changed, ownership only included.
    pub patch: usize,
    /// Of those, the ones where only ownership changes.
    pub ownership: usize,
    /// Objects deleted and made anew.
    pub replace: usize,
    /// Objects taken over.
    pub adopt: usize,
    /// Objects handed over.
    pub handover: usize,
    /// Objects deleted.
    pub prune: usize,
    /// Objects released.
    pub release: usize,
    /// Objects left as they are.
    pub unchanged: usize,
    /// Things not done.
    pub held: usize,
}

impl Summary {
    /// How many objects a plan changes.
    pub fn changes(&self) -> usize {
        self.create + self.patch + self.replace + self.adopt + self.handover + self.prune + self.release
    }

    /// The sum of two summaries.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            create: self.create + other.create,
            patch: self.patch + other.patch,
            ownership: self.ownership + other.ownership,
            replace: self.replace + other.replace,
            adopt: self.adopt + other.adopt,
            handover: self.handover + other.handover,
            prune: self.prune + other.prune,
            release: self.release + other.release,
            unchanged: self.unchanged + other.unchanged,
            held: self.held + other.held,
        }
    }
}

impl Plan {
    /// Counts what the plan does.
    pub fn summary(&self) -> Summary {
        let mut summary =
            Summary { unchanged: self.unchanged.len(), held: self.holds.len(), ..Summary::default() };
        for step in &self.steps {
            match step.action {
                Action::Create => summary.create += 1,
                Action::Patch => summary.patch += 1,
                Action::Ownership => {
                    summary.patch += 1;
                    summary.ownership += 1;
                }
                Action::Replace => summary.replace += 1,
                Action::Adopt => summary.adopt += 1,
                Action::Handover => summary.handover += 1,
                Action::Prune => summary.prune += 1,
                Action::Release => summary.release += 1,
                Action::Await => {}
            }
        }
        summary
    }

    /// Whether the cluster would change.
    pub fn has_changes(&self) -> bool {
        self.steps.iter().any(|step| step.action.is_change())
    }

    /// Whether apply is refused.
    pub fn is_blocked(&self) -> bool {
        self.holds.iter().any(|hold| hold.blocking)
    }
}
