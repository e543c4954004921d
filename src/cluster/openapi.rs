//! OpenAPI v3 documents of the group-versions that are needed, fetched at once.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;

use super::{
    Cluster,
    request::{Call, CallError},
};
use crate::model::Gvk;

#[derive(Deserialize)]
struct Index {
    paths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "serverRelativeURL")]
    server_relative_url: String,
}

/// The document of one group-version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenApiDocument {
    /// `apiVersion` it is about.
    pub api_version: String,
    /// The server's hash of it: equal hashes are equal documents.
    pub hash: Option<String>,
    /// The document as JSON.
    pub json: Bytes,
}

/// Keeps documents between runs: given a group-version's hash, gives its JSON; told of new ones.
pub trait DocumentCache: Send + Sync {
    /// The document of a hash, where it is kept.
    fn get(&self, hash: &str) -> Option<Vec<u8>>;
    /// Keeps a document.
    fn put(&self, hash: &str, json: &[u8]);
}

impl Cluster {
    /// The documents of the group-versions of these kinds; kinds that are not served are left out.
    pub async fn openapi(
        &self,
        kinds: &BTreeSet<Gvk>,
        cache: Option<&dyn DocumentCache>,
    ) -> Result<Vec<OpenApiDocument>, CallError> {
        let reply = self.call(&Call::get("/openapi/v3")).await?;
        let index: Index = serde_json::from_slice(&reply.body)?;
        let versions: BTreeSet<String> = kinds.iter().map(Gvk::api_version).collect();
        let wanted = versions.into_iter().filter_map(|api_version| {
            let root = if api_version.contains('/') { "apis" } else { "api" };
            let entry = index.paths.get(&format!("{root}/{api_version}"))?;
            Some((api_version, entry.server_relative_url.clone()))
        });
        let wanted: Vec<_> = wanted.collect();
        let documents =
            stream::iter(wanted).map(|(api_version, path)| self.document(api_version, path, cache));
        documents.buffered(8).try_collect().await
    }

    async fn document(
        &self,
        api_version: String,
        path: String,
        cache: Option<&dyn DocumentCache>,
    ) -> Result<OpenApiDocument, CallError> {
        let hash = path.split_once("hash=").map(|(_, hash)| hash.to_owned());
        if let (Some(hash), Some(cache)) = (&hash, cache)
            && let Some(json) = cache.get(hash)
        {
            return Ok(OpenApiDocument { api_version, hash: Some(hash.clone()), json: Bytes::from(json) });
        }
        let json = match self.call(&Call::get(path.clone())).await {
            Ok(reply) => reply.body,
            // The document changed since the index was read (a CRD came): the server points to the new one.
            Err(error) if error.code() == Some(301) => {
                let newest = path.split('?').next().unwrap_or_default();
                return self.newest(api_version, newest).await;
            }
            Err(error) => return Err(error),
        };
        if let (Some(hash), Some(cache)) = (&hash, cache) {
            cache.put(hash, &json);
        }
        Ok(OpenApiDocument { api_version, hash, json })
    }

    /// A document as it stands now, of whatever hash.
    async fn newest(&self, api_version: String, path: &str) -> Result<OpenApiDocument, CallError> {
        let json = self.call(&Call::get(path)).await?.body;
        Ok(OpenApiDocument { api_version, hash: None, json })
    }
}
