//! The built-in kinds of Kubernetes, embedded.
//!
//! `cargo run --example record-schemas` writes the bundle from a running API server.

use std::{collections::BTreeMap, sync::OnceLock};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::set::SchemaSet;
use crate::model::{Gvk, ResourceType};

/// OpenAPI v3 of every built-in group of Kubernetes 1.36.3, less descriptions, and discovery's rows; JSON in zstd.
const BUNDLE: &[u8] = include_bytes!("builtin-1.36.zst");

#[derive(Default, Deserialize)]
struct Tables {
    types: Vec<TypeRow>,
    /// By component: the fields that Go holds by value and leaves out when empty.
    omitted: BTreeMap<String, Vec<String>>,
    /// By component: the fields that an empty object has, with what stands there.
    #[serde(default)]
    always: BTreeMap<String, Map<String, Value>>,
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

struct Bundle {
    text: Vec<u8>,
    types: Vec<ResourceType>,
    omitted: BTreeMap<String, Vec<String>>,
    always: BTreeMap<String, Map<String, Value>>,
}

fn bundle() -> &'static Bundle {
    static UNPACKED: OnceLock<Bundle> = OnceLock::new();
    UNPACKED.get_or_init(|| {
        // The bundle is part of the program; a test reads all of it, so an empty answer cannot happen unseen.
        let text = zstd::decode_all(BUNDLE).unwrap_or_default();
        let tables: Tables = serde_json::from_slice(&text).unwrap_or_default();
        Bundle { types: types(tables.types), omitted: tables.omitted, always: tables.always, text }
    })
}

fn types(rows: Vec<TypeRow>) -> Vec<ResourceType> {
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
    &bundle().types
}

/// The OpenAPI v3 components of all built-in kinds: a JSON document with `components.schemas`.
pub fn builtin_components() -> &'static [u8] {
    &bundle().text
}

/// The fields of a component that are the same when empty and when absent: OpenAPI does not tell, Go's types do.
pub(super) fn omitted_fields(component: &str) -> &'static [String] {
    bundle().omitted.get(component).map_or(&[], Vec::as_slice)
}

/// The fields that a component has even when it is empty, with what stands there.
pub(super) fn always_fields(component: &str) -> impl Iterator<Item = (&'static str, &'static Value)> {
    let fields = bundle().always.get(component).into_iter().flatten();
    fields.map(|(name, value)| (&**name, value))
}

impl SchemaSet {
    /// The schemas of all built-in kinds of Kubernetes 1.36.
    pub fn builtin() -> Self {
        static SET: OnceLock<SchemaSet> = OnceLock::new();
        let set = SET.get_or_init(|| {
            let mut set = Self::new();
            set.add_bundle(&bundle().text, builtin_types()).ok();
            set
        });
        set.clone()
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
