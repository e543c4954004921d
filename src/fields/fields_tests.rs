//! Sets, owned fields, the proof, comparison, merging and ownership, on small objects.
#![expect(clippy::fn_params_excessive_bools, reason = "an entry is made in one line")]

use std::sync::Arc;

use serde_json::{Value, json};

use crate::fields::{
    FieldSet, Why, applies, compare, content, disown, merge_apply, needs_no_write, owned, owners_of,
    parse_path, writer_of,
};
use crate::model::{Body, FieldPath, Gvk, LiveObject, ManagedEntry};
use crate::schema::{Schema, SchemaSet};

fn set(value: &Value) -> FieldSet {
    FieldSet::parse(&value.to_string()).expect("a set")
}

fn with_schema<T>(api: &str, kind: &str, test: impl FnOnce(Option<Schema<'_>>) -> T) -> T {
    let schemas = SchemaSet::builtin();
    test(schemas.of(&Gvk::new(api, kind)))
}

fn path(text: &str) -> FieldPath {
    parse_path(text).expect("a path")
}

fn entry(manager: &str, apply: bool, time: &str, fields: &Value) -> ManagedEntry {
    ManagedEntry {
        manager: manager.to_owned(),
        apply,
        api_version: "v1".to_owned(),
        time: Some(time.to_owned()),
        subresource: None,
        fields: Arc::from(fields.to_string()),
    }
}

fn service() -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "n", "labels": {"a": "b"}}, "spec": {
        "clusterIP": "None", "selector": {"app": "x"},
        "ports": [{"name": "web", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]}})
}

/// The service as the server has it after our apply.
fn live(change: impl FnOnce(&mut Value, &mut Vec<ManagedEntry>)) -> LiveObject {
    let fields = with_schema("v1", "Service", |schema| owned(&service(), schema).to_json());
    let mut managed = vec![entry("obsctl", true, "2026-01-01T00:00:00Z", &fields)];
    let mut body = service();
    body["metadata"]["uid"] = json!("u");
    body["spec"]["ports"][0]["protocol"] = json!("TCP");
    body["spec"]["ports"][0]["targetPort"] = json!(80);
    body["spec"]["sessionAffinity"] = json!("None");
    change(&mut body, &mut managed);
    LiveObject { body: Body::new(body), uid: "u".to_owned(), resource_version: "7".to_owned(), managed }
}

fn proof(desired: Value, live: &LiveObject) -> Result<(), Why> {
    with_schema("v1", "Service", |schema| needs_no_write(&Body::new(desired), live, schema, "obsctl"))
}

