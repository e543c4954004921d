//! Changes of objects that exist: what a PUT brings, and what patches made.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    admit::{Part, Rules},
    body,
    create::{self, writer},
    scale,
    written::Written,
};
use crate::model::Cause;
use crate::sandbox::{
    api::{Ask, Denial, Engine, OptionsOf, drop_meta, key, meta, set_meta, stored, text, view},
    store::Object,
};

/// Kinds whose objects a PUT may make.
const MADE_BY_PUT: &[&str] = &[
    "clusterrolebindings.rbac.authorization.k8s.io",
    "clusterroles.rbac.authorization.k8s.io",
    "endpoints",
    "events",
    "leases.coordination.k8s.io",
    "limitranges",
    "podtemplates",
    "rolebindings.rbac.authorization.k8s.io",
    "roles.rbac.authorization.k8s.io",
    "services",
];

/// What the server says to somebody who writes over a version that is not the newest.
pub(super) const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// Whether the fields' owners are yet to be told of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ownership {
    /// They are: an update.
    Track,
    /// They were: an apply.
    Settled,
}

/// PUT: replaces an object, or one part of it.
pub(crate) fn replace(engine: &mut Engine, ask: &Ask) -> Result<Written, Denial> {
    ask.options.check(OptionsOf::Update)?;
    let part = Part::of(ask);
    if part == Part::Scale {
        return scale::replace(engine, ask);
    }
    let mut tree = body::decoded(ask)?;
    body::of_kind(ask, &mut tree)?;
    body::of_namespace(ask, &mut tree)?;
    body::of_name(ask, &tree)?;
    let warnings = body::unknown_fields(ask, &mut tree)?;
    let old = engine.store.get(&key(&ask.resource, ask.namespace(), ask.name())).cloned();
    let Some(old) = old else {
        if part != Part::Main || !MADE_BY_PUT.contains(&ask.resource.collection.as_str()) {
            return Err(Denial::not_found(&ask.resource, ask.name()));
        }
        let uid = text(&tree, "/metadata/uid");
        if !uid.is_empty() {
            return Err(no_such_uid(ask, uid));
        }
        let rules = Rules::of(&ask.resource);
        rules.default(&mut tree);
        rules.track(None, &mut tree, &writer(ask, ""));
        return create::born(engine, ask, tree);
    };
    same_uid(ask, &old, &tree)?;
    let version = text(&tree, "/metadata/resourceVersion");
    if version.is_empty() && ask.resource.custom.is_some() {
        let cause = cause("metadata.resourceVersion", "Invalid value: 0: must be specified for an update");
        return Err(invalid(ask, &[cause]));
    }
    change(engine, ask, &old, tree, Ownership::Track).map(|written| written.warning(warnings))
}

/// A PUT that may make objects asks for one that there is not.
fn no_such_uid(ask: &Ask, uid: &str) -> Denial {
    let root = if ask.options.dry_run() { "" } else { "/registry" };
    let plural = if ask.resource.collection == "services" { "services/specs" } else { &ask.resource.plural };
    let home = ask.namespace().map_or_else(String::new, |namespace| format!("/{namespace}"));
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {root}/{plural}{home}/{}, ResourceVersion: 0, AdditionalErrorMsg: \
         Precondition failed: UID in precondition: {uid}, UID in object meta: ",
        ask.name()
    );
    Denial::conflict(&ask.resource, ask.name(), &why)
}

fn same_uid(ask: &Ask, old: &Object, tree: &Value) -> Result<(), Denial> {
    let (sent, is) = (text(tree, "/metadata/uid"), text(old.tree(), "/metadata/uid"));
    if sent.is_empty() || sent == is {
        return Ok(());
    }
    let place =
        [ask.namespace(), ask.target.name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("/");
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: /registry/{}/{place}, ResourceVersion: 0, AdditionalErrorMsg: \
         Precondition failed: UID in precondition: {sent}, UID in object meta: {is}",
        ask.resource.plural
    );
    Err(Denial::conflict(&ask.resource, ask.name(), &why))
}

