//! What is known of built-in and custom kinds.

use serde_json::json;

use crate::model::Gvk;
use crate::schema::{ListType, MapType, Schema, SchemaSet, Sort, builtin_types, crd_types};

#[test]
fn the_bundle_knows_every_built_in_kind() {
    let set = SchemaSet::builtin();
    assert!(builtin_types().len() >= 60, "{}", builtin_types().len());
    for kind in builtin_types() {
        let creatable = kind.verbs.iter().any(|verb| verb == "patch");
        if creatable {
            let schema = set.of(&kind.gvk).unwrap_or_else(|| panic!("no schema of {}", kind.gvk));
            assert_eq!(schema.has_status(), Some(kind.status), "{}", kind.gvk);
        }
    }
}

#[test]
fn discovery_rows_tell_scope_and_subresources() {
    let row = |api: &str, kind: &str| {
        builtin_types().iter().find(|row| row.gvk == Gvk::new(api, kind)).unwrap_or_else(|| panic!("{kind}"))
    };
    let deployment = row("apps/v1", "Deployment");
    assert!(deployment.namespaced && deployment.status && deployment.scale);
    assert_eq!(deployment.plural, "deployments");
    assert!(!row("v1", "Namespace").namespaced);
    assert!(!row("v1", "ConfigMap").status);
}

#[test]
fn fields_lists_and_defaults_are_walked() {
    let set = SchemaSet::builtin();
    let deployment = set.of(&Gvk::new("apps/v1", "Deployment")).expect("known");
    let path = ["spec", "template", "spec"];
    let pod = path.iter().try_fold(deployment, |schema, name| schema.field(name)).expect("a pod");
    let containers = pod.field("containers").expect("containers");
    assert_eq!(containers.list_type(), ListType::Map);
    assert_eq!(containers.keys().map(|key| key.name).collect::<Vec<_>>(), ["name"]);
    let container = containers.items().expect("items");
    let ports = container.field("ports").expect("ports");
    let keys: Vec<_> = ports.keys().map(|key| (key.name, key.default.cloned())).collect();
    assert!(keys.contains(&("protocol", Some(json!("TCP")))), "{keys:?}");
    assert_eq!(container.field("args").expect("args").list_type(), ListType::Atomic);
    let limits = container.field("resources").and_then(|r| r.field("limits")).expect("limits");
    assert!(limits.field("cpu").expect("any key").is_quantity());
    assert!(!limits.declares("cpu"));
    assert_eq!(pod.field("nodeSelector").expect("map").map_type(), MapType::Atomic);
    assert_eq!(pod.field("nothing").map(Schema::sort), None);
    let surge =
        deployment.field("spec").and_then(|s| s.field("strategy")?.field("rollingUpdate")?.field("maxSurge"));
    assert!(surge.expect("maxSurge").is_int_or_string());
}

#[test]
fn fields_held_by_value_are_told_from_pointers() {
    let set = SchemaSet::builtin();
    let pod = set.of(&Gvk::new("v1", "Pod")).and_then(|pod| pod.field("spec")).expect("a pod");
    assert!(pod.field("hostNetwork").expect("bool").is_omitted_when_empty());
    assert!(!pod.field("hostUsers").expect("*bool").is_omitted_when_empty());
    let metadata = set.of(&Gvk::new("v1", "Pod")).and_then(|pod| pod.field("metadata")).expect("metadata");
    assert!(metadata.field("labels").expect("map").is_omitted_when_empty());
}

#[test]
fn custom_kinds_have_the_metadata_of_all_objects() {
    let crd = json!({"spec": {"group": "a.b", "scope": "Namespaced", "names": {"kind": "X", "plural": "xs"}, "versions": [
        {"name": "v1", "served": true, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {"type": "object", "properties": {
            "metadata": {"type": "object"}, "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}},
        {"name": "v0", "served": false, "schema": {"openAPIV3Schema": {"type": "object"}}}]}});
    let mut set = SchemaSet::new();
    set.add_crd(&crd).expect("a CRD");
    let kind = set.of(&Gvk::new("a.b/v1", "X")).expect("known");
    assert_eq!(kind.has_status(), Some(true));
    assert_eq!(set.of(&Gvk::new("a.b/v0", "X")).expect("known").has_status(), Some(false));
    let owners =
        kind.field("metadata").and_then(|metadata| metadata.field("ownerReferences")).expect("metadata");
    assert_eq!(owners.list_type(), ListType::Map);
    assert!(kind.field("spec").expect("spec").preserves_unknown());
    let types = crd_types(&crd);
    assert_eq!(types.len(), 1);
    assert!(types[0].status && types[0].namespaced);
}

#[test]
fn a_document_of_a_server_tells_status_by_its_paths() {
    let document = json!({
        "paths": {"/apis/a/v1/xs/{name}/status": {"get": {"x-kubernetes-group-version-kind": {"group": "a", "version": "v1", "kind": "X"}}}},
        "components": {"schemas": {
            "a.X": {"type": "object", "properties": {"spec": {"allOf": [{"$ref": "#/components/schemas/a.Spec"}], "default": {}}},
                    "x-kubernetes-group-version-kind": [{"group": "a", "version": "v1", "kind": "X"}]},
            "a.Y": {"type": "object", "x-kubernetes-group-version-kind": [{"group": "a", "version": "v1", "kind": "Y"}]},
            "a.Spec": {"type": "object", "properties": {"n": {"type": "integer"}}}}}});
    let mut set = SchemaSet::new();
    set.add_openapi(document.to_string().as_bytes()).expect("a document");
    let x = set.of(&Gvk::new("a/v1", "X")).expect("known");
    assert_eq!(x.has_status(), Some(true));
    assert_eq!(x.field("spec").and_then(|spec| spec.field("n")).map(Schema::sort), Some(Sort::Integer));
    assert_eq!(set.of(&Gvk::new("a/v1", "Y")).expect("known").has_status(), Some(false));
}

#[test]
fn what_is_no_schema_is_an_error() {
    let mut set = SchemaSet::new();
    assert!(set.add_openapi(b"{").is_err());
    let error = set.add_crd(&json!({"spec": {}})).expect_err("no CRD");
    assert_eq!(error.to_string(), "not a CustomResourceDefinition: spec.names.kind is missing");
}
