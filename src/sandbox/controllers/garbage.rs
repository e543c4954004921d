//! What goes with its owner, and what an owner waits for.

use serde_json::{Value, json};

use super::{
    object::is_going,
    view::{Cx, Key, Write},
};
use crate::model::Gvk;
use crate::sandbox::kinds::value::{flag, items, set, text};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Whether finalizers hold the object.
pub(super) fn is_kept(object: &Value) -> bool {
    !items(object, "metadata.finalizers").is_empty() || text(object, "kind") == "Namespace"
}

/// The object less one finalizer.
pub(super) fn without_finalizer(object: &Value, name: &str) -> Value {
    let kept: Vec<Value> =
        items(object, "metadata.finalizers").iter().filter(|it| **it != json!(name)).cloned().collect();
    let mut object = object.clone();
    set(&mut object, "metadata.finalizers", kept);
    object
}

/// What follows for dependents and owners from the change of one object.
pub(super) fn collect(cx: Cx<'_>, changed: &Key) -> Vec<Write> {
    let Some(object) = cx.view.get(changed) else {
        return [dependents_of_gone(cx, changed), waiting_owners(cx, changed)].concat();
    };
    if !is_going(object) {
        return absent_owners(cx, object);
    }
    let holds = |name: &str| items(object, "metadata.finalizers").contains(&json!(name));
    if holds(ORPHAN) {
        return orphaned(cx, object);
    }
    if holds(FOREGROUND) {
        return foreground(cx, object);
    }
    Vec::new()
}

/// All objects that name the owner, in its namespace or, for one of the cluster, anywhere.
fn naming<'a>(cx: Cx<'a>, namespace: &str, is_owner: impl Fn(&Value) -> bool) -> Vec<&'a Value> {
    let mut found = Vec::new();
    for (group, kind) in cx.view.kinds() {
        let all = cx.view.list(&group, &kind, namespace);
        found.extend(
            all.into_iter().filter(|object| items(object, "metadata.ownerReferences").iter().any(&is_owner)),
        );
    }
    found
}

fn is(reference: &Value, key: &Key) -> bool {
    let gvk = Gvk::new(text(reference, "apiVersion"), text(reference, "kind"));
    gvk.group == key.group && gvk.kind == key.kind && text(reference, "name") == key.name
}

/// Whether the owner that a reference means is there.
fn is_there(cx: Cx<'_>, namespace: &str, reference: &Value) -> bool {
    let gvk = Gvk::new(text(reference, "apiVersion"), text(reference, "kind"));
    [namespace, ""].iter().any(|namespace| {
        let key = Key::new(&gvk.group, &gvk.kind, namespace, text(reference, "name"));
        cx.view.get(&key).is_some_and(|owner| text(owner, "metadata.uid") == text(reference, "uid"))
    })
}

/// An object whose owners are all gone goes too; of several owners, the gone ones are forgotten.
fn judged(cx: Cx<'_>, object: &Value) -> Option<Write> {
    let owners = items(object, "metadata.ownerReferences");
    if owners.is_empty() || is_going(object) {
        return None;
    }
    let namespace = text(object, "metadata.namespace");
    let left: Vec<Value> = owners.iter().filter(|it| is_there(cx, namespace, it)).cloned().collect();
    if left.is_empty() {
        return Some(Write::delete(object));
    }
    (left.len() < owners.len()).then(|| {
        let mut kept = object.clone();
        set(&mut kept, "metadata.ownerReferences", left);
        Write::update(kept)
    })
}

fn dependents_of_gone(cx: Cx<'_>, gone: &Key) -> Vec<Write> {
    let dependents = naming(cx, &gone.namespace, |reference| is(reference, gone));
    dependents.into_iter().filter_map(|object| judged(cx, object)).collect()
}

/// An object that came after its owner had gone.
fn absent_owners(cx: Cx<'_>, object: &Value) -> Vec<Write> {
    judged(cx, object).into_iter().collect()
}

/// Owners that may have waited for the one that is gone.
fn waiting_owners(cx: Cx<'_>, gone: &Key) -> Vec<Write> {
    let mut writes = Vec::new();
    for (group, kind) in cx.view.kinds() {
        for owner in cx.view.list(&group, &kind, "") {
            let near = text(owner, "metadata.namespace");
            let waits = is_going(owner) && items(owner, "metadata.finalizers").contains(&json!(FOREGROUND));
            if waits && (near.is_empty() || near == gone.namespace) {
                writes.extend(foreground(cx, owner));
            }
        }
    }
    writes
}

/// Dependents first: all are deleted, those that block are waited for.
fn foreground(cx: Cx<'_>, owner: &Value) -> Vec<Write> {
    let uid = text(owner, "metadata.uid");
    let own = |reference: &Value| text(reference, "uid") == uid;
    let dependents = naming(cx, text(owner, "metadata.namespace"), own);
    let blocking = dependents.iter().any(|object| {
        items(object, "metadata.ownerReferences").iter().any(|it| own(it) && flag(it, "blockOwnerDeletion"))
    });
    let mut writes: Vec<Write> =
        dependents.into_iter().filter(|object| !is_going(object)).map(Write::delete).collect();
    if !blocking {
        writes.push(Write::update(without_finalizer(owner, FOREGROUND)));
    }
    writes
}

/// Dependents stay, and forget their owner before it goes.
fn orphaned(cx: Cx<'_>, owner: &Value) -> Vec<Write> {
    let uid = text(owner, "metadata.uid");
    let own = |reference: &Value| text(reference, "uid") == uid;
    let dependents = naming(cx, text(owner, "metadata.namespace"), own);
    if dependents.is_empty() {
        return vec![Write::update(without_finalizer(owner, ORPHAN))];
    }
    let freed = |object: &Value| {
        let kept: Vec<Value> =
            items(object, "metadata.ownerReferences").iter().filter(|it| !own(it)).cloned().collect();
        let mut object = object.clone();
        if kept.is_empty() {
            crate::sandbox::kinds::value::remove(&mut object, "metadata.ownerReferences");
        } else {
            set(&mut object, "metadata.ownerReferences", kept);
        }
        Write::update(object)
    };
    let mut writes: Vec<Write> = dependents.into_iter().map(freed).collect();
    // Their changes do not lead back here: nothing names the owner any more.
    writes.push(Write::update(without_finalizer(owner, ORPHAN)));
    writes
}
