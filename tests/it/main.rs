//! Tests of the whole program: the `obsctl` binary against a real control plane.
//!
//! `support` starts the control plane, git repositories and the program itself; every other file is one subject.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test reads the machine and stops at the first surprise"
)]

mod bed;
mod cluster;
mod controllers;
mod differential;
mod estimate;
mod exchanges;
mod gates;
mod guards;
mod init;
mod kill;
mod kinds;
mod kube_prometheus;
mod mlops;
mod offline;
mod rbac;
mod reach;
mod records;
mod restart;
mod ssa;
mod stops;
mod support;
mod taken;
mod two_writers;
mod walk;
mod workflows;
