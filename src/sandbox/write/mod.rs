//! Requests that change objects: create, replace, patch, delete.
//!
//! Each makes a new tree out of the old one and the body, gives it to the rules of its kind, and stores it if nothing
//! stands against it and something changed.

mod admit;
mod allocate;
mod body;
mod change;
mod create;
mod delete;
mod patch;
mod scale;
mod small;
mod strategic;
mod written;

pub(crate) use body::decoded;
pub(crate) use change::replace;
pub(crate) use create::create;
pub(crate) use delete::{delete, delete_all};
pub(crate) use patch::patch;
pub(crate) use scale::scale;
pub(crate) use small::{evict, token};
pub(crate) use written::Written;
