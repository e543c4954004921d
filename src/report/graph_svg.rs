//! The order graph as a picture: columns from left to right, what goes first to the left.

use std::collections::BTreeMap;

use crate::model::{GraphEdge, ObjectId, Strength};

use super::{
    graph::{numbered, sorted},
    style::{cut, harmless},
};

const BOX_WIDTH: usize = 220;
const BOX_HEIGHT: usize = 36;
const COLUMN: usize = 300;
const ROW: usize = 48;
const MARGIN: usize = 16;
/// Characters of the small type that fit into a box.
const MOST_CHARACTERS: usize = 34;

/// The graph as SVG; the reason of an edge shows when the pointer rests on it.
pub fn graph_svg(nodes: &[ObjectId], edges: &[GraphEdge]) -> String {
    let numbers = numbered(nodes, edges);
    let places = places(&numbers, edges);
    let columns = places.iter().map(|(column, _)| column + 1).max().unwrap_or(0);
    let rows = places.iter().map(|(_, row)| row + 1).max().unwrap_or(0);
    let width = 2 * MARGIN + columns.saturating_sub(1) * COLUMN + BOX_WIDTH;
    let height = 2 * MARGIN + rows.saturating_sub(1) * ROW + BOX_HEIGHT;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for edge in sorted(edges) {
        text.push_str(&edge_svg(edge, &numbers, &places).unwrap_or_default());
    }
    for (id, number) in &numbers {
        if let Some(place) = places.get(*number) {
            text.push_str(&node_svg(id, *place));
        }
    }
    text + "</svg>\n"
}

/// Column and row of each node: the column is the longest way that leads to it, the row follows its
/// predecessors, so that edges stay short.
fn places(numbers: &BTreeMap<&ObjectId, usize>, edges: &[GraphEdge]) -> Vec<(usize, usize)> {
    let ends: Vec<(usize, usize)> = sorted(edges)
        .into_iter()
        .filter_map(|edge| Some((*numbers.get(&edge.from)?, *numbers.get(&edge.to)?)))
        .filter(|(from, to)| from != to)
        .collect();
    let columns = columns(numbers.len(), &ends);
    let mut rows = vec![0_usize; numbers.len()];
    for column in 0..columns.iter().map(|column| column + 1).max().unwrap_or(0) {
        let mut members: Vec<(usize, usize)> = (0..numbers.len())
            .filter(|node| columns.get(*node) == Some(&column))
            .map(|node| (weight(node, &ends, &rows), node))
            .collect();
        members.sort_unstable();
        for (row, (_, node)) in members.into_iter().enumerate() {
            if let Some(place) = rows.get_mut(node) {
                *place = row;
            }
        }
    }
    columns.into_iter().zip(rows).collect()
}

/// A cycle, which a plan does not have but a drawing must survive, ends after as many rounds as nodes.
fn columns(nodes: usize, ends: &[(usize, usize)]) -> Vec<usize> {
    let mut columns = vec![0_usize; nodes];
    for _ in 0..nodes {
        let mut moved = false;
        for (from, to) in ends {
            let least = columns.get(*from).map_or(0, |column| column + 1);
            if let Some(column) = columns.get_mut(*to).filter(|column| **column < least && least < nodes) {
                *column = least;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    columns
}

/// A hundred times the mean row of what leads to a node.
fn weight(node: usize, ends: &[(usize, usize)], rows: &[usize]) -> usize {
    let before: Vec<usize> =
        ends.iter().filter(|(_, to)| *to == node).filter_map(|(from, _)| rows.get(*from).copied()).collect();
    if before.is_empty() { 0 } else { before.iter().sum::<usize>() * 100 / before.len() }
}

fn node_svg(id: &ObjectId, (column, row): (usize, usize)) -> String {
    let (x, y) = (MARGIN + column * COLUMN, MARGIN + row * ROW);
    let place = id.place();
    format!(
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"4\" \
         fill=\"#eef3fb\" stroke=\"#4a6fa5\"/><text x=\"{}\" y=\"{}\" fill=\"#4a6fa5\">{}</text>\
         <text x=\"{}\" y=\"{}\">{}</text></g>\n",
        xml(&id.to_string()),
        x + 8,
        y + 14,
        xml(&cut(&id.kind, MOST_CHARACTERS)),
        x + 8,
        y + 29,
        xml(&cut(&place, MOST_CHARACTERS))
    )
}

fn edge_svg(
    edge: &GraphEdge,
    numbers: &BTreeMap<&ObjectId, usize>,
    places: &[(usize, usize)],
) -> Option<String> {
    let (column, row) = places.get(*numbers.get(&edge.from)?)?;
    let (to_column, to_row) = places.get(*numbers.get(&edge.to)?)?;
    let (x, y) = (MARGIN + column * COLUMN + BOX_WIDTH, MARGIN + row * ROW + BOX_HEIGHT / 2);
    let (to_x, to_y) = (MARGIN + to_column * COLUMN, MARGIN + to_row * ROW + BOX_HEIGHT / 2);
    let line = match edge.strength {
        Strength::Soft => "stroke-width=\"1\" stroke-dasharray=\"4 3\"",
        Strength::Hard => "stroke-width=\"1\"",
        Strength::Explicit => "stroke-width=\"2\"",
    };
    Some(format!(
        "<path d=\"M{x} {y}C{} {y} {} {to_y} {to_x} {to_y}\" fill=\"none\" stroke=\"#555\" {line} \
         marker-end=\"url(#a)\"><title>{}</title></path>\n",
        x + 40,
        to_x.saturating_sub(40),
        xml(&edge.because)
    ))
}

fn xml(text: &str) -> String {
    harmless(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::id;

    fn edge(from: ObjectId, to: ObjectId) -> GraphEdge {
        GraphEdge { from, to, strength: Strength::Hard, because: "a < b".to_owned() }
    }

    #[test]
    fn what_goes_first_stands_to_the_left_and_no_two_boxes_share_a_place() {
        let node = |name: &str| id("ConfigMap", Some("m"), name);
        let edges = [edge(node("a"), node("b")), edge(node("b"), node("c")), edge(node("a"), node("c"))];
        let nodes = [node("d")];
        let numbers = numbered(&nodes, &edges);
        assert_eq!(places(&numbers, &edges), [(0, 0), (1, 0), (2, 0), (0, 1)]);
        let svg = graph_svg(&nodes, &edges);
        assert_eq!(svg.matches("<path d=\"M").count(), 4, "three edges and the arrow head");
        assert!(svg.contains("<title>a &lt; b</title>"), "{svg}");
    }

    #[test]
    fn a_cycle_is_drawn_and_does_not_hang() {
        let node = |name: &str| id("ConfigMap", None, name);
        let edges = [edge(node("a"), node("b")), edge(node("b"), node("a"))];
        assert!(graph_svg(&[], &edges).ends_with("</svg>\n"));
        assert!(graph_svg(&[], &[]).ends_with("</svg>\n"));
    }
}
