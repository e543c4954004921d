//! Schemas of the kinds that a plan speaks of: embedded where the server is of the bundle's version, else its own.

use std::collections::BTreeSet;

use super::{Cluster, openapi::DocumentCache, request::CallError};
use crate::model::Gvk;
use crate::schema::SchemaSet;

/// Version of Kubernetes whose built-in kinds are embedded.
const BUNDLE: &str = "v1.36.";

impl Cluster {
    /// The schemas of these kinds; a kind whose document cannot be had or read is left out.
    ///
    /// A server of the bundle's minor version is asked for other kinds only: its own documents say the same.
    pub async fn schemas(
        &self,
        kinds: &BTreeSet<Gvk>,
        cache: Option<&dyn DocumentCache>,
    ) -> Result<SchemaSet, CallError> {
        let same = self.identity().version.starts_with(BUNDLE);
        let mut set = if same { SchemaSet::builtin() } else { SchemaSet::new() };
        let unknown: BTreeSet<Gvk> = kinds.iter().filter(|kind| set.of(kind).is_none()).cloned().collect();
        if unknown.is_empty() {
            return Ok(set);
        }
        for document in self.openapi(&unknown, cache).await? {
            if let Err(error) = set.add_openapi(&document.json) {
                tracing::warn!("OpenAPI document of {}: {error}", document.api_version);
            }
        }
        Ok(set)
    }
}
