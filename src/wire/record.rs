//! Head, revision, pack and key records as ConfigMaps and Secrets, and back.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    compress::{squeeze, unsqueeze},
    names::{
        LABEL_RECORD_ENVIRONMENT, LABEL_RECORD_STACK, RECORD_HEAD, RECORD_KEY, RECORD_PACK, RECORD_REVISION,
        RecordNames,
    },
    pack::Pack,
};
use crate::model::{Body, Head, Revision, TargetId};

/// Inventories of more bytes than this are packed.
const PLAIN_INVENTORY: usize = 96 << 10;
/// Bytes of a packed inventory a ConfigMap, which holds 1 MiB.
const INVENTORY_PART: usize = 768 << 10;
const ANNOTATION_NUMBER: &str = "obsctl.dev/record-number";
const ANNOTATION_PART: &str = "obsctl.dev/record-part";
const ANNOTATION_PARTS: &str = "obsctl.dev/record-parts";
const ANNOTATION_PACK: &str = "obsctl.dev/record-pack";

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {name} is damaged: {reason}")]
pub struct WireError {
    /// Name of the record.
    pub name: String,
    /// What is wrong.
    pub reason: String,
}

impl WireError {
    pub(super) fn new(name: impl Into<String>, reason: impl ToString) -> Self {
        Self { name: name.into(), reason: reason.to_string() }
    }
}

/// The head's ConfigMap.
pub fn head_record(names: &RecordNames, head: &Head) -> Value {
    let name = names.head();
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": names.metadata(&name, RECORD_HEAD),
        "data": {"head": serde_json::to_string(head).unwrap_or_default()},
    })
}

/// Reads a head's ConfigMap.
pub fn head_of(record: &Body) -> Result<Head, WireError> {
    let text = record.text(&["data", "head"]).unwrap_or_default();
    serde_json::from_str(text).map_err(|error| WireError::new(record.id().name, error))
}

/// Whose record it is; the repository's id stands in the head.
pub fn target_of(record: &Body, head: &Head) -> Option<TargetId> {
    Some(TargetId {
        repository: head.repository.clone(),
        environment: record.label(LABEL_RECORD_ENVIRONMENT)?.to_owned(),
        stack: record.label(LABEL_RECORD_STACK)?.to_owned(),
    })
}

/// The ConfigMaps of a revision: one, or more where the inventory is very long.
pub fn revision_records(names: &RecordNames, revision: &Revision) -> Result<Vec<Value>, WireError> {
    let name = names.revision(revision.number, 0);
    let damaged = |error: &dyn std::error::Error| WireError::new(&name, error);
    let inventory = serde_json::to_vec(&revision.inventory).map_err(|error| damaged(&error))?;
    let bare = Revision { inventory: Vec::new(), ..revision.clone() };
    let bare = serde_json::to_string(&bare).map_err(|error| damaged(&error))?;
    if inventory.len() <= PLAIN_INVENTORY {
        let inventory = String::from_utf8(inventory).map_err(|error| damaged(&error))?;
        let mut record = revision_part(names, revision.number, 0, 1);
        insert(&mut record, "data", json!({"revision": bare, "inventory": inventory}));
        return Ok(vec![record]);
    }
    let packed = squeeze(&inventory).map_err(|error| damaged(&error))?;
    let parts: Vec<_> = packed.chunks(INVENTORY_PART).collect();
    let records = parts.iter().enumerate().map(|(part, bytes)| {
        let mut record = revision_part(names, revision.number, part, parts.len());
        if part == 0 {
            insert(&mut record, "data", json!({"revision": bare}));
        }
        insert(&mut record, "binaryData", json!({"inventory": STANDARD.encode(bytes)}));
        record
    });
    Ok(records.collect())
}

fn revision_part(names: &RecordNames, number: u64, part: usize, parts: usize) -> Value {
    let mut metadata = names.metadata(&names.revision(number, part), RECORD_REVISION);
    let annotations = json!({
        ANNOTATION_NUMBER: number.to_string(),
        ANNOTATION_PART: part.to_string(),
        ANNOTATION_PARTS: parts.to_string(),
    });
    insert(&mut metadata, "annotations", annotations);
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
}

