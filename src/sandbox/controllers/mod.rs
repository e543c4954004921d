//! What the controllers of a cluster and the kubelets of its nodes would do.
//!
//! ```text
//! a change → react → writes → the store → changes → react → … → nothing left to do
//! ```
//!
//! [`react`] looks at what changed and says what to write; whoever calls it carries that out and calls it again with each
//! object that the writes changed. It keeps nothing between two calls, so that a sandbox which was killed goes on where it
//! was. Pods run at once, unless a planned fault keeps them from it. Nothing here runs a container.

mod aggregation;
mod autoscaling;
mod claim;
mod condition;
mod daemon;
mod deployment;
mod first;
mod garbage;
mod job;
mod namespace;
mod object;
mod operator;
mod pod;
mod react;
mod replicas;
mod revision;
mod rollout;
mod service;
mod stateful;
mod view;

pub use first::first_objects;
pub use react::react;
pub use view::{Action, Key, View, Write};

#[cfg(test)]
mod bench;
#[cfg(test)]
#[path = "controllers_tests.rs"]
mod tests;
