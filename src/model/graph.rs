//! The order of objects as it is drawn.

use super::{ident::ObjectId, plan::Strength};

/// One edge of the order graph: `from` goes before `to`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GraphEdge {
    /// What goes first.
    pub from: ObjectId,
    /// What needs it.
    pub to: ObjectId,
    /// How strongly.
    pub strength: Strength,
    /// Why, as in `mounts ConfigMap mlops/prometheus-config`.
    pub because: String,
}
