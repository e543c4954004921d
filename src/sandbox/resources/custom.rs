//! CustomResourceDefinitions: what they serve, and the status that tells so.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use serde_json::{Value, json};

use super::resource::{Resource, ScalePaths};
use crate::model::Gvk;
use crate::schema::{SchemaSet, Structural, crd_types};

/// One definition, whose schemas are read when they are first needed.
#[derive(Clone)]
pub(crate) struct Custom {
    tree: Arc<Value>,
    schemas: OnceLock<SchemaSet>,
    structural: OnceLock<BTreeMap<String, Structural>>,
}

impl std::fmt::Debug for Custom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Custom({})", self.tree.pointer("/metadata/name").unwrap_or(&Value::Null))
    }
}

impl Custom {
    /// A definition.
    pub(crate) fn new(tree: Value) -> Self {
        Self { tree: Arc::new(tree), schemas: OnceLock::new(), structural: OnceLock::new() }
    }

    /// The entry of `spec.versions`.
    pub(crate) fn version(&self, version: &str) -> Option<&Value> {
        let versions = self.tree.pointer("/spec/versions")?.as_array()?;
        versions.iter().find(|entry| entry.get("name").and_then(Value::as_str) == Some(version))
    }

    /// The schemas of its versions; nothing where they cannot be read.
    pub(crate) fn schemas(&self) -> &SchemaSet {
        self.schemas.get_or_init(|| {
            let mut set = SchemaSet::new();
            set.add_crd(&self.tree).ok();
            set
        })
    }

    /// The whole schema of a version, for pruning, defaults and validation.
    pub(crate) fn structural(&self, version: &str) -> Option<&Structural> {
        let all = self.structural.get_or_init(|| {
            let versions = self.tree.pointer("/spec/versions").and_then(Value::as_array);
            let names = versions.into_iter().flatten().filter_map(|version| version.get("name")?.as_str());
            names.filter_map(|name| Some((name.to_owned(), Structural::of_crd(&self.tree, name)?))).collect()
        });
        all.get(version)
    }

    /// The resources that it serves.
    pub(super) fn resources(self: &Arc<Self>) -> Vec<Resource> {
        let stored = self.stored();
        let words = |pointer: &str| {
            let list = self.tree.pointer(pointer).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let text = |pointer: &str| self.tree.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        crd_types(&self.tree)
            .into_iter()
            .map(|kind| Resource {
                scale: self.version(&kind.gvk.version).and_then(scale_paths),
                singular: text("/spec/names/singular").unwrap_or_else(|| kind.gvk.kind.to_lowercase()),
                short: words("/spec/names/shortNames"),
                categories: words("/spec/names/categories"),
                list_kind: text("/spec/names/listKind").unwrap_or_else(|| format!("{}List", kind.gvk.kind)),
                collection: format!("{}.{}", kind.plural, kind.gvk.group),
                stored: Gvk { version: stored.clone(), ..kind.gvk.clone() },
                custom: Some(Arc::clone(self)),
                namespaced: kind.namespaced,
                status: kind.status,
                verbs: kind.verbs,
                plural: kind.plural,
                gvk: kind.gvk,
            })
            .collect()
    }

    fn stored(&self) -> String {
        let versions = self.tree.pointer("/spec/versions").and_then(Value::as_array);
        let storage =
            versions.into_iter().flatten().find(|version| version.get("storage") == Some(&Value::Bool(true)));
        let name = storage.and_then(|version| version.get("name")).and_then(Value::as_str);
        name.unwrap_or("v1").to_owned()
    }
}

fn scale_paths(version: &Value) -> Option<ScalePaths> {
    let scale = version.pointer("/subresources/scale")?;
    let pointer = |name: &str| {
        let path = scale.get(name)?.as_str()?;
        Some(path.replace('.', "/"))
    };
    Some(ScalePaths {
        replicas: pointer("specReplicasPath")?,
        status: pointer("statusReplicasPath")?,
        selector: pointer("labelSelectorPath"),
    })
}

/// The definition with the status of one whose names are accepted and whose kinds are served.
///
/// None where it says so already.
pub(crate) fn established(crd: &Value, now: &str) -> Option<Value> {
    let mut new = crd.clone();
    let names = crd.pointer("/spec/names").cloned().unwrap_or_default();
    let versions = crd.pointer("/spec/versions").and_then(Value::as_array);
    let storage =
        versions.into_iter().flatten().find(|version| version.get("storage") == Some(&Value::Bool(true)));
    let storage = storage.and_then(|version| version.get("name")).cloned().unwrap_or_default();
    let mut stored =
        crd.pointer("/status/storedVersions").and_then(Value::as_array).cloned().unwrap_or_default();
    if !stored.contains(&storage) {
        stored.push(storage);
    }
    let mut conditions =
        crd.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    for (sort, reason, message) in [
        ("NamesAccepted", "NoConflicts", "no conflicts found"),
        ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ] {
        let known = conditions.iter_mut().find(|condition| condition.get("type") == Some(&json!(sort)));
        let wanted = json!({"type": sort, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message});
        match known {
            Some(condition) if condition.get("status") == Some(&json!("True")) => {}
            Some(condition) => *condition = wanted,
            None => conditions.push(wanted),
        }
    }
    let status = json!({"acceptedNames": names, "conditions": conditions, "storedVersions": stored});
    new.as_object_mut()?.insert("status".to_owned(), status);
    (new != *crd).then_some(new)
}
