//! All resources by group, version and name.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    custom::Custom,
    names::{GROUPS, names, stored_elsewhere},
    resource::{Resource, ScalePaths},
};
use crate::model::Gvk;
use crate::schema::builtin_types;

/// What is served.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    /// By group, version, plural.
    resources: BTreeMap<(String, String, String), Arc<Resource>>,
    /// Grows with each change; documents made of the registry are kept under it.
    pub(crate) edition: u64,
}

impl Registry {
    /// The built-in kinds.
    pub(crate) fn builtin() -> Self {
        let mut registry = Self { resources: BTreeMap::new(), edition: 0 };
        for kind in builtin_types() {
            let gvk = &kind.gvk;
            let qualified = if gvk.group.is_empty() {
                kind.plural.clone()
            } else {
                format!("{}.{}", kind.plural, gvk.group)
            };
            let (short, categories) = names(&qualified);
            let elsewhere = stored_elsewhere(&gvk.group, &gvk.version);
            let stored = elsewhere.map_or_else(|| gvk.clone(), |(_, version)| Gvk::new(version, &gvk.kind));
            let collection = elsewhere.map_or(qualified, |(collection, _)| collection.to_owned());
            registry.add(Resource {
                singular: gvk.kind.to_lowercase(),
                list_kind: format!("{}List", gvk.kind),
                plural: kind.plural.clone(),
                namespaced: kind.namespaced,
                status: kind.status,
                scale: kind.scale.then(workload_scale),
                verbs: kind.verbs.clone(),
                gvk: gvk.clone(),
                custom: None,
                short,
                categories,
                collection,
                stored,
            });
        }
        registry
    }

    fn add(&mut self, resource: Resource) {
        let key = (resource.gvk.group.clone(), resource.gvk.version.clone(), resource.plural.clone());
        self.resources.insert(key, Arc::new(resource));
    }

    /// Serves what a CustomResourceDefinition declares, instead of what it declared before.
    pub(crate) fn define(&mut self, crd: &Value) {
        self.forget(crd);
        for resource in Arc::new(Custom::new(crd.clone())).resources() {
            self.add(resource);
        }
        self.edition += 1;
    }

    /// Serves what a CustomResourceDefinition declared no longer.
    pub(crate) fn forget(&mut self, crd: &Value) {
        let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (group, plural) = (text("/spec/group"), text("/spec/names/plural"));
        self.resources.retain(|(g, _, p), resource| resource.custom.is_none() || g != group || p != plural);
        self.edition += 1;
    }

    /// The resource of a path.
    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.resources.get(&(group.to_owned(), version.to_owned(), plural.to_owned()))
    }

    /// The resource of a kind in the version in which its objects are stored.
    pub(crate) fn stored_kind(&self, group: &str, kind: &str) -> Option<&Arc<Resource>> {
        let mut all = self.all();
        all.find(|r| r.gvk.group == group && r.gvk.kind == kind && r.gvk == r.stored)
    }

    /// The resource that a collection is stored as.
    pub(crate) fn of_collection(&self, collection: &str) -> Option<&Arc<Resource>> {
        self.all().find(|resource| resource.collection == collection && resource.gvk == resource.stored)
    }

    /// All resources.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.values()
    }

    /// The resources of a version of a group.
    pub(crate) fn version(&self, group: &str, version: &str) -> Vec<&Arc<Resource>> {
        self.all().filter(|r| r.gvk.group == group && r.gvk.version == version).collect()
    }

    /// Every group with its versions, the preferred one first.
    pub(crate) fn groups(&self) -> Vec<(String, Vec<String>)> {
        let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (group, version, _) in self.resources.keys() {
            let known = versions.entry(group.clone()).or_default();
            if !known.contains(version) {
                known.push(version.clone());
            }
        }
        for known in versions.values_mut() {
            known.sort_by_key(|version| std::cmp::Reverse(priority(version)));
        }
        let mut groups: Vec<_> = versions.into_iter().collect();
        groups.sort_by_key(|(group, _)| GROUPS.iter().position(|known| known == group).unwrap_or(usize::MAX));
        groups
    }
}

/// Versions as Kubernetes orders them: stable before beta before alpha, higher numbers first.
fn priority(version: &str) -> (u8, u64, u64) {
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (major, tail) = rest.split_at(digits);
    let Ok(major) = major.parse() else { return (0, 0, 0) };
    match (tail, tail.strip_prefix("beta"), tail.strip_prefix("alpha")) {
        ("", _, _) => (3, major, 0),
        (_, Some(minor), _) => (2, major, minor.parse().unwrap_or(0)),
        (_, _, Some(minor)) => (1, major, minor.parse().unwrap_or(0)),
        (_, None, None) => (0, 0, 0),
    }
}

fn workload_scale() -> ScalePaths {
    ScalePaths {
        replicas: "/spec/replicas".to_owned(),
        status: "/status/replicas".to_owned(),
        selector: Some("/spec/selector".to_owned()),
    }
}
