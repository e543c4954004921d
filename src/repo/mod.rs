//! What users write: stacks and environments, read out of a checkout, merged and cross-checked.
//!
//! A [`Checkout`](crate::model::Checkout) enters; a [`Repo`](crate::model::Repo) leaves, with every mistake of every
//! file. Values and expressions of `stack.yaml` are settled here, per environment; manifests are read by `render`.

mod environment;
mod fields;
mod file;
mod gates;
mod load;
mod policy;
mod sources;
mod stack;
mod target;
mod values;

pub use load::{Loaded, load};
