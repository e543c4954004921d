//! Server-side apply, from the request to the object that is stored.

use serde_json::{Map, Value, json};

use super::{
    conflict::Refused,
    core::Core,
    kind::{Force, Kind, Writer},
    last_applied,
    managers::{Entry, Managers, clear},
    reset::stripped,
    shape::same,
    track::{self, tracked},
    typed::{Duplicates, check},
};
use crate::fields::set::FieldSet;
use crate::model::Gvk;

/// The manager of what stood in an object before anything was applied to it.
const BEFORE: &str = "before-first-apply";

/// Server-side apply of `applied` on `live`, which is none where the object is made; the result has `managedFields`.
///
/// Identity, preconditions and the kind of the body are the caller's to check.
pub fn apply(
    live: Option<&Value>,
    applied: &Value,
    by: &Writer<'_>,
    force: Force,
    kind: &Kind<'_>,
) -> Result<Value, Refused> {
    if applied.pointer("/metadata/managedFields").is_some_and(|managed| !managed.is_null()) {
        return Err(Refused::BadRequest("metadata.managedFields must be nil".to_owned()));
    }
    let (gvk, api_version) = (gvk_of(applied), text(applied, "/apiVersion"));
    let core = Core { kind, gvk: &gvk, api_version, subresource: by.subresource };
    let empty = track::empty(kind, applied);
    let mut base = live.unwrap_or(&empty).clone();
    clear(&mut base);
    let managers = live.map(|live| before(&core, live, (&empty, &base), by)).transpose()?.unwrap_or_default();
    check(applied, kind.schema, Duplicates::Refused).map_err(|error| unfit("patch", applied, &error))?;
    if live.is_some() {
        check(&base, kind.schema, Duplicates::Kept).map_err(|error| unfit("live", &base, &error))?;
    }
    let result = last_applied::with_conflicts_allowed(by.manager, &base, &core, force, &|force| {
        let mut managers = managers.clone();
        let object = Merge { core: &core, base: &base, applied, by }.run(&mut managers, force)?;
        Ok((object, managers))
    });
    let (new, managers) = result?;
    let mut object = match new {
        Some(new) => stored(&core, new, applied, live.is_none().then_some(&empty))?,
        None => base.clone(),
    };
    if let Some(live) = live {
        keep_identity(&mut object, live);
    }
    last_applied::renew(by.manager, applied, &mut object);
    whole_numbers(&mut object);
    managers.write_to(&mut object);
    if let Some(live) = live {
        keep_times(&mut object, live);
        core.reset().put_back(&mut object, Some(live));
    }
    Ok(object)
}

/// The entries of a live object; where there are none, what it holds belongs to whoever was there before.
fn before(
    core: &Core<'_, '_>,
    live: &Value,
    states: (&Value, &Value),
    by: &Writer<'_>,
) -> Result<Managers, Refused> {
    let managers = Managers::of(live);
    let mut managers =
        managers.map_err(|error| Refused::Invalid(format!("failed to decode managed fields: {error}")))?;
    if managers.0.is_empty() {
        let (_, base) = states;
        let failed = |error: String| {
            Refused::Invalid(format!("failed to create manager for existing fields: {error}"))
        };
        check(base, core.kind.schema, Duplicates::Kept).map_err(|error| {
            failed(format!("failed to convert new object ({}) to smd typed: {error}", name_of(base)))
        })?;
        let tracked = tracked(core, states, &mut managers, &Writer { manager: BEFORE, ..*by });
        tracked.map_err(|refused| failed(refused.message()))?;
    }
    Ok(managers)
}

/// A merged object as it is stored: with defaults, and where it is made without what a create does not set.
fn stored(
    core: &Core<'_, '_>,
    mut new: Value,
    applied: &Value,
    empty: Option<&Value>,
) -> Result<Value, Refused> {
    if empty.is_some() {
        core.reset().put_back(&mut new, empty);
    }
    (core.kind.defaulted)(&mut new).map_err(|error| {
        let name = name_of(applied);
        Refused::Invalid(format!("failed to convert new object ({name}) to proper version: {error}"))
    })?;
    Ok(new)
}

/// One attempt.
struct Merge<'a, 'k> {
    core: &'a Core<'a, 'k>,
    base: &'a Value,
    applied: &'a Value,
    by: &'a Writer<'a>,
}

