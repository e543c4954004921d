//! What the server says of custom resources: unknown fields, defaults, and whether they are valid.
//!
//! A [`Structural`] is the schema of one version of a CustomResourceDefinition, kept whole but for its descriptions,
//! apart from the compact schemas that plans are made with: it is built where something is validated, and its patterns
//! and rules are compiled with the first use.

mod cause;
mod defaults;
mod formats;
mod lists;
mod prune;
mod rules;
mod strict;
mod structural;
mod walk;

pub use cause::{Cause, Reason, refusal};
pub use strict::{strict_errors, unknown_fields};
pub use structural::{Structural, Verdict};
