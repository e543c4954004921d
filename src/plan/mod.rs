//! The decision: what is done to which object, in which order, and what is held back and why.
//!
//! An [`Inquiry`] per wanted object decides what needs no request, asks for dry-runs and reads their answers;
//! [`conclude`] puts the decisions together, with the deletions, the guards and the order of all steps.

mod accepted;
mod adopt;
mod claim;
mod conclude;
mod conflict;
mod context;
mod digest;
mod drift;
mod edges;
mod effects;
mod estimate;
mod extra_keys;
mod foreign;
mod give_back;
mod guards;
mod immutable;
mod inquiry;
mod opening;
mod order;
mod prune;
mod put_back;
mod rank;
mod rbac;
mod refused;
mod release;
mod rivals;
#[cfg(test)]
mod scene;
mod superseded;

pub use conclude::{carried, conclude};
pub use context::{Allowed, Context, PlanMode, PlanOptions, Surroundings, manager_of};
pub use digest::{digest, digests};
pub use drift::drift;
pub use edges::{Edge, edges, graph};
pub use guards::undeclared;
pub use inquiry::Inquiry;
pub use rbac::{Access, Mode, rbac};
