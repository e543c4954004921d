//! The decision: what is done to which object, in which order, and what is held back and why.

mod edges;
mod order;
mod rank;

pub use edges::{Edge, graph};
