//! Expressions in whole trees and in files taken as content.

use std::sync::Arc;

use serde_json::Value;

use super::{
    expression::{Remark, Replaced, Scope, replace},
    node::{Key, Node, NodeValue},
    text::end_of,
};
use crate::model::{Finding, Place, Problem, Severity};

/// What was found while replacing expressions.
#[derive(Debug, Default)]
pub struct Notes {
    /// Expressions that cannot be replaced.
    pub problems: Vec<Problem>,
    /// Near misses.
    pub findings: Vec<Finding>,
}

impl Notes {
    /// Takes in what was said of a text at a place.
    pub fn add(&mut self, place: &Place, remarks: Vec<Remark>) {
        for Remark { message, help, near_miss, .. } in remarks {
            if near_miss {
                self.findings.push(Finding {
                    id: "near-expression",
                    severity: Severity::Warning,
                    object: None,
                    place: Some(place.clone()),
                    message,
                    fix: help,
                });
            } else {
                self.problems.push(Problem { place: place.clone(), message, help });
            }
        }
    }
}

/// Replaces the expressions in all scalars of a tree; keys are left alone.
pub fn substitute(node: &mut Node, scope: &Scope, file: &Arc<str>, notes: &mut Notes) {
    let (line, column) = (node.line, node.column);
    match &mut node.value {
        NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) => {}
        NodeValue::List(items) => items.iter_mut().for_each(|item| substitute(item, scope, file, notes)),
        NodeValue::Map(entries) => {
            for (key, value) in entries {
                key_with_expression(key, scope, file, notes);
                substitute(value, scope, file, notes);
            }
        }
        NodeValue::String(text) => {
            let (replaced, remarks) = replace(text, scope);
            notes.add(&Place { file: Arc::clone(file), line, column }, remarks);
            match replaced {
                Replaced::Untouched => {}
                Replaced::Text(text) => node.value = NodeValue::String(text),
                Replaced::Typed(value) => *node = of_value(value, line, column),
            }
        }
    }
}

fn key_with_expression(key: &Key, scope: &Scope, file: &Arc<str>, notes: &mut Notes) {
    if key.name.contains("${{") && replace(&key.name, scope).0 != Replaced::Untouched {
        let place = Place { file: Arc::clone(file), line: key.line, column: key.column };
        let message = "expressions in keys are not replaced".to_owned();
        let help = Some("put the expression into a value".to_owned());
        notes.add(&place, vec![Remark { offset: 0, message, help, near_miss: true }]);
    }
}

fn of_value(value: Value, line: u32, column: u32) -> Node {
    let value = match value {
        Value::Null => NodeValue::Null,
        Value::Bool(value) => NodeValue::Bool(value),
        Value::Number(value) => NodeValue::Number(value),
        Value::String(value) => NodeValue::String(value),
        Value::Array(items) => {
            NodeValue::List(items.into_iter().map(|item| of_value(item, line, column)).collect())
        }
        Value::Object(map) => NodeValue::Map(
            map.into_iter()
                .map(|(name, value)| (Key { name, line, column }, of_value(value, line, column)))
                .collect(),
        ),
    };
    Node { value, line, column }
}

/// Replaces the expressions in a file that is taken as content.
pub fn substitute_text(text: &str, scope: &Scope, file: &Arc<str>, notes: &mut Notes) -> String {
    let (replaced, remarks) = replace(text, scope);
    for remark in remarks {
        let place = end_of(file, text.get(..remark.offset).unwrap_or_default());
        notes.add(&place, vec![remark]);
    }
    match replaced {
        Replaced::Untouched => text.to_owned(),
        Replaced::Text(text) | Replaced::Typed(Value::String(text)) => text,
        Replaced::Typed(value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::syntax::parse_yaml;

    fn scope() -> Scope {
        Scope::new("prod", "web", None, Some(json!({"n": 2, "m": {"a": [1]}})))
    }

    #[test]
    fn scalars_of_a_tree_are_replaced_and_keys_are_not() {
        let file: Arc<str> = "f.yaml".into();
        let text =
            "a: '${{ values.n }}'\nb: [\"x${{ values.n }}\", \"${{ values.m }}\"]\n${{ values.n }}: 1\n";
        let mut node = parse_yaml(&file, text).expect("good").remove(0);
        let mut notes = Notes::default();
        substitute(&mut node, &scope(), &file, &mut notes);
        assert_eq!(node.to_value(), json!({"a": 2, "b": ["x2", {"a": [1]}], "${{ values.n }}": 1}));
        assert_eq!(notes.problems, []);
        assert_eq!(notes.findings.len(), 1);
    }

    #[test]
    fn an_unknown_value_in_content_is_found_at_its_line() {
        let mut notes = Notes::default();
        let text = substitute_text(
            "a: 1\nb: ${{ values.x }} ${{ values.n }}\n",
            &scope(),
            &"r.yml".into(),
            &mut notes,
        );
        assert_eq!(text, "a: 1\nb:  2\n");
        assert_eq!(notes.problems[0].to_string(), "r.yml:2:4: `values.x` is unknown");
    }
}
