//! The server's words for what is wrong with an object of a built-in kind.

mod check;
mod object;

pub use check::validate;
