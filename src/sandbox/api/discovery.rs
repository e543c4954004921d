//! What is served, told group by group or all at once.

use serde_json::{Value, json};

use super::route::Route;
use crate::sandbox::resources::{Registry, Resource};

/// `/api`.
pub(super) fn core_versions() -> Value {
    json!({
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
    })
}

/// `/apis`.
pub(super) fn groups(registry: &Registry) -> Value {
    let groups: Vec<Value> =
        registry.groups().iter().filter(|(name, _)| !name.is_empty()).map(described).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`; none where there is no such group.
pub(super) fn group(registry: &Registry, name: &str) -> Option<Value> {
    let mut group =
        registry.groups().iter().find(|(known, _)| known == name && !name.is_empty()).map(described)?;
    if let Some(map) = group.as_object_mut() {
        map.shift_insert(0, "kind".to_owned(), json!("APIGroup"));
        map.shift_insert(1, "apiVersion".to_owned(), json!("v1"));
    }
    Some(group)
}

fn described((name, versions): &(String, Vec<String>)) -> Value {
    let version = |version: &String| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    json!({
        "name": name, "versions": versions.iter().map(version).collect::<Vec<_>>(),
        "preferredVersion": versions.first().map(version),
    })
}

/// `/api/v1` and `/apis/GROUP/VERSION`; none where nothing of it is served.
pub(super) fn resources(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let found = registry.version(group, version);
    if found.is_empty() {
        return None;
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut listed = Vec::new();
    for resource in found {
        let mut entry = json!({
            "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
            "kind": resource.gvk.kind, "verbs": resource.verbs,
        });
        add_names(&mut entry, resource);
        listed.push(entry);
        for part in parts(resource) {
            let mut entry = json!({
                "name": format!("{}/{}", resource.plural, part.name), "singularName": "",
                "namespaced": resource.namespaced, "kind": part.kind, "verbs": part.verbs,
            });
            if let (Some((group, version)), Some(map)) = (part.of, entry.as_object_mut()) {
                map.insert("group".to_owned(), json!(group));
                map.insert("version".to_owned(), json!(version));
            }
            listed.push(entry);
        }
    }
    Some(
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}),
    )
}

fn add_names(entry: &mut Value, resource: &Resource) {
    let Some(map) = entry.as_object_mut() else { return };
    if !resource.short.is_empty() {
        map.insert("shortNames".to_owned(), json!(resource.short));
    }
    if !resource.categories.is_empty() {
        map.insert("categories".to_owned(), json!(resource.categories));
    }
}

/// A subresource.
struct Part {
    name: &'static str,
    kind: String,
    /// Group and version of its kind, where that is another's.
    of: Option<(&'static str, &'static str)>,
    verbs: &'static [&'static str],
}

fn parts(resource: &Resource) -> Vec<Part> {
    let own = |name, verbs| Part { name, kind: resource.gvk.kind.clone(), of: None, verbs };
    let other = |name, kind: &str, of, verbs| Part { name, kind: kind.to_owned(), of: Some(of), verbs };
    let mut parts = Vec::new();
    if resource.scale.is_some() {
        parts.push(other("scale", "Scale", ("autoscaling", "v1"), &["get", "patch", "update"]));
    }
    if resource.status {
        parts.push(own("status", &["get", "patch", "update"]));
    }
    match resource.qualified().as_str() {
        "namespaces" => parts.push(own("finalize", &["update"])),
        "pods" => {
            parts.push(own("log", &["get"]));
            parts.push(other("eviction", "Eviction", ("policy", "v1"), &["create"]));
        }
        "serviceaccounts" => {
            parts.push(other("token", "TokenRequest", ("authentication.k8s.io", "v1"), &["create"]));
        }
        _ => {}
    }
    parts
}

/// Discovery in one document: of the core group for `/api`, of all others for `/apis`.
pub(super) fn aggregated(registry: &Registry, route: &Route) -> Value {
    let core = *route == Route::CoreVersions;
    let groups = registry.groups();
    let items: Vec<Value> = (groups.iter())
        .filter(|(name, _)| name.is_empty() == core)
        .map(|(name, versions)| {
            let versions: Vec<Value> =
                versions.iter().map(|version| aggregated_version(registry, name, version)).collect();
            let metadata = if core { json!({}) } else { json!({"name": name}) };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn aggregated_version(registry: &Registry, group: &str, version: &str) -> Value {
    let resources: Vec<Value> = (registry.version(group, version).into_iter())
        .map(|resource| {
            let parts: Vec<Value> = (parts(resource).iter())
                .map(|part| {
                    let (group, version) = part.of.unwrap_or((group, version));
                    json!({
                        "subresource": part.name, "verbs": part.verbs,
                        "responseKind": {"group": group, "version": version, "kind": part.kind},
                    })
                })
                .collect();
            let mut entry = json!({
                "resource": resource.plural, "singularResource": resource.singular, "verbs": resource.verbs,
                "responseKind": {"group": group, "version": version, "kind": resource.gvk.kind},
                "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
            });
            add_names(&mut entry, resource);
            if let Some(map) = entry.as_object_mut().filter(|_| !parts.is_empty()) {
                map.insert("subresources".to_owned(), Value::Array(parts));
            }
            entry
        })
        .collect();
    json!({"version": version, "freshness": "Current", "resources": resources})
}
