//! ControllerRevisions: the templates that a StatefulSet or DaemonSet had.

use serde_json::{Value, json};

use super::{
    object::{controlled, controlled_by, labels, number, short_hash},
    view::{Cx, Write},
};
use crate::model::canonical;
use crate::sandbox::kinds::value::{at, set, text};

/// The revision of the present template, and the writes that make it the newest one.
pub(super) struct Current {
    /// Its name.
    pub(super) name: String,
    /// Its hash.
    pub(super) hash: String,
    /// What is to be written first.
    pub(super) writes: Vec<Write>,
}

/// The revision of the owner's template; `label` is the label that carries its hash.
pub(super) fn current(cx: Cx<'_>, owner: &Value, label: &str) -> Current {
    let data = data(owner);
    let revisions = controlled(cx, "apps", "ControllerRevision", owner);
    let newest = revisions.iter().filter_map(|it| number(it, "revision")).max().unwrap_or(0);
    let hash = short_hash(&canonical(&data));
    let name = format!("{}-{hash}", text(owner, "metadata.name"));
    if let Some(known) = revisions.iter().find(|it| it.get("data") == Some(&data)) {
        let name = text(known, "metadata.name").to_owned();
        let hash = labels(known).get(label).and_then(Value::as_str).unwrap_or(&hash).to_owned();
        let mut writes = Vec::new();
        if number(known, "revision") == Some(newest) {
            writes.extend(beyond_history(owner, &revisions, &name));
        } else {
            let mut renewed = (*known).clone();
            set(&mut renewed, "revision", newest + 1);
            writes.push(Write::update(renewed));
        }
        return Current { name, hash, writes };
    }
    let mut marked = at(owner, "spec.template.metadata.labels").cloned().unwrap_or_else(|| json!({}));
    if let Some(map) = marked.as_object_mut() {
        map.insert(label.to_owned(), Value::from(hash.clone()));
    }
    let revision = json!({
        "apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {
            "name": name, "namespace": text(owner, "metadata.namespace"), "labels": marked,
            "ownerReferences": [controlled_by(owner)],
        },
        "data": data, "revision": newest + 1,
    });
    Current { name, hash, writes: vec![Write::create(revision)] }
}

fn data(owner: &Value) -> Value {
    let mut template = at(owner, "spec.template").cloned().unwrap_or_else(|| json!({}));
    if let Some(map) = template.as_object_mut() {
        map.insert("$patch".to_owned(), Value::from("replace"));
    }
    json!({"spec": {"template": template}})
}

/// Old revisions that history need not keep and no pod is of.
fn beyond_history(owner: &Value, revisions: &[&Value], current: &str) -> Vec<Write> {
    let limit = number(owner, "spec.revisionHistoryLimit").and_then(|it| usize::try_from(it).ok());
    let in_use = [current, text(owner, "status.currentRevision")];
    let mut old: Vec<&&Value> =
        revisions.iter().filter(|it| !in_use.contains(&text(it, "metadata.name"))).collect();
    old.sort_by_key(|it| number(it, "revision"));
    let spare = old.len().saturating_sub(limit.unwrap_or(10));
    old.into_iter().take(spare).map(|it| Write::delete(it)).collect()
}
