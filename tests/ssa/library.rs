//! The merge library's own step sequences: apply, forced apply and update by several managers.

use std::{collections::BTreeMap, fs};

use obsctl::{
    fields::{Force, Kind, Refused, Writer, apply, extract, merge_apply, track_update},
    model::Gvk,
    schema::SchemaSet,
};
use serde_json::{Map, Value, json};

use super::{data, rows};

/// Sequences that say nothing of the API server, each with why.
fn beside(name: &str) -> Option<&'static str> {
    match name.split('/').next() {
        Some("TestIgnoreFilter" | "TestIgnoredFields") => Some("the server's kinds say what is ignored"),
        _ if name == "TestDeduced/leaf_apply_remove_empty_set" => Some("an object that is null as a whole"),
        _ => None,
    }
}

#[test]
fn the_merge_librarys_sequences_end_alike() {
    let Some(cases) = rows("ssa/structured-merge-diff/merge-cases.jsonl") else { return };
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for case in &cases {
        let name = case["name"].as_str().expect("named");
        let steps = case["steps"].as_array().expect("steps");
        if beside(name).is_some() {
            continue;
        }
        checked += 1;
        if let Err(error) = replay(steps) {
            wrong.push(format!("{name}: {error}"));
        }
    }
    eprintln!("{checked} of {} sequences checked", cases.len());
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 40);
}

fn replay(steps: &[Value]) -> Result<(), String> {
    let mut live: Option<Value> = None;
    for (index, step) in steps.iter().enumerate() {
        let version = step["apiVersion"].as_str().unwrap_or("v1").to_owned();
        let set = schemas(step);
        let gvk = Gvk::new(&group(&version), "Thing");
        let schema = set.of(&gvk);
        let kind = Kind::of(schema);
        let manager = step["manager"].as_str().unwrap_or_default();
        let by = Writer { manager, time: "2026-01-01T00:00:00Z", subresource: "" };
        let body = object(&step["object"], &version);
        let outcome = match step["op"].as_str().expect("op") {
            "changeSchema" => continue,
            "update" => {
                let mut new = body;
                track_update(live.as_ref(), &mut new, &by, &kind);
                Ok(new)
            }
            "apply" => apply(live.as_ref(), &body, &by, Force::Never, &kind),
            "forceApply" => apply(live.as_ref(), &body, &by, Force::Take, &kind),
            "extractThenForceApply" => {
                let own = live.as_ref().and_then(|live| extract(live, manager, "", schema));
                let own = own.map_or_else(|| body.clone(), |own| merge_apply(&own, &body, schema));
                apply(live.as_ref(), &own, &by, Force::Take, &kind)
            }
            other => return Err(format!("unknown step {other}")),
        };
        let before = live.clone();
        match (outcome, &step["conflicts"], &step["error"]) {
            (Ok(new), Value::Null, Value::Null) => live = Some(new),
            (Err(Refused::Conflicts(found)), Value::Array(wanted), _) => {
                let mut found: Vec<_> =
                    found.iter().map(|one| format!("{} {}", one.manager, one.path)).collect();
                let mut wanted: Vec<_> =
                    wanted.iter().map(|one| one.as_str().expect("text").to_owned()).collect();
                found.sort();
                wanted.sort();
                if found != wanted {
                    return Err(format!("step {index}: conflicts {found:?}, not {wanted:?}"));
                }
            }
            (Err(Refused::Invalid(found)), _, Value::String(wanted)) if found.ends_with(&**wanted) => {}
            (outcome, conflicts, error) => {
                return Err(format!("step {index}: {outcome:?}, not {conflicts} {error} on {before:?}"));
            }
        }
        let now = live.clone().unwrap_or_else(|| object(&json!({}), &version));
        let (values, managers) = (values(&now), managers(&now));
        if step.get("live").is_some() && values != without_nulls(&step["live"]) {
            return Err(format!("step {index}: {values}, not {}", step["live"]));
        }
        let wanted = wanted_managers(&step["managers"]);
        if managers != wanted {
            return Err(format!("step {index}: {managers:?}, not {wanted:?}"));
        }
    }
    Ok(())
}

fn group(version: &str) -> String {
    format!("merge.test/{version}")
}

fn object(fields: &Value, version: &str) -> Value {
    let mut object = json!({"apiVersion": group(version), "kind": "Thing"});
    for (name, value) in fields.as_object().into_iter().flatten() {
        object[name] = value.clone();
    }
    object
}

fn values(object: &Value) -> Value {
    let mut object = object.clone();
    let map = object.as_object_mut().expect("a map");
    for name in ["apiVersion", "kind", "metadata"] {
        map.remove(name);
    }
    without_nulls(&object)
}

