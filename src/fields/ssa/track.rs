//! Who owns what after a write that is no apply.

use serde_json::Value;

use super::{
    apply::{bare, entry, gvk_of, keep_times, text},
    conflict::Refused,
    core::Core,
    kind::{Force, Kind, Writer},
    managers::{Managers, clear},
    reset::stripped,
    typed::{Duplicates, check},
};

/// Under this name the write itself stands among the managers while it is decided what it takes.
const SELF: &str = "current-operation";

/// `managedFields` after a create, an update or a patch other than apply.
///
/// What changed becomes this manager's Update entry and is taken from others; what is gone belongs to nobody. Entries
/// that the body brings count, an object that is not tracked stays so. Where the object does not fit its schema,
/// tracking ends, as on the server: a write never fails for its ownership.
pub fn track_update(live: Option<&Value>, new: &mut Value, by: &Writer<'_>, kind: &Kind<'_>) {
    let mut managers = decoded(live, new, by.subresource);
    clear(new);
    if managers.0.is_empty() && live.is_some() {
        return;
    }
    let old = match live {
        Some(live) => {
            let mut live = live.clone();
            clear(&mut live);
            live
        }
        None => empty(kind, new),
    };
    let fits = [&old, &*new].iter().all(|value| check(value, kind.schema, Duplicates::Kept).is_ok());
    if !fits {
        return;
    }
    let (gvk, api_version) = (gvk_of(new), text(new, "/apiVersion").to_owned());
    let core = Core { kind, gvk: &gvk, api_version: &api_version, subresource: by.subresource };
    if tracked(&core, (&old, new), &mut managers, by).is_err() {
        return;
    }
    managers.write_to(new);
    if let Some(live) = live {
        keep_times(new, live);
    }
}

/// The object of a kind that does not exist yet.
pub(super) fn empty(kind: &Kind<'_>, like: &Value) -> Value {
    kind.empty.cloned().unwrap_or_else(|| bare(like))
}

/// The entries that count: those of the body, unless it has none or they cannot be read.
fn decoded(live: Option<&Value>, new: &Value, subresource: &str) -> Managers {
    let stored = || live.and_then(|live| Managers::of(live).ok()).unwrap_or_default();
    if !subresource.is_empty() {
        return stored();
    }
    let sent = new.pointer("/metadata/managedFields").and_then(Value::as_array);
    // An empty list and a list of one empty entry end all ownership.
    let ended = |sent: &Vec<Value>| match sent.as_slice() {
        [] => true,
        [Value::Object(only)] => only.is_empty(),
        _ => false,
    };
    if sent.is_some_and(ended) {
        return Managers::default();
    }
    match Managers::of(new) {
        Ok(managers) if !managers.0.is_empty() => managers,
        _ => stored(),
    }
}

/// The entries after a write that turns the first state into the second.
pub(super) fn tracked(
    core: &Core<'_, '_>,
    states: (&Value, &Value),
    managers: &mut Managers,
    by: &Writer<'_>,
) -> Result<(), Refused> {
    let (old, new) = states;
    core.reconcile(old, managers).map_err(Refused::Invalid)?;
    let changes = core.update(old, new, managers, (SELF, Force::Take))?;
    let fields = stripped(&core.sifted(&changes.written()));
    if !fields.is_empty() {
        let mut own = entry(by, core.api_version);
        if let Some(before) = managers.0.remove(&own.id()) {
            own.fields = before.fields;
        }
        own.fields = own.fields.union(&fields);
        own.time = Some(by.time.to_owned());
        managers.put(own);
    }
    managers.cap();
    Ok(())
}
