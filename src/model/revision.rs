//! What is recorded in the cluster (rules 6).

use serde::{Deserialize, Serialize};

use super::{digest::Digest, ident::ObjectId};

/// What a run was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunSort {
    /// `obsctl apply`.
    Apply,
    /// `obsctl rollback`, or `--rollback-on-failure`.
    Rollback,
    /// `obsctl destroy`.
    Destroy,
}

/// How far a revision came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RevisionState {
    /// Stored before the first write; what it names may or may not be there.
    Pending,
    /// All written and ready.
    Complete,
    /// All written; readiness was not asked (`--no-wait`).
    Unverified,
    /// Partly written, or not ready.
    Failed,
    /// All its objects were deleted.
    Destroyed,
}

/// One object of an inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryItem {
    /// Which object.
    #[serde(flatten)]
    pub object: ObjectId,
    /// Version it was written at.
    pub version: String,
    /// Its UID after the write; none while pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Digest of the desired object; keyed for Secrets; none for an object that only an older inventory names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Name of the pack that holds the desired object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
    /// Whether this revision's run made the object.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub created: bool,
    /// Whether a Job ran to its end under this digest (rules 14).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub done: bool,
    /// Whether this run took fields by force, adopted or replaced the object, so that a pre-image is stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pre_image: bool,
}

/// One revision of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// Counts from 1 per target.
    pub number: u64,
    /// The revision that was current when this run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u64>,
    /// How far it came.
    pub state: RevisionState,
    /// What the run was for.
    pub sort: RunSort,
    /// Full commit id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// First line of the commit's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Whether the tree was dirty.
    pub dirty: bool,
    /// The revision a rollback went back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<u64>,
    /// Digest of the plan.
    pub plan: Digest,
    /// Who the API server took us for.
    pub user: String,
    /// URL of the CI run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_run: Option<String>,
    /// RFC 3339 time at which the run began.
    pub started: String,
    /// RFC 3339 time at which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// All objects of the revision; while pending, the superset of everything that may be there.
    pub inventory: Vec<InventoryItem>,
}

/// An object that a rollback turned back: apply is held while the render would bring it again (rules 12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnedBack {
    /// Which object.
    pub object: ObjectId,
    /// Digest of the bad desired object; none where the bad revision did not have the object.
    pub digest: Option<Digest>,
    /// The revision that was undone.
    pub revision: u64,
}

/// The record that names all others of a target; written by compare-and-swap.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// The repository's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The last revision that ended (complete, unverified, failed or destroyed).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<u64>,
    /// The last revision that ended complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good: Option<u64>,
    /// A revision that began and did not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<u64>,
    /// The highest number ever given.
    pub last: u64,
    /// What a rollback turned back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turned_back: Vec<TurnedBack>,
}

/// The records of a target that plan, drift, status and history read: no contents, no values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// The head; none where the target was never applied.
    pub head: Option<Head>,
    /// `metadata.resourceVersion` of the head's ConfigMap, for compare-and-swap.
    pub head_version: Option<String>,
    /// Kept revisions, oldest first.
    pub revisions: Vec<Revision>,
}

impl Ledger {
    /// The revision of a number.
    pub fn revision(&self, number: u64) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.number == number)
    }

    /// The last revision that ended.
    pub fn current(&self) -> Option<&Revision> {
        self.head.as_ref()?.current.and_then(|number| self.revision(number))
    }

    /// The revision that began and did not end.
    pub fn pending(&self) -> Option<&Revision> {
        self.head.as_ref()?.pending.and_then(|number| self.revision(number))
    }
}