pub(super) fn cause(field: &str, message: &str) -> Cause {
    let (field, message) = (field.to_owned(), message.to_owned());
    Cause { reason: "FieldValueInvalid".to_owned(), field, message }
}

pub(super) fn invalid(ask: &Ask, causes: &[Cause]) -> Denial {
    let gvk = &ask.resource.gvk;
    Denial::invalid(&gvk.group, &gvk.kind, ask.name(), causes)
}

/// Stores a changed object, if it changed.
pub(super) fn change(
    engine: &mut Engine,
    ask: &Ask,
    old: &Arc<Object>,
    mut new: Value,
    ownership: Ownership,
) -> Result<Written, Denial> {
    let part = Part::of(ask);
    let live = view(old, &ask.resource);
    let version = text(&new, "/metadata/resourceVersion");
    if !version.is_empty() && version != old.version().to_string() {
        return Err(Denial::conflict(&ask.resource, ask.name(), MODIFIED));
    }
    let uid = text(&new, "/metadata/uid");
    if !uid.is_empty() && uid != text(&live, "/metadata/uid") {
        let why = format!("Invalid value: \"{uid}\": field is immutable");
        // The server looks at the metadata twice, and says so twice.
        return Err(invalid(ask, &[cause("metadata.uid", &why), cause("metadata.uid", &why)]));
    }
    let rules = Rules::of(&ask.resource);
    rules.default(&mut new);
    if ownership == Ownership::Track {
        rules.track(Some(&live), &mut new, &writer(ask, part.name()));
    }
    keep_identity(&live, &mut new);
    rules.prepare_update(&live, &mut new, part);
    rules.allocate_update(engine, &mut new);
    rules.validate(Some(&live), &new)?;
    if meta(&live, "deletionTimestamp").is_some() {
        only_fewer_finalizers(ask, &live, &new)?;
    }
    set_meta(&mut new, "resourceVersion", json!(old.version().to_string()));
    if new == live {
        return Ok(Written::stored(Arc::clone(old)));
    }
    let warned = rules.warnings(Some(&live), &new);
    if ask.options.dry_run() {
        return Ok(Written::tree(new).warning(warned));
    }
    let key = key(&ask.resource, ask.namespace(), ask.name());
    if is_released(&new) {
        // The answer of the last release is the object as it was written, which nobody finds any more.
        engine.remove(&key)?;
        return Ok(Written::tree(new).warning(warned));
    }
    let object = engine.put(&key, stored(new, &ask.resource))?;
    engine.establish(&key, &ask.now)?;
    Ok(Written::stored(object).warning(warned))
}

/// What no write changes.
fn keep_identity(live: &Value, new: &mut Value) {
    for field in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generateName",
    ] {
        match meta(live, field) {
            Some(value) => set_meta(new, field, value.clone()),
            None => drop_meta(new, field),
        }
    }
    drop_meta(new, "selfLink");
}

/// Finalizers can only go from an object that is being deleted.
fn only_fewer_finalizers(ask: &Ask, live: &Value, new: &Value) -> Result<(), Denial> {
    let names = |tree: &Value| {
        let list = meta(tree, "finalizers").and_then(Value::as_array).cloned().unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = names(live);
    let added: Vec<String> = names(new).into_iter().filter(|name| !before.contains(name)).collect();
    if added.is_empty() {
        return Ok(());
    }
    let message = format!(
        "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers {}",
        go_strings(&added)
    );
    let cause =
        Cause { reason: "FieldValueForbidden".to_owned(), field: "metadata.finalizers".to_owned(), message };
    Err(invalid(ask, &[cause.clone(), cause]))
}

/// A list of strings as Go prints it for programmers.
fn go_strings(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
    format!("[]string{{{}}}", texts.join(", "))
}

/// Whether an object is being deleted and nothing holds it any more.
pub(super) fn is_released(tree: &Value) -> bool {
    let none = |pointer: &str| tree.pointer(pointer).and_then(Value::as_array).is_none_or(Vec::is_empty);
    meta(tree, "deletionTimestamp").is_some()
        && none("/metadata/finalizers")
        && (text(tree, "/kind") != "Namespace" || none("/spec/finalizers"))
}
