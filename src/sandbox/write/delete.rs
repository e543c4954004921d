//! DELETE: at once, or as soon as no finalizer holds the object.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{body, change::is_released, written::Written};
use crate::sandbox::{
    api::{
        Ask, DEFINITIONS, Denial, Engine, OptionsOf, Selector, drop_meta, key, map_at, meta, set_meta, text,
        view,
    },
    store::{Key, Object},
};

/// Kinds whose DELETE answers with the object.
const SHOWN: &[&str] = &[
    "csidrivers.storage.k8s.io",
    "csinodes.storage.k8s.io",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "podtemplates",
    "resourcequotas",
    "serviceaccounts",
    "services",
    "storageclasses.storage.k8s.io",
    "volumeattachments.storage.k8s.io",
    "volumeattributesclasses.storage.k8s.io",
];

const JOBS: &str = "jobs.batch";
const PODS_STAY: &str = "child pods are preserved by default when jobs are deleted; set \
    propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

/// What becomes of dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Propagation {
    /// They are collected afterwards.
    Background,
    /// They go first.
    Foreground,
    /// They stay.
    Orphan,
}

/// How to delete: the body's options, and those of the query where there is no body.
struct Wish {
    warned: Option<String>,
    propagation: Option<Propagation>,
    uid: Option<String>,
    version: Option<String>,
    dry_run: bool,
}

impl Wish {
    fn of(ask: &Ask) -> Result<Self, Denial> {
        ask.options.check(OptionsOf::Delete)?;
        let sent = if ask.body.is_empty() { Value::Null } else { body::decoded(ask)? };
        let own = |pointer: &str| {
            let text = text(&sent, pointer);
            (!text.is_empty()).then(|| text.to_owned())
        };
        // A body speaks alone: what the query says beside it is not read.
        let asked = || ask.options.get("propagationPolicy").map(str::to_owned);
        let named = if ask.body.is_empty() { asked() } else { own("/propagationPolicy") };
        let orphan = sent.get("orphanDependents").and_then(Value::as_bool);
        let propagation = match named.as_deref() {
            Some("Foreground") => Some(Propagation::Foreground),
            Some("Background") => Some(Propagation::Background),
            Some("Orphan") => Some(Propagation::Orphan),
            Some(other) => return Err(unknown_policy(other)),
            None => match orphan {
                Some(true) => Some(Propagation::Orphan),
                Some(false) => Some(Propagation::Background),
                // The one kind whose dependents stay unless somebody says otherwise.
                None => (ask.resource.collection == JOBS).then_some(Propagation::Orphan),
            },
        };
        let unsaid = named.is_none() && orphan.is_none();
        let warned = (unsaid && ask.resource.collection == JOBS).then(|| PODS_STAY.to_owned());
        Ok(Self {
            warned,
            propagation,
            uid: own("/preconditions/uid"),
            version: own("/preconditions/resourceVersion"),
            dry_run: ask.options.dry_run() || sent.get("dryRun").is_some_and(|dry| *dry == json!(["All"])),
        })
    }
}

fn unknown_policy(policy: &str) -> Denial {
    let message = format!(
        "Unsupported value: \"{policy}\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""
    );
    let cause = crate::model::Cause {
        reason: "FieldValueNotSupported".to_owned(),
        field: "propagationPolicy".to_owned(),
        message,
    };
    Denial::invalid("meta.k8s.io", "DeleteOptions", "", &[cause])
}

/// Deletes one object.
pub(crate) fn delete(engine: &mut Engine, ask: &Ask) -> Result<Written, Denial> {
    let wish = Wish::of(ask)?;
    let key = key(&ask.resource, ask.namespace(), ask.name());
    let old = engine.store.get(&key).cloned().ok_or_else(|| Denial::not_found(&ask.resource, ask.name()))?;
    preconditions(ask, &old, &wish)?;
    let warned = wish.warned.iter().cloned().collect();
    gone(engine, ask, (&key, &old), &wish).map(|written| written.warning(warned))
}

fn preconditions(ask: &Ask, old: &Object, wish: &Wish) -> Result<(), Denial> {
    let failed = |why: String| {
        // Here the server names the kind where it elsewhere names the resource.
        let (kind, name) = (&ask.resource.gvk.kind, ask.name());
        let whole = match ask.resource.gvk.group.as_str() {
            "" => kind.clone(),
            group => format!("{kind}.{group}"),
        };
        let mut denial = Denial::new(
            409,
            "Conflict",
            format!("Operation cannot be fulfilled on {whole} \"{name}\": {why}"),
        );
        denial.details = match ask.resource.gvk.group.as_str() {
            "" => json!({"name": name, "kind": kind}),
            group => json!({"name": name, "group": group, "kind": kind}),
        };
        denial
    };
    let uid = text(old.tree(), "/metadata/uid");
    if let Some(wanted) = wish.uid.as_deref().filter(|wanted| *wanted != uid) {
        return Err(failed(format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have \
             been deleted and then recreated"
        )));
    }
    let version = old.version().to_string();
    if let Some(wanted) = wish.version.as_deref().filter(|wanted| *wanted != version) {
        return Err(failed(format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record \
             ({version}). The object might have been modified"
        )));
    }
    Ok(())
}

