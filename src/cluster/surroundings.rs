//! What stands beside a target's objects: its namespaces and what it requires.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};

use super::{
    Cluster, Sought,
    observe::AT_ONCE,
    request::{Call, CallError},
    url,
};
use crate::model::{Gvk, LiveObject, NamespacePhase, Requirement, RequirementSort, ResourceType, TypeMap};

/// More namespaces than this are read by one LIST.
const MANY: usize = 24;

type Namespaces = (BTreeMap<String, NamespacePhase>, Option<String>);

impl Cluster {
    /// Which of these namespaces exist; the second part says why that could not be read.
    pub(super) async fn namespaces(&self, wanted: &BTreeSet<String>) -> Namespaces {
        if wanted.len() > MANY
            && let Ok(all) = self.list(&namespace_type(), None, &[], None).await
        {
            let named = all.iter().map(|object| (object.body.id().name, phase(object)));
            return (named.filter(|(name, _)| wanted.contains(name)).collect(), None);
        }
        let gets = stream::iter(wanted).map(|name| async move {
            let call = Call::get(url::object(&namespace_type(), None, name));
            (name, self.get_path(&call).await)
        });
        let answers: Vec<_> = gets.buffer_unordered(AT_ONCE).collect().await;
        let (mut found, mut unreadable) = (BTreeMap::new(), None);
        for (name, answer) in answers {
            match answer {
                Ok(Some(object)) => {
                    found.insert(name.clone(), phase(&object));
                }
                Ok(None) => {}
                Err(error) => unreadable = Some(self.reason(&error)),
            }
        }
        (found, unreadable)
    }

    /// Which requirements are there; those that may not be looked for are left out.
    pub(super) async fn requirements(&self, sought: &Sought<'_>, types: &TypeMap) -> BTreeMap<String, bool> {
        let looks = stream::iter(sought.requires).map(|requirement| async move {
            let path = requirement_path(requirement, sought.namespace, types)?;
            let found: Result<bool, CallError> = self.has(&path).await;
            Some((requirement_key(requirement), found.ok()?))
        });
        looks.buffer_unordered(AT_ONCE).filter_map(|found| async move { found }).collect().await
    }
}

/// `sort name` of a requirement, as [`LiveState::required`](crate::model::LiveState::required) has it.
pub fn requirement_key(requirement: &Requirement) -> String {
    let sort = match requirement.sort {
        RequirementSort::Crd => "crd",
        RequirementSort::Namespace => "namespace",
        RequirementSort::Secret => "secret",
        RequirementSort::ConfigMap => "configMap",
        RequirementSort::StorageClass => "storageClass",
    };
    format!("{sort} {}", requirement.name)
}

fn requirement_path(requirement: &Requirement, namespace: Option<&str>, types: &TypeMap) -> Option<String> {
    let name = url::encode(&requirement.name);
    let in_namespace = |plural: &str| {
        let (namespace, name) = match requirement.name.split_once('/') {
            Some((namespace, name)) => (namespace, name),
            None => (namespace?, requirement.name.as_str()),
        };
        Some(format!("/api/v1/namespaces/{}/{plural}/{}", url::encode(namespace), url::encode(name)))
    };
    match requirement.sort {
        RequirementSort::Crd => {
            Some(format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"))
        }
        RequirementSort::Namespace => Some(format!("/api/v1/namespaces/{name}")),
        RequirementSort::Secret => in_namespace("secrets"),
        RequirementSort::ConfigMap => in_namespace("configmaps"),
        RequirementSort::StorageClass => {
            types.any_version("storage.k8s.io", "StorageClass")?;
            Some(format!("/apis/storage.k8s.io/v1/storageclasses/{name}"))
        }
    }
}

fn phase(namespace: &LiveObject) -> NamespacePhase {
    let terminating =
        namespace.terminating() || namespace.body.text(&["status", "phase"]) == Some("Terminating");
    if terminating { NamespacePhase::Terminating } else { NamespacePhase::Active }
}

/// The type of Namespaces, which every server serves.
fn namespace_type() -> ResourceType {
    ResourceType {
        gvk: Gvk::new("v1", "Namespace"),
        plural: "namespaces".to_owned(),
        namespaced: false,
        status: true,
        scale: false,
        verbs: Vec::new(),
    }
}
