//! Bodies in protobuf, as kubectl sends some small objects; the few messages that it does are known here.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

/// What begins every such body.
const MAGIC: &[u8] = b"k8s\0";

/// What a field holds.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    Texts,
    Flag,
    Number,
    Message(&'static [Field]),
    Messages(&'static [Field]),
    Map,
    ByteMap,
}

/// A field of a message: its number, its name in JSON, what it holds.
type Field = (u64, &'static str, Holds);

const OBJECT_META: &[Field] = &[
    (1, "name", Holds::Text),
    (2, "generateName", Holds::Text),
    (3, "namespace", Holds::Text),
    (5, "uid", Holds::Text),
    (6, "resourceVersion", Holds::Text),
    (11, "labels", Holds::Map),
    (12, "annotations", Holds::Map),
    (14, "finalizers", Holds::Texts),
];
const METADATA: Field = (1, "metadata", Holds::Message(OBJECT_META));
const NAMESPACE: &[Field] = &[METADATA];
const CONFIG_MAP: &[Field] =
    &[METADATA, (2, "data", Holds::Map), (3, "binaryData", Holds::ByteMap), (4, "immutable", Holds::Flag)];
const SECRET: &[Field] = &[
    METADATA,
    (2, "data", Holds::ByteMap),
    (3, "type", Holds::Text),
    (4, "stringData", Holds::Map),
    (5, "immutable", Holds::Flag),
];
const LOCAL_REFERENCE: &[Field] = &[(1, "name", Holds::Text)];
const SERVICE_ACCOUNT: &[Field] = &[
    METADATA,
    (3, "imagePullSecrets", Holds::Messages(LOCAL_REFERENCE)),
    (4, "automountServiceAccountToken", Holds::Flag),
];
const RESOURCE: &[Field] = &[
    (1, "namespace", Holds::Text),
    (2, "verb", Holds::Text),
    (3, "group", Holds::Text),
    (4, "version", Holds::Text),
    (5, "resource", Holds::Text),
    (6, "subresource", Holds::Text),
    (7, "name", Holds::Text),
];
const NO_RESOURCE: &[Field] = &[(1, "path", Holds::Text), (2, "verb", Holds::Text)];
const ACCESS: &[Field] = &[
    (1, "resourceAttributes", Holds::Message(RESOURCE)),
    (2, "nonResourceAttributes", Holds::Message(NO_RESOURCE)),
];
const ACCESS_REVIEW: &[Field] = &[METADATA, (2, "spec", Holds::Message(ACCESS))];
const RULES: &[Field] = &[(1, "namespace", Holds::Text)];
const RULES_REVIEW: &[Field] = &[METADATA, (2, "spec", Holds::Message(RULES))];
const PRECONDITIONS: &[Field] = &[(1, "uid", Holds::Text), (2, "resourceVersion", Holds::Text)];
const DELETE_OPTIONS: &[Field] = &[
    (1, "gracePeriodSeconds", Holds::Number),
    (2, "preconditions", Holds::Message(PRECONDITIONS)),
    (3, "orphanDependents", Holds::Flag),
    (4, "propagationPolicy", Holds::Text),
    (5, "dryRun", Holds::Texts),
];
const TYPE_META: &[Field] = &[(1, "apiVersion", Holds::Text), (2, "kind", Holds::Text)];

fn message(kind: &str) -> Option<&'static [Field]> {
    Some(match kind {
        "Namespace" | "SelfSubjectReview" => NAMESPACE,
        "ConfigMap" => CONFIG_MAP,
        "Secret" => SECRET,
        "ServiceAccount" => SERVICE_ACCOUNT,
        "SelfSubjectAccessReview" => ACCESS_REVIEW,
        "SelfSubjectRulesReview" => RULES_REVIEW,
        "DeleteOptions" => DELETE_OPTIONS,
        _ => return None,
    })
}

/// The object of a protobuf body; none where it is no such body, or of a kind that is not known here.
pub(super) fn decoded(body: &[u8]) -> Option<Value> {
    let mut envelope = body.strip_prefix(MAGIC)?;
    let (mut meta, mut raw) = (json!({}), &[][..]);
    while !envelope.is_empty() {
        let (number, value, rest) = field(envelope)?;
        match (number, value) {
            (1, Wire::Bytes(bytes)) => meta = read(bytes, TYPE_META)?,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            (_, Wire::Bytes(_) | Wire::Number(_)) => {}
        }
        envelope = rest;
    }
    let kind = meta.get("kind")?.as_str()?.to_owned();
    let object = read(raw, message(&kind)?)?;
    let (Value::Object(mut whole), Value::Object(object)) = (meta, object) else { return None };
    whole.extend(object);
    Some(Value::Object(whole))
}

enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f).checked_shl(u32::try_from(at * 7).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(at + 1..)?));
        }
    }
    None
}

