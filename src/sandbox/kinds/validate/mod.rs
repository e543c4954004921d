//! The server's words for what is wrong with an object of a built-in kind.
//!
//! Each file is one family of kinds: a table of plain rules, and functions for those that look at several fields at once.

mod admission;
mod affinity;
mod autoscaling;
mod check;
mod container;
mod core;
mod cron;
mod definition;
mod immutable;
mod limits;
mod meta;
mod networking;
mod object;
mod pod;
mod probe;
mod rbac;
mod resources;
mod rules;
mod selector;
mod service;
mod storage;
mod structural;
mod volume;
mod words;
mod workload;

pub use check::validate;
