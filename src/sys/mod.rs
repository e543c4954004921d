//! Everything the machine does for us: clocks, signals, the environment, files and git.
#![expect(clippy::disallowed_methods, reason = "this room is where the machine is touched")]

mod clock;
mod files;
mod git;
#[cfg(test)]
mod git_tests;
mod history;
mod holder;
mod signals;
mod surroundings;
mod terminal;
mod walk;

pub use clock::{Stopwatch, now, timestamp};
pub use files::{FileError, append, files_below, find_root, read, read_text, write};
pub use git::{CheckoutError, checkout_revision, checkout_working_tree};
pub use history::commits_between;
pub use holder::{boottime, holder, is_dead};
pub use signals::{asking, interrupts};
pub use surroundings::{ci_run, kubeconfigs, proxies, service_address, step_summary};
pub use terminal::Terminal;
