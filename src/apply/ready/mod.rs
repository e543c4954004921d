//! Whether a live object is as declared yet, by the rules of its kind.
//!
//! A live object enters, a [`ReadyReport`](crate::model::ReadyReport) leaves. The rules are those of kstatus with what
//! kstatus gets wrong about monitoring put right; a kind without a rule is *unknown*, never *ready*.

mod builtin;
mod generic;
mod grafana;
mod judge;
mod lens;
mod operators;
mod phases;
mod pod;
mod prometheus;
mod reported;
mod workload;

pub use judge::judge;