#[test]
fn sets_are_read_and_written_alike() {
    let text = json!({"f:a": {".": {}, "f:b": {}}, "k:{\"port\":80}": {"f:x": {}}, "v:\"y\"": {}, "i:0": {}});
    assert_eq!(set(&text).to_json(), text);
    assert_eq!(set(&text).len(), 5);
    assert!(FieldSet::parse(r#"{"x:a":{}}"#).is_err());
    assert!(set(&json!({})).is_empty());
}

#[test]
fn sets_are_united_and_subtracted() {
    let (a, b) = (set(&json!({"f:a": {}, "f:b": {"f:c": {}}})), set(&json!({"f:b": {"f:c": {}, "f:d": {}}})));
    assert_eq!(a.union(&b), set(&json!({"f:a": {}, "f:b": {"f:c": {}, "f:d": {}}})));
    assert_eq!(a.intersection(&b), set(&json!({"f:b": {"f:c": {}}})));
    assert_eq!(a.difference(&b), set(&json!({"f:a": {}})));
    assert_eq!(b.without(&path(".b.d")), set(&json!({"f:b": {"f:c": {}}})));
    assert!(b.without(&path(".b")).is_empty());
    assert!(b.contains(&path(".b.c")) && !b.contains(&path(".b")));
    let mut built = FieldSet::default();
    built.insert(&path(".b.d"));
    built.insert(&path(".b.c"));
    assert_eq!(built, b);
    assert_eq!(b.paths(), [path(".b.c"), path(".b.d")]);
}

#[test]
fn keys_are_completed_with_defaults_that_are_not_owned() {
    let object =
        json!({"kind": "Pod", "spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80}]}]}});
    let fields = with_schema("v1", "Pod", |schema| owned(&object, schema).to_json());
    let port = json!({"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}});
    let container = json!({"k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:ports": port}});
    assert_eq!(fields, json!({"f:spec": {"f:containers": container}}));
}

#[test]
fn identity_and_status_are_not_owned() {
    let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "status": {"replicas": 1},
        "metadata": {"name": "a", "namespace": "b", "uid": "c", "creationTimestamp": null, "labels": {"x": "y"}}});
    with_schema("apps/v1", "Deployment", |schema| {
        assert_eq!(owned(&object, schema).to_json(), json!({"f:metadata": {"f:labels": {"f:x": {}}}}));
        assert_eq!(content(&object, schema), json!({"metadata": {"labels": {"x": "y"}}}));
    });
}

#[test]
fn an_untouched_object_is_proven() {
    assert_eq!(proof(service(), &live(|_, _| {})), Ok(()));
}

#[test]
fn what_others_added_does_not_matter() {
    let live = live(|body, managed| {
        body["metadata"]["labels"]["other"] = json!("x");
        let ports = body["spec"]["ports"].as_array_mut().expect("ports");
        ports.insert(1, json!({"name": "more", "port": 81, "protocol": "TCP"}));
        managed.push(entry(
            "other",
            true,
            "2026-01-02T00:00:00Z",
            &json!({"f:metadata": {"f:labels": {"f:other": {}}}}),
        ));
    });
    assert_eq!(proof(service(), &live), Ok(()));
}

#[test]
fn each_lack_of_proof_is_named() {
    let changed = live(|body, _| body["spec"]["ports"][1]["port"] = json!(54));
    assert_eq!(proof(service(), &changed), Err(Why::Value(path(".spec.ports"))));
    let value = live(|body, _| body["spec"]["selector"]["app"] = json!("y"));
    let selector = proof(service(), &value).expect_err("changed").to_string();
    assert!(selector.starts_with(".spec.selector"), "{selector}");
    let reordered = live(|body, _| body["spec"]["ports"].as_array_mut().expect("ports").reverse());
    assert_eq!(proof(service(), &reordered), Err(Why::Order(path(".spec.ports"))));
    let gone = live(|_, managed| managed.clear());
    assert_eq!(proof(service(), &gone), Err(Why::Entries));
    let mut fewer = service();
    fewer["spec"].as_object_mut().expect("spec").shift_remove("selector");
    assert_eq!(proof(fewer, &live(|_, _| {})), Err(Why::Ownership));
    let ending = live(|body, _| body["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"));
    assert_eq!(proof(service(), &ending), Err(Why::Terminating));
    let other = live(|body, _| body["apiVersion"] = json!("v2"));
    assert_eq!(proof(service(), &other), Err(Why::OtherVersion));
    let twice = live(|_, managed| managed.push(managed[0].clone()));
    assert_eq!(proof(service(), &twice), Err(Why::Entries));
    assert_eq!(needs_no_write(&Body::new(service()), &live(|_, _| {}), None, "obsctl"), Err(Why::NoSchema));
}

#[test]
fn an_empty_field_is_the_same_as_none_only_where_it_is_held_by_value() {
    for (field, value, proven) in [
        ("hostNetwork", json!(false), true),
        ("hostUsers", json!(false), false),
        ("hostUsers", json!(null), true),
        ("nodeName", json!(""), true),
        ("tolerations", json!([]), true),
        ("tolerations", json!({}), false),
        ("securityContext", json!({}), false),
        ("hostNetwork", json!(""), false),
    ] {
        let body = json!({"apiVersion": "v1", "kind": "Pod", "spec": {field: value, "priority": 1}});
        with_schema("v1", "Pod", |schema| {
            let fields = owned(&body, schema).to_json();
            let live = LiveObject {
                body: Body::new(
                    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {"priority": 1}}),
                ),
                uid: String::new(),
                resource_version: String::new(),
                managed: vec![entry("obsctl", true, "t", &fields)],
            };
            let proof = needs_no_write(&Body::new(body.clone()), &live, schema, "obsctl");
            assert_eq!(proof.is_ok(), proven, "{body}: {proof:?}");
        });
    }
}

#[test]
fn quantities_are_compared_by_amount_in_built_in_kinds() {
    let pod = |cpu: Value| json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": cpu}}}]}});
    with_schema("v1", "Pod", |schema| {
        let fields = owned(&pod(json!(2)), schema).to_json();
        let managed = vec![entry("obsctl", true, "t", &fields)];
        let mut live = LiveObject {
            body: Body::new(pod(json!("2"))),
            uid: String::new(),
            resource_version: String::new(),
            managed,
        };
        live.body.tree_mut()["metadata"] = json!({});
        assert_eq!(needs_no_write(&Body::new(pod(json!(2))), &live, schema, "obsctl"), Ok(()));
        assert_eq!(needs_no_write(&Body::new(pod(json!("2000m"))), &live, schema, "obsctl"), Ok(()));
        assert!(needs_no_write(&Body::new(pod(json!("3"))), &live, schema, "obsctl").is_err());
    });
}

fn told(before: &Value, after: &Value, schema: Option<Schema<'_>>) -> Vec<String> {
    let text = |value: Option<Value>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let found = compare(before, after, schema).into_iter();
    found.map(|d| format!("{} {} {}", d.path, text(d.before), text(d.after))).collect()
}

#[test]
fn differences_are_the_smallest_and_follow_list_keys() {
    let (before, mut after) = (service(), service());
    after["metadata"]["resourceVersion"] = json!("9");
    after["status"] = json!({"x": 1});
    after["metadata"]["labels"] = json!({"c": "d"});
    after["spec"]["ports"] =
        json!([{"name": "dns", "port": 53, "protocol": "UDP", "nodePort": 1}, {"name": "web", "port": 80}]);
    let found = with_schema("v1", "Service", |schema| told(&before, &after, schema));
    assert_eq!(
        found,
        [
            r#".metadata.labels.a "b" -"#,
            r#".metadata.labels.c - "d""#,
            r#".spec.ports[port=53,protocol="UDP"].nodePort - 1"#,
            r#".spec.ports [{"port":80,"protocol":"TCP"},{"port":53,"protocol":"UDP"}] [{"port":53,"protocol":"UDP"},{"port":80,"protocol":"TCP"}]"#,
        ]
    );
    assert!(with_schema("v1", "Service", |schema| told(&before, &before.clone(), schema)).is_empty());
}

#[test]
fn lists_without_keys_are_matched_from_both_ends() {
    let found = told(&json!({"l": ["a", "b", "c"]}), &json!({"l": ["a", "x", "b", "c"]}), None);
    assert_eq!(found, [r#".l[1] - "x""#]);
    let found = told(&json!({"l": [{"a": 1, "b": 2}]}), &json!({"l": [{"a": 1, "b": 3}]}), None);
    assert_eq!(found, [".l[0].b 2 3"]);
    assert_eq!(told(&json!({"l": []}), &json!({}), None), [".l [] -"]);
    assert_eq!(told(&json!({"m": {"a": {"b": 1}, "c": {}}}), &json!({}), None), [".m.a.b 1 -", ".m.c {} -"]);
}

#[test]
fn patches_merge_by_list_keys_and_null_removes() {
    let patch = json!({"metadata": {"labels": {"a": null, "c": "d"}}, "spec": {"ports": [
        {"port": 53, "protocol": "UDP", "nodePort": 1}, {"name": "new", "port": 90, "appProtocol": null}]}});
    let merged = with_schema("v1", "Service", |schema| merge_apply(&service(), &patch, schema));
    assert_eq!(merged["metadata"]["labels"], json!({"c": "d"}));
    assert_eq!(
        merged["spec"]["ports"],
        json!([{"name": "web", "port": 80},
        {"name": "dns", "port": 53, "protocol": "UDP", "nodePort": 1}, {"name": "new", "port": 90}])
    );
    let replaced = merge_apply(&json!({"l": [1, 2]}), &json!({"l": [3]}), None);
    assert_eq!(replaced, json!({"l": [3]}));
}

#[test]
fn owners_and_the_last_writer_are_found() {
    let live = live(|_, managed| {
        managed.push(entry(
            "kubectl-edit",
            false,
            "2026-02-01T00:00:00Z",
            &json!({"f:spec": {"f:selector": {}}}),
        ));
    });
    let owners =
        |text: &str| owners_of(&live, &path(text)).into_iter().map(|e| e.manager.clone()).collect::<Vec<_>>();
    assert_eq!(owners(".spec.selector.app"), ["obsctl", "kubectl-edit"]);
    assert_eq!(owners(".spec.clusterIP"), ["obsctl"]);
    assert!(owners(".spec.sessionAffinity").is_empty());
    assert_eq!(writer_of(&live, &path(".spec.selector")).expect("a writer").manager, "kubectl-edit");
    assert_eq!(writer_of(&live, &path(".spec.type")), None);
    assert!(applies(&live, "obsctl", &path(".metadata.labels.a")));
    assert!(!applies(&live, "kubectl-edit", &path(".spec.selector")));
}

#[test]
fn giving_up_a_field_tests_what_it_was_decided_on() {
    let live = live(|_, _| {});
    let patch = disown(&live, "obsctl", &[path(".spec.clusterIP")]);
    assert_eq!(patch[0], json!({"op": "test", "path": "/metadata/resourceVersion", "value": "7"}));
    assert_eq!(
        patch[1],
        json!({"op": "test", "path": "/metadata/managedFields/0/manager", "value": "obsctl"})
    );
    let left = &patch[3]["value"];
    assert_eq!(left["f:spec"].get("f:clusterIP"), None);
    assert!(left["f:spec"].get("f:selector").is_some());
    assert!(disown(&live, "obsctl", &[path(".spec.type")]).is_empty());
    let all = disown(&live, "obsctl", &[path(".spec"), path(".metadata")]);
    assert_eq!(all[3]["op"], "remove");
}

#[test]
fn an_object_that_desires_nothing_is_proven_only_where_owners_are_recorded() {
    let bare = || json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}});
    let other = entry("other", false, "t", &json!({"f:spec": {"f:type": {}}}));
    assert_eq!(proof(bare(), &live(|_, managed| *managed = vec![other])), Ok(()));
    assert_eq!(proof(bare(), &live(|_, managed| managed.clear())), Err(Why::Entries));
}

