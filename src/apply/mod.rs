//! Walking an approved plan: which step when, whether it is ready, and why not.
//!
//! A [`Plan`](crate::model::Plan) enters, an [`Execution`](crate::model::Execution) leaves, and
//! [`Event`](crate::model::Event)s tell what happens meanwhile. The order, the failures and the interrupts are decided
//! by [`machine`], which never waits; `ready` and `account` judge what the cluster says; `drive` alone speaks to
//! it. Nothing here decides what a step writes: the plan says that.

pub mod account;
mod drive;
mod evidence;
pub mod machine;
mod readback;
pub mod ready;
mod waiting;

pub use drive::{Run, StillMine, drive};
