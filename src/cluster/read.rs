//! Reading single objects and labelled lists.

use std::sync::Arc;

use super::{
    Cluster, parse,
    request::{Call, CallError, METADATA},
    url,
};
use crate::model::{Gvk, LiveObject, ObjectId, ResourceType};

/// Objects a page.
const PAGE: &str = "500";

impl Cluster {
    /// Reads one object; none where the server says that it, or its kind, is not there.
    pub async fn get(&self, api_version: &str, id: &ObjectId) -> Result<Option<Arc<LiveObject>>, CallError> {
        let kind = match self.resource(&Gvk::new(api_version, &id.kind)).await {
            Ok(kind) => kind,
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(error),
        };
        self.get_typed(&kind, id.namespace.as_deref(), &id.name).await
    }

    /// Reads one object of a known type.
    pub(super) async fn get_typed(
        &self,
        kind: &ResourceType,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Arc<LiveObject>>, CallError> {
        self.get_path(&Call::get(url::object(kind, namespace, name))).await
    }

    /// Whether one object is there, by its metadata only.
    pub(super) async fn has(&self, path: &str) -> Result<bool, CallError> {
        self.get_path(&Call::get(path).accepting(METADATA)).await.map(|found| found.is_some())
    }

    /// Reads one object at a path.
    pub(super) async fn get_path(&self, call: &Call) -> Result<Option<Arc<LiveObject>>, CallError> {
        match self.call(call).await {
            Ok(reply) => Ok(Some(Arc::new(parse::object(&reply.body)?))),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists by selectors, page by page; `accept` may ask for metadata only.
    pub(super) async fn list(
        &self,
        kind: &ResourceType,
        namespace: Option<&str>,
        selectors: &[(&str, &str)],
        accept: Option<&'static str>,
    ) -> Result<Vec<LiveObject>, CallError> {
        let path = url::collection(kind, namespace);
        let mut found: Vec<LiveObject> = Vec::new();
        let mut next = String::new();
        loop {
            let mut query = selectors.to_vec();
            query.push(("limit", PAGE));
            if !next.is_empty() {
                query.push(("continue", &next));
            }
            let mut call = Call::get(url::with_query(&path, &query));
            if let Some(accept) = accept {
                call = call.accepting(accept);
            }
            let reply = match self.call(&call).await {
                // The token of the next page has grown too old: the list begins anew.
                Err(error) if error.code() == Some(410) && !next.is_empty() => {
                    found.clear();
                    next.clear();
                    continue;
                }
                other => other?,
            };
            let (meta, page) = parse::list(&reply.body, &kind.gvk)?;
            found.extend(page);
            if meta.next.is_empty() {
                return Ok(found);
            }
            next = meta.next;
        }
    }
}
