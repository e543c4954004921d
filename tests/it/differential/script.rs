//! Scenarios written in few words: `apply configmaps/a as one force: {data: {a: b}}`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kinds::{KINDS, Kind};

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// As it was written.
    pub(super) words: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) content_type: Option<String>,
    body: Option<Value>,
    /// The body is laid over what was answered before.
    pub(super) edits: bool,
}

/// Requests, one after another.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) id: String,
    pub(super) asks: Vec<Ask>,
}

impl Ask {
    pub(super) fn plain(method: &str, path: &str) -> Self {
        let words = format!("{method} {path}");
        Self {
            words,
            method: method.to_owned(),
            path: path.to_owned(),
            content_type: None,
            body: None,
            edits: false,
        }
    }

    pub(super) fn with(self, body: Value) -> Self {
        Self { body: Some(body), content_type: Some("application/json".to_owned()), ..self }
    }

    /// The same in a namespace: `NS` stands for it.
    pub(super) fn placed(&self, namespace: &str) -> Self {
        let text = |body: &Value| body.to_string().replace("\"NS\"", &format!("\"{namespace}\""));
        let body = self.body.as_ref().map(|body| serde_json::from_str(&text(body)).expect("JSON"));
        Self { path: self.path.replace("/NS", &format!("/{namespace}")), body, ..self.clone() }
    }

    /// What is sent after the last answer: `$rv` and `$uid` stand for what it said.
    pub(super) fn body_after(&self, last: Option<&Value>) -> Option<String> {
        let body = self.body.as_ref()?;
        let tree = match last.filter(|_| self.edits) {
            Some(last) => laid_over(last.clone(), body),
            None => body.clone(),
        };
        if let Value::String(text) = tree {
            return Some(text);
        }
        let said =
            |name: &str| last.and_then(|last| last["metadata"][name].as_str()).unwrap_or("0").to_owned();
        let text = tree.to_string();
        Some(text.replace("$rv", &said("resourceVersion")).replace("$uid", &said("uid")))
    }

    /// Reads `VERB plural[/name[/subresource]] [as MANAGER] [force] [dry] [KEY=VALUE…]` with its body.
    pub(super) fn read(line: &str, body: Option<&Value>) -> Self {
        let mut words = line.split(' ');
        let (verb, place) = (words.next().expect("a verb"), words.next().expect("a place"));
        let mut query: Vec<(String, String)> = Vec::new();
        let mut has_manager = false;
        while let Some(word) = words.next() {
            let (key, value) = match word {
                "as" => ("fieldManager", words.next().expect("a manager")),
                "force" => ("force", "true"),
                "dry" => ("dryRun", "All"),
                other => other.split_once('=').unwrap_or_else(|| panic!("`{other}` in `{line}`")),
            };
            has_manager |= key == "fieldManager";
            query.push((key.to_owned(), value.to_owned()));
        }
        let (method, content_type) = match verb {
            "apply" => ("PATCH", Some("application/apply-patch+yaml")),
            "merge" => ("PATCH", Some("application/merge-patch+json")),
            "strategic" => ("PATCH", Some("application/strategic-merge-patch+json")),
            "json" => ("PATCH", Some("application/json-patch+json")),
            "post" => ("POST", Some("application/json")),
            "put" | "edit" => ("PUT", Some("application/json")),
            "get" | "list" => ("GET", None),
            "delete" => ("DELETE", Some("application/json")),
            other => panic!("no verb `{other}`"),
        };
        if !has_manager && method != "GET" && method != "DELETE" && verb != "apply" {
            query.push(("fieldManager".to_owned(), "someone".to_owned()));
        }
        let parts: Vec<&str> = place.split('/').collect();
        let kind =
            KINDS.iter().find(|kind| kind.plural == parts[0]).unwrap_or_else(|| panic!("kind of `{line}`"));
        let whole = matches!(verb, "apply" | "post" | "put");
        let body = body.map(|body| if whole { completed(kind, &parts, body) } else { body.clone() });
        let query: Vec<String> =
            query.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
        Self {
            words: line.to_owned(),
            method: method.to_owned(),
            path: format!("{}?{}", kind.path(&parts[1..]), query.join("&")),
            content_type: body.is_some().then(|| content_type.map(str::to_owned)).flatten(),
            body,
            edits: verb == "edit",
        }
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Fills in what a line need not say: apiVersion, kind and name.
fn completed(kind: &Kind, parts: &[&str], body: &Value) -> Value {
    let Value::Object(map) = body else { return body.clone() };
    let mut whole = Map::new();
    whole.insert("apiVersion".to_owned(), json!(kind.api_version));
    whole.insert("kind".to_owned(), json!(kind.name));
    let mut metadata = Map::new();
    if let Some(name) = parts.get(1) {
        metadata.insert("name".to_owned(), json!(name));
    }
    whole.insert("metadata".to_owned(), Value::Object(metadata));
    laid_over(Value::Object(whole), &Value::Object(map.clone()))
}

/// Maps are merged, everything else is replaced; null stays null.
fn laid_over(mut base: Value, over: &Value) -> Value {
    match (&mut base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                let below = base.remove(key).unwrap_or(Value::Null);
                base.insert(key.clone(), laid_over(below, value));
            }
        }
        (_, over) => return over.clone(),
    }
    base
}

/// The scenarios of `exchanges.yaml`.
pub(super) fn own_scenarios() -> Vec<Scenario> {
    let file: Arc<str> = "exchanges.yaml".into();
    let documents = obsctl::syntax::parse_yaml(&file, include_str!("exchanges.yaml")).expect("it is YAML");
    let documents = documents.into_iter().map(obsctl::syntax::Node::into_value);
    let all = documents.flat_map(|tree| tree.as_object().expect("a map of scenarios").clone());
    all.map(|(id, steps)| Scenario { id, asks: asks(&steps) }).collect()
}

/// Steps are strings, or maps of one string and its body.
pub(super) fn asks(steps: &Value) -> Vec<Ask> {
    let steps = steps.as_array().expect("a list of steps").iter();
    steps
        .map(|step| match step {
            Value::String(line) => Ask::read(line, None),
            Value::Object(map) => {
                let (line, body) = map.iter().next().expect("one entry");
                Ask::read(line, Some(body))
            }
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
                panic!("no step: {other}")
            }
        })
        .collect()
}
