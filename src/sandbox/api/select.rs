//! Label and field selectors.

use std::collections::BTreeMap;

use serde_json::Value;

use super::denial::Denial;
use crate::sandbox::resources::Resource;

/// One condition of a label selector.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
    Greater(String, i64),
    Less(String, i64),
}

/// Conditions on labels and fields; an empty one takes everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(Vec<String>, bool, String)>,
}

impl Selector {
    /// Reads both selectors of a query.
    pub(crate) fn of(
        labels: Option<&str>,
        fields: Option<&str>,
        resource: &Resource,
    ) -> Result<Self, Denial> {
        let labels = labels.map(parse_labels).transpose().map_err(Denial::bad_request)?.unwrap_or_default();
        let fields = parse_fields(fields.unwrap_or_default(), resource).map_err(Denial::bad_request)?;
        Ok(Self { labels, fields })
    }

    /// A selector of one object.
    pub(crate) fn named(name: &str) -> Self {
        let path = vec!["metadata".to_owned(), "name".to_owned()];
        Self { labels: Vec::new(), fields: vec![(path, true, name.to_owned())] }
    }

    /// The object that alone can be meant.
    pub(crate) fn name(&self) -> Option<&str> {
        let named = |(path, equal, _): &&(Vec<String>, bool, String)| {
            *equal && path.iter().map(String::as_str).eq(["metadata", "name"])
        };
        self.fields.iter().find(named).map(|(_, _, value)| value.as_str())
    }

    /// Whether it takes everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether labels are met.
    pub(crate) fn takes_labels(&self, labels: &BTreeMap<String, String>) -> bool {
        self.labels.iter().all(|requirement| match requirement {
            Requirement::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Requirement::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Requirement::Exists(key) => labels.contains_key(key),
            Requirement::Absent(key) => !labels.contains_key(key),
            Requirement::Greater(key, than) => number(labels, key).is_some_and(|value| value > *than),
            Requirement::Less(key, than) => number(labels, key).is_some_and(|value| value < *than),
        })
    }

    /// Whether fields are met; the tree is asked for only where there are conditions on fields.
    pub(crate) fn takes_fields<'a>(&self, tree: impl FnOnce() -> &'a Value) -> bool {
        if self.fields.is_empty() {
            return true;
        }
        let tree = tree();
        self.fields.iter().all(|(path, equal, wanted)| (field(tree, path) == *wanted) == *equal)
    }
}

fn number(labels: &BTreeMap<String, String>, key: &str) -> Option<i64> {
    labels.get(key)?.parse().ok()
}

fn field(tree: &Value, path: &[String]) -> String {
    let found = path.iter().try_fold(tree, |at, name| at.get(name));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => {
            // What is not said is said by its default.
            if path.last().is_some_and(|name| name == "unschedulable") {
                "false".to_owned()
            } else {
                String::new()
            }
        }
        Some(other) => other.to_string(),
    }
}

/// Fields that can be selected by, beside name and namespace.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "pods",
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
    ),
    (
        "events",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    ("secrets", &["type"]),
    ("namespaces", &["status.phase"]),
    ("nodes", &["spec.unschedulable"]),
    ("replicationcontrollers", &["status.replicas"]),
    ("replicasets.apps", &["status.replicas"]),
    ("services", &["spec.clusterIP", "spec.type"]),
    ("jobs.batch", &["status.successful"]),
];

