//! Sorting steps so that every edge is respected, and breaking cycles (rules 9).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ObjectId, Strength};

use super::edges::Edge;

/// An order, what was given up for it, and what makes it impossible.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Order {
    /// All nodes, those that go first at the front.
    pub(crate) sorted: Vec<ObjectId>,
    /// The edges that hold, by their `from`.
    pub(crate) edges: BTreeMap<ObjectId, Vec<Edge>>,
    /// Edges given up, in words.
    pub(crate) notes: Vec<String>,
    /// Cycles that nothing may break, each as a chain of objects whose last is its first.
    pub(crate) cycles: Vec<Cycle>,
}

/// A cycle of edges that are all needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cycle {
    /// Its edges in turn: each one's `to` is the next one's `from`.
    pub(crate) edges: Vec<Edge>,
}

impl Cycle {
    /// The cycle in words.
    pub(crate) fn tell(&self) -> String {
        let parts: Vec<String> =
            self.edges.iter().map(|edge| format!("{} {}", edge.from, edge.because)).collect();
        parts.join(", ")
    }
}

/// Sorts nodes by their edges; ties are decided by rank, then by identity.
pub(crate) fn order(nodes: &BTreeMap<ObjectId, u8>, edges: Vec<Edge>) -> Order {
    let mut sorting = Sorting::new(nodes, edges);
    let mut found = Order::default();
    loop {
        sorting.run(&mut found.sorted);
        let Some(cycle) = sorting.cycle() else { break };
        let weakest = cycle.iter().min_by_key(|edge| (edge.strength, (*edge).clone())).cloned();
        let Some(weakest) = weakest else { break };
        if weakest.strength == Strength::Soft {
            found.notes.push(format!(
                "a circle: {}; given up: {} {}",
                Cycle { edges: cycle }.tell(),
                weakest.from,
                weakest.because
            ));
        } else {
            found.cycles.push(Cycle { edges: cycle });
        }
        sorting.remove(&weakest);
    }
    found.edges = sorting.edges;
    found
}

/// Kahn's algorithm, kept between the cycles it stops at.
struct Sorting<'a> {
    ranks: &'a BTreeMap<ObjectId, u8>,
    edges: BTreeMap<ObjectId, Vec<Edge>>,
    waiting: BTreeMap<ObjectId, usize>,
    dependents: BTreeMap<ObjectId, Vec<ObjectId>>,
    free: BTreeSet<(u8, ObjectId)>,
}

impl<'a> Sorting<'a> {
    fn new(ranks: &'a BTreeMap<ObjectId, u8>, edges: Vec<Edge>) -> Self {
        let mut sorting = Self {
            ranks,
            edges: BTreeMap::new(),
            waiting: ranks.keys().map(|id| (id.clone(), 0)).collect(),
            dependents: BTreeMap::new(),
            free: BTreeSet::new(),
        };
        for edge in edges {
            if !ranks.contains_key(&edge.to) {
                continue;
            }
            let Some(count) = sorting.waiting.get_mut(&edge.from) else { continue };
            *count += 1;
            sorting.dependents.entry(edge.to.clone()).or_default().push(edge.from.clone());
            sorting.edges.entry(edge.from.clone()).or_default().push(edge);
        }
        let free = sorting.waiting.iter().filter(|(_, count)| **count == 0).map(|(id, _)| id.clone());
        sorting.free = free.map(|id| (ranks.get(&id).copied().unwrap_or_default(), id)).collect();
        sorting
    }

    /// Takes free nodes until none is left.
    fn run(&mut self, sorted: &mut Vec<ObjectId>) {
        while let Some((_, id)) = self.free.pop_first() {
            self.waiting.remove(&id);
            for dependent in self.dependents.remove(&id).unwrap_or_default() {
                self.release(&dependent);
            }
            sorted.push(id);
        }
    }

    fn release(&mut self, id: &ObjectId) {
        if let Some(count) = self.waiting.get_mut(id) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.free.insert((self.ranks.get(id).copied().unwrap_or_default(), id.clone()));
            }
        }
    }

    /// A cycle among the nodes that still wait: whoever waits, waits for another one that waits.
    fn cycle(&self) -> Option<Vec<Edge>> {
        let mut at = self.waiting.keys().next()?;
        let mut path: Vec<&Edge> = Vec::new();
        let mut seen: BTreeMap<&ObjectId, usize> = BTreeMap::new();
        loop {
            if let Some(start) = seen.get(at) {
                return path.get(*start..).map(|edges| edges.iter().map(|edge| (*edge).clone()).collect());
            }
            seen.insert(at, path.len());
            let next = self.edges.get(at)?.iter().find(|edge| self.waiting.contains_key(&edge.to))?;
            path.push(next);
            at = &next.to;
        }
    }

    fn remove(&mut self, edge: &Edge) {
        if let Some(edges) = self.edges.get_mut(&edge.from) {
            edges.retain(|other| other != edge);
        }
        if let Some(dependents) = self.dependents.get_mut(&edge.to) {
            dependents.retain(|dependent| dependent != &edge.from);
        }
        self.release(&edge.from);
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
