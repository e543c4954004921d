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

pub mod cli;
pub mod model;
pub mod report;
pub mod sys;
