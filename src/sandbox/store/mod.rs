//! The objects of a sandbox: in memory as a tree of collections, on disk as a log that survives being killed.
//!
//! Each write takes the next number of one global counter, is appended to the log before it can be seen, and stays for a
//! while in a history that watches resume from.

mod disk;
mod history;
mod lock;
mod log;
mod object;
mod objects;

pub(crate) use disk::{Durable, StoreError};
pub(crate) use history::{Change, ChangeKind, TooOld};
pub(crate) use object::{Key, Object, Place};
pub(crate) use objects::Store;

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