#[test]
fn what_custom_resources_drop_is_never_proven() {
    let crd = json!({"spec": {"group": "a.b", "scope": "Namespaced", "names": {"kind": "X", "plural": "xs"}, "versions": [
        {"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": {
            "n": {"type": "string"}}}}}}}]}});
    let mut schemas = SchemaSet::new();
    schemas.add_crd(&crd).expect("a CRD");
    let schema = schemas.of(&Gvk::new("a.b/v1", "X"));
    for (part, proven) in [(json!({"spec": {"n": null}}), false), (json!({"metadata": {"labels": {}}}), true)]
    {
        let mut body = part;
        (body["apiVersion"], body["kind"]) = (json!("a.b/v1"), json!("X"));
        let mut managed = entry("obsctl", true, "t", &owned(&body, schema).to_json());
        managed.api_version = "a.b/v1".to_owned();
        let mut have = body.clone();
        (have["metadata"], have["spec"]) = (json!({}), json!({}));
        let live = LiveObject {
            body: Body::new(have),
            uid: String::new(),
            resource_version: String::new(),
            managed: vec![managed],
        };
        let proof = needs_no_write(&Body::new(body.clone()), &live, schema, "obsctl");
        assert_eq!(proof.is_ok(), proven, "{body}: {proof:?}");
    }
}
