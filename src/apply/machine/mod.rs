//! The walk through a plan as a pure state machine: inputs in, actions out.
//!
//! It decides which step may begin, what its end means for those that depend on it, and when all is over. The clock
//! is an argument, the cluster is somebody else's: what it asks for, `drive` carries out.

mod graph;
mod input;
mod walk;

pub use input::{Do, Ending, Input, Options, WriteAnswer};
pub use walk::Machine;
