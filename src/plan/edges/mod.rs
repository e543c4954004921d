//! What needs what: the edges of the order graph, found from references and annotations (rules 9).

mod access;
mod collect;
mod explicit;
mod index;
mod monitoring;
mod network;
mod operators;
mod pods;

pub(crate) use access::bound_role;
pub use collect::{Edge, edges, graph};
pub(crate) use explicit::named_dependencies;
pub(crate) use index::{is_custom, object_id, usual_plural};
pub(crate) use monitoring::holds_rules;
pub(crate) use pods::{How, pod_references, pod_template};
