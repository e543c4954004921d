//! The records of a target in the cluster (rules 6): heads and revisions in ConfigMaps, contents in Secrets.
//!
//! What is written when, so that a run may die at any moment: packs, then the pending revision with the superset
//! inventory, then the head by compare-and-swap (the fence between two writers), then the objects; at the end the
//! revision, the head again, and last the collection of what no kept revision names.

mod contents;
mod keep;
mod load;
mod store;

pub use keep::LedgerError;
pub use load::StateKey;
pub use store::Begun;
