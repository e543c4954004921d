//! The steps of a plan as the machine needs them: what holds back what.

use super::input::Options;
use crate::model::{Action, ObjectId, Step, Until, Wait, Write};

/// What the machine knows of one step.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact about a step")]
pub(super) struct Node {
    /// What it does.
    pub(super) action: Action,
    /// To which object.
    pub(super) object: ObjectId,
    /// Whether there is something to write.
    pub(super) writes: bool,
    /// Whether the object goes away; then *ready* means gone.
    pub(super) deletes: bool,
    /// Whether it goes last, after everything else came to a good end.
    pub(super) last: bool,
    /// Whether its object is watched after the write.
    pub(super) watched: bool,
    /// Whether the write alone is a good end, nothing more being asked.
    pub(super) existence: bool,
    /// How many edges hold it back still.
    pub(super) missing: usize,
    /// Steps it holds back.
    pub(super) dependents: Vec<(usize, Until)>,
    /// A dependency that is no earlier step: the plan is malformed.
    pub(super) malformed: bool,
}

/// The steps of a plan with their edges turned round.
pub(super) fn nodes(steps: &[Step], options: Options) -> Vec<Node> {
    let mut nodes: Vec<Node> = steps.iter().map(node).collect();
    for (index, step) in steps.iter().enumerate() {
        for edge in &step.depends_on {
            let earlier = edge.on < index;
            if let (true, Some(on)) = (earlier, nodes.get_mut(edge.on)) {
                on.dependents.push((index, edge.until));
            }
            if let Some(node) = nodes.get_mut(index) {
                node.missing += usize::from(earlier);
                node.malformed |= !earlier;
            }
        }
    }
    for (node, step) in nodes.iter_mut().zip(steps) {
        let needed = node.dependents.iter().any(|(_, until)| *until == Until::Ready);
        node.watched =
            if options.wait { asked(node, step.wait) || needed } else { needed && opens_the_way(node) };
    }
    let last: Vec<bool> = nodes.iter().map(|node| node.last).collect();
    put_forward(&mut nodes, last);
    nodes
}

/// A deletion that an apply depends on does not go last: the edge says more than the habit.
fn put_forward(nodes: &mut [Node], mut last: Vec<bool>) {
    for (index, node) in nodes.iter_mut().enumerate().rev() {
        node.last &= node.dependents.iter().all(|(on, _)| last.get(*on).copied().unwrap_or(true));
        if let Some(slot) = last.get_mut(index) {
            *slot = node.last;
        }
    }
}

fn node(step: &Step) -> Node {
    Node {
        action: step.action,
        object: step.object.clone(),
        writes: !matches!(step.write, Write::None),
        deletes: matches!(step.write, Write::Delete { .. }),
        last: matches!(step.action, Action::Prune | Action::Release),
        watched: false,
        existence: step.wait == Wait::Exists,
        missing: 0,
        dependents: Vec::new(),
        malformed: false,
    }
}

/// An apply that was answered exists; a deletion that was answered need not be gone.
fn asked(node: &Node, wait: Wait) -> bool {
    match wait {
        Wait::None => false,
        Wait::Exists => node.deletes,
        Wait::Ready => true,
    }
}

/// Kinds without which later writes are refused, whatever the user says about waiting.
fn opens_the_way(node: &Node) -> bool {
    !node.deletes
        && (node.object.is("", "Namespace")
            || node.object.is("apiextensions.k8s.io", "CustomResourceDefinition"))
}
