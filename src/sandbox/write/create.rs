//! New objects.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    admit::{self, Rules},
    body,
    written::Written,
};
use crate::fields::Writer;
use crate::sandbox::api::{
    Ask, Denial, Engine, OptionsOf, drop_meta, key, map_at, meta, set_meta, stored, text,
};

/// Letters of generated names, as the server takes them: no vowels, nothing that looks like another.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const GENERATED: usize = 5;

/// POST: makes an object.
pub(crate) fn create(engine: &mut Engine, ask: &Ask) -> Result<Written, Denial> {
    ask.options.check(OptionsOf::Create)?;
    let mut tree = body::decoded(ask)?;
    body::of_kind(ask, &mut tree)?;
    body::of_namespace(ask, &mut tree)?;
    let warnings = body::unknown_fields(ask, &mut tree)?;
    if meta(&tree, "resourceVersion").is_some_and(|version| version != "") {
        return Err(Denial::unreasoned("resourceVersion should not be set on objects to be created"));
    }
    name(&mut tree);
    let rules = Rules::of(&ask.resource);
    rules.default(&mut tree);
    as_converted(&mut tree);
    rules.track(None, &mut tree, &writer(ask, ""));
    born(engine, ask, tree).map(|written| written.warning(warnings))
}

/// What the server's conversion between its types adds to a body, so that whoever posts it owns it.
fn as_converted(tree: &mut Value) {
    match (text(tree, "/apiVersion"), text(tree, "/kind")) {
        ("batch/v1", "Job") => {
            if let Some(spec) = map_at(tree, "spec") {
                spec.entry("manualSelector").or_insert(json!(false));
            }
        }
        ("apps/v1", "DaemonSet") => {
            let annotations = tree.get_mut("metadata").and_then(|metadata| map_at(metadata, "annotations"));
            if let Some(annotations) = annotations {
                annotations.entry("deprecated.daemonset.template.generation").or_insert(json!("0"));
            }
        }
        _ => {}
    }
}

/// Who writes.
pub(super) fn writer<'a>(ask: &'a Ask, subresource: &'a str) -> Writer<'a> {
    Writer { manager: ask.manager(), time: &ask.now, subresource }
}

fn name(tree: &mut Value) {
    let prefix = text(tree, "/metadata/generateName").to_owned();
    if !prefix.is_empty() && text(tree, "/metadata/name").is_empty() {
        let id = *Uuid::new_v4().as_bytes();
        let letters = id.iter().take(GENERATED).map(|byte| {
            let at = usize::from(*byte) % LETTERS.len();
            LETTERS.get(at).map_or('x', |letter| char::from(*letter))
        });
        let name = format!("{prefix}{}", letters.collect::<String>());
        set_meta(tree, "name", json!(name));
    }
}

/// Stores an object that is complete but for what only the server gives.
pub(super) fn born(engine: &mut Engine, ask: &Ask, mut tree: Value) -> Result<Written, Denial> {
    let name = text(&tree, "/metadata/name").to_owned();
    admit::namespace(engine, ask, &name)?;
    match ask.namespace().filter(|_| ask.resource.namespaced) {
        Some(namespace) => set_meta(&mut tree, "namespace", json!(namespace)),
        None => drop_meta(&mut tree, "namespace"),
    }
    for field in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        drop_meta(&mut tree, field);
    }
    set_meta(&mut tree, "uid", json!(Uuid::new_v4().to_string()));
    set_meta(&mut tree, "creationTimestamp", json!(ask.now));
    let rules = Rules::of(&ask.resource);
    rules.prepare_create(engine, &mut tree);
    rules.validate(None, &tree)?;
    let key = key(&ask.resource, ask.namespace(), &name);
    if engine.store.get(&key).is_some() {
        return Err(Denial::exists(&ask.resource, &name));
    }
    let warned = rules.warnings(None, &tree);
    if ask.options.dry_run() {
        return Ok(Written::tree(tree).anew().warning(warned));
    }
    let object = engine.put(&key, stored(tree, &ask.resource))?;
    engine.establish(&key, &ask.now)?;
    Ok(Written::stored(object).anew().warning(warned))
}
