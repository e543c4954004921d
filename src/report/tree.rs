//! Changed fields as a tree: what they have in common is written once.

use crate::model::{FieldChange, PathElement};

/// A branch of the tree, or a changed field.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// The last part of the path, as in `containers[name="x"]`; several parts where nothing branches.
    pub(super) label: String,
    /// The change; none where the node is only a branch.
    pub(super) change: Option<&'a FieldChange>,
    /// What stands below.
    pub(super) children: Vec<Node<'a>>,
}

/// The tree of changes, in their order; chains that do not branch are one node.
pub(super) fn tree(fields: &[FieldChange]) -> Vec<Node<'_>> {
    let mut roots = Vec::new();
    for change in fields {
        insert(&mut roots, &parts(&change.path.0), change);
    }
    roots.iter_mut().for_each(collapse);
    roots
}

/// Parts of a path as they are shown: a list key stays with the list it is of.
fn parts(elements: &[PathElement]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for element in elements {
        let text = element.to_string();
        match (element, parts.last_mut()) {
            (PathElement::Field(_), _) | (_, None) => {
                parts.push(text.strip_prefix('.').unwrap_or(&text).to_owned());
            }
            (PathElement::Key(_) | PathElement::Value(_) | PathElement::Index(_), Some(list)) => {
                list.push_str(&text);
            }
        }
    }
    if parts.is_empty() {
        parts.push("‹whole object›".to_owned());
    }
    parts
}

fn insert<'a>(nodes: &mut Vec<Node<'a>>, parts: &[String], change: &'a FieldChange) {
    let Some((first, rest)) = parts.split_first() else { return };
    let fresh = || Node { label: first.clone(), change: None, children: Vec::new() };
    // A list and its items are neighbours; only a leaf may not be joined by a second leaf of the same name.
    let known =
        nodes.iter().position(|node| node.label == *first && (!rest.is_empty() || node.change.is_none()));
    let index = known.unwrap_or_else(|| {
        nodes.push(fresh());
        nodes.len() - 1
    });
    let Some(node) = nodes.get_mut(index) else { return };
    if rest.is_empty() {
        node.change = Some(change);
    } else {
        insert(&mut node.children, rest, change);
    }
}

fn collapse(node: &mut Node<'_>) {
    while node.change.is_none() && node.children.len() == 1 {
        let Some(child) = node.children.pop() else { return };
        let dot = if child.label.starts_with('[') { "" } else { "." };
        node.label = format!("{}{dot}{}", node.label, child.label);
        node.change = child.change;
        node.children = child.children;
    }
    node.children.iter_mut().for_each(collapse);
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;
    use crate::model::{Diff, FieldPath, Shown};
    use crate::report::style::add;

    fn check(paths: &[FieldPath], tree_text: &Expect) {
        let fields: Vec<_> = paths
            .iter()
            .map(|path| FieldChange {
                path: path.clone(),
                values: Diff { before: Shown::Absent, after: Shown::Plain(json!(1)) },
                writer: None,
                note: None,
            })
            .collect();
        let mut text = String::new();
        print(&tree(&fields), 0, &mut text);
        tree_text.assert_eq(&text);
    }

    fn print(nodes: &[Node<'_>], depth: usize, text: &mut String) {
        for node in nodes {
            let leaf = if node.change.is_some() { "*" } else { "" };
            add(text, format_args!("{}{}{leaf}\n", "  ".repeat(depth), node.label));
            print(&node.children, depth + 1, text);
        }
    }

    #[test]
    fn what_paths_share_is_written_once_and_list_keys_stay_with_their_list() {
        let container = FieldPath::of(&["spec", "template", "spec", "containers"])
            .child(PathElement::Key(vec![("name".to_owned(), json!("prometheus"))]));
        let field = |name: &str| PathElement::Field(name.to_owned());
        check(
            &[
                FieldPath::of(&["spec", "replicas"]),
                container.child(field("image")),
                container.child(field("args")).child(PathElement::Index(2)),
                FieldPath::of(&["metadata", "annotations", "prometheus.io/scrape"]),
            ],
            &expect![[r#"
                spec
                  replicas*
                  template.spec.containers[name="prometheus"]
                    image*
                    args[2]*
                metadata.annotations["prometheus.io/scrape"]*
            "#]],
        );
    }

    #[test]
    fn a_change_of_the_root_has_a_name() {
        check(
            &[FieldPath::default()],
            &expect![[r"
            ‹whole object›*
        "]],
        );
    }
}
