//! The commands that read a repository or a cluster: each asks a journey and shows what came of it.

mod ask;
mod drift;
mod local;
mod look;
mod output;
mod plan;
mod rbac;
mod sandbox;
mod trouble;
mod unreached;
mod watch;
mod write;

pub(super) use drift::drift;
pub(super) use local::{graph, render, validate};
pub(super) use look::{history, status};
pub(super) use plan::plan;
pub(super) use rbac::rbac;
pub(super) use sandbox::sandbox;
pub(super) use write::{apply, destroy, rollback, unlock};