/// A field that was emptied by the model is `null` until the object is stored.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), without_nulls(v))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => value.clone(),
    }
}

fn managers(object: &Value) -> BTreeMap<String, Value> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    let entries = entries.into_iter().flatten().map(|entry| {
        let version = entry["apiVersion"].as_str().expect("a version").trim_start_matches("merge.test/");
        let applied = entry["operation"] == "Apply";
        let value = json!({"apiVersion": version, "applied": applied, "fieldsV1": entry["fieldsV1"]});
        (entry["manager"].as_str().expect("a manager").to_owned(), value)
    });
    entries.collect()
}

fn wanted_managers(managers: &Value) -> BTreeMap<String, Value> {
    let managers = managers.as_object().expect("managers");
    managers.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect()
}

/// The step's schema as a CustomResourceDefinition would say it.
fn schemas(step: &Value) -> SchemaSet {
    let mut set = SchemaSet::new();
    let file =
        format!("ssa/structured-merge-diff/schemas/{}.yaml", step["schema"].as_str().expect("a schema"));
    let text = fs::read_to_string(data(&file).expect("schemas are there")).expect("readable");
    let types: Value = serde_saphyr::from_str(&text).expect("YAML");
    let types = Types(&types["types"]);
    let mut root = types.named(step["type"].as_str().expect("a type"), 0);
    if root.get("type").is_none() {
        root = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    }
    let version = step["apiVersion"].as_str().unwrap_or("v1");
    let crd = json!({"spec": {
        "group": "merge.test", "names": {"kind": "Thing", "plural": "things"}, "scope": "Cluster",
        "versions": [{"name": version, "served": true, "schema": {"openAPIV3Schema": root}}]}});
    set.add_crd(&crd).expect("a definition");
    set
}

struct Types<'a>(&'a Value);

impl Types<'_> {
    fn named(&self, name: &str, depth: usize) -> Value {
        if name == "__untyped_deduced_" || name == "__untyped_atomic_" || depth > 8 {
            return json!({"x-kubernetes-preserve-unknown-fields": true});
        }
        let types = self.0.as_array().expect("types");
        let found = types.iter().find(|one| one["name"] == name);
        self.atom(found.unwrap_or_else(|| panic!("no type {name}")), depth + 1)
    }

    fn reference(&self, reference: &Value, depth: usize) -> Value {
        let mut schema = match reference["namedType"].as_str() {
            Some(name) => self.named(name, depth),
            None => self.atom(reference, depth),
        };
        if let Some(relationship) = reference["elementRelationship"].as_str() {
            match schema["type"].as_str() {
                Some("object") => schema["x-kubernetes-map-type"] = map_type(relationship),
                _ => schema["x-kubernetes-list-type"] = json!("atomic"),
            }
        }
        schema
    }

    fn atom(&self, atom: &Value, depth: usize) -> Value {
        if let Some(scalar) = atom["scalar"].as_str() {
            return match scalar {
                "numeric" => json!({"type": "number"}),
                "untyped" => json!({"x-kubernetes-int-or-string": true}),
                other => json!({"type": other}),
            };
        }
        if atom["map"].is_object() { self.map(&atom["map"], depth) } else { self.list(&atom["list"], depth) }
    }

    fn map(&self, map: &Value, depth: usize) -> Value {
        let mut schema = json!({"type": "object"});
        let fields: Map<_, _> = (map["fields"].as_array().into_iter().flatten())
            .map(|field| {
                let mut below = self.reference(&field["type"], depth);
                if !field["default"].is_null() {
                    below["default"] = field["default"].clone();
                }
                (field["name"].as_str().expect("a name").to_owned(), below)
            })
            .collect();
        if !fields.is_empty() {
            schema["properties"] = Value::Object(fields);
        }
        if map["elementType"].is_object() {
            schema["additionalProperties"] = self.reference(&map["elementType"], depth);
        }
        if let Some(relationship) = map["elementRelationship"].as_str() {
            schema["x-kubernetes-map-type"] = map_type(relationship);
        }
        schema
    }

    fn list(&self, list: &Value, depth: usize) -> Value {
        let mut schema = json!({"type": "array", "items": self.reference(&list["elementType"], depth)});
        let keyed = list["elementRelationship"] == "associative";
        schema["x-kubernetes-list-type"] = json!(match (keyed, list["keys"].is_array()) {
            (true, true) => "map",
            (true, false) => "set",
            (false, _) => "atomic",
        });
        if list["keys"].is_array() {
            schema["x-kubernetes-list-map-keys"] = list["keys"].clone();
        }
        schema
    }
}

fn map_type(relationship: &str) -> Value {
    json!(if relationship == "atomic" { "atomic" } else { "granular" })
}
