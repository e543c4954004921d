//! Owned fields against what API servers and structured-merge-diff recorded.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests read recorded data, say what they skip and stop at the first surprise"
)]

mod objects;

use std::{fs, path::Path};

use obsctl::{
    fields::{FieldSet, needs_no_write, owned},
    model::{Body, Gvk},
    schema::SchemaSet,
};
use serde_json::{Map, Value, json};

fn lines(name: &str) -> Option<Vec<Value>> {
    let Some(data) = objects::data_folder() else {
        eprintln!("skipped: no test data (set OBSCTL_TEST_DATA)");
        return None;
    };
    let text = fs::read_to_string(data.join("ssa").join(name)).expect("recorded data");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a case a line")).collect())
}

/// The CustomResourceDefinitions of the data folder.
fn crds(data: &Path) -> Vec<Value> {
    let folders = [
        "crds",
        "kube-prometheus/manifests/setup",
        "charts/spark-operator-kubeflow/crds",
        "charts/spark-kubernetes-operator-apache/crds",
    ];
    let objects = folders.iter().flat_map(|folder| objects::yaml_below(&data.join(folder)));
    objects.filter(|object| object["kind"] == "CustomResourceDefinition").collect()
}

fn gvk(object: &Value) -> Gvk {
    Gvk::new(object["apiVersion"].as_str().unwrap_or_default(), object["kind"].as_str().unwrap_or_default())
}

/// The set of a manager's Apply entry without subresource.
fn recorded_set(answer: &Value, manager: &str) -> Option<FieldSet> {
    let entries = answer["metadata"]["managedFields"].as_array()?;
    let entry = entries.iter().find(|entry| {
        entry["manager"] == manager && entry["operation"] == "Apply" && entry.get("subresource").is_none()
    })?;
    Some(FieldSet::parse(&entry["fieldsV1"].to_string()).expect("a set of the server"))
}

#[test]
fn owned_fields_of_real_objects_are_those_of_the_server() {
    let Some(cases) = lines("real-objects-dry-run.jsonl") else { return };
    let data = objects::data_folder().expect("data");
    let schemas = objects::schemas(&crds(&data));
    let (mut same, mut unchanged, mut wrong) = (0, 0, Vec::new());
    for case in cases.iter().filter(|case| case["code"] == 201) {
        let (applied, answer) = (&case["applied"], &case["answer"]);
        let Some(schema) = schemas.of(&gvk(applied)) else {
            wrong.push(format!("{}: no schema of {}", case["source"], gvk(applied)));
            continue;
        };
        // stringData is folded into data before anything is sent.
        if owned(applied, Some(schema)) == recorded_set(answer, "obsctl").unwrap_or_default() {
            same += 1;
        } else {
            wrong.push(format!("{} {}", case["source"], case["path"]));
        }
        let live = objects::live(answer.clone());
        unchanged +=
            usize::from(needs_no_write(&Body::new(applied.clone()), &live, Some(schema), "obsctl").is_ok());
    }
    eprintln!("owned fields equal on {same} objects, {unchanged} of them proven unchanged without a request");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(same, 615, "objects that the server accepted");
    assert!(unchanged * 100 >= same * 90, "{unchanged} of {same}");
}

#[test]
fn owned_fields_of_recorded_requests_are_those_of_the_server() {
    let Some(scenarios) = lines("recorded.jsonl") else { return };
    let schemas = SchemaSet::builtin();
    let (mut same, mut wrong) = (0, Vec::new());
    for scenario in &scenarios {
        for step in scenario["steps"].as_array().expect("steps") {
            let (request, answer) = (&step["request"], &step["response"]);
            let applied = request["contentType"] == "application/apply-patch+yaml"
                && answer["code"].as_u64().is_some_and(|code| code < 300)
                && !request["path"]
                    .as_str()
                    .is_some_and(|path| path.ends_with("/status") || path.ends_with("/scale"));
            let body = &request["body"];
            let manager = request["query"]["fieldManager"].as_str().unwrap_or_default();
            let (Some(schema), true) = (schemas.of(&gvk(body)), applied) else { continue };
            let Some(recorded) = recorded_set(&answer["body"], manager) else { continue };
            if owned(body, Some(schema)) == recorded {
                same += 1;
            } else {
                wrong.push(format!(
                    "{}: {} {}",
                    scenario["id"],
                    owned(body, Some(schema)).to_json(),
                    recorded.to_json()
                ));
            }
        }
    }
    eprintln!("owned fields equal in {same} recorded requests");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(same > 60, "{same}");
}

#[test]
fn sets_of_structured_merge_diff_are_computed_alike() {
    let Some(cases) = lines("structured-merge-diff/typed-cases.jsonl") else { return };
    let mut seen = 0;
    for case in cases.iter().filter(|case| case["kind"] == "toFieldSet") {
        let schema: Value =
            serde_saphyr::from_str(case["schema_yaml"].as_str().expect("schema")).expect("yaml");
        let mut schemas = SchemaSet::new();
        let document = openapi(&schema, case["type"].as_str().expect("type"));
        schemas.add_openapi(document.to_string().as_bytes()).expect("converted schema");
        let object: Value = serde_json::from_str(case["object"].as_str().expect("object")).expect("json");
        let set = owned(&object, schemas.of(&Gvk::new("v1", "Root")));
        assert_eq!(set, FieldSet::parse(&case["set"].to_string()).expect("a set"), "{}", case["object"]);
        seen += 1;
    }
    assert_eq!(seen, 14);
}

/// A schema of structured-merge-diff in the words of OpenAPI.
fn openapi(schema: &Value, root: &str) -> Value {
    let mut components = Map::new();
    for named in schema["types"].as_array().expect("types") {
        let name = named["name"].as_str().expect("name");
        let mut converted = atom(named);
        if name == root {
            converted["x-kubernetes-group-version-kind"] =
                json!([{"group": "", "version": "v1", "kind": "Root"}]);
        }
        components.insert(name.to_owned(), converted);
    }
    json!({"components": {"schemas": components}})
}

fn reference(part: &Value) -> Value {
    match part.get("namedType").and_then(Value::as_str) {
        Some(name) => json!({"$ref": format!("#/components/schemas/{name}")}),
        None => atom(part),
    }
}

fn atom(part: &Value) -> Value {
    let mut converted = json!({});
    if let Some(list) = part.get("list") {
        let keys = list.get("keys").cloned();
        converted["items"] = reference(&list["elementType"]);
        converted["x-kubernetes-list-type"] = match (list["elementRelationship"].as_str(), &keys) {
            (Some("associative"), Some(_)) => json!("map"),
            (Some("associative"), None) => json!("set"),
            _ => json!("atomic"),
        };
        converted["x-kubernetes-list-map-keys"] = keys.unwrap_or_else(|| json!([]));
    }
    if let Some(map) = part.get("map") {
        let fields = map["fields"].as_array().cloned().unwrap_or_default();
        let fields = fields
            .iter()
            .map(|field| (field["name"].as_str().expect("name").to_owned(), reference(&field["type"])));
        converted["properties"] = Value::Object(fields.collect());
        if let Some(element) = map.get("elementType") {
            converted["additionalProperties"] = reference(element);
        }
        if map["elementRelationship"] == "atomic" {
            converted["x-kubernetes-map-type"] = json!("atomic");
        }
    }
    converted
}
