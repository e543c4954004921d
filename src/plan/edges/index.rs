//! The wanted objects, looked up in the ways references need.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{DesiredState, ObjectId, Wanted};

use super::pods::pod_template;

/// An object that makes Pods.
#[derive(Debug, Clone, Copy)]
pub(super) struct Workload<'a> {
    /// Which one.
    pub(super) id: &'a ObjectId,
    /// Its Pod template: `metadata` and `spec`.
    pub(super) template: &'a Value,
}

impl Workload<'_> {
    /// Whether the Pods bear all labels of a selector; an empty selector selects nothing here.
    pub(super) fn matches(&self, selector: Option<&Value>) -> bool {
        let labels = self.template.pointer("/metadata/labels");
        selector.and_then(Value::as_object).filter(|wanted| !wanted.is_empty()).is_some_and(|wanted| {
            wanted.iter().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
        })
    }

    /// Name of the ServiceAccount its Pods run as.
    pub(super) fn account(&self) -> &str {
        let spec = self.template.get("spec");
        let named = |key| spec.and_then(|spec| spec.get(key)).and_then(Value::as_str);
        named("serviceAccountName").or_else(|| named("serviceAccount")).unwrap_or("default")
    }

    /// Whether an image of its containers contains one of the words.
    pub(super) fn runs(&self, words: &[&str]) -> bool {
        self.template
            .pointer("/spec/containers")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|container| container.get("image").and_then(Value::as_str))
            .any(|image| words.iter().any(|word| image.contains(word)))
    }
}

/// The wanted objects of one target.
#[derive(Debug)]
pub(super) struct Index<'a> {
    /// All of them.
    pub(super) objects: &'a BTreeMap<ObjectId, Wanted>,
    /// CustomResourceDefinitions by the group and kind they define.
    pub(super) crds: BTreeMap<(&'a str, &'a str), &'a ObjectId>,
    /// Objects that make Pods, by namespace.
    workloads: BTreeMap<&'a str, Vec<Workload<'a>>>,
}

impl<'a> Index<'a> {
    /// Looks once at every object.
    pub(super) fn of(desired: &'a DesiredState) -> Self {
        let mut index = Self { objects: &desired.objects, crds: BTreeMap::new(), workloads: BTreeMap::new() };
        for (id, wanted) in &desired.objects {
            if id.is("apiextensions.k8s.io", "CustomResourceDefinition") {
                let group = wanted.body.text(&["spec", "group"]).unwrap_or_default();
                let kind = wanted.body.text(&["spec", "names", "kind"]).unwrap_or_default();
                index.crds.insert((group, kind), id);
            }
            if let Some(template) = pod_template(&wanted.body) {
                let workload = Workload { id, template };
                index
                    .workloads
                    .entry(id.namespace.as_deref().unwrap_or_default())
                    .or_default()
                    .push(workload);
            }
        }
        index
    }

    /// The objects of a namespace that make Pods.
    pub(super) fn workloads_in(&self, namespace: Option<&str>) -> &[Workload<'a>] {
        self.workloads.get(namespace.unwrap_or_default()).map_or(&[], Vec::as_slice)
    }

    /// All objects that make Pods.
    pub(super) fn workloads(&self) -> impl Iterator<Item = &Workload<'a>> {
        self.workloads.values().flatten()
    }

    /// The objects of a group and kind.
    pub(super) fn of_kind(
        &self,
        group: &'a str,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a ObjectId, &'a Wanted)> + use<'a> {
        let start = object_id(group, kind, None, "");
        self.objects.range(start..).take_while(move |(id, _)| id.is(group, kind))
    }

    /// The plural name of a kind: from its definition in the set, else by the usual rule.
    pub(super) fn plural(&self, id: &ObjectId) -> String {
        self.crds
            .get(&(id.group.as_str(), id.kind.as_str()))
            .and_then(|crd| self.objects.get(*crd))
            .and_then(|crd| crd.body.text(&["spec", "names", "plural"]))
            .map_or_else(|| usual_plural(&id.kind), str::to_owned)
    }
}

/// The plural most kinds have.
pub(crate) fn usual_plural(kind: &str) -> String {
    let lower = kind.to_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if lower.ends_with(['s', 'x']) || lower.ends_with("ch") => format!("{lower}es"),
        _ => format!("{lower}s"),
    }
}

/// An object id from its parts.
pub(crate) fn object_id(group: &str, kind: &str, namespace: Option<&str>, name: &str) -> ObjectId {
    ObjectId {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

/// Whether a group is not one of Kubernetes' own.
pub(crate) fn is_custom(group: &str) -> bool {
    group.contains('.') && !group.ends_with(".k8s.io") || group.ends_with(".x-k8s.io")
}