fn parse_fields(text: &str, resource: &Resource) -> Result<Vec<(Vec<String>, bool, String)>, String> {
    let mut found = Vec::new();
    for part in text.split(',').filter(|part| !part.trim().is_empty()) {
        let (path, equal, value) = if let Some((path, value)) = part.split_once("!=") {
            (path, false, value)
        } else if let Some((path, value)) = part.split_once("==") {
            (path, true, value)
        } else if let Some((path, value)) = part.split_once('=') {
            (path, true, value)
        } else {
            return Err(format!("invalid selector: '{text}'; can't understand '{part}'"));
        };
        let path = path.trim();
        let extra = FIELDS.iter().find(|(name, _)| *name == resource.collection).map_or(&[][..], |(_, f)| f);
        if !["metadata.name", "metadata.namespace"].contains(&path)
            && !extra.contains(&path)
            && !selectable(resource, path)
        {
            // Kinds with selectable fields of their own refuse others in their own words.
            return Err(if extra.is_empty() && resource.custom.is_none() {
                format!(
                    "{path:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                )
            } else {
                format!("field label not supported: {path}")
            });
        }
        found.push((path.split('.').map(str::to_owned).collect(), equal, value.trim().to_owned()));
    }
    Ok(found)
}

/// Whether a CustomResourceDefinition lets its objects be selected by a field.
fn selectable(resource: &Resource, path: &str) -> bool {
    let version = resource.custom.as_ref().and_then(|custom| custom.version(&resource.gvk.version));
    let fields = version.and_then(|version| version.get("selectableFields")).and_then(Value::as_array);
    fields.into_iter().flatten().any(|field| {
        field.get("jsonPath").and_then(Value::as_str).map(|known| known.trim_start_matches('.')) == Some(path)
    })
}

/// Words and signs of a label selector.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let sign = "=!<>(),".contains(letter);
        if (sign || letter.is_whitespace()) && !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if sign {
            let mut token = letter.to_string();
            if (letter == '=' || letter == '!') && letters.next_if_eq(&'=').is_some() {
                token.push('=');
            }
            tokens.push(token);
        } else if !letter.is_whitespace() {
            word.push(letter);
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

fn parse_labels(text: &str) -> Result<Vec<Requirement>, String> {
    let tokens = tokens(text);
    let mut rest = tokens.as_slice();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (requirement, after) = requirement(rest)?;
        found.push(requirement);
        rest = match after {
            [comma, after @ ..] if comma == "," => after,
            [] => after,
            [other, ..] => {
                return Err(format!(
                    "unable to parse requirement: found '{other}', expected: ',' or 'end of string'"
                ));
            }
        };
    }
    Ok(found)
}

fn requirement(tokens: &[String]) -> Result<(Requirement, &[String]), String> {
    let wrong = |found: &str| {
        format!("unable to parse requirement: found '{found}', expected: in, notin, =, ==, !=, gt, lt")
    };
    let words: Vec<&str> = tokens.iter().take(3).map(String::as_str).collect();
    let after = |count: usize| tokens.get(count..).unwrap_or_default();
    match words.as_slice() {
        ["!", key, ..] => Ok((Requirement::Absent((*key).to_owned()), after(2))),
        [key] | [key, ",", ..] => Ok((Requirement::Exists((*key).to_owned()), after(1))),
        [key, "in", ..] => values(after(2)).map(|(v, rest)| (Requirement::In((*key).to_owned(), v), rest)),
        [key, "notin", ..] => {
            values(after(2)).map(|(v, rest)| (Requirement::NotIn((*key).to_owned(), v), rest))
        }
        [key, sign @ ("=" | "==" | "!="), value @ ..] => {
            let (value, used) = match value.first() {
                Some(&",") | None => ("", 2),
                Some(value) => (*value, 3),
            };
            let (key, values) = ((*key).to_owned(), vec![value.to_owned()]);
            let made =
                if *sign == "!=" { Requirement::NotIn(key, values) } else { Requirement::In(key, values) };
            Ok((made, after(used)))
        }
        [key, sign @ (">" | "<"), value, ..] => {
            let than = value.parse().map_err(|_| wrong(value))?;
            let key = (*key).to_owned();
            let greater = *sign == ">";
            Ok((
                if greater { Requirement::Greater(key, than) } else { Requirement::Less(key, than) },
                after(3),
            ))
        }
        [_, other, ..] => Err(wrong(other)),
        [] => Err(wrong("")),
    }
}

fn values(tokens: &[String]) -> Result<(Vec<String>, &[String]), String> {
    let wrong = |found: &str| format!("unable to parse requirement: found '{found}', expected: '('");
    let Some((open, rest)) = tokens.split_first() else { return Err(wrong("")) };
    if open != "(" {
        return Err(wrong(open));
    }
    let Some(end) = rest.iter().position(|token| token == ")") else {
        return Err("unable to parse requirement: found '', expected: ',' or ')'".to_owned());
    };
    let inside = rest.get(..end).unwrap_or_default();
    let values = inside.iter().filter(|token| *token != ",").cloned().collect();
    Ok((values, rest.get(end + 1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::fn_params_excessive_bools, reason = "a row of a table")]
    fn check(selector: &str, labels: &[(&str, &str)], expected: bool) {
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let parsed = Selector { labels: parse_labels(selector).expect(selector), fields: Vec::new() };
        assert_eq!(parsed.takes_labels(&labels), expected, "{selector}");
    }

    #[test]
    fn labels_are_selected_as_an_api_server_selects_them() {
        check("", &[], true);
        check("a", &[("a", "1")], true);
        check("!a", &[("a", "1")], false);
        check("a=1,b!=2", &[("a", "1")], true);
        check("a == 1 , b in (x, y)", &[("a", "1"), ("b", "y")], true);
        check("g in (1,2),!x", &[("g", "2"), ("x", "")], false);
        check("b notin (x)", &[], true);
        check("g==", &[("g", "")], true);
        check("g==", &[("g", "1")], false);
        check("n > 4", &[("n", "5")], true);
        check("example.com/a-b_c=d.e", &[("example.com/a-b_c", "d.e")], true);
    }

    #[test]
    fn a_wrong_selector_is_told_in_the_servers_words() {
        assert_eq!(
            parse_labels("a b").expect_err("wrong"),
            "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"
        );
    }
}