/// The next field: its number and value, and what follows it.
fn field(bytes: &[u8]) -> Option<(u64, Wire<'_>, &[u8])> {
    let (tag, rest) = varint(bytes)?;
    match tag & 7 {
        0 => varint(rest).map(|(value, rest)| (tag >> 3, Wire::Number(value), rest)),
        2 => {
            let (length, rest) = varint(rest)?;
            let length = usize::try_from(length).ok()?;
            Some((tag >> 3, Wire::Bytes(rest.get(..length)?), rest.get(length..)?))
        }
        _ => None,
    }
}

fn read(mut bytes: &[u8], fields: &[Field]) -> Option<Value> {
    let mut map = Map::new();
    while !bytes.is_empty() {
        let (number, value, rest) = field(bytes)?;
        bytes = rest;
        let Some((_, name, holds)) = fields.iter().find(|(known, _, _)| *known == number) else { continue };
        match (holds, value) {
            (Holds::Text, Wire::Bytes(bytes)) => {
                let text = text(bytes)?;
                // Empty texts are sent for what is not set.
                if !text.is_empty() {
                    map.insert((*name).to_owned(), json!(text));
                }
            }
            (Holds::Flag, Wire::Number(number)) => {
                map.insert((*name).to_owned(), json!(number != 0));
            }
            (Holds::Number, Wire::Number(number)) => {
                map.insert((*name).to_owned(), json!(number));
            }
            (Holds::Message(fields), Wire::Bytes(bytes)) => {
                map.insert((*name).to_owned(), read(bytes, fields)?);
            }
            (Holds::Texts, Wire::Bytes(bytes)) => push(&mut map, name, json!(text(bytes)?)),
            (Holds::Messages(fields), Wire::Bytes(bytes)) => push(&mut map, name, read(bytes, fields)?),
            (Holds::Map, Wire::Bytes(bytes)) => {
                let (key, value) = entry(bytes)?;
                put(&mut map, name, key, json!(text(value)?));
            }
            (Holds::ByteMap, Wire::Bytes(bytes)) => {
                let (key, value) = entry(bytes)?;
                put(&mut map, name, key, json!(STANDARD.encode(value)));
            }
            (_, Wire::Bytes(_) | Wire::Number(_)) => return None,
        }
    }
    Some(Value::Object(map))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn push(map: &mut Map<String, Value>, name: &str, item: Value) {
    if let Some(list) = map.entry(name).or_insert_with(|| json!([])).as_array_mut() {
        list.push(item);
    }
}

fn put(map: &mut Map<String, Value>, name: &str, key: &str, value: Value) {
    if let Some(inner) = map.entry(name).or_insert_with(|| json!({})).as_object_mut() {
        inner.insert(key.to_owned(), value);
    }
}

/// Key and value of a map's entry.
fn entry(mut bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (mut key, mut value) = ("", &[][..]);
    while !bytes.is_empty() {
        let (number, wire, rest) = field(bytes)?;
        match (number, wire) {
            (1, Wire::Bytes(bytes)) => key = text(bytes)?,
            (2, Wire::Bytes(bytes)) => value = bytes,
            (_, Wire::Bytes(_) | Wire::Number(_)) => {}
        }
        bytes = rest;
    }
    Some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_small_object_and_nothing_else() {
        let mut body = MAGIC.to_vec();
        body.extend(b"\x0a\x0f\x0a\x02v1\x12\x09ConfigMap");
        body.extend(b"\x12\x12\x0a\x06\x0a\x01c\x1a\x01n\x12\x08\x0a\x01a\x12\x031=2");
        assert_eq!(
            decoded(&body),
            Some(
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": {"a": "1=2"}})
            )
        );
        assert_eq!(decoded(b"{}"), None);
        assert_eq!(decoded(b"k8s\0\x0a\x0b\x0a\x02v1\x12\x05Thing\x12\x00"), None);
        assert_eq!(decoded(&body[..body.len() - 2]), None);
    }
}
