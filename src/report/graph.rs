//! The order graph for Mermaid and Graphviz.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{GraphEdge, ObjectId, Strength};

use super::{json::strength_word, style::add};

/// All objects of a graph, by identity, with a number for each.
pub(super) fn numbered<'a>(nodes: &'a [ObjectId], edges: &'a [GraphEdge]) -> BTreeMap<&'a ObjectId, usize> {
    let ends = edges.iter().flat_map(|edge| [&edge.from, &edge.to]);
    let all: BTreeSet<&ObjectId> = nodes.iter().chain(ends).collect();
    all.into_iter().enumerate().map(|(number, id)| (id, number)).collect()
}

/// Edges in a stable order, each once.
pub(super) fn sorted(edges: &[GraphEdge]) -> BTreeSet<&GraphEdge> {
    edges.iter().collect()
}

/// The graph as a Mermaid flowchart: a thin arrow for habits, a thick one for what users wrote down.
pub fn graph_mermaid(nodes: &[ObjectId], edges: &[GraphEdge]) -> String {
    let numbers = numbered(nodes, edges);
    let mut text = "flowchart LR\n".to_owned();
    for (id, number) in &numbers {
        let kind = mermaid_text(&id.kind);
        add(&mut text, format_args!("  n{number}[\"{kind}<br>{}\"]\n", mermaid_text(&id.place())));
    }
    for edge in sorted(edges) {
        let (Some(from), Some(to)) = (numbers.get(&edge.from), numbers.get(&edge.to)) else { continue };
        let arrow = match edge.strength {
            Strength::Soft => "-.->",
            Strength::Hard => "-->",
            Strength::Explicit => "==>",
        };
        add(&mut text, format_args!("  n{from} {arrow}|\"{}\"| n{to}\n", mermaid_text(&edge.because)));
    }
    text
}

fn mermaid_text(text: &str) -> String {
    text.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace(['\n', '\r'], " ")
}

/// The graph in Graphviz' language.
pub fn graph_dot(nodes: &[ObjectId], edges: &[GraphEdge]) -> String {
    let numbers = numbered(nodes, edges);
    let mut text =
        "digraph obsctl {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n".to_owned();
    for (id, number) in &numbers {
        add(
            &mut text,
            format_args!("  n{number} [label=\"{}\\n{}\"];\n", dot_text(&id.kind), dot_text(&id.place())),
        );
    }
    for edge in sorted(edges) {
        let (Some(from), Some(to)) = (numbers.get(&edge.from), numbers.get(&edge.to)) else { continue };
        let style = match edge.strength {
            Strength::Soft => "dashed",
            Strength::Hard => "solid",
            Strength::Explicit => "bold",
        };
        add(
            &mut text,
            format_args!(
                "  n{from} -> n{to} [style={style}, tooltip=\"{}\", class=\"{}\"];\n",
                dot_text(&edge.because),
                strength_word(edge.strength)
            ),
        );
    }
    text + "}\n"
}

fn dot_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ")
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