impl Merge<'_, '_> {
    fn run(&self, managers: &mut Managers, force: Force) -> Result<Option<Value>, Refused> {
        let writer = Entry { apply: true, ..entry(self.by, self.core.api_version) };
        let object = self.core.apply(self.base, self.applied, managers, (&writer, force))?;
        let id = writer.id();
        if let Some(mut own) = managers.0.remove(&id) {
            own.fields = stripped(&own.fields);
            if object.is_some() {
                own.time = Some(self.by.time.to_owned());
            }
            if !own.fields.is_empty() {
                managers.put(own);
            }
        }
        Ok(object)
    }
}

/// An Update entry of a writer that owns nothing yet.
pub(super) fn entry(by: &Writer<'_>, api_version: &str) -> Entry {
    let manager = if by.manager.is_empty() { "unknown" } else { by.manager };
    Entry {
        manager: manager.to_owned(),
        apply: false,
        api_version: api_version.to_owned(),
        subresource: by.subresource.to_owned(),
        time: None,
        fields: FieldSet::default(),
    }
}

/// The server writes a number without a fraction as an integer.
fn whole_numbers(value: &mut Value) {
    // Beyond this not every whole number has a double of its own.
    const MOST: i64 = 1 << 53;
    match value {
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().unwrap_or_default();
            let whole = format!("{float:.0}").parse::<i64>().ok();
            let whole = whole.filter(|whole| float.fract() == 0.0 && whole.abs() <= MOST);
            if let Some(whole) = whole {
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(map) => map.values_mut().for_each(whole_numbers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What only the server writes stays as it is where the applied object says `null`.
fn keep_identity(object: &mut Value, live: &Value) {
    const KEPT: &[&str] =
        &["uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "selfLink"];
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    for name in KEPT {
        let live = live.get("metadata").and_then(|metadata| metadata.get(name));
        match (metadata.get(*name), live) {
            (None | Some(Value::Null), Some(live)) => {
                metadata.insert((*name).to_owned(), live.clone());
            }
            (Some(Value::Null), None) => {
                metadata.shift_remove(*name);
            }
            _ => {}
        }
    }
}

/// Where a write changes times only, it changes nothing.
pub(super) fn keep_times(object: &mut Value, live: &Value) {
    let equal = same_maps(object, live, &|name, a, b| match (name, a.as_object(), b.as_object()) {
        ("metadata", Some(_), Some(_)) => same_maps(a, b, &|name, a, b| {
            if name == "managedFields" { same_entries(a, b) } else { same(a, b) }
        }),
        _ => same(a, b),
    });
    let old = live.pointer("/metadata/managedFields").cloned();
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    if let (true, Some(metadata), Some(old)) = (equal, metadata, old) {
        metadata.insert("managedFields".to_owned(), old);
    }
}

/// Whether two maps have the same names and values that are the same in some sense.
fn same_maps(a: &Value, b: &Value, alike: &dyn Fn(&str, &Value, &Value) -> bool) -> bool {
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return false };
    a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| alike(name, a, b)))
}

/// Whether two lists of entries differ by their times at most.
fn same_entries(a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (a.as_array(), b.as_array()) else { return false };
    let timeless = |a: &Value, b: &Value| match (a.as_object(), b.as_object()) {
        (Some(a), Some(b)) => {
            let within = |a: &Map<String, Value>, b: &Map<String, Value>| {
                a.iter().all(|(name, value)| name == "time" || b.get(name).is_some_and(|b| same(value, b)))
            };
            within(a, b) && within(b, a)
        }
        _ => false,
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| timeless(a, b))
}

fn unfit(which: &str, object: &Value, error: &str) -> Refused {
    Refused::Invalid(format!("failed to create typed {which} object ({}): {error}", name_of(object)))
}

/// An object as messages name it.
pub(super) fn name_of(object: &Value) -> String {
    let (namespace, name) = (text(object, "/metadata/namespace"), text(object, "/metadata/name"));
    let api_version = text(object, "/apiVersion");
    let group = if api_version.contains('/') { "" } else { "/" };
    format!("{namespace}/{name}; {group}{api_version}, Kind={}", text(object, "/kind"))
}

/// The kind that a body names.
pub(super) fn gvk_of(object: &Value) -> Gvk {
    Gvk::new(text(object, "/apiVersion"), text(object, "/kind"))
}

pub(super) fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// An object of the same kind without anything in it.
pub(super) fn bare(object: &Value) -> Value {
    let mut bare = Map::new();
    for name in ["apiVersion", "kind"] {
        bare.extend(object.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    bare.insert("metadata".to_owned(), json!({}));
    Value::Object(bare)
}
