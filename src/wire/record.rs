//! Head and revision records as ConfigMaps, packs and the key as Secrets.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::names::{
    LABEL_RECORD_ENVIRONMENT, LABEL_RECORD_STACK, PACK_TYPE, RecordSort, head_name, pack_name, revision_name,
};
use crate::model::{Body, Head, InventoryItem, KEY_NAME, LABEL_RECORD, Ledger, Revision, TargetId};

/// The format that this version writes.
const FORMAT: &str = "v1";
/// An inventory longer than this many bytes is stored compressed.
const PLAIN_INVENTORY: usize = 64 * 1024;

/// Why a record cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// JSON that is not of the record's form.
    #[error("a record of obsctl is broken")]
    Json(#[from] serde_json::Error),
    /// A pack that cannot be compressed or read.
    #[error("a pack of obsctl's records is broken: {0}")]
    Pack(String),
    /// A format of another version.
    #[error(
        "record `{name}` has format `{format}`, which this version of obsctl does not read: use a newer one"
    )]
    Format {
        /// The record.
        name: String,
        /// Its format.
        format: String,
    },
}

fn metadata(name: &str, namespace: &str, target: &TargetId, sort: RecordSort) -> Value {
    json!({
        "name": name,
        "namespace": namespace,
        "labels": {
            LABEL_RECORD: sort.word(),
            LABEL_RECORD_ENVIRONMENT: target.environment,
            LABEL_RECORD_STACK: target.stack,
        },
    })
}

/// The head's ConfigMap; with the version it replaces, where there is one.
pub fn encode_head(
    namespace: &str,
    target: &TargetId,
    head: &Head,
    replaces: Option<&str>,
) -> Result<Value, WireError> {
    let mut metadata = metadata(&head_name(target), namespace, target, RecordSort::Head);
    if let (Some(version), Some(map)) = (replaces, metadata.as_object_mut()) {
        map.insert("resourceVersion".to_owned(), json!(version));
    }
    Ok(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata,
        "data": {"format": FORMAT, "head.json": serde_json::to_string(head)?},
    }))
}

/// A revision's ConfigMap.
pub fn encode_revision(namespace: &str, target: &TargetId, revision: &Revision) -> Result<Value, WireError> {
    let name = revision_name(target, revision.number);
    let mut record = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": metadata(&name, namespace, target, RecordSort::Revision),
        "data": {"format": FORMAT},
    });
    let inventory = serde_json::to_string(&revision.inventory)?;
    let about = Revision { inventory: Vec::new(), ..revision.clone() };
    let data = record.get_mut("data").and_then(Value::as_object_mut);
    if let Some(data) = data {
        data.insert("revision.json".to_owned(), json!(serde_json::to_string(&about)?));
        if inventory.len() <= PLAIN_INVENTORY {
            data.insert("inventory.json".to_owned(), json!(inventory));
            return Ok(record);
        }
    }
    let packed =
        zstd::encode_all(inventory.as_bytes(), 9).map_err(|error| WireError::Pack(error.to_string()))?;
    if let Some(map) = record.as_object_mut() {
        map.insert("binaryData".to_owned(), json!({"inventory.zst": STANDARD.encode(packed)}));
    }
    Ok(record)
}

/// One part of a pack as a Secret.
pub fn encode_pack_chunk(
    namespace: &str,
    target: &TargetId,
    pack: &str,
    (part, parts): (usize, usize),
    bytes: &[u8],
) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": PACK_TYPE,
        "metadata": metadata(&pack_name(target, pack, part), namespace, target, RecordSort::Pack),
        "data": {"part": STANDARD.encode(bytes), "parts": STANDARD.encode(parts.to_string())},
    })
}

/// The Secret that holds the key of digests.
pub fn encode_key(namespace: &str, key: &[u8]) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "obsctl.dev/key",
        "metadata": {"name": KEY_NAME, "namespace": namespace, "labels": {LABEL_RECORD: RecordSort::Key.word()}},
        "data": {"key": STANDARD.encode(key)},
    })
}

/// The ledgers of all targets of an environment, by stack, out of their ConfigMaps.
pub fn decode_ledgers<'a>(
    records: impl Iterator<Item = &'a Body>,
) -> Result<BTreeMap<String, Ledger>, WireError> {
    let mut ledgers: BTreeMap<String, Ledger> = BTreeMap::new();
    for record in records {
        let Some(stack) = record.label(LABEL_RECORD_STACK) else { continue };
        let ledger = ledgers.entry(stack.to_owned()).or_default();
        match record.label(LABEL_RECORD) {
            Some("head") => {
                ledger.head = Some(serde_json::from_str(text(record, "head.json")?)?);
                ledger.head_version = record.text(&["metadata", "resourceVersion"]).map(str::to_owned);
            }
            Some("revision") => ledger.revisions.push(decode_revision(record)?),
            _ => {}
        }
    }
    for ledger in ledgers.values_mut() {
        ledger.revisions.sort_by_key(|revision| revision.number);
        // A run that died before it could name its revision in the head wrote nothing else either.
        let last = ledger.head.as_ref().map_or(0, |head| head.last);
        ledger.revisions.retain(|revision| revision.number <= last);
    }
    Ok(ledgers)
}

/// The ledger of one target; empty where it has no records.
pub fn decode_ledger<'a>(stack: &str, records: impl Iterator<Item = &'a Body>) -> Result<Ledger, WireError> {
    Ok(decode_ledgers(records)?.remove(stack).unwrap_or_default())
}

fn decode_revision(record: &Body) -> Result<Revision, WireError> {
    let mut revision: Revision = serde_json::from_str(text(record, "revision.json")?)?;
    revision.inventory = inventory(record)?;
    Ok(revision)
}

fn inventory(record: &Body) -> Result<Vec<InventoryItem>, WireError> {
    if let Some(plain) = record.text(&["data", "inventory.json"]) {
        return Ok(serde_json::from_str(plain)?);
    }
    let packed = record.text(&["binaryData", "inventory.zst"]).unwrap_or_default();
    let broken = |error: &dyn std::fmt::Display| WireError::Pack(error.to_string());
    let bytes = STANDARD.decode(packed).map_err(|error| broken(&error))?;
    let plain = zstd::decode_all(bytes.as_slice()).map_err(|error| broken(&error))?;
    Ok(serde_json::from_slice(&plain)?)
}

fn text<'a>(record: &'a Body, key: &str) -> Result<&'a str, WireError> {
    let format = record.text(&["data", "format"]).unwrap_or_default();
    if format != FORMAT {
        let name = record.text(&["metadata", "name"]).unwrap_or_default().to_owned();
        return Err(WireError::Format { name, format: format.to_owned() });
    }
    Ok(record.text(&["data", key]).unwrap_or_default())
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
