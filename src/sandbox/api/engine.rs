//! The store with what is served from it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{denial::Denial, openapi::Documents};
use crate::sandbox::{
    resources::{Registry, established},
    store::{Key, Object, Store, StoreError},
};

/// Where CustomResourceDefinitions are stored.
pub(crate) const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";

/// The objects of one sandbox and the kinds it serves.
#[derive(Debug)]
pub(crate) struct Engine {
    /// The objects.
    pub(crate) store: Store,
    /// The kinds.
    pub(crate) registry: Registry,
    /// OpenAPI documents that were made.
    pub(crate) documents: Documents,
}

impl Engine {
    /// An engine over a store, with the custom kinds that stand in it.
    pub(crate) fn over(store: Store) -> Self {
        let mut registry = Registry::builtin();
        for (_, crd) in store.list(DEFINITIONS, None) {
            registry.define(crd.tree());
        }
        Self { store, registry, documents: Documents::default() }
    }

    /// Stores an object.
    pub(crate) fn put(&mut self, key: &Key, tree: Value) -> Result<Arc<Object>, Denial> {
        let object = self.store.put(key, tree).map_err(|error| unwritten(&error))?;
        if key.collection == DEFINITIONS {
            self.registry.define(object.tree());
        }
        Ok(object)
    }

    /// Removes an object.
    pub(crate) fn remove(&mut self, key: &Key) -> Result<Option<Arc<Object>>, Denial> {
        let object = self.store.remove(key).map_err(|error| unwritten(&error))?;
        if let Some(crd) = object.as_ref().filter(|_| key.collection == DEFINITIONS) {
            self.registry.forget(crd.tree());
        }
        Ok(object)
    }

    /// Tells in the status of a definition that its kinds are served, as they are from its write on.
    pub(crate) fn establish(&mut self, key: &Key, now: &str) -> Result<(), Denial> {
        let Some(crd) = self.store.get(key).filter(|_| key.collection == DEFINITIONS) else { return Ok(()) };
        let Some(mut new) = established(crd.tree(), now) else { return Ok(()) };
        track_status(&mut new, now);
        self.put(key, new).map(|_| ())
    }
}

/// The entry of the controllers that write the status of a definition.
fn track_status(crd: &mut Value, now: &str) {
    let names = crd.pointer("/status/acceptedNames").and_then(Value::as_object);
    let names: serde_json::Map<String, Value> =
        names.into_iter().flatten().map(|(name, _)| (format!("f:{name}"), json!({}))).collect();
    let Some(managed) = crd.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut) else {
        return;
    };
    let condition = |sort: &str| {
        (
            format!("k:{{\"type\":\"{sort}\"}}"),
            json!({".": {}, "f:lastTransitionTime": {}, "f:message": {},
                "f:reason": {}, "f:status": {}, "f:type": {}}),
        )
    };
    let conditions: serde_json::Map<String, Value> =
        [condition("Established"), condition("NamesAccepted")].into_iter().collect();
    managed.retain(|entry| entry.get("manager") != Some(&json!("kube-apiserver")));
    managed.push(json!({
        "manager": "kube-apiserver", "operation": "Update", "apiVersion": "apiextensions.k8s.io/v1", "time": now,
        "fieldsType": "FieldsV1", "subresource": "status",
        "fieldsV1": {"f:status": {
            "f:acceptedNames": names,
            "f:conditions": conditions,
        }},
    }));
}

fn unwritten(error: &StoreError) -> Denial {
    Denial::internal(error)
}
