//! Server-side apply as the API server does it, without the server.
//!
//! [`apply`] and [`track_update`] take the live object and the write and give the object with its `managedFields`, or
//! the server's refusal. What the values of a kind default to is the caller's to know (see [`Kind`]).

mod apply;
mod changes;
mod conflict;
mod core;
mod extract;
mod golang;
mod kind;
mod last_applied;
mod managers;
mod merge;
mod path;
mod remove;
mod reset;
mod scale;
mod shape;
mod take_over;
mod track;
mod typed;

pub use apply::apply;
pub use conflict::{Conflict, Refused};
pub use extract::extract;
pub use kind::{Converted, Force, Kind, Writer};
pub use reset::{Reset, reset_fields};
pub use scale::{fields_after_scale, scale_fields};
pub use take_over::take_over;
pub use track::track_update;

#[cfg(test)]
#[path = "ssa_tests.rs"]
mod tests;
