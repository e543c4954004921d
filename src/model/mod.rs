//! The nouns of the line: what rooms hand to one another.
//!
//! Nothing here decides or acts. A noun keeps its own invariants and counts itself, no more.

mod answer;
mod body;
mod checkout;
mod desired;
mod digest;
mod drift;
mod event;
mod gate;
mod graph;
mod holder;
mod ident;
mod live;
mod path;
mod pattern;
mod place;
mod plan;
mod revision;
mod target;

pub use answer::{Answer, Cause, ConflictCause, Question, Refusal};
pub use body::Body;
pub use checkout::{Checkout, Commit, Entry};
pub use desired::{DesiredState, Wanted};
pub use digest::{Digest, canonical, hex};
pub use drift::{DriftClass, DriftItem};
pub use event::{Event, Execution, Outcome, Readiness, ReadyReport};
pub use gate::{Comparison, Expect, Gate, GateAsk, GateOutcome, GateReport};
pub use graph::GraphEdge;
pub use holder::{Holder, LockDoubt};
pub use ident::{
    ANNOTATION_DEPENDS_ON, ANNOTATION_PROTECT, ANNOTATION_PRUNE, ANNOTATION_SHARED, ANNOTATION_WAIT,
    FIELD_MANAGER, Gvk, KEY_NAME, LABEL_ENVIRONMENT, LABEL_MANAGED_BY, LABEL_RECORD, LABEL_STACK, ObjectId,
    STATE_NAMESPACE, TargetId,
};
pub use live::{
    ClusterIdentity, LiveObject, LiveState, ManagedEntry, NamespacePhase, Observed, ResourceType, TypeMap,
};
pub use path::{FieldPath, PathElement};
pub use pattern::like;
pub use place::{Finding, Origin, Place, Problem, Severity};
pub use plan::{
    Action, Dependency, Diff, FieldChange, Hold, HoldSort, LeftField, Plan, Precondition, Propagation, Shown,
    Step, Strength, Summary, Until, Wait, Write, Writer,
};
pub use revision::{Head, InventoryItem, Ledger, Revision, RevisionState, RunSort, TurnedBack};
pub use target::{
    ClusterRef, ConfigMapSource, ConflictDecision, ConflictRule, Environment, IgnoredField, Patch, PatchBody,
    PatchTarget, Placed, Policy, Repo, Requirement, RequirementSort, Source, Target,
};
