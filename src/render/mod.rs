//! From a target to the objects it wants: files in, labelled objects out, every mistake with its place.
//!
//! ```text
//! sources → read files → replace ${{ }} → take Lists apart → patch → namespace → labels → DesiredState
//! ```
//!
//! Nothing here reads a disk or asks a cluster: the files are those of the [`Checkout`](crate::model::Checkout).

mod check;
mod desired;
mod files;
mod generated;
mod manifests;
mod patches;
mod scope;
mod stamp;

pub use check::cross_check;
pub use desired::desired_state;
pub use scope::rescope;
