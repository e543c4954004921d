//! Digests and sealed forms of what may be secret.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::places::{is_secret_place, secret_values};
use crate::model::{Body, Digest, FieldPath, Shown, canonical, hex};

/// Characters of a digest that are shown.
const SHORT: usize = 12;

/// Makes digests of objects and hides secret values, with a key that stands in the cluster.
#[derive(Clone, Default)]
pub struct Sealer {
    key: Option<Zeroizing<Vec<u8>>>,
}

impl Sealer {
    /// A sealer with the key of the state namespace, or without one where it could not be read.
    pub fn new(key: Option<Vec<u8>>) -> Self {
        Self { key: key.map(Zeroizing::new) }
    }

    /// Whether digests of secrets can be compared.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The digest of an object: keyed where it holds secrets.
    ///
    /// Without a key an object with secrets gets a digest that equals none, not even its own made again: `unkeyed:` and
    /// a random number (see [`Sealer::comparable`]).
    pub fn digest(&self, body: &Body) -> Digest {
        let mut secrets = Vec::new();
        secret_values(body, &mut secrets);
        if secrets.is_empty() && !body.is_secret() {
            return Digest::of_tree(body.tree());
        }
        self.keyed(canonical(body.tree()).as_bytes())
            .unwrap_or_else(|| Digest(format!("unkeyed:{}", uuid::Uuid::new_v4().simple())))
    }

    /// Whether a digest says anything: one made without the key does not.
    pub fn comparable(digest: &Digest) -> bool {
        !digest.0.starts_with("unkeyed:")
    }

    /// A value of an object as it may be shown.
    pub fn shown(&self, body: &Body, path: &FieldPath, value: &Value) -> Shown {
        if is_secret_place(body, path) {
            let bytes = content(body, path, value);
            let digest = self.keyed(&bytes);
            let digest = digest.map(|digest| digest.short().chars().take(SHORT).collect());
            return Shown::Sealed { length: bytes.len(), digest };
        }
        Shown::Plain(self.masked(body, path, value))
    }

    /// A whole object with its secrets replaced by a sealed text: for printing.
    pub fn sealed_tree(&self, body: &Body) -> Value {
        self.masked(body, &FieldPath::default(), body.tree())
    }

    /// A value with the secrets inside it replaced by their sealed text.
    fn masked(&self, body: &Body, path: &FieldPath, value: &Value) -> Value {
        use crate::model::PathElement::{Field, Index};
        let part = |element, value: &Value| {
            let path = path.child(element);
            match self.shown(body, &path, value) {
                Shown::Plain(value) => value,
                Shown::Sealed { .. } | Shown::Absent => Value::from(super::redactor::SEALED),
            }
        };
        match value {
            Value::Object(map) => {
                let telling = map.get("name").and_then(Value::as_str).is_some_and(super::places::tells);
                let fields = map.iter().map(|(name, value)| {
                    let variable = telling && name == "value" && value.is_string();
                    let shown = if variable {
                        Value::from(super::redactor::SEALED)
                    } else {
                        part(Field(name.clone()), value)
                    };
                    (name.clone(), shown)
                });
                Value::Object(fields.collect())
            }
            Value::Array(items) => {
                items.iter().enumerate().map(|(index, item)| part(Index(index), item)).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    fn keyed(&self, bytes: &[u8]) -> Option<Digest> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_ref()?).ok()?;
        mac.update(bytes);
        Some(Digest(format!("hmac:{}", hex(&mac.finalize().into_bytes()))))
    }
}

/// The bytes of a secret value: decoded where it stands in a Secret's `data`.
fn content(body: &Body, path: &FieldPath, value: &Value) -> Zeroizing<Vec<u8>> {
    let bytes = match value {
        Value::String(text) if body.is_secret() && path.starts_with(&["data"]) => {
            STANDARD.decode(text).unwrap_or_else(|_| text.clone().into_bytes())
        }
        Value::String(text) => text.clone().into_bytes(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            canonical(value).into_bytes()
        }
    };
    Zeroizing::new(bytes)
}

#[cfg(test)]
#[path = "sealer_tests.rs"]
mod tests;
