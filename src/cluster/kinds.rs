//! The served type of a kind, looked up once.

use std::sync::{Arc, PoisonError};

use serde_json::Value;

use super::{
    Cluster,
    request::{Call, CallError},
    url,
};
use crate::model::{Gvk, ResourceType, TypeMap};

impl Cluster {
    /// The types known so far.
    pub(super) fn known_types(&self) -> Arc<TypeMap> {
        Arc::clone(&self.link.types.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers types.
    pub(super) fn remember_types(&self, types: Arc<TypeMap>) {
        *self.link.types.write().unwrap_or_else(PoisonError::into_inner) = types;
    }

    /// The served type of a kind; asks the server where it is not known yet (CRDs of the same run).
    pub async fn resource(&self, gvk: &Gvk) -> Result<ResourceType, CallError> {
        if let Some(known) = self.known_types().get(gvk) {
            return Ok(known.clone());
        }
        let reply = self.call(&Call::get(url::group_version(&gvk.group, &gvk.version))).await;
        let found = match reply {
            Ok(reply) => legacy_types(&gvk.group, &gvk.version, &serde_json::from_slice(&reply.body)?),
            Err(error) if error.is_absent() => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut types = self.known_types().as_ref().clone();
        types.types.extend(found.into_iter().map(|kind| (kind.gvk.clone(), kind)));
        let wanted = types.get(gvk).cloned();
        self.remember_types(Arc::new(types));
        wanted.ok_or_else(|| no_such_kind(gvk))
    }
}

/// The refusal for a kind that is not served.
fn no_such_kind(gvk: &Gvk) -> CallError {
    let refusal = crate::model::Refusal {
        code: 404,
        reason: "NoSuchKind".to_owned(),
        message: format!("the cluster does not serve {gvk}"),
        causes: Vec::new(),
    };
    CallError::Refused { refusal, repeated: false }
}

/// Reads an `APIResourceList`.
pub(super) fn legacy_types(group: &str, version: &str, list: &Value) -> Vec<ResourceType> {
    let resources: Vec<&Value> =
        list.get("resources").and_then(Value::as_array).into_iter().flatten().collect();
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let has = |name: &str| resources.iter().any(|resource| text(resource, "name") == name);
    resources
        .iter()
        .filter(|resource| !text(resource, "name").contains('/'))
        .map(|resource| {
            let plural = text(resource, "name");
            ResourceType {
                gvk: Gvk {
                    group: group.to_owned(),
                    version: version.to_owned(),
                    kind: text(resource, "kind"),
                },
                namespaced: resource.get("namespaced").and_then(Value::as_bool).unwrap_or_default(),
                status: has(&format!("{plural}/status")),
                scale: has(&format!("{plural}/scale")),
                verbs: texts(resource.get("verbs")),
                plural,
            }
        })
        .collect()
}

/// The strings of a list.
pub(super) fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
