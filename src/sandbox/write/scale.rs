//! The `scale` subresource: the number of replicas of any workload, in one form.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    admit::denied,
    body,
    change::{self, MODIFIED, Ownership, change},
    create::writer,
    patch::{self, APPLY},
    written::Written,
};
use crate::fields::{self, Force, Kind, fields_after_scale, scale_fields};
use crate::model::{FieldPath, Gvk};
use crate::sandbox::{
    api::{Ask, Denial, Engine, drop_meta, key, meta, set_meta, text, view},
    resources::{Resource, ScalePaths},
    store::Object,
};
use crate::schema::SchemaSet;

/// The `Scale` of an object.
pub(crate) fn scale(engine: &Engine, ask: &Ask) -> Result<Value, Denial> {
    Ok(shown(&ask.resource, &view(found(engine, ask)?.as_ref(), &ask.resource)))
}

fn found(engine: &Engine, ask: &Ask) -> Result<Arc<Object>, Denial> {
    let found = engine.store.get(&key(&ask.resource, ask.namespace(), ask.name())).cloned();
    found.ok_or_else(|| Denial::not_found(&ask.resource, ask.name()))
}

fn paths(resource: &Resource) -> Result<&ScalePaths, Denial> {
    resource.scale.as_ref().ok_or_else(Denial::no_resource)
}

fn shown(resource: &Resource, tree: &Value) -> Value {
    let Some(paths) = &resource.scale else { return Value::Null };
    let number = |pointer: &str| tree.pointer(pointer).and_then(Value::as_i64).unwrap_or_default();
    let mut metadata = serde_json::Map::new();
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        metadata.extend(meta(tree, field).map(|value| (field.to_owned(), value.clone())));
    }
    let mut status = json!({"replicas": number(&paths.status)});
    let selector = paths.selector.as_ref().and_then(|pointer| tree.pointer(pointer)).map(selector);
    if let (Some(selector), Some(map)) = (selector.filter(|text| !text.is_empty()), status.as_object_mut()) {
        map.insert("selector".to_owned(), json!(selector));
    }
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
        "spec": {"replicas": number(&paths.replicas)}, "status": status,
    })
}

/// A label selector as text.
fn selector(selector: &Value) -> String {
    if let Some(text) = selector.as_str() {
        return text.to_owned();
    }
    let labels = selector.get("matchLabels").unwrap_or(selector).as_object();
    let mut texts: Vec<String> = (labels.into_iter().flatten())
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    for expression in expressions.into_iter().flatten() {
        let key = text(expression, "/key");
        let values = expression.get("values").and_then(Value::as_array).into_iter().flatten();
        let values: Vec<&str> = values.filter_map(Value::as_str).collect();
        texts.push(match text(expression, "/operator") {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    texts.sort();
    texts.join(",")
}

/// PUT of a `Scale`.
pub(super) fn replace(engine: &mut Engine, ask: &Ask) -> Result<Written, Denial> {
    let old = found(engine, ask)?;
    let sent = body::decoded(ask)?;
    written(engine, ask, &old, &sent)
}

/// PATCH of a `Scale`.
pub(super) fn patch(engine: &mut Engine, ask: &Ask) -> Result<Written, Denial> {
    let old = found(engine, ask)?;
    let live = view(&old, &ask.resource);
    if ask.content_type != APPLY {
        let sent = patch::patched(ask, &shown(&ask.resource, &live))?;
        return written(engine, ask, &old, &sent);
    }
    let sent = body::applied(ask)?;
    if text(&sent, "/apiVersion") != "autoscaling/v1" || text(&sent, "/kind") != "Scale" {
        let (group, version) = text(&sent, "/apiVersion").split_once('/').unwrap_or_default();
        let message = format!("invalid object type: {group}/{version}, Kind={}", text(&sent, "/kind"));
        return Err(Denial::bad_request(message));
    }
    let force = if ask.options.is_set("force") { Force::Take } else { Force::Never };
    let mut sent = sent;
    for field in ["resourceVersion", "uid", "creationTimestamp"] {
        drop_meta(&mut sent, field);
    }
    let schemas = SchemaSet::builtin();
    let kind = Kind::of(schemas.of(&Gvk::new("autoscaling/v1", "Scale")));
    let before = owned(&ask.resource, &live)?;
    let scale = fields::apply(Some(&before), &sent, &writer(ask, "scale"), force, &kind)
        .map_err(|refused| denied(&refused))?;
    let new = scaled(&ask.resource, &live, &scale)?;
    let written = change(engine, ask, &old, new, Ownership::Settled)?;
    answer(engine, ask, &written)
}

fn written(engine: &mut Engine, ask: &Ask, old: &Arc<Object>, sent: &Value) -> Result<Written, Denial> {
    let version = text(sent, "/metadata/resourceVersion");
    if !version.is_empty() && version != old.version().to_string() {
        return Err(Denial::conflict(&ask.resource, ask.name(), MODIFIED));
    }
    let number = sent.pointer("/spec/replicas").cloned().unwrap_or(json!(0));
    if number.as_i64().is_none_or(|number| number < 0) {
        let why = format!("Invalid value: {number}: must be greater than or equal to 0");
        return Err(Denial::invalid(
            "autoscaling",
            "Scale",
            ask.name(),
            &[change::cause("spec.replicas", &why)],
        ));
    }
    let live = view(old, &ask.resource);
    let before = owned(&ask.resource, &live)?;
    let mut scale = shown(&ask.resource, &live);
    set(&mut scale, "/spec/replicas", number);
    let schemas = SchemaSet::builtin();
    let kind = Kind::of(schemas.of(&Gvk::new("autoscaling/v1", "Scale")));
    fields::track_update(Some(&before), &mut scale, &writer(ask, "scale"), &kind);
    let new = scaled(&ask.resource, &live, &scale)?;
    let written = change(engine, ask, old, new, Ownership::Settled)?;
    answer(engine, ask, &written)
}

/// Where the wanted number stands, as a field.
fn field(paths: &ScalePaths) -> FieldPath {
    let words: Vec<&str> = paths.replicas.split('/').filter(|word| !word.is_empty()).collect();
    FieldPath::of(&words)
}

/// The `Scale` of an object with who owns its number.
fn owned(resource: &Resource, live: &Value) -> Result<Value, Denial> {
    let mut scale = shown(resource, live);
    set_meta(&mut scale, "managedFields", scale_fields(live, &field(paths(resource)?)));
    Ok(scale)
}

/// An object as a written `Scale` leaves it.
fn scaled(resource: &Resource, live: &Value, scale: &Value) -> Result<Value, Denial> {
    let paths = paths(resource)?;
    let mut new = live.clone();
    set(&mut new, &paths.replicas, scale.pointer("/spec/replicas").cloned().unwrap_or(json!(0)));
    set_meta(&mut new, "managedFields", fields_after_scale(live, scale, &field(paths)));
    Ok(new)
}

/// The answer to a write of a `Scale` is the `Scale`.
fn answer(engine: &Engine, ask: &Ask, written: &Written) -> Result<Written, Denial> {
    match written.dry() {
        Some(tree) => Ok(Written::tree(shown(&ask.resource, tree))),
        None => scale(engine, ask).map(Written::tree),
    }
}

/// Sets the value at a pointer of map keys, making the maps on the way.
fn set(tree: &mut Value, pointer: &str, value: Value) {
    let mut at = tree;
    for key in pointer.split('/').filter(|key| !key.is_empty()) {
        if !at.is_object() {
            *at = json!({});
        }
        let Some(map) = at.as_object_mut() else { return };
        at = map.entry(key).or_insert(Value::Null);
    }
    *at = value;
}
