//! What the API server knows of kinds: their fields, how lists and maps merge, what is a Quantity.
//!
//! A [`SchemaSet`] is filled from the embedded bundle of built-in kinds, from the OpenAPI v3 documents of a server and
//! from CustomResourceDefinitions; a [`Schema`] is a place in it, walked field by field.

mod builtin;
mod crd;
mod cursor;
mod document;
mod raw;
mod set;
mod typed;
mod validation;

pub use builtin::{builtin_components, builtin_types};
pub use crd::crd_types;
pub use cursor::{Key, Schema};
pub use document::{ListType, MapType, Sort};
pub use set::{SchemaError, SchemaSet};
pub use typed::{empty_object, typed};
pub use validation::{Cause, Reason, Structural, Verdict, refusal, strict_errors, unknown_fields};
