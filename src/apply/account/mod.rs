//! Why an object is not ready: what its Pods, Events and finalizers say, in lines for people.
//!
//! Facts that were read from the cluster enter, lines leave. It asks nothing and keeps no clock.

mod deletion;
mod facts;
mod lines;
mod terminal;

pub use deletion::deletion;
pub use facts::{ContainerFacts, ContainerSort, EventFacts, LogTail, PodFacts, newest_hash, newest_pods};
pub use lines::{Facts, account};
pub use terminal::{refused_pods, terminal};
