//! What kube-apiserver 1.36 does to objects of the built-in kinds between the request and the store.
//!
//! ```text
//! body → default → prepare_create | prepare_update → validate → stored
//! ```
//!
//! [`default`] is decoding: unknown fields and empty values go, defaults come. The others are what the server calls the
//! strategy of a kind, with the admission plugins that are on by default. Custom kinds pass through all of them unchanged:
//! what is known of those stands in their schemas.

mod admission;
mod autoscaling;
mod create;
mod decode;
mod defaults;
mod meta;
mod networking;
mod pod;
mod quantity;
mod service;
mod storage;
mod table;
mod update;
mod validate;
pub(in crate::sandbox) mod value;
mod warnings;
mod workload;

pub use create::{Allocate, Priority, prepare_create};
pub use defaults::default;
pub(in crate::sandbox) use quantity::nanos as amount;
pub use update::{allocate_update, bumps_generation, prepare_status_update, prepare_update};
pub use validate::validate;
pub use warnings::warnings;

#[cfg(test)]
#[path = "kinds_tests.rs"]
mod tests;
