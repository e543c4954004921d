//! Objects out of manifest files.

use std::{num::NonZero, sync::Arc, thread};

use serde_json::Value;

use super::files::Found;
use crate::model::{Body, Finding, Origin, Place, Problem, Severity};
use crate::syntax::{Node, NodeValue, Notes, Scope, decode, is_json, parse_json, parse_yaml, substitute};

/// From this many bytes on, files are parsed by several threads.
const WORTH_THREADS: usize = 256 * 1024;

/// What files gave.
#[derive(Debug, Default)]
pub(super) struct Harvest {
    /// Objects in the order of files and documents.
    pub(super) objects: Vec<(Body, Origin)>,
    /// Mistakes.
    pub(super) problems: Vec<Problem>,
    /// What was noticed.
    pub(super) findings: Vec<Finding>,
}

impl Harvest {
    pub(super) fn add(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.problems.extend(other.problems);
        self.findings.extend(other.findings);
    }
}

/// Reads manifest files; large sets of files by as many threads as there are processors.
pub(super) fn read(files: &[Found], scope: &Scope) -> Harvest {
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut harvest = Harvest::default();
    if bytes < WORTH_THREADS || threads < 2 || files.len() < 2 {
        for file in files {
            harvest.add(read_file(file, scope));
        }
        return harvest;
    }
    // More shares than threads: one large file must not keep the others waiting.
    let share = files.len().div_ceil(threads * 4).max(1);
    let shares: Vec<&[Found]> = files.chunks(share).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut parts: Vec<(usize, Harvest)> = thread::scope(|threads_of| {
        let work = || {
            let mut mine = Vec::new();
            loop {
                let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(share) = shares.get(at) else { return mine };
                let mut part = Harvest::default();
                for file in *share {
                    part.add(read_file(file, scope));
                }
                mine.push((at, part));
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| threads_of.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    parts.sort_by_key(|(at, _)| *at);
    for (_, part) in parts {
        harvest.add(part);
    }
    harvest
}

fn read_file(file: &Found, scope: &Scope) -> Harvest {
    let mut harvest = Harvest::default();
    if !is_manifest(&file.path) {
        harvest.findings.push(ignored(&file.path, "it is no .yaml, .yml or .json file"));
        return harvest;
    }
    let documents = decode(&file.path, &file.bytes).map_err(|problem| vec![problem]).and_then(|text| {
        if is_json(&file.path) {
            parse_json(&file.path, text).map(|document| document.into_iter().collect())
        } else {
            parse_yaml(&file.path, text)
        }
    });
    match documents {
        Ok(documents) => {
            for node in documents {
                read_document(node, &file.path, scope, &mut harvest);
            }
        }
        Err(problems) => harvest.problems.extend(problems),
    }
    harvest
}

fn is_manifest(path: &str) -> bool {
    let end = path.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    matches!(end.as_deref(), Some("yaml" | "yml" | "json"))
}

fn ignored(path: &Arc<str>, why: &str) -> Finding {
    Finding {
        id: "ignored-file",
        severity: Severity::Info,
        object: None,
        place: Some(Place::file(Arc::clone(path))),
        message: format!("`{path}` is ignored: {why}"),
        fix: None,
    }
}

fn read_document(mut node: Node, file: &Arc<str>, scope: &Scope, harvest: &mut Harvest) {
    let mut notes = Notes::default();
    substitute(&mut node, scope, file, &mut notes);
    harvest.problems.extend(notes.problems);
    harvest.findings.extend(notes.findings);
    if node
        .at(&["apiVersion"])
        .and_then(Node::text)
        .is_some_and(|version| version.starts_with("kustomize.config.k8s.io/"))
    {
        harvest.findings.push(ignored(file, "it is a kustomization, and this source reads plain manifests"));
        return;
    }
    take_apart(node, file, harvest);
}

/// One object, or each item of a List.
fn take_apart(node: Node, file: &Arc<str>, harvest: &mut Harvest) {
    let kind = node.get("kind").and_then(Node::text).unwrap_or_default();
    if kind.ends_with("List")
        && matches!(node.get("items").map(|items| &items.value), Some(NodeValue::List(_)))
    {
        let NodeValue::Map(entries) = node.value else { return };
        let items = entries.into_iter().find(|(key, _)| key.name == "items").map(|(_, items)| items.value);
        if let Some(NodeValue::List(items)) = items {
            for item in items {
                take_apart(item, file, harvest);
            }
        }
        return;
    }
    let mut wrong = mistakes(&node, file);
    if !wrong.is_empty() {
        harvest.problems.append(&mut wrong);
        return;
    }
    let place = node.place(file);
    harvest.objects.push((Body::new(node.into_value()), Origin { place, source: "manifests" }));
}

/// What keeps a document from being an object.
fn mistakes(node: &Node, file: &Arc<str>) -> Vec<Problem> {
    let NodeValue::Map(_) = &node.value else {
        let message = format!("this document is {}, not a Kubernetes object", node.sort());
        return vec![
            Problem::new(node.place(file), message).help("write a map with apiVersion, kind and metadata"),
        ];
    };
    let mut wrong = Vec::new();
    let mut want = |path: &[&str], example: &str| {
        let name = path.join(".");
        let parent = path.split_last().and_then(|(_, parent)| node.at(parent)).unwrap_or(node);
        match node.at(path) {
            None => wrong.push(
                Problem::new(parent.place(file), format!("`{name}` is missing"))
                    .help(format!("add `{example}`")),
            ),
            Some(value) if value.text().is_none_or(str::is_empty) => {
                let message = format!(
                    "`{name}` is {}, not a text",
                    if value.text().is_some() { "empty" } else { value.sort() }
                );
                wrong.push(
                    Problem::new(value.place(file), message)
                        .help(format!("write `{example}`, in quotes if need be")),
                );
            }
            Some(_) => {}
        }
    };
    want(&["apiVersion"], "apiVersion: v1");
    want(&["kind"], "kind: ConfigMap");
    let generated = node.at(&["metadata", "generateName"]);
    match (generated, node.at(&["metadata", "name"])) {
        (Some(generated), None) => wrong.push(
            Problem::new(
                generated.place(file),
                "`metadata.generateName` makes another object at every apply",
            )
            .help("give it a `metadata.name`"),
        ),
        _ => want(&["metadata", "name"], "name: …"),
    }
    for part in ["labels", "annotations"] {
        wrong.extend(node.at(&["metadata", part]).map(|map| not_texts(map, part, file)).unwrap_or_default());
    }
    if let Some(namespace) = node.at(&["metadata", "namespace"]).filter(|value| value.text().is_none()) {
        let message = format!("`metadata.namespace` is {}, not a text", namespace.sort());
        wrong.push(Problem::new(namespace.place(file), message).help("put it in quotes"));
    }
    wrong
}

/// Values of labels and annotations that are no texts: the API server refuses them without saying where.
fn not_texts(map: &Node, part: &str, file: &Arc<str>) -> Vec<Problem> {
    let NodeValue::Map(entries) = &map.value else { return Vec::new() };
    let wrong = entries.iter().filter(|(_, value)| value.text().is_none());
    wrong
        .map(|(key, value)| {
            let message = format!("`metadata.{part}.{}` is {}, not a text", key.name, value.sort());
            let help = match value.to_value() {
                Value::Null => "write `\"\"`".to_owned(),
                other @ (Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_)) => {
                    format!("write `{}: \"{other}\"`", key.name)
                }
            };
            Problem::new(value.place(file), message).help(help)
        })
        .collect()
}
