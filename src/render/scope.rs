//! Which kinds stand in namespaces.

use std::{collections::BTreeMap, sync::Arc};

use crate::model::{Body, DesiredState, Gvk};
use crate::schema::{builtin_types, crd_types};

/// Scopes that can be known without a cluster.
pub(super) struct Scopes(BTreeMap<(String, String), bool>);

impl Scopes {
    /// The built-in kinds, and those that definitions among the objects bring.
    pub(super) fn new<'a>(bodies: impl Iterator<Item = &'a Body>) -> Self {
        let builtin = builtin_types().iter().cloned();
        let brought = bodies
            .filter(|body| body.kind() == "CustomResourceDefinition")
            .flat_map(|body| crd_types(body.tree()));
        Self(builtin.chain(brought).map(|kind| ((kind.gvk.group, kind.gvk.kind), kind.namespaced)).collect())
    }

    /// Whether objects of a kind stand in namespaces; a kind that nobody knows is taken to.
    pub(super) fn namespaced(&self, gvk: &Gvk) -> bool {
        self.0.get(&(gvk.group.clone(), gvk.kind.clone())).copied().unwrap_or(true)
    }
}

/// Takes the namespace off objects of kinds that the cluster knows to be cluster-scoped.
pub fn rescope(desired: &mut Arc<DesiredState>, is_cluster_scoped: &dyn Fn(&Gvk) -> Option<bool>) {
    let wrong = |body: &Body, namespaced: bool| namespaced && is_cluster_scoped(&body.gvk()) == Some(true);
    let ids: Vec<_> = desired
        .objects
        .iter()
        .filter(|(id, wanted)| wrong(&wanted.body, id.namespace.is_some()))
        .map(|(id, _)| id.clone())
        .collect();
    if ids.is_empty() {
        return;
    }
    let desired = Arc::make_mut(desired);
    for id in ids {
        let Some(mut wanted) = desired.objects.remove(&id) else { continue };
        if let Some(metadata) = wanted.body.tree_mut().get_mut("metadata").and_then(|m| m.as_object_mut()) {
            metadata.shift_remove("namespace");
        }
        wanted.id.namespace = None;
        desired.objects.insert(wanted.id.clone(), wanted);
    }
}
