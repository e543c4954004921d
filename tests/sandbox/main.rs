//! The embedded API: against what a real API server answered, and as the cluster of an environment.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests start programs, say what they skip and stop at the first surprise"
)]

mod compare;
mod hand;
mod journeys;
mod kill;
mod kubectl;
mod recorded;
mod rest;
mod watches;
