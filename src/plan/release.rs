//! Letting go of an object without deleting it (rules 13).

use serde_json::{Value, json};

use crate::model::{
    Action, FIELD_MANAGER, LABEL_ENVIRONMENT, LABEL_MANAGED_BY, LABEL_STACK, LiveObject, ObjectId, Step,
    Write,
};

use super::{context::Context, inquiry::exact, prune};

/// The step that takes our labels and our ownership off an object.
pub(crate) fn step(context: &Context<'_>, id: &ObjectId, live: &LiveObject, reason: &str) -> Step {
    let patch = Value::Array(patch(context, live));
    let write = Write::Release { precondition: exact(live), patch };
    prune::step(Action::Release, id, live, (reason, write))
}

/// The operations that take our entries off, if the object is still the one that was decided on.
pub(crate) fn let_go(context: &Context<'_>, live: &LiveObject) -> Vec<Value> {
    let mut patch = vec![
        json!({"op": "test", "path": "/metadata/uid", "value": live.uid}),
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": live.resource_version}),
    ];
    let shared = context.shared_manager();
    let ours: Vec<_> = live
        .managed
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.apply && (entry.manager == FIELD_MANAGER || entry.manager == shared))
        .collect();
    for (index, entry) in &ours {
        let place = format!("/metadata/managedFields/{index}/manager");
        patch.push(json!({"op": "test", "path": place, "value": entry.manager}));
    }
    if ours.len() == live.managed.len() {
        // The server takes an empty list for "leave it": one empty entry clears all.
        patch.push(json!({"op": "replace", "path": "/metadata/managedFields", "value": [{}]}));
    } else {
        for (index, _) in ours.iter().rev() {
            patch.push(json!({"op": "remove", "path": format!("/metadata/managedFields/{index}")}));
        }
    }
    patch
}

fn patch(context: &Context<'_>, live: &LiveObject) -> Vec<Value> {
    let mut patch = let_go(context, live);
    let exclusive = live.managed.iter().any(|entry| entry.apply && entry.manager == FIELD_MANAGER);
    let labels = [LABEL_STACK, LABEL_ENVIRONMENT, LABEL_MANAGED_BY];
    for label in labels.iter().filter(|_| exclusive) {
        let value = live.body.label(label);
        if value.is_some_and(|value| *label != LABEL_MANAGED_BY || value == FIELD_MANAGER) {
            let place = format!("/metadata/labels/{}", label.replace('/', "~1"));
            patch.push(json!({"op": "remove", "path": place}));
        }
    }
    patch
}
