//! Taking typed parts out of a parsed map, and telling every part that does not fit.

use std::sync::Arc;

use crate::model::{Place, Placed, Problem};
use crate::syntax::{Node, NodeValue, did_you_mean, listed};

/// Collects the mistakes of one file.
pub(super) struct Taker<'p> {
    pub(super) file: Arc<str>,
    pub(super) problems: &'p mut Vec<Problem>,
}

impl Taker<'_> {
    /// Notes a mistake at a node.
    pub(super) fn wrong(&mut self, node: &Node, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(node.place(&self.file), message).help(help));
    }

    /// Whether a node is a map with no other than these keys; every other key is a mistake.
    pub(super) fn map(&mut self, node: &Node, what: &str, keys: &[&str]) -> bool {
        let NodeValue::Map(entries) = &node.value else {
            let help = if keys.is_empty() {
                String::new()
            } else {
                format!("write a map with {}", listed(keys.iter().copied()))
            };
            self.wrong(node, format!("{what} is {}, not a map", node.sort()), help);
            return false;
        };
        for (key, _) in entries.iter().filter(|(key, _)| !keys.contains(&key.name.as_str())) {
            let place = Place { file: Arc::clone(&self.file), line: key.line, column: key.column };
            let help = match did_you_mean(&key.name, keys.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", listed(keys.iter().copied())),
            };
            self.problems.push(Problem::new(place, format!("{what} has no `{}`", key.name)).help(help));
        }
        true
    }

    /// The text of a part; nothing where it is missing.
    pub(super) fn text(&mut self, node: &Node, key: &str) -> Option<String> {
        self.placed_text(node, key).map(|placed| placed.value)
    }

    /// The text of a part with its place.
    pub(super) fn placed_text(&mut self, node: &Node, key: &str) -> Option<Placed<String>> {
        let value = node.get(key)?;
        self.as_text(value, key)
    }

    /// A node as a text.
    pub(super) fn as_text(&mut self, node: &Node, what: &str) -> Option<Placed<String>> {
        match &node.value {
            NodeValue::String(text) if !text.is_empty() => {
                Some(Placed { value: text.clone(), place: node.place(&self.file) })
            }
            NodeValue::String(_) => {
                self.wrong(node, format!("`{what}` is empty"), "write a text");
                None
            }
            NodeValue::Number(number) => {
                self.wrong(node, format!("`{what}` is a number, not a text"), format!("write \"{number}\""));
                None
            }
            NodeValue::Null | NodeValue::Bool(_) | NodeValue::List(_) | NodeValue::Map(_) => {
                self.wrong(node, format!("`{what}` is {}, not a text", node.sort()), "write a text");
                None
            }
        }
    }

    /// A text that must be there.
    pub(super) fn needed_text(&mut self, node: &Node, key: &str, example: &str) -> Option<Placed<String>> {
        if node.get(key).is_none() {
            self.wrong(node, format!("`{key}` is missing"), format!("add `{example}`"));
            return None;
        }
        self.placed_text(node, key)
    }

    /// A truth value; nothing where it is missing.
    pub(super) fn truth(&mut self, node: &Node, key: &str) -> Option<bool> {
        let value = node.get(key)?;
        match &value.value {
            NodeValue::Bool(truth) => Some(*truth),
            NodeValue::Null
            | NodeValue::Number(_)
            | NodeValue::String(_)
            | NodeValue::List(_)
            | NodeValue::Map(_) => {
                self.wrong(
                    value,
                    format!("`{key}` is {}, not true or false", value.sort()),
                    "write true or false",
                );
                None
            }
        }
    }

    /// A whole number; nothing where it is missing.
    pub(super) fn count(&mut self, node: &Node, key: &str) -> Option<u64> {
        let value = node.get(key)?;
        let number = match &value.value {
            NodeValue::Number(number) => number.as_u64(),
            NodeValue::Null
            | NodeValue::Bool(_)
            | NodeValue::String(_)
            | NodeValue::List(_)
            | NodeValue::Map(_) => None,
        };
        if number.is_none() {
            self.wrong(value, format!("`{key}` is not a whole number"), "write a number from 0 on");
        }
        number
    }

    /// The items of a list; none where it is missing.
    pub(super) fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let Some(value) = node.get(key) else { return &[] };
        match &value.value {
            NodeValue::List(items) => items,
            NodeValue::Null
            | NodeValue::Bool(_)
            | NodeValue::Number(_)
            | NodeValue::String(_)
            | NodeValue::Map(_) => {
                self.wrong(
                    value,
                    format!("`{key}` is {}, not a list", value.sort()),
                    format!("write `{key}: [...]`"),
                );
                &[]
            }
        }
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, node: &Node, key: &str) -> Vec<Placed<String>> {
        self.list(node, key).iter().filter_map(|item| self.as_text(item, key)).collect()
    }

    /// A map of texts, as labels are.
    pub(super) fn text_map(&mut self, node: &Node, key: &str) -> std::collections::BTreeMap<String, String> {
        let Some(value) = node.get(key) else { return std::collections::BTreeMap::new() };
        let NodeValue::Map(entries) = &value.value else {
            self.wrong(
                value,
                format!("`{key}` is {}, not a map", value.sort()),
                format!("write `{key}: {{name: value}}`"),
            );
            return std::collections::BTreeMap::new();
        };
        let text = |taker: &mut Self, name: &str, node: &Node| match &node.value {
            NodeValue::String(text) => Some(text.clone()),
            NodeValue::Null
            | NodeValue::Bool(_)
            | NodeValue::Number(_)
            | NodeValue::List(_)
            | NodeValue::Map(_) => {
                let help = format!("write `{name}: \"...\"`");
                taker.wrong(node, format!("`{key}.{name}` is {}, not a text", node.sort()), help);
                None
            }
        };
        entries
            .iter()
            .filter_map(|(name, node)| Some((name.name.clone(), text(self, &name.name, node)?)))
            .collect()
    }

    /// One of a few words; nothing where it is missing.
    pub(super) fn word<T: Copy>(&mut self, node: &Node, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.placed_text(node, key)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(*value);
        }
        let known = words.iter().map(|(word, _)| *word);
        let help = match did_you_mean(&text.value, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {}", listed(known)),
        };
        self.problems
            .push(Problem::new(text.place, format!("`{key}` cannot be `{}`", text.value)).help(help));
        None
    }
}
