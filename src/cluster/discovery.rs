//! What the server serves: two requests where it aggregates, one a group-version where it does not.

use std::sync::Arc;

use futures::{StreamExt as _, stream};
use kube::client::{APIGroupDiscoveryList, APIResourceDiscovery};
use serde_json::Value;

use super::{
    Cluster,
    kinds::{legacy_types, texts},
    request::{Call, CallError},
    url,
};
use crate::model::{Gvk, ResourceType, TypeMap};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

impl Cluster {
    /// Everything the server serves; also remembered for later look-ups.
    pub async fn types(&self) -> Result<Arc<TypeMap>, CallError> {
        let (core, groups) = tokio::join!(self.index("/api"), self.index("/apis"));
        let mut types = TypeMap::default();
        for index in [core?, groups?] {
            if index.get("kind").and_then(Value::as_str) == Some("APIGroupDiscoveryList") {
                add_aggregated(&mut types, serde_json::from_value(index)?);
            } else {
                self.add_legacy(&mut types, &index).await?;
            }
        }
        let types = Arc::new(types);
        self.remember_types(Arc::clone(&types));
        Ok(types)
    }

    async fn index(&self, path: &str) -> Result<Value, CallError> {
        let reply = self.call(&Call::get(path).accepting(AGGREGATED)).await?;
        Ok(serde_json::from_slice(&reply.body)?)
    }

    /// Asks for each group-version that an `APIVersions` or `APIGroupList` names.
    async fn add_legacy(&self, types: &mut TypeMap, index: &Value) -> Result<(), CallError> {
        let asked = stream::iter(legacy_versions(index)).map(|(group, version)| async move {
            let path = url::group_version(&group, &version);
            let reply = self.call(&Call::get(path).once()).await;
            (group, version, reply)
        });
        let answers: Vec<_> = asked.buffer_unordered(16).collect().await;
        for (group, version, reply) in answers {
            match reply {
                Ok(reply) => {
                    let list = serde_json::from_slice(&reply.body)?;
                    let found = legacy_types(&group, &version, &list);
                    types.types.extend(found.into_iter().map(|kind| (kind.gvk.clone(), kind)));
                }
                // An aggregated API that does not answer hides only itself (rules 8).
                Err(CallError::Refused { .. }) if !group.is_empty() => {
                    types.stale.push(format!("{group}/{version}"));
                }
                Err(error) => return Err(error),
            }
        }
        types.stale.sort();
        Ok(())
    }
}

fn add_aggregated(types: &mut TypeMap, list: APIGroupDiscoveryList) {
    for group in list.items {
        let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
        for version in group.versions {
            let number = version.version.unwrap_or_default();
            if version.freshness.as_deref() == Some("Stale") {
                types.stale.push(format!("{name}/{number}"));
            }
            for resource in version.resources {
                if let Some(kind) = resource_type(&name, &number, resource) {
                    types.types.insert(kind.gvk.clone(), kind);
                }
            }
        }
    }
}

fn resource_type(group: &str, version: &str, resource: APIResourceDiscovery) -> Option<ResourceType> {
    let has = |name: &str| resource.subresources.iter().any(|sub| sub.subresource.as_deref() == Some(name));
    let (status, scale) = (has("status"), has("scale"));
    let kind = resource.response_kind.and_then(|kind| kind.kind).filter(|kind| !kind.is_empty())?;
    Some(ResourceType {
        gvk: Gvk { group: group.to_owned(), version: version.to_owned(), kind },
        plural: resource.resource?,
        namespaced: resource.scope.as_deref() == Some("Namespaced"),
        status,
        scale,
        verbs: resource.verbs,
    })
}

fn legacy_versions(index: &Value) -> Vec<(String, String)> {
    let core = texts(index.get("versions")).into_iter().map(|version| (String::new(), version));
    let groups = index.get("groups").and_then(Value::as_array).into_iter().flatten();
    let grouped = groups.flat_map(|group| {
        let name = group.get("name").and_then(Value::as_str).unwrap_or_default();
        let versions = group.get("versions").and_then(Value::as_array).into_iter().flatten();
        let versions = versions.filter_map(|version| version.get("version").and_then(Value::as_str));
        versions.map(|version| (name.to_owned(), version.to_owned())).collect::<Vec<_>>()
    });
    core.chain(grouped).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_aggregated_discovery_and_marks_stale_groups() {
        let list = json!({"items": [
            {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "freshness": "Current", "resources": [
                {"resource": "deployments", "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                 "scope": "Namespaced", "verbs": ["get", "list"],
                 "subresources": [{"subresource": "scale", "verbs": ["get"]}, {"subresource": "status", "verbs": ["get"]}]}]}]},
            {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "freshness": "Stale"}]},
        ]});
        let mut types = TypeMap::default();
        add_aggregated(&mut types, serde_json::from_value(list).unwrap());
        let deployment = types.get(&Gvk::new("apps/v1", "Deployment")).unwrap();
        assert!(deployment.namespaced && deployment.scale && deployment.status);
        assert_eq!(types.stale, ["metrics.k8s.io/v1beta1"]);
    }

    #[test]
    fn reads_legacy_indexes() {
        assert_eq!(legacy_versions(&json!({"versions": ["v1"]})), [(String::new(), "v1".to_owned())]);
        let groups =
            json!({"groups": [{"name": "apps", "versions": [{"version": "v1"}, {"version": "v1beta1"}]}]});
        assert_eq!(legacy_versions(&groups).len(), 2);
        let list = json!({"resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": true, "verbs": ["get"]},
            {"name": "deployments/status", "kind": "Deployment", "namespaced": true, "verbs": ["get"]}]});
        let types = legacy_types("apps", "v1", &list);
        assert_eq!(types.len(), 1);
        assert!(types[0].status && !types[0].scale);
    }
}
