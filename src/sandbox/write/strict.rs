//! Fields that a kind does not have, and keys that a body says twice.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::schema::{Schema, Sort};

/// Removes what a schema does not know, and tells what it was, as `unknown field "spec.x"`.
pub(super) fn prune(tree: &mut Value, schema: Schema<'_>) -> Vec<String> {
    let mut found = Vec::new();
    walk(tree, schema, "", &mut found);
    found.into_iter().map(|path| format!("unknown field \"{path}\"")).collect()
}

fn walk(tree: &mut Value, schema: Schema<'_>, path: &str, found: &mut Vec<String>) {
    match tree {
        Value::Object(map) => {
            let open = schema.preserves_unknown() || schema.sort() == Sort::Any;
            map.retain(|key, value| {
                let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                // Sets of fields are keys that no schema names.
                if at == "metadata.managedFields" {
                    return true;
                }
                match schema.field(key) {
                    Some(field) => walk(value, field, &at, found),
                    None if open => {}
                    None => {
                        found.push(at);
                        return false;
                    }
                }
                true
            });
        }
        Value::Array(items) => {
            if let Some(schema) = schema.items() {
                for (i, item) in items.iter_mut().enumerate() {
                    walk(item, schema, &format!("{path}[{i}]"), found);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The keys that a JSON text says twice, as `duplicate field "spec.x"`.
pub(super) fn duplicates(json: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    Seen { path: String::new(), found: &mut found }.deserialize(&mut deserializer).ok();
    found.into_iter().map(|path: String| format!("duplicate field \"{path}\"")).collect()
}

/// Reads a value for its keys alone.
struct Seen<'f> {
    path: String,
    found: &'f mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Seen<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seen<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut i = 0;
        while list
            .next_element_seed(Seen { path: format!("{}[{i}]", self.path), found: self.found })?
            .is_some()
        {
            i += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys: Vec<String> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            if keys.contains(&key) {
                self.found.push(path.clone());
            }
            keys.push(key);
            map.next_value_seed(Seen { path, found: self.found })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Gvk;
    use crate::schema::SchemaSet;

    #[test]
    fn unknown_fields_are_told_by_path_and_removed() {
        let schemas = SchemaSet::builtin();
        let mut pod = json!({"spec": {"containers": [{"name": "a", "imagee": "x"}], "foo": 1}, "metadata": {"labels": {"any": "thing"}}});
        let told = prune(&mut pod, schemas.of(&Gvk::new("v1", "Pod")).expect("known"));
        assert_eq!(told, ["unknown field \"spec.containers[0].imagee\"", "unknown field \"spec.foo\""]);
        assert_eq!(
            pod,
            json!({"spec": {"containers": [{"name": "a"}]}, "metadata": {"labels": {"any": "thing"}}})
        );
    }

    #[test]
    fn keys_said_twice_are_told_by_path() {
        assert_eq!(
            duplicates(br#"{"a": {"b": 1, "b": 2}, "c": [{"d": 1, "d": null}]}"#),
            ["duplicate field \"a.b\"", "duplicate field \"c[0].d\""]
        );
        assert!(duplicates(br#"{"a": 1, "b": {"a": 1}}"#).is_empty());
    }
}
