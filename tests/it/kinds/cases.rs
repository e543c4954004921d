//! Objects to be made and changed: good ones, bad ones, and those that others wrote.
//!
//! `bases.jsonl` are small objects; a line of `creates.jsonl` or `updates.jsonl` sets (`[path, value]`) or removes (`[path]`)
//! fields of one; `objects.jsonl` are whole.

use std::{collections::BTreeMap, fs, path::Path};

use obsctl::{
    model::{Gvk, ResourceType},
    schema::builtin_types,
};
use serde_json::{Map, Value};

use crate::support::test_data;

/// A change of one base object.
pub(super) struct Case {
    pub(super) base: String,
    pub(super) changes: Vec<Vec<Value>>,
}

impl Case {
    /// The object with its changes.
    pub(super) fn applied(&self, object: &Value) -> Value {
        let mut object = object.clone();
        for change in &self.changes {
            let path = change[0].as_str().expect("a path");
            put(&mut object, path, change.get(1));
        }
        object
    }
}

/// Sets or removes what is at a path of keys and places, making maps on the way.
fn put(object: &mut Value, path: &str, new: Option<&Value>) {
    let (here, last) = match path.rsplit_once('/') {
        Some((way, last)) => (way.split('/').fold(object, enter), last),
        None => (object, path),
    };
    match (here, new) {
        (Value::Array(items), Some(new)) => {
            let at: usize = last.parse().expect("a place");
            if at == items.len() { items.push(new.clone()) } else { items[at] = new.clone() }
        }
        (Value::Array(items), None) => {
            items.remove(last.parse().expect("a place"));
        }
        (here, Some(new)) => {
            here.as_object_mut().expect("a map").insert(last.to_owned(), new.clone());
        }
        (here, None) => {
            here.as_object_mut().and_then(|map| map.shift_remove(last));
        }
    }
}

fn enter<'a>(here: &'a mut Value, key: &str) -> &'a mut Value {
    if let Value::Array(items) = here {
        return &mut items[key.parse::<usize>().expect("a place")];
    }
    let map = here.as_object_mut().expect("a map");
    map.entry(key).or_insert_with(|| Value::Object(Map::new()))
}

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"))
}

/// The small objects by name.
pub(super) fn bases() -> BTreeMap<String, Value> {
    let name = |line: &Value| line["name"].as_str().expect("a name").to_owned();
    lines(include_str!("bases.jsonl")).map(|line| (name(&line), line["object"].clone())).collect()
}

fn cases(text: &str) -> Vec<Case> {
    let changes = |line: &Value| serde_json::from_value(line["set"].clone()).expect("changes");
    let base = |line: &Value| line["base"].as_str().expect("a base").to_owned();
    lines(text).map(|line| Case { base: base(&line), changes: changes(&line) }).collect()
}

/// Changes of what is sent first.
pub(super) fn creates() -> Vec<Case> {
    cases(include_str!("creates.jsonl"))
}

/// Changes of what is stored.
pub(super) fn updates() -> Vec<Case> {
    cases(include_str!("updates.jsonl"))
}

/// All objects of built-in kinds that are to be made.
pub(super) fn objects() -> Vec<Value> {
    let bases = bases();
    let mut found: Vec<Value> = lines(include_str!("objects.jsonl")).collect();
    found.extend(creates().iter().map(|case| case.applied(&bases[&case.base])));
    for file in ["ssa/real-objects-dry-run.jsonl", "validation/mutations.jsonl"] {
        let (folder, name) = file.split_once('/').expect("two parts");
        let Some(folder) = test_data(folder) else { continue };
        let text = fs::read_to_string(folder.join(name)).expect("the data are readable");
        found.extend(lines(&text).map(|line| line.get("applied").unwrap_or(&line["object"]).clone()));
    }
    for part in ["kube-prometheus", "gitops-repos", "rendered", "crds", "validation/manifests"] {
        found.extend(test_data(part).iter().flat_map(|folder| documents(folder)));
    }
    found.extend(documents(&Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks")));
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|object| resource(object).is_some() && seen.insert(object.to_string()));
    found
}

/// All documents of YAML below a folder that can be read, Lists taken apart.
fn documents(folder: &Path) -> Vec<Value> {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder").flatten().map(|it| it.path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(documents(&path));
        } else if path.extension().is_some_and(|it| it == "yaml" || it == "yml") {
            let text = fs::read_to_string(&path).unwrap_or_default().replace("- =\n", "- \"=\"\n");
            let options = serde_saphyr::options! { budget: None };
            let all: Vec<Value> =
                serde_saphyr::from_multiple_with_options(&text, options).unwrap_or_default();
            for document in all {
                match document.get("items").and_then(Value::as_array) {
                    Some(items) => found.extend(items.iter().cloned()),
                    None => found.push(document),
                }
            }
        }
    }
    found
}

/// The kind of an object.
pub(super) fn gvk(object: &Value) -> Gvk {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    Gvk::new(text("apiVersion"), text("kind"))
}

/// The built-in resource of an object that has metadata and can be made.
pub(super) fn resource(object: &Value) -> Option<&'static ResourceType> {
    let gvk = gvk(object);
    let known = builtin_types().iter().find(|it| it.gvk == gvk)?;
    (object["metadata"].is_object() && known.verbs.iter().any(|verb| verb == "create")).then_some(known)
}

/// The path of the collection that an object is made in.
pub(super) fn collection(object: &Value) -> String {
    let resource = resource(object).expect("a built-in kind");
    let root = if resource.gvk.group.is_empty() {
        "/api/v1".to_owned()
    } else {
        format!("/apis/{}", resource.gvk.api_version())
    };
    if resource.namespaced {
        format!("{root}/namespaces/{}/{}", namespace(object), resource.plural)
    } else {
        format!("{root}/{}", resource.plural)
    }
}

/// The namespace of an object, as it can stand in a URL.
pub(super) fn namespace(object: &Value) -> String {
    let named = object["metadata"]["namespace"].as_str().filter(|name| !name.is_empty()).unwrap_or("default");
    named.replace('%', "%25").replace([' ', '$', '{', '}'], "%20")
}