fn insert(record: &mut Value, key: &str, value: Value) {
    if let Some(map) = record.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

/// The number of the revision that a ConfigMap belongs to.
pub fn revision_number_of(record: &Body) -> Option<u64> {
    record.annotation(ANNOTATION_NUMBER)?.parse().ok()
}

/// Reads all revisions of a target from their ConfigMaps, oldest first; a revision that lacks parts is damaged.
pub fn revisions_of(records: &[Body]) -> Result<Vec<Revision>, WireError> {
    let mut parts: BTreeMap<u64, BTreeMap<usize, &Body>> = BTreeMap::new();
    for record in records {
        let number = revision_number_of(record);
        let part = record.annotation(ANNOTATION_PART).and_then(|part| part.parse().ok());
        let (Some(number), Some(part)) = (number, part) else {
            return Err(WireError::new(record.id().name, "it has no number"));
        };
        parts.entry(number).or_default().insert(part, record);
    }
    // Further parts are stored first and deleted last: without the first part there is no revision.
    parts.retain(|_, parts| parts.contains_key(&0));
    parts.values().map(revision_of).collect()
}

fn revision_of(parts: &BTreeMap<usize, &Body>) -> Result<Revision, WireError> {
    let Some(first) = parts.get(&0) else {
        return Err(WireError::new("revision", "its first part is missing"));
    };
    let name = first.id().name;
    let damaged = |error: &dyn std::error::Error| WireError::new(&name, error);
    let text = first.text(&["data", "revision"]).unwrap_or_default();
    let mut revision: Revision = serde_json::from_str(text).map_err(|error| damaged(&error))?;
    if let Some(text) = first.text(&["data", "inventory"]) {
        revision.inventory = serde_json::from_str(text).map_err(|error| damaged(&error))?;
        return Ok(revision);
    }
    let wanted: usize = first.annotation(ANNOTATION_PARTS).and_then(|parts| parts.parse().ok()).unwrap_or(1);
    if parts.len() < wanted {
        return Err(WireError::new(name, format!("{} of {wanted} parts are there", parts.len())));
    }
    let mut packed = Vec::new();
    for part in parts.values().take(wanted) {
        let text = part.text(&["binaryData", "inventory"]).unwrap_or_default();
        packed.extend(STANDARD.decode(text).map_err(|error| damaged(&error))?);
    }
    let plain = unsqueeze(&packed).map_err(|error| damaged(&error))?;
    revision.inventory = serde_json::from_slice(&plain).map_err(|error| damaged(&error))?;
    Ok(revision)
}

/// The Secrets of a pack.
pub fn pack_records(names: &RecordNames, pack: &Pack) -> Vec<Value> {
    let records = pack.chunks.iter().enumerate().map(|(part, bytes)| {
        let mut metadata = names.metadata(&names.pack(&pack.name, part), RECORD_PACK);
        let annotations = json!({
            ANNOTATION_PACK: pack.name,
            ANNOTATION_PART: part.to_string(),
            ANNOTATION_PARTS: pack.chunks.len().to_string(),
        });
        insert(&mut metadata, "annotations", annotations);
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "obsctl.dev/revision",
            "metadata": metadata,
            "data": {"pack": STANDARD.encode(bytes)},
        })
    });
    records.collect()
}

/// The pack that a Secret is a part of.
pub fn pack_name_of(record: &Body) -> Option<&str> {
    record.annotation(ANNOTATION_PACK)
}

/// How many Secrets the pack of this one has.
pub fn pack_parts(record: &Body) -> usize {
    record.annotation(ANNOTATION_PARTS).and_then(|parts| parts.parse().ok()).unwrap_or(1)
}

/// The bytes in one Secret of a pack.
pub fn pack_bytes(record: &Body) -> Result<Vec<u8>, WireError> {
    let text = record.text(&["data", "pack"]).unwrap_or_default();
    STANDARD.decode(text).map_err(|error| WireError::new(record.id().name, error))
}

/// The Secret that holds the key of digests.
pub fn key_record(names: &RecordNames, key: &[u8]) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "obsctl.dev/revision",
        "metadata": names.metadata(&names.key(), RECORD_KEY),
        "immutable": true,
        "data": {"key": STANDARD.encode(key)},
    })
}

/// The key of digests.
pub fn key_of(record: &Body) -> Result<Vec<u8>, WireError> {
    let text = record.text(&["data", "key"]).unwrap_or_default();
    match STANDARD.decode(text) {
        Ok(key) if key.len() >= 16 => Ok(key),
        Ok(_) => Err(WireError::new(record.id().name, "the key is too short")),
        Err(error) => Err(WireError::new(record.id().name, error)),
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
pub(super) mod tests;
