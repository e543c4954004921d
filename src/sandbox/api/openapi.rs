//! OpenAPI v3: an index, and a document for each version of a group, made when it is first asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use serde_json::{Map, Value, json};

use crate::model::Digest;
use crate::sandbox::resources::{Registry, Resource};
use crate::schema::builtin_components;

const REFERENCE: &str = "#/components/schemas/";
const GVK: &str = "x-kubernetes-group-version-kind";
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

static COMPONENTS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_slice(builtin_components()).unwrap_or_default());

/// Documents by `group/version`, of one edition of the registry.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    edition: u64,
    made: BTreeMap<(String, String), (Arc<str>, String)>,
}

impl Documents {
    /// The document of a version and its hash; none where nothing of it is served.
    pub(super) fn of(
        &mut self,
        registry: &Registry,
        group: &str,
        version: &str,
    ) -> Option<(Arc<str>, String)> {
        if self.edition != registry.edition {
            self.made.clear();
            self.edition = registry.edition;
        }
        let key = (group.to_owned(), version.to_owned());
        if let Some(made) = self.made.get(&key) {
            return Some(made.clone());
        }
        let resources = registry.version(group, version);
        if resources.is_empty() {
            return None;
        }
        let text = document(&resources).to_string();
        let hash = Digest::of(text.as_bytes()).0;
        let made = (Arc::from(text), hash);
        self.made.insert(key, made.clone());
        Some(made)
    }

    /// The index of all documents.
    pub(super) fn index(&mut self, registry: &Registry) -> Value {
        let mut paths = Map::new();
        for (group, versions) in registry.groups() {
            for version in versions {
                let path = if group.is_empty() {
                    format!("api/{version}")
                } else {
                    format!("apis/{group}/{version}")
                };
                let Some((_, hash)) = self.of(registry, &group, &version) else { continue };
                paths.insert(
                    path.clone(),
                    json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")}),
                );
            }
        }
        json!({"paths": paths})
    }
}

fn document(resources: &[&Arc<Resource>]) -> Value {
    let mut components = Map::new();
    let mut paths = Map::new();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let builtin = COMPONENTS.pointer("/components/schemas").and_then(Value::as_object);
    for resource in resources {
        match &resource.custom {
            Some(custom) => {
                let schema =
                    custom.version(&resource.gvk.version).and_then(|v| v.pointer("/schema/openAPIV3Schema"));
                components.insert(component_name(resource), custom_component(resource, schema));
                wanted.insert(OBJECT_META.to_owned());
            }
            None => wanted.extend(builtin.and_then(|all| named(all, resource))),
        }
        add_paths(&mut paths, resource);
    }
    let mut open: Vec<String> = wanted.into_iter().collect();
    while let Some(name) = open.pop() {
        let Some(schema) = builtin.and_then(|all| all.get(&name)).filter(|_| !components.contains_key(&name))
        else {
            continue;
        };
        references(schema, &mut open);
        components.insert(name, schema.clone());
    }
    json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "sandbox"},
        "paths": paths, "components": {"schemas": components},
    })
}

/// The component of a built-in kind.
fn named(all: &Map<String, Value>, resource: &Resource) -> Option<String> {
    let wanted = gvk(resource);
    let found = all.iter().find(|(_, schema)| {
        schema
            .get(GVK)
            .and_then(Value::as_array)
            .is_some_and(|kinds| kinds.len() == 1 && kinds.contains(&wanted))
    });
    found.map(|(name, _)| name.clone())
}

fn gvk(resource: &Resource) -> Value {
    json!({"group": resource.gvk.group, "kind": resource.gvk.kind, "version": resource.gvk.version})
}

/// `com.example.v1.Kind`.
fn component_name(resource: &Resource) -> String {
    let mut words: Vec<&str> = resource.gvk.group.split('.').collect();
    words.reverse();
    format!("{}.{}.{}", words.join("."), resource.gvk.version, resource.gvk.kind)
}

fn custom_component(resource: &Resource, schema: Option<&Value>) -> Value {
    let mut component = schema.cloned().unwrap_or_else(|| json!({"type": "object"}));
    let Some(map) = component.as_object_mut() else { return component };
    let properties = map.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        for (name, words) in [
            ("apiVersion", "The versioned schema of this representation of an object"),
            ("kind", "The REST resource this object represents"),
        ] {
            properties.entry(name).or_insert_with(|| json!({"type": "string", "description": words}));
        }
        let metadata = json!({"description": "Standard object's metadata",
            "allOf": [{"$ref": format!("{REFERENCE}{OBJECT_META}")}]});
        properties.insert("metadata".to_owned(), metadata);
    }
    map.insert(GVK.to_owned(), json!([gvk(resource)]));
    component
}

/// The components that a schema names.
fn references(schema: &Value, into: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                match value.as_str().filter(|_| key == "$ref") {
                    Some(text) => into.extend(text.strip_prefix(REFERENCE).map(str::to_owned)),
                    None => references(value, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Paths as far as clients read them: which kind stands where, and which parameters writes take.
fn add_paths(paths: &mut Map<String, Value>, resource: &Resource) {
    let base = if resource.gvk.group.is_empty() {
        format!("/api/{}", resource.gvk.version)
    } else {
        format!("/apis/{}/{}", resource.gvk.group, resource.gvk.version)
    };
    let collection = if resource.namespaced {
        format!("{base}/namespaces/{{namespace}}/{}", resource.plural)
    } else {
        format!("{base}/{}", resource.plural)
    };
    let operation = |action: &str| {
        let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
        let parameters: Vec<Value> = if ["list", "get"].contains(&action) {
            Vec::new()
        } else {
            ["dryRun", "fieldManager", "fieldValidation"].map(parameter).to_vec()
        };
        json!({
            "x-kubernetes-action": action, GVK: gvk(resource), "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
        })
    };
    let of = |verbs: &[(&str, &str, &str)]| {
        let known = verbs.iter().filter(|(verb, _, _)| resource.allows(verb));
        let map: Map<String, Value> =
            known.map(|(_, method, action)| ((*method).to_owned(), operation(action))).collect();
        Value::Object(map)
    };
    let object = [
        ("get", "get", "get"),
        ("update", "put", "put"),
        ("patch", "patch", "patch"),
        ("delete", "delete", "delete"),
    ];
    paths.insert(collection.clone(), of(&[("list", "get", "list"), ("create", "post", "post")]));
    if resource.status {
        let verbs = [("get", "get", "get"), ("update", "put", "put"), ("patch", "patch", "patch")];
        paths.insert(format!("{collection}/{{name}}/status"), of(&verbs));
    }
    paths.insert(format!("{collection}/{{name}}"), of(&object));
}