fn gone(
    engine: &mut Engine,
    ask: &Ask,
    (key, old): (&Key, &Arc<Object>),
    wish: &Wish,
) -> Result<Written, Denial> {
    let name = key.place.name.as_str();
    let uid = text(old.tree(), "/metadata/uid").to_owned();
    let mut new = old.tree().clone();
    marked(&mut new, wish.propagation, &ask.now);
    if key.collection == DEFINITIONS && !wish.dry_run && !emptied(engine, old, &ask.now)? {
        hold(&mut new);
    }
    let released = is_released(&new);
    let shown = SHOWN.contains(&key.collection.as_str());
    // A Pod that is to go says how long it still has; of the others the last form is shown.
    let last = if key.collection == "pods" { new.clone() } else { view(old, &ask.resource) };
    if wish.dry_run {
        return Ok(match (released, shown) {
            (true, true) => Written::tree(last),
            (true, false) => Written::success(&ask.resource, name, &uid),
            (false, _) => Written::tree(new),
        });
    }
    if !released {
        if new == *old.tree() {
            return Ok(Written::stored(Arc::clone(old)));
        }
        return engine.put(key, new).map(Written::stored);
    }
    let removed = engine.remove(key)?;
    match removed.filter(|_| shown) {
        Some(_) => Ok(Written::tree(last)),
        None => Ok(Written::success(&ask.resource, name, &uid)),
    }
}

/// The mark of an object that is to go, with the finalizers that stand for its dependents.
fn marked(tree: &mut Value, propagation: Option<Propagation>, now: &str) {
    let mut finalizers: Vec<Value> =
        meta(tree, "finalizers").and_then(Value::as_array).cloned().unwrap_or_default();
    let own = |name: &Value| *name == "foregroundDeletion" || *name == "orphan";
    if let Some(propagation) = propagation {
        finalizers.retain(|name| !own(name));
        match propagation {
            Propagation::Foreground => finalizers.push(json!("foregroundDeletion")),
            Propagation::Orphan => finalizers.push(json!("orphan")),
            Propagation::Background => {}
        }
    }
    if finalizers.is_empty() {
        drop_meta(tree, "finalizers");
    } else {
        set_meta(tree, "finalizers", Value::Array(finalizers));
    }
    if text(tree, "/kind") == "Namespace"
        && let Some(status) = map_at(tree, "status")
    {
        status.insert("phase".to_owned(), json!("Terminating"));
    }
    if meta(tree, "deletionTimestamp").is_none() {
        set_meta(tree, "deletionTimestamp", json!(now));
        if text(tree, "/kind") != "Namespace" {
            set_meta(tree, "deletionGracePeriodSeconds", json!(0));
        }
        if let Some(generation) = meta(tree, "generation").and_then(Value::as_i64) {
            set_meta(tree, "generation", json!(generation + 1));
        }
    }
}

/// Deletes the objects of a definition that is to go; whether all of them went.
fn emptied(engine: &mut Engine, crd: &Object, now: &str) -> Result<bool, Denial> {
    let tree = crd.tree();
    let collection = format!("{}.{}", text(tree, "/spec/names/plural"), text(tree, "/spec/group"));
    let objects: Vec<_> = engine
        .store
        .list(&collection, None)
        .map(|(place, object)| (place.clone(), Arc::clone(object)))
        .collect();
    let mut all = true;
    for (place, object) in objects {
        let key = Key { collection: collection.clone(), place };
        let mut new = object.tree().clone();
        marked(&mut new, None, now);
        if is_released(&new) {
            engine.remove(&key)?;
        } else {
            engine.put(&key, new)?;
            all = false;
        }
    }
    Ok(all)
}

/// Holds a definition until its objects are gone.
fn hold(crd: &mut Value) {
    set_meta(crd, "finalizers", json!(["customresourcecleanup.apiextensions.k8s.io"]));
}

/// Deletes what a selector takes; the answer is the list of it.
pub(crate) fn delete_all(engine: &mut Engine, ask: &Ask) -> Result<Value, Denial> {
    let wish = Wish::of(ask)?;
    let selector =
        Selector::of(ask.options.get("labelSelector"), ask.options.get("fieldSelector"), &ask.resource)?;
    let chosen: Vec<_> = engine
        .store
        .list(&ask.resource.collection, ask.namespace())
        .filter(|(_, object)| {
            selector.takes_labels(object.labels()) && selector.takes_fields(|| object.tree())
        })
        .map(|(place, object)| (place.clone(), Arc::clone(object)))
        .collect();
    let mut items = Vec::new();
    for (place, old) in chosen {
        let key = Key { collection: ask.resource.collection.clone(), place };
        gone(engine, ask, (&key, &old), &wish)?;
        items.push(view(&old, &ask.resource));
    }
    if ask.resource.custom.is_none() {
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.shift_remove("kind");
            item.shift_remove("apiVersion");
        }
    }
    Ok(json!({
        "kind": ask.resource.list_kind, "apiVersion": ask.resource.gvk.api_version(),
        "metadata": {"resourceVersion": engine.store.version().to_string()}, "items": items,
    }))
}
