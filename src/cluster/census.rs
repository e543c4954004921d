//! Counting what would die with a Namespace or a CustomResourceDefinition.

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};

use super::{
    Cluster,
    observe::AT_ONCE,
    request::{CallError, METADATA_LIST},
};
use crate::model::{Body, Gvk, ObjectId, ResourceType, TypeMap};

impl Cluster {
    /// How many objects of a kind there are in the whole cluster.
    pub async fn count_of(&self, gvk: &Gvk) -> Result<usize, CallError> {
        let kind = match self.resource(gvk).await {
            Ok(kind) => kind,
            Err(error) if error.is_absent() => return Ok(0),
            Err(error) => return Err(error),
        };
        self.list(&kind, None, &[], Some(METADATA_LIST)).await.map(|found| found.len())
    }

    /// How many objects stand in a namespace beside the known ones.
    ///
    /// Not counted: what another object controls, Events, and what the control plane puts into every namespace.
    pub async fn strangers(
        &self,
        namespace: &str,
        known: &BTreeSet<ObjectId>,
        types: &TypeMap,
    ) -> Result<usize, CallError> {
        let listable = |kind: &&ResourceType| {
            kind.namespaced
                && kind.verbs.iter().any(|verb| verb == "list")
                && kind.verbs.iter().any(|verb| verb == "delete")
                && kind.gvk.kind != "Event"
                && !types.stale.contains(&kind.gvk.api_version())
        };
        let kinds: Vec<_> = types.types.values().filter(listable).collect();
        let lists = stream::iter(kinds)
            .map(|kind| async move {
                let list = self.list(kind, Some(namespace), &[], Some(METADATA_LIST)).await?;
                Ok::<_, CallError>((kind, list))
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut strangers = BTreeSet::new();
        for list in lists {
            let (kind, objects) = list?;
            for object in objects {
                let id = ObjectId {
                    group: kind.gvk.group.clone(),
                    kind: kind.gvk.kind.clone(),
                    ..object.body.id()
                };
                if !known.contains(&id) && !comes_with_others(&object.body, &id) {
                    strangers.insert(object.uid);
                }
            }
        }
        Ok(strangers.len())
    }
}

/// Whether an object exists only because of another one or of the namespace itself.
fn comes_with_others(body: &Body, id: &ObjectId) -> bool {
    !body.items(&["metadata", "ownerReferences"]).is_empty()
        || id.is("", "ConfigMap") && id.name == "kube-root-ca.crt"
        || id.is("", "ServiceAccount") && id.name == "default"
        // The Endpoints of a Service name no owner.
        || id.is("", "Endpoints")
}
