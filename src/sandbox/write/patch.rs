//! PATCH of every type.

use std::sync::Arc;

use json_patch::{AddOperation, PatchOperation};
use serde_json::{Value, json};

use super::{
    admit::{Part, Rules},
    body,
    change::{MODIFIED, Ownership, change},
    create::{self, writer},
    scale, strategic,
    written::Written,
};
use crate::fields::Force;
use crate::sandbox::{
    api::{Ask, Denial, Engine, OptionsOf, drop_meta, key, meta, set_meta, text, view},
    store::Object,
};

/// Content types of patches.
pub(super) const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";
const JSON: &str = "application/json-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";

/// Changes an object by a patch, or makes it by an apply.
pub(crate) fn patch(engine: &mut Engine, ask: &Ask) -> Result<Written, Denial> {
    known_type(ask)?;
    ask.options.check(if ask.content_type == APPLY { OptionsOf::Apply } else { OptionsOf::Patch })?;
    if Part::of(ask) == Part::Scale {
        return scale::patch(engine, ask);
    }
    if ask.content_type == APPLY {
        return apply(engine, ask);
    }
    let old = engine.store.get(&key(&ask.resource, ask.namespace(), ask.name())).cloned();
    let old = old.ok_or_else(|| Denial::not_found(&ask.resource, ask.name()))?;
    let mut new = patched(ask, &view(&old, &ask.resource))?;
    body::of_name(ask, &new)?;
    let warnings = body::unknown_fields(ask, &mut new)?;
    change(engine, ask, &old, new, Ownership::Track).map(|written| written.warning(warnings))
}

/// Refuses types of patches that the kind does not take.
fn known_type(ask: &Ask) -> Result<(), Denial> {
    let denied = |message: &str| Err(Denial::new(415, "UnsupportedMediaType", message));
    match ask.content_type.as_str() {
        APPLY | MERGE | JSON => Ok(()),
        // Custom kinds have no strategies.
        STRATEGIC if ask.resource.custom.is_none() => Ok(()),
        STRATEGIC => denied(
            "the body of the request was in an unknown format - accepted media types include: \
             application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        ),
        _ => denied("415: Unsupported Media Type").map_err(|denial| Denial { details: json!({}), ..denial }),
    }
}

/// A tree with the patch of a request merged into it.
pub(super) fn patched(ask: &Ask, live: &Value) -> Result<Value, Denial> {
    let unread =
        |error: &dyn std::fmt::Display| Denial::bad_request(format!("error decoding patch: {error}"));
    let mut tree = live.clone();
    if ask.content_type == JSON {
        let operations: Vec<Value> = serde_json::from_slice(&ask.body).map_err(|error| unread(&error))?;
        for operation in operations {
            // What is no operation is found only when its turn comes.
            let operation: PatchOperation = serde_json::from_value(operation).map_err(|_| rejected())?;
            let operation = bearing(&tree, operation);
            json_patch::patch(&mut tree, std::slice::from_ref(&operation)).map_err(|_| rejected())?;
        }
        return Ok(tree);
    }
    let patch: Value = match serde_json::from_slice(&ask.body) {
        Ok(patch) => patch,
        Err(_) => serde_saphyr::from_slice(&ask.body).map_err(|error| unread(&error))?,
    };
    if ask.content_type == STRATEGIC {
        let rules = Rules::of(&ask.resource);
        strategic::merge(&mut tree, &patch, rules.schema()).map_err(Denial::unreasoned)?;
    } else {
        json_patch::merge(&mut tree, &patch);
    }
    Ok(tree)
}

/// A replacement of a key that is not there puts it there, against RFC 6902, as the server's library does.
fn bearing(tree: &Value, operation: PatchOperation) -> PatchOperation {
    let PatchOperation::Replace(replace) = operation else { return operation };
    let held = replace.path.parent().and_then(|parent| tree.pointer(parent.as_str()));
    if tree.pointer(replace.path.as_str()).is_none() && held.is_some_and(Value::is_object) {
        PatchOperation::Add(AddOperation { path: replace.path, value: replace.value })
    } else {
        PatchOperation::Replace(replace)
    }
}

/// A patch that does not fit the object.
fn rejected() -> Denial {
    let mut denial =
        Denial::new(422, "Invalid", "the server rejected our request due to an error in our request");
    denial.details = json!({});
    denial
}

/// Server-side apply.
fn apply(engine: &mut Engine, ask: &Ask) -> Result<Written, Denial> {
    let mut applied = body::applied(ask)?;
    body::of_applied_kind(ask, &applied)?;
    let old = engine.store.get(&key(&ask.resource, ask.namespace(), ask.name())).cloned();
    if old.is_some() || Part::of(ask) == Part::Main {
        named(ask, &mut applied, old.as_ref())?;
    }
    body::in_namespace(ask, &applied)?;
    match old {
        Some(old) => apply_over(engine, ask, &old, applied),
        None if Part::of(ask) == Part::Main => apply_anew(engine, ask, &applied),
        None => Err(Denial::not_found(&ask.resource, ask.name())),
    }
}

/// The name of an applied body; it may be left out where the object exists.
fn named(ask: &Ask, applied: &mut Value, old: Option<&Arc<Object>>) -> Result<(), Denial> {
    if text(applied, "/metadata/name").is_empty() {
        if old.is_none() {
            return Err(Denial::bad_request(format!(
                "the name of the object ({} based on URL) was undeterminable: name must be provided",
                ask.name()
            )));
        }
        set_meta(applied, "name", json!(ask.name()));
    }
    body::of_name(ask, applied)
}

fn apply_anew(engine: &mut Engine, ask: &Ask, applied: &Value) -> Result<Written, Denial> {
    let mut tree = Rules::of(&ask.resource).apply(None, applied, &writer(ask, ""), Force::Take)?;
    if let Some(uid) = meta(applied, "uid").and_then(Value::as_str).filter(|uid| !uid.is_empty()) {
        let why = format!(
            "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        );
        return Err(Denial::conflict(&ask.resource, ask.name(), &why));
    }
    let rules = Rules::of(&ask.resource);
    rules.default(&mut tree);
    create::born(engine, ask, tree)
}

fn apply_over(
    engine: &mut Engine,
    ask: &Ask,
    old: &Arc<Object>,
    mut applied: Value,
) -> Result<Written, Denial> {
    let live = view(old, &ask.resource);
    let version = text(&applied, "/metadata/resourceVersion").to_owned();
    let uid = text(&applied, "/metadata/uid").to_owned();
    for field in ["resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"] {
        drop_meta(&mut applied, field);
    }
    let force = if ask.options.is_set("force") { Force::Take } else { Force::Never };
    let rules = Rules::of(&ask.resource);
    let mut new = rules.apply(Some(&live), &applied, &writer(ask, Part::of(ask).name()), force)?;
    // Who would change others' fields hears of that first; "0" is no version.
    if !version.is_empty() && version != "0" && version != old.version().to_string() {
        return Err(Denial::conflict(&ask.resource, ask.name(), MODIFIED));
    }
    if !uid.is_empty() {
        set_meta(&mut new, "uid", json!(uid));
    }
    change(engine, ask, old, new, Ownership::Settled)
}
