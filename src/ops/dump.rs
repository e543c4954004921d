//! A dump of a cluster, as `kubectl get -o yaml` or `-o json` writes it, read as what the cluster said.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;

use super::trouble::Trouble;
use crate::cluster::requirement_key;
use crate::fields;
use crate::model::{
    Body, DesiredState, Gvk, LiveObject, LiveState, NamespacePhase, ObjectId, Observed, Problem,
    RequirementSort, ResourceType, TypeMap,
};
use crate::schema::{SchemaSet, builtin_types, crd_types};
use crate::syntax::{parse_json, parse_yaml};
use crate::sys;

/// The objects of a dump.
#[derive(Debug, Default)]
pub(super) struct Dump {
    /// By identity.
    pub objects: BTreeMap<ObjectId, Arc<LiveObject>>,
    /// Whether `managedFields` were left out, as kubectl does without `--show-managed-fields`.
    pub without_owners: bool,
}

/// Reads a file, or every YAML and JSON file of a folder.
pub(super) fn read(path: &Path) -> Result<Dump, Trouble> {
    let mut dump = Dump::default();
    let mut problems = Vec::new();
    for file in files(path)? {
        let text = sys::read_text(&file).map_err(|error| unreadable(&error))?;
        let name: Arc<str> = file.display().to_string().into();
        match trees(&name, &text) {
            Ok(trees) => trees.into_iter().for_each(|tree| dump.add(tree)),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        // Lines of a dump are not shown: there may be Secrets in it.
        return Err(Trouble::Repository { problems, sources: BTreeMap::new() });
    }
    // Single objects may have none: whoever writes `managedFields: [{}]` clears them.
    dump.without_owners = dump.objects.values().all(|object| object.managed.is_empty());
    if dump.objects.is_empty() {
        return Err(Trouble::Call {
            message: format!("{} holds no Kubernetes object", path.display()),
            hint: Some(
                "make one with `kubectl get all,configmaps,… -A -o yaml --show-managed-fields`".to_owned(),
            ),
        });
    }
    Ok(dump)
}

fn unreadable(error: &sys::FileError) -> Trouble {
    Trouble::Call { message: told(error), hint: Some("`--live` takes a file or a folder".to_owned()) }
}

fn told(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn files(path: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let mut files = sys::files_below(path).map_err(|error| unreadable(&error))?;
    if files.as_slice() != [path] {
        let known = |file: &PathBuf| {
            file.extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end == *known))
        };
        files.retain(known);
    }
    Ok(files)
}

/// The documents of a text; JSON is YAML too, but is read faster as what it is.
fn trees(file: &Arc<str>, text: &str) -> Result<Vec<Value>, Vec<Problem>> {
    if text.trim_start().starts_with('{') {
        let node = parse_json(file, text)?;
        return Ok(node.into_iter().map(crate::syntax::Node::into_value).collect());
    }
    Ok(parse_yaml(file, text)?.into_iter().map(crate::syntax::Node::into_value).collect())
}

