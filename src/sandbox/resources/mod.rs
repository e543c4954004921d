//! What the sandbox serves: the built-in kinds, and those that CustomResourceDefinitions bring.

mod custom;
mod names;
mod registry;
mod resource;

pub(crate) use custom::established;
pub(crate) use registry::Registry;
pub(crate) use resource::{Resource, ScalePaths};
