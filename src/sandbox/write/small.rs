//! Subresources that are a request rather than a part: an eviction, a token.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{body, delete::delete, written::Written};
use crate::sandbox::api::{Ask, Denial, Engine, key};

/// POST to `eviction`: the pod is deleted. Budgets are not asked.
pub(crate) fn evict(engine: &mut Engine, ask: &Ask) -> Result<Written, Denial> {
    delete(engine, &Ask { body: bytes::Bytes::new(), ..ask.clone() })?;
    Ok(Written::tree(json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}))
        .anew())
}

/// POST to `token`: a token that proves nothing, for everybody may everything.
pub(crate) fn token(engine: &Engine, ask: &Ask) -> Result<Value, Denial> {
    if engine.store.get(&key(&ask.resource, ask.namespace(), ask.name())).is_none() {
        return Err(Denial::not_found(&ask.resource, ask.name()));
    }
    let mut review = body::decoded(ask)?;
    if let Some(map) = review.as_object_mut() {
        let token = format!("sandbox-{}", Uuid::new_v4());
        map.insert(
            "status".to_owned(),
            json!({"token": token, "expirationTimestamp": "2099-01-01T00:00:00Z"}),
        );
    }
    Ok(review)
}
