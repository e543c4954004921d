//! Who owns which field, and what differs: FieldsV1 sets, owned fields, comparison and merging by list keys.
//!
//! [`owned`] computes what the server would write into `managedFields`, and [`needs_no_write`] proves from that and from
//! the live object that an apply would change nothing.

mod compare;
mod element;
mod merge;
mod owned;
mod owners;
mod path;
mod quantity;
mod set;
mod ssa;
mod unchanged;

pub use compare::{Difference, compare};
pub use merge::merge_apply;
pub use owned::{content, owned};
pub use owners::{applies, disown, entries, owners_of, whole, writer_of};
pub use path::{get, parse_path, parse_path_in, put, remove};
pub use quantity::same_quantity;
pub use set::{FieldSet, FieldsError};
pub use ssa::{
    Conflict, Converted, Force, Kind, Refused, Reset, Writer, apply, extract, fields_after_scale,
    reset_fields, scale_fields, take_over, track_update,
};
pub use unchanged::{Why, needs_no_write};

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "set_tests.rs"]
mod set_tests;
