//! Strict decoding: fields that a built-in kind does not know, and fields that are given twice.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
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
            let closed = is_closed(schema);
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

/// Whether a map of this schema holds declared fields only.
fn is_closed(schema: Schema<'_>) -> bool {
    let declares = schema.names().next().is_some();
    schema.sort() == Sort::Object && declares && schema.additional().is_none() && !schema.preserves_unknown()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What strict decoding of a JSON text has against it, in the order of the text: `unknown field "spec.a"` where the
/// schema of a built-in kind does not know it, and `duplicate field "spec.b"`; none where it is no JSON.
///
/// Without a schema only duplicates are found.
pub fn strict_errors(json: &[u8], schema: Option<Schema<'_>>) -> Vec<String> {
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let reader = Reader { path: String::new(), schema, found: &mut found };
    if reader.deserialize(&mut deserializer).is_err() {
        found.clear();
    }
    found
}

/// Reads a value and notes the names that are not known or stand in a map twice.
struct Reader<'a, 's> {
    path: String,
    schema: Option<Schema<'s>>,
    found: &'a mut Vec<String>,
}

impl Reader<'_, '_> {
    fn note(&mut self, sort: &str, path: &str) {
        let error = format!("{sort} field {path:?}");
        if !self.found.contains(&error) {
            self.found.push(error);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_, '_> {
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
        let schema = self.schema.and_then(Schema::items);
        for index in 0.. {
            let path = format!("{}[{index}]", self.path);
            let item = Reader { path, schema, found: &mut *self.found };
            if items.next_element_seed(item)?.is_none() {
                break;
            }
        }
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let path = join(&self.path, &name);
            let below = self.schema.and_then(|schema| schema.field(&name));
            if below.is_none() && self.schema.is_some_and(is_closed) {
                self.note("unknown", &path);
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if !names.insert(name.into_owned()) {
                self.note("duplicate", &path);
            }
            map.next_value_seed(Reader { path, schema: below, found: &mut *self.found })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Gvk;
    use crate::schema::{SchemaSet, Structural};

    // Texts and answers are those of kube-apiserver 1.36.3.
    #[test]
    fn built_in_kinds_are_read_in_the_order_of_the_text() {
        let set = SchemaSet::builtin();
        let text = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"z","bogus":1,"name":"q"},
            "data":{"a":"1","a":"2"},"zz":1,"zz":2,"aa":{"b":1}}"#;
        assert_eq!(
            strict_errors(text.as_bytes(), set.of(&Gvk::new("v1", "ConfigMap"))),
            [
                r#"unknown field "metadata.bogus""#,
                r#"duplicate field "metadata.name""#,
                r#"duplicate field "data.a""#,
                r#"unknown field "zz""#,
                r#"unknown field "aa""#
            ]
        );
        let text = r#"{"spec":{"template":{"spec":{"containers":[{"name":"a","zz":1,"env":[{"name":"A","value":"1",
            "value":"2","q":{"w":1}}]},{"image":"b","image":"c"}]}},"bb":1}}"#;
        assert_eq!(
            strict_errors(text.as_bytes(), set.of(&Gvk::new("apps/v1", "Deployment"))),
            [
                r#"unknown field "spec.template.spec.containers[0].zz""#,
                r#"duplicate field "spec.template.spec.containers[0].env[0].value""#,
                r#"unknown field "spec.template.spec.containers[0].env[0].q""#,
                r#"duplicate field "spec.template.spec.containers[1].image""#,
                r#"unknown field "spec.bb""#
            ]
        );
    }

    #[test]
    fn custom_kinds_tell_duplicates_first() {
        let schema = serde_json::json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
            "str": {"type": "string"},
            "obj": {"type": "object", "properties": {"a": {"type": "string"}}},
            "unk": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}});
        let text = r#"{"apiVersion":"exp.test/v1","kind":"Val","metadata":{"name":"z","bogus":1},"spec":{"str":"a",
            "str":"b","zz":1,"obj":{"a":"1","q":1,"q":2},"unk":{"a":1,"a":2},"aa":{"b":1,"b":2}},"top":1}"#;
        assert_eq!(
            Structural::of(&schema).strict_errors(text.as_bytes()),
            [
                r#"duplicate field "spec.str""#,
                r#"duplicate field "spec.obj.q""#,
                r#"duplicate field "spec.unk.a""#,
                r#"duplicate field "spec.aa.b""#,
                r#"unknown field "metadata.bogus""#,
                r#"unknown field "spec.aa""#,
                r#"unknown field "spec.obj.q""#,
                r#"unknown field "spec.zz""#,
                r#"unknown field "top""#
            ]
        );
    }

    #[test]
    fn what_is_no_json_has_nothing_against_it() {
        assert_eq!(strict_errors(b"{\"a\": 1, \"a\": ", None), Vec::<String>::new());
    }
}
