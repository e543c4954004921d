//! Who owns which field, and what differs: FieldsV1 sets, owned fields, comparison and merging by list keys.
//!
//! [`owned`] computes what the server would write into `managedFields`, and [`needs_no_write`] proves from that and from
//! the live object that an apply would change nothing.

mod compare;
mod element;
mod kept;
mod merge;
mod owned;
mod owners;
mod path;
mod quantity;
mod set;
mod unchanged;

pub use compare::{Difference, compare};
pub use kept::{entries_of, with_owners};
pub use merge::merge_apply;
pub use owned::{content, owned};
pub use owners::{applies, disown, owners_of, writer_of};
pub use path::{get, parse_path, parse_path_in, put, remove};
pub use quantity::same_quantity;
pub use set::{FieldSet, FieldsError};
pub use unchanged::{Why, needs_no_write};

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
