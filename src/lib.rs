//! obsctl reconciles monitoring stacks on Kubernetes clusters with what a git repository declares.
//!
//! One line of types, entered at different places by every command:
//!
//! ```text
//! argv → Invocation → Checkout → Repo → Target → DesiredState → Plan → ApprovedPlan → Execution → Revision
//!                                                     ▲            ▲                      │ Event…
//!                                                  Findings   LiveState + Schema          ▼ Report
//! ```
//!
//! Rooms in reading order: a room imports only rooms above it (see `ARCHITECTURE.md`).

pub mod model;

pub mod fields;
pub mod schema;
pub mod secrets;
pub mod syntax;

pub mod plan;
pub mod render;
pub mod repo;
pub mod report;
pub mod wire;

pub mod apply;
pub mod cluster;
pub mod sandbox;
pub mod sys;

pub mod cli;
pub mod ops;
