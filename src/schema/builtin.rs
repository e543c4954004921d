//! The built-in kinds of Kubernetes, embedded.
//!
//! `cargo run --example record-schemas` writes the bundle from a running API server.

use std::sync::OnceLock;

use serde::Deserialize;

use super::set::SchemaSet;
use crate::model::{Gvk, ResourceType};

/// OpenAPI v3 of every built-in group of Kubernetes 1.36.3, less descriptions, and discovery's rows; JSON in zstd.
const BUNDLE: &[u8] = include_bytes!("builtin-1.36.zst");

#[derive(Deserialize)]
struct Types {
    types: Vec<TypeRow>,
}

#[derive(Deserialize)]
struct TypeRow {
    gvk: Gvk,
    plural: String,
    namespaced: bool,
    status: bool,
    scale: bool,
    verbs: Vec<String>,
}

struct Builtin {
    types: Vec<ResourceType>,
    set: SchemaSet,
}

fn builtin() -> &'static Builtin {
    static BUILTIN: OnceLock<Builtin> = OnceLock::new();
    BUILTIN.get_or_init(|| {
        // The bundle is part of the program; a test reads all of it, so an empty answer cannot happen unseen.
        let text = zstd::decode_all(BUNDLE).unwrap_or_default();
        let types = types(&text);
        let mut set = SchemaSet::new();
        set.add_bundle(&text, &types).ok();
        Builtin { types, set }
    })
}

fn types(text: &[u8]) -> Vec<ResourceType> {
    let rows = serde_json::from_slice::<Types>(text).map(|types| types.types).unwrap_or_default();
    rows.into_iter()
        .map(|row| ResourceType {
            gvk: row.gvk,
            plural: row.plural,
            namespaced: row.namespaced,
            status: row.status,
            scale: row.scale,
            verbs: row.verbs,
        })
        .collect()
}

/// The built-in kinds, as discovery of Kubernetes 1.36 tells them.
pub fn builtin_types() -> &'static [ResourceType] {
    &builtin().types
}

impl SchemaSet {
    /// The schemas of all built-in kinds of Kubernetes 1.36.
    pub fn builtin() -> Self {
        builtin().set.clone()
    }
}