impl Dump {
    fn add(&mut self, mut tree: Value) {
        if let Some(items) = tree.get_mut("items").and_then(Value::as_array_mut) {
            for item in std::mem::take(items) {
                self.add(item);
            }
            return;
        }
        if !tree.get("kind").is_some_and(Value::is_string) {
            return;
        }
        let managed = fields::entries(&tree);
        if let Some(metadata) = tree.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.shift_remove("managedFields");
        }
        let body = Body::new(tree);
        let text = |name: &str| body.text(&["metadata", name]).unwrap_or_default().to_owned();
        let (uid, resource_version) = (text("uid"), text("resourceVersion"));
        self.objects.insert(body.id(), Arc::new(LiveObject { body, uid, resource_version, managed }));
    }

    /// All objects of a kind.
    pub(super) fn of_kind<'a>(&'a self, group: &'a str, kind: &'a str) -> impl Iterator<Item = &'a Body> {
        self.objects.values().map(|object| &object.body).filter(move |body| body.id().is(group, kind))
    }

    /// What the cluster serves: the built-in kinds, and those of the dumped definitions. A dump without definitions
    /// does not speak of them: then the wanted kinds are taken to be served.
    pub(super) fn types(&self, desired: &DesiredState) -> TypeMap {
        let brought = self.definitions().flat_map(|crd| crd_types(crd.tree()));
        let mut types: BTreeMap<Gvk, ResourceType> =
            builtin_types().iter().cloned().chain(brought).map(|kind| (kind.gvk.clone(), kind)).collect();
        let silent = self.definitions().next().is_none();
        let dumped = self.objects.values().map(|object| &object.body);
        let wanted = desired.objects.values().map(|wanted| &wanted.body).filter(|_| silent);
        for body in dumped.chain(wanted) {
            types.entry(body.gvk()).or_insert_with(|| guessed(body));
        }
        TypeMap { types, stale: Vec::new() }
    }

    /// The schemas of the built-in kinds and of the dumped definitions.
    pub(super) fn schemas(&self) -> SchemaSet {
        let mut schemas = SchemaSet::builtin();
        for crd in self.definitions() {
            // What is wrong with a definition, its API server knows.
            schemas.add_crd(crd.tree()).ok();
        }
        schemas
    }

    fn definitions(&self) -> impl Iterator<Item = &Body> {
        self.of_kind("apiextensions.k8s.io", "CustomResourceDefinition")
    }

    /// The dump as what the cluster said of some objects.
    pub(super) fn live(&self, desired: &DesiredState, ids: BTreeSet<ObjectId>) -> LiveState {
        let types = self.types(desired);
        let observe = |id: &ObjectId| match self.objects.get(id) {
            Some(object) => Observed::Present(Arc::clone(object)),
            None if types.any_version(&id.group, &id.kind).is_none() => Observed::NoSuchKind,
            None => Observed::Absent,
        };
        let objects = ids.into_iter().map(|id| (id.clone(), observe(&id))).collect();
        let namespaces: BTreeMap<String, NamespacePhase> =
            self.of_kind("", "Namespace").map(|body| (body.id().name, phase(body))).collect();
        let silent = namespaces.is_empty().then(|| "the dump holds no Namespace".to_owned());
        let required = desired.requires.iter().map(|requirement| {
            (requirement_key(requirement), self.has(requirement.sort, &requirement.name, desired))
        });
        LiveState {
            objects,
            namespaces,
            namespaces_unreadable: silent,
            required: required.collect(),
            types,
            ..LiveState::default()
        }
    }

    fn has(&self, sort: RequirementSort, name: &str, desired: &DesiredState) -> bool {
        let (group, kind) = match sort {
            RequirementSort::Crd => ("apiextensions.k8s.io", "CustomResourceDefinition"),
            RequirementSort::Namespace => ("", "Namespace"),
            RequirementSort::Secret => ("", "Secret"),
            RequirementSort::ConfigMap => ("", "ConfigMap"),
            RequirementSort::StorageClass => ("storage.k8s.io", "StorageClass"),
        };
        let scoped = matches!(sort, RequirementSort::Secret | RequirementSort::ConfigMap);
        let (namespace, name) = match name.split_once('/') {
            Some((namespace, name)) => (Some(namespace.to_owned()), name),
            None => (desired.namespace.clone(), name),
        };
        let id = ObjectId {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.filter(|_| scoped),
            name: name.to_owned(),
        };
        self.objects.contains_key(&id)
    }
}

fn phase(namespace: &Body) -> NamespacePhase {
    match namespace.text(&["status", "phase"]) {
        Some("Terminating") => NamespacePhase::Terminating,
        Some(_) | None => NamespacePhase::Active,
    }
}

/// A kind of which nothing but an object is known.
fn guessed(body: &Body) -> ResourceType {
    ResourceType {
        gvk: body.gvk(),
        plural: body.kind().to_lowercase() + "s",
        namespaced: body.id().namespace.is_some(),
        status: body.at(&["status"]).is_some(),
        scale: false,
        verbs: Vec::new(),
    }
}
