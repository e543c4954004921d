//! The words of the user: arguments, questions, exit codes, failures, and what goes to which stream.
//!
//! In: `argv`, the three streams and the facts of the terminal. Out: text and an exit code. Which journey a
//! command takes stands in `dispatch.rs`; nothing here decides about clusters.

pub mod args;
mod commands;
mod confirm;
mod dispatch;
mod exit;
mod failure;
mod init;
mod manual;
mod run;
mod screen;
mod stdio;

pub use confirm::confirm;
pub use exit::Exit;
pub use failure::{Color, Failure, FailureKind};
pub use run::{main, run};
pub use screen::Screen;
pub use stdio::Stdio;
