//! The edge type, its collector, and the one function that finds all edges.

use std::collections::BTreeMap;

use crate::model::{DesiredState, GraphEdge, ObjectId, Strength, Until};

use super::{access, explicit, index::Index, monitoring, network, operators, pods};

/// One edge: an object that needs another one to go first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The object that waits.
    pub from: ObjectId,
    /// The object that goes first.
    pub to: ObjectId,
    /// How strongly.
    pub strength: Strength,
    /// Until when it waits.
    pub until: Until,
    /// Why, as said of `from`: `mounts ConfigMap mlops/prometheus-config`.
    pub because: String,
}

/// How one object needs another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) strength: Strength,
    pub(super) until: Until,
    pub(super) because: String,
}

/// An inferred habit.
pub(super) fn soft(because: impl Into<String>) -> Link {
    Link { strength: Strength::Soft, until: Until::Written, because: because.into() }
}

/// An inferred need.
pub(super) fn hard(because: impl Into<String>) -> Link {
    Link { strength: Strength::Hard, until: Until::Written, because: because.into() }
}

/// An inferred need that must be ready.
pub(super) fn hard_ready(because: impl Into<String>) -> Link {
    Link { strength: Strength::Hard, until: Until::Ready, because: because.into() }
}

/// Edges by their ends, at most one a pair.
#[derive(Debug, Default)]
pub(super) struct Edges(BTreeMap<(ObjectId, ObjectId), Link>);

impl Edges {
    /// Adds an edge between two wanted objects; of two between the same pair the stronger reason stays.
    pub(super) fn need(&mut self, index: &Index<'_>, from: &ObjectId, to: &ObjectId, link: Link) {
        if from == to || !index.objects.contains_key(to) {
            return;
        }
        match self.0.get_mut(&(from.clone(), to.clone())) {
            None => {
                self.0.insert((from.clone(), to.clone()), link);
            }
            Some(known) => {
                let until = known.until.max(link.until);
                if link.strength > known.strength {
                    *known = link;
                }
                known.until = until;
            }
        }
    }
}

/// All edges between the objects of one target, sorted by their ends.
pub fn edges(desired: &DesiredState) -> Vec<Edge> {
    let index = Index::of(desired);
    let mut found = Edges::default();
    for (id, wanted) in &desired.objects {
        access::edges_of(&index, id, &wanted.body, &mut found);
        pods::edges_of(&index, id, &wanted.body, &mut found);
        network::edges_of(&index, id, &wanted.body, &mut found);
        monitoring::edges_of(&index, id, &wanted.body, &mut found);
        explicit::edges_of(&index, id, &wanted.body, &mut found);
    }
    operators::edges(&index, &mut found);
    explicit::waves(&index, &mut found);
    let edge = |((from, to), link): ((ObjectId, ObjectId), Link)| Edge {
        from,
        to,
        strength: link.strength,
        until: link.until,
        because: link.because,
    };
    found.0.into_iter().map(edge).collect()
}

/// The same edges as they are drawn: from what goes first to what needs it.
pub fn graph(desired: &DesiredState) -> Vec<GraphEdge> {
    let drawn = |edge: Edge| GraphEdge {
        from: edge.to,
        to: edge.from,
        strength: edge.strength,
        because: edge.because,
    };
    edges(desired).into_iter().map(drawn).collect()
}
