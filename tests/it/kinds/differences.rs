//! What differs between two objects or two lists of causes, and the differences that are known.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Differences that stay, by kind and a part of what is printed, with the reason.
const KNOWN: &[(&str, &str, &str)] = &[
    ("Job", "spec.template", "the server prints its own types where a template may not change"),
    ("PersistentVolume", "spec.persistentvolumesource", "the server adds a diff of its own types"),
    ("PersistentVolumeClaim", "spec is immutable", "the server adds a diff of its own types"),
    (
        "Pod",
        "pod updates may not change",
        "the server adds a diff of its own types, and binds pods in another way",
    ),
    ("Secret", "data[.dockerconfigjson]", "the words of Go's JSON parser"),
    ("Ingress", "either `defaultBackend` or `rules`", "an empty list is not told from none"),
    ("HorizontalPodAutoscaler", "policies", "an empty list is not told from none"),
    ("Service", "is not in the valid range", "a dry-run does not ask for a port"),
    ("CertificateSigningRequest", "spec.request", "certificates are not read"),
    ("PriorityLevelConfiguration", "queuing", "the server's flow control is not there"),
];

/// All differences found, each with the object it was first seen in.
#[derive(Default)]
pub(super) struct Differences {
    found: BTreeMap<String, String>,
    known: BTreeSet<usize>,
    /// How many answers were compared.
    pub(super) compared: usize,
}

impl Differences {
    /// Compares an answer that is the object.
    pub(super) fn compare(&mut self, sent: &Value, (ours, causes): (&Value, &[Value]), theirs: &Value) {
        self.compared += 1;
        let mut list = Vec::new();
        walk("", &masked(ours), &masked(theirs), &mut list);
        list.extend(causes.iter().map(|cause| format!("only ours: {cause}")));
        self.note(sent, list);
    }

    /// Compares an answer that is a refusal.
    pub(super) fn compare_causes(&mut self, sent: &Value, ours: &[Value], theirs: &Value) {
        self.compared += 1;
        let theirs = theirs["details"]["causes"].as_array().cloned().unwrap_or_default();
        let sorted = |causes: &[Value]| {
            let line = |cause: &Value| {
                let text = |key: &str| without_ids(cause[key].as_str().unwrap_or_default());
                format!("{} {}: {}", text("reason"), text("field"), text("message"))
            };
            let mut lines: Vec<String> = causes.iter().map(line).collect();
            lines.sort();
            lines
        };
        let (ours, theirs) = (sorted(ours), sorted(&theirs));
        let mut list: Vec<String> = Vec::new();
        list.extend(ours.iter().filter(|it| !theirs.contains(it)).map(|it| format!("only ours: {it}")));
        list.extend(
            theirs.iter().filter(|it| !ours.contains(it)).map(|it| format!("only the server's: {it}")),
        );
        if list.is_empty() && ours != theirs {
            list.push(format!("said another number of times: {ours:?} and {theirs:?}"));
        }
        self.note(sent, list);
    }

    fn note(&mut self, sent: &Value, list: Vec<String>) {
        let kind = sent["kind"].as_str().unwrap_or_default();
        for difference in list {
            let known = KNOWN.iter().position(|(of, part, _)| *of == kind && difference.contains(part));
            if let Some(at) = known {
                self.known.insert(at);
            } else {
                let sent: String = sent.to_string().chars().take(600).collect();
                self.found.entry(format!("{kind} {difference}")).or_insert(sent);
            }
        }
    }

    /// How many of the known differences were seen.
    pub(super) fn known(&self) -> usize {
        self.known.len()
    }

    /// Fails where there is a difference that is not known, or a known one that is gone.
    #[track_caller]
    pub(super) fn assert_none(&self) {
        let shown: Vec<_> = self.found.iter().map(|(what, sent)| format!("{what}\n    {sent}")).collect();
        assert!(shown.is_empty(), "{} differences:\n{}", shown.len(), shown.join("\n"));
        let gone: Vec<_> = KNOWN.iter().enumerate().filter(|(at, _)| !self.known.contains(at)).collect();
        assert!(gone.is_empty(), "these differences are gone: {gone:?}");
    }
}

fn walk(path: &str, ours: &Value, theirs: &Value, list: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                let path = format!("{path}.{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => walk(&path, a, b, list),
                    (a, b) => list.push(format!("{path}: {} and {}", shown(a), shown(b))),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).for_each(|(a, b)| walk(&format!("{path}[]"), a, b, list));
        }
        (a, b) if a != b => list.push(format!("{path}: {a} and {b}")),
        _ => {}
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// An object without what differs from run to run.
fn masked(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
        metadata.shift_remove("resourceVersion");
    }
    if object["kind"] != "Service" {
        return object;
    }
    for place in ["/spec/clusterIP", "/spec/clusterIPs/0"] {
        if let Some(ip) = object.pointer_mut(place).filter(|ip| **ip != "None") {
            *ip = Value::from("IP");
        }
    }
    if let Some(port) = object.pointer_mut("/spec/healthCheckNodePort") {
        *port = Value::from(1);
    }
    for port in object.pointer_mut("/spec/ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(node) = port.get_mut("nodePort") {
            *node = Value::from(1);
        }
    }
    object
}

/// A text in which all identities are one.
fn without_ids(text: &str) -> String {
    let is_id = |part: &str| {
        part.len() == 36
            && part.split('-').map(str::len).eq([8, 4, 4, 4, 12])
            && part.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) =
        rest.char_indices().map(|(at, _)| at).find(|at| rest.get(*at..at + 36).is_some_and(is_id))
    {
        out.push_str(&rest[..at]);
        out.push_str("ID");
        rest = &rest[at + 36..];
    }
    out + rest
}
