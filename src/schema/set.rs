//! All schemas that are known at one moment.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    crd,
    cursor::Schema,
    document::{Builder, Document, NodeId},
    raw::{RawDocument, RawKind},
};
use crate::model::{Gvk, ResourceType};

/// Why schemas could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Not an OpenAPI v3 document.
    #[error("not an OpenAPI v3 document: {0}")]
    OpenApi(serde_json::Error),
    /// Not a CustomResourceDefinition.
    #[error("not a CustomResourceDefinition: {0}")]
    Crd(String),
}

/// The schemas of kinds; cloning it is cheap, and what is added later wins.
#[derive(Clone, Default)]
pub struct SchemaSet {
    kinds: Arc<BTreeMap<Gvk, Entry>>,
}

#[derive(Clone)]
struct Entry {
    document: Arc<Document>,
    root: NodeId,
    status: Option<bool>,
}

impl SchemaSet {
    /// A set that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the OpenAPI v3 document of one group and version, as an API server serves it.
    pub fn add_openapi(&mut self, document: &[u8]) -> Result<(), SchemaError> {
        let raw: RawDocument<'_> = serde_json::from_slice(document).map_err(SchemaError::OpenApi)?;
        let with_status: Vec<_> = raw.paths.kinds.iter().map(gvk).collect();
        let known = raw.paths.known;
        self.add_raw(&raw, |gvk| known.then(|| with_status.contains(gvk)));
        Ok(())
    }

    /// Adds all versions of a CustomResourceDefinition.
    pub fn add_crd(&mut self, crd: &Value) -> Result<(), SchemaError> {
        let versions = crd::versions(crd).map_err(SchemaError::Crd)?;
        let kinds = Arc::make_mut(&mut self.kinds);
        for version in versions {
            let (document, root) = (Arc::new(version.document), version.root);
            kinds.insert(version.gvk, Entry { document, root, status: Some(version.status) });
        }
        Ok(())
    }

    /// Adds a compact bundle, whose subresources are told by its types.
    pub(super) fn add_bundle(&mut self, text: &[u8], types: &[ResourceType]) -> Result<(), SchemaError> {
        let raw: RawDocument<'_> = serde_json::from_slice(text).map_err(SchemaError::OpenApi)?;
        self.add_raw(&raw, |gvk| Some(types.iter().any(|t| t.gvk == *gvk && t.status)));
        Ok(())
    }

    /// What is declared of a kind.
    pub fn of(&self, gvk: &Gvk) -> Option<Schema<'_>> {
        let entry = self.kinds.get(gvk)?;
        Schema::at(&entry.document, entry.root, entry.status)
    }

    /// The kinds that are known.
    pub fn kinds(&self) -> impl Iterator<Item = &Gvk> {
        self.kinds.keys()
    }

    fn add_raw(&mut self, raw: &RawDocument<'_>, status: impl Fn(&Gvk) -> Option<bool>) {
        let mut builder = Builder::default();
        let mut roots = Vec::new();
        for (name, schema) in &raw.components.schemas.0 {
            let root = builder.component(&name.0, schema);
            // Components such as DeleteOptions name every group; they are no objects.
            if let [kind] = schema.kinds.as_slice() {
                roots.push((gvk(kind), root));
            }
        }
        let document = Arc::new(builder.finish());
        let kinds = Arc::make_mut(&mut self.kinds);
        for (gvk, root) in roots {
            let status = status(&gvk);
            kinds.insert(gvk, Entry { document: Arc::clone(&document), root, status });
        }
    }
}

fn gvk(kind: &RawKind<'_>) -> Gvk {
    Gvk {
        group: kind.group.0.clone().into_owned(),
        version: kind.version.0.clone().into_owned(),
        kind: kind.kind.0.clone().into_owned(),
    }
}
