//! Everything the machine does for us: clocks, signals, the environment, files and git.
#![expect(clippy::disallowed_methods, reason = "this room is where the machine is touched")]

mod clock;
mod holder;
mod signals;
mod surroundings;
mod terminal;

pub use clock::{Stopwatch, now};
pub use holder::{boottime, holder, is_dead};
pub use signals::interrupts;
pub use surroundings::{ci_run, step_summary};
pub use terminal::Terminal;
