//! ConfigMaps made of files.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{
    files::{Found, find},
    manifests::Harvest,
};
use crate::model::{Body, Checkout, ConfigMapSource, Origin, Place, Placed, Problem, Target};
use crate::syntax::{Notes, Scope, decode, parse_json, substitute_text};

/// What both sorts of generated ConfigMaps share.
struct Form<'a> {
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    namespace: Option<&'a String>,
    substitute: bool,
}

/// The ConfigMap of a `configMap` source.
pub(super) fn config_map(
    source: &ConfigMapSource,
    target: &Target,
    scope: &Scope,
    checkout: &Checkout,
) -> Harvest {
    let mut harvest = Harvest::default();
    let files = find(&target.folder, &source.files, checkout, &mut harvest.problems);
    let form = Form {
        labels: &source.labels,
        annotations: &source.annotations,
        namespace: source.namespace.as_ref(),
        substitute: source.substitute,
    };
    let mut seen: BTreeMap<&str, &Found> = BTreeMap::new();
    for file in &files {
        let key = file_name(&file.path);
        if let Some(other) = seen.insert(key, file) {
            let message = format!("`{}` and `{}` would both be key `{key}`", other.path, file.path);
            harvest
                .problems
                .push(Problem::new(source.name.place.clone(), message).help("rename one of them"));
        }
        if !key.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) {
            let message = format!("`{key}` cannot be a key of a ConfigMap");
            let help = "name the file with letters, digits, `-`, `_` and `.` only";
            harvest
                .problems
                .push(Problem::new(Place::file(std::sync::Arc::clone(&file.path)), message).help(help));
        }
    }
    let origin = Origin { place: source.name.place.clone(), source: "configMap" };
    let object = object(&source.name.value, &files, &form, scope, &mut harvest);
    if !files.is_empty() {
        harvest.objects.push((object, origin));
    }
    harvest
}

/// What a `dashboards` source asks for.
pub(super) struct Dashboards<'a> {
    pub(super) files: &'a [Placed<String>],
    pub(super) prefix: &'a str,
    pub(super) labels: &'a BTreeMap<String, String>,
    pub(super) annotations: &'a BTreeMap<String, String>,
    pub(super) substitute: bool,
}

/// One ConfigMap for each file of a `dashboards` source.
pub(super) fn dashboards(
    source: &Dashboards<'_>,
    target: &Target,
    scope: &Scope,
    checkout: &Checkout,
) -> Harvest {
    let mut harvest = Harvest::default();
    let files = find(&target.folder, source.files, checkout, &mut harvest.problems);
    let form = Form {
        labels: source.labels,
        annotations: source.annotations,
        namespace: None,
        substitute: source.substitute,
    };
    for file in files {
        if let Err(problems) = decode(&file.path, &file.bytes).map_err(|p| vec![p]).and_then(|text| {
            // With expressions in it, it need not be JSON before they are replaced.
            if source.substitute { Ok(()) } else { parse_json(&file.path, text).map(drop) }
        }) {
            harvest.problems.extend(problems);
            continue;
        }
        let stem = file_name(&file.path).rsplit_once('.').map_or(file_name(&file.path), |(stem, _)| stem);
        let name = format!("{}-{}", source.prefix, dns(stem));
        let origin = Origin { place: Place::file(std::sync::Arc::clone(&file.path)), source: "dashboards" };
        let object = object(&name, std::slice::from_ref(&file), &form, scope, &mut harvest);
        harvest.objects.push((object, origin));
    }
    harvest
}

fn object(name: &str, files: &[Found], form: &Form<'_>, scope: &Scope, harvest: &mut Harvest) -> Body {
    let mut data = Map::new();
    let mut binary = Map::new();
    for file in files {
        let key = file_name(&file.path).to_owned();
        match std::str::from_utf8(&file.bytes) {
            Ok(text) if form.substitute => {
                let mut notes = Notes::default();
                let text = substitute_text(text, scope, &file.path, &mut notes);
                harvest.problems.extend(notes.problems);
                harvest.findings.extend(notes.findings);
                data.insert(key, Value::String(text));
            }
            Ok(text) => {
                data.insert(key, Value::from(text));
            }
            Err(_) => {
                binary.insert(key, Value::String(STANDARD.encode(&file.bytes)));
            }
        }
    }
    let mut metadata = json!({"name": name});
    if let Some(map) = metadata.as_object_mut() {
        let texts = |map: &BTreeMap<String, String>| json!(map);
        if let Some(namespace) = form.namespace {
            map.insert("namespace".to_owned(), json!(namespace));
        }
        if !form.labels.is_empty() {
            map.insert("labels".to_owned(), texts(form.labels));
        }
        if !form.annotations.is_empty() {
            map.insert("annotations".to_owned(), texts(form.annotations));
        }
    }
    let mut tree = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
    if let Some(map) = tree.as_object_mut() {
        if !data.is_empty() {
            map.insert("data".to_owned(), Value::Object(data));
        }
        if !binary.is_empty() {
            map.insert("binaryData".to_owned(), Value::Object(binary));
        }
    }
    Body::new(tree)
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// A text as a part of an object's name: lower case, other characters become `-`.
fn dns(text: &str) -> String {
    let dashed: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}
