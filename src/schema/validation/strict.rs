//! Strict decoding: fields that a built-in kind does not know, and fields that are given twice.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::schema::{Schema, Sort};

/// The fields of an object that its kind does not declare, as `spec.containers[0].imag`, in the order of the object.
pub fn unknown_fields(schema: Schema<'_>, object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    unknown(object, schema, "", &mut found);
    found
}

fn unknown(value: &Value, schema: Schema<'_>, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let closed = schema.sort() == Sort::Object
                && schema.names().next().is_some()
                && schema.additional().is_none()
                && !schema.preserves_unknown();
            for (name, value) in map {
                let here = join(path, name);
                match schema.field(name) {
                    Some(below) => unknown(value, below, &here, found),
                    None if closed => found.push(here),
                    None => {}
                }
            }
        }
        Value::Array(items) => {
            let Some(below) = schema.items() else { return };
            for (index, item) in items.iter().enumerate() {
                unknown(item, below, &format!("{path}[{index}]"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The fields that a JSON text gives more than once, each named once; none where it is no JSON.
pub fn duplicate_fields(json: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let read = Twice { path: String::new(), found: &mut found }.deserialize(&mut deserializer);
    if read.is_err() {
        found.clear();
    }
    found
}

/// Reads a value and notes the names that stand in a map twice.
struct Twice<'a> {
    path: String,
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Twice<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Twice<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
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
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        while items
            .next_element_seed(Twice { path: format!("{}[{index}]", self.path), found: &mut *self.found })?
            .is_some()
        {
            index += 1;
        }
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let path = join(&self.path, &name);
            if !names.insert(name.into_owned()) && !self.found.contains(&path) {
                self.found.push(path.clone());
            }
            map.next_value_seed(Twice { path, found: &mut *self.found })?;
        }
        Ok(())
    }
}
