//! Namespaces: what each has from the beginning, and how one ends.

use serde_json::{Value, json};

use super::{
    object::is_going,
    view::{Cx, Key, Write},
};
use crate::sandbox::kinds::value::{items, set, text};

/// The certificate that pods would check the server with; nothing here asks for it.
const AUTHORITY: &str = "kube-root-ca.crt";

/// Makes what each namespace has; or empties it, and lets it go when it is empty.
pub(super) fn sync(cx: Cx<'_>, namespace: &Value) -> Vec<Write> {
    let name = text(namespace, "metadata.name");
    if is_going(namespace) {
        return ended(cx, namespace);
    }
    let mut writes = Vec::new();
    if cx.view.get(&Key::new("", "ServiceAccount", name, "default")).is_none() {
        writes.push(Write::create(json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name},
        })));
    }
    if cx.view.get(&Key::new("", "ConfigMap", name, AUTHORITY)).is_none() {
        let note = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
        writes.push(Write::create(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": AUTHORITY, "namespace": name, "annotations": {"kubernetes.io/description": note}},
            "data": {"ca.crt": ""},
        })));
    }
    writes
}

fn ended(cx: Cx<'_>, namespace: &Value) -> Vec<Write> {
    let name = text(namespace, "metadata.name");
    let mut left = Vec::new();
    for (group, kind) in cx.view.kinds() {
        left.extend(
            cx.view.list(&group, &kind, name).into_iter().filter(|it| text(it, "metadata.namespace") == name),
        );
    }
    if !left.is_empty() {
        return left.into_iter().filter(|object| !is_going(object)).map(Write::delete).collect();
    }
    if items(namespace, "spec.finalizers").is_empty() {
        return Vec::new();
    }
    let mut empty = namespace.clone();
    let kept: Vec<Value> = items(namespace, "spec.finalizers")
        .iter()
        .filter(|it| **it != json!("kubernetes"))
        .cloned()
        .collect();
    if kept.len() == items(namespace, "spec.finalizers").len() {
        return Vec::new();
    }
    set(&mut empty, "spec.finalizers", kept);
    vec![Write::update(empty)]
}
