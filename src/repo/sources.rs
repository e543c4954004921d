//! Sources and patches of a stack.

use super::fields::Taker;
use crate::model::{ConfigMapSource, Patch, PatchBody, PatchTarget, Problem, Source};
use crate::syntax::{Node, NodeValue};

const KINDS: &[&str] =
    &["manifests", "configMap", "dashboards", "helm", "kustomize", "jsonnet", "url", "when"];
const LATER: &[&str] = &["helm", "kustomize", "jsonnet", "url"];

/// Whether `when` lets an item count; a mistake counts as no.
pub(super) fn counts(taker: &mut Taker<'_>, item: &Node) -> bool {
    item.get("when").is_none() || taker.truth(item, "when") == Some(true)
}

/// All sources, and those that `when` switches off.
pub(super) fn sources(taker: &mut Taker<'_>, spec: &Node) -> (Vec<Source>, Vec<Source>) {
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for item in taker.list(spec, "sources") {
        if !taker.map(item, "a source", KINDS) {
            continue;
        }
        let counts = counts(taker, item);
        if let Some(source) = source(taker, item) {
            if counts { on.push(source) } else { off.push(source) }
        }
    }
    (on, off)
}

fn source(taker: &mut Taker<'_>, item: &Node) -> Option<Source> {
    let NodeValue::Map(entries) = &item.value else { return None };
    let named: Vec<_> =
        entries.iter().filter(|(key, _)| key.name != "when" && KINDS.contains(&key.name.as_str())).collect();
    let [(key, node)] = named.as_slice() else {
        if entries.iter().all(|(key, _)| KINDS.contains(&key.name.as_str())) {
            let message = format!("a source is of one kind, and this one is of {}", named.len());
            taker.wrong(item, message, "write one list item for each source");
        }
        return None;
    };
    if LATER.contains(&key.name.as_str()) {
        let message = format!("source `{}` comes with a later version", key.name);
        taker.wrong(node, message, "render it to plain manifests and name these under `manifests`");
        return None;
    }
    match key.name.as_str() {
        "manifests" => Some(Source::Manifests { paths: taker.texts(item, "manifests") }),
        "configMap" => config_map(taker, node),
        _ => dashboards(taker, node),
    }
}

fn config_map(taker: &mut Taker<'_>, node: &Node) -> Option<Source> {
    let keys = ["name", "namespace", "files", "labels", "annotations", "substitute"];
    if !taker.map(node, "a `configMap` source", &keys) {
        return None;
    }
    let name = taker.needed_text(node, "name", "name: my-config");
    let files = files(taker, node);
    Some(Source::ConfigMap(ConfigMapSource {
        namespace: taker.text(node, "namespace"),
        labels: taker.text_map(node, "labels"),
        annotations: taker.text_map(node, "annotations"),
        substitute: taker.truth(node, "substitute").unwrap_or(false),
        name: name?,
        files,
    }))
}

fn dashboards(taker: &mut Taker<'_>, node: &Node) -> Option<Source> {
    let keys = ["files", "configMapPrefix", "labels", "annotations", "substitute"];
    if !taker.map(node, "a `dashboards` source", &keys) {
        return None;
    }
    let prefix = taker.placed_text(node, "configMapPrefix");
    Some(Source::Dashboards {
        files: files(taker, node),
        prefix: prefix.map_or_else(|| "dashboard".to_owned(), |prefix| prefix.value),
        labels: taker.text_map(node, "labels"),
        annotations: taker.text_map(node, "annotations"),
        substitute: taker.truth(node, "substitute").unwrap_or(false),
    })
}

fn files(taker: &mut Taker<'_>, node: &Node) -> Vec<crate::model::Placed<String>> {
    if node.get("files").is_none() {
        taker.wrong(node, "`files` is missing", "add `files: [path/*.json]`");
    }
    taker.texts(node, "files")
}

/// All patches of a list.
pub(super) fn patches(taker: &mut Taker<'_>, items: &[Node]) -> Vec<Patch> {
    items.iter().filter_map(|item| patch(taker, item)).collect()
}

fn patch(taker: &mut Taker<'_>, item: &Node) -> Option<Patch> {
    if !taker.map(item, "a patch", &["target", "merge", "json", "when"]) {
        return None;
    }
    let on = counts(taker, item);
    let Some(target) = item.get("target") else {
        taker.wrong(item, "`target` is missing", "add `target: {kind: Deployment, name: ...}`");
        return None;
    };
    let target = patch_target(taker, target);
    let body = match (item.get("merge"), item.get("json")) {
        (Some(merge), None) => {
            if !matches!(merge.value, NodeValue::Map(_)) {
                taker.wrong(
                    merge,
                    format!("`merge` is {}, not a map", merge.sort()),
                    "write the part of the object to change",
                );
                return None;
            }
            PatchBody::Merge(merge.to_value())
        }
        (None, Some(json)) => PatchBody::Json(operations(taker, json)?),
        (Some(_), Some(second)) => {
            taker.wrong(second, "a patch has `merge` or `json`, not both", "write two patches");
            return None;
        }
        (None, None) => {
            taker.wrong(
                item,
                "a patch needs `merge` or `json`",
                "add `merge: {...}` or `json: [{op: replace, ...}]`",
            );
            return None;
        }
    };
    on.then(|| Patch { target, body, place: item.place(&taker.file) })
}

fn operations(taker: &mut Taker<'_>, json: &Node) -> Option<serde_json::Value> {
    let value = json.to_value();
    if let Err(error) = serde_json::from_value::<json_patch::Patch>(value.clone()) {
        let message = format!("`json` is no RFC 6902 patch: {error}");
        taker.problems.push(
            Problem::new(json.place(&taker.file), message)
                .help("write `json: [{op: replace, path: /spec/replicas, value: 2}]`"),
        );
        return None;
    }
    Some(value)
}

fn patch_target(taker: &mut Taker<'_>, node: &Node) -> PatchTarget {
    taker.map(node, "a patch's target", &["group", "version", "kind", "name", "namespace", "labels"]);
    PatchTarget {
        group: node.get("group").and_then(Node::text).map(str::to_owned),
        version: taker.text(node, "version"),
        kind: taker.text(node, "kind"),
        name: taker.text(node, "name"),
        namespace: taker.text(node, "namespace"),
        labels: taker.text_map(node, "labels"),
    }
}
