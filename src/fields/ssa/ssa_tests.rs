//! Server-side apply, rule by rule; answers named as the server's were seen on kube-apiserver 1.36.3.

use serde_json::{Value, json};

use super::{
    Force, Kind, Refused, Writer, apply, extract, fields_after_scale, scale_fields, take_over, track_update,
};
use crate::model::{FieldPath, Gvk};
use crate::schema::SchemaSet;

const NOW: &str = "2026-01-01T00:00:00Z";
const LATER: &str = "2026-01-01T00:00:05Z";

fn by<'a>(manager: &'a str, time: &'a str) -> Writer<'a> {
    Writer { manager, time, subresource: "" }
}

fn config(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data})
}

/// Applies a ConfigMap's data.
fn applied(live: Option<&Value>, data: &Value, manager: &str, force: Force) -> Result<Value, Refused> {
    sent(live, &config(data), &by(manager, NOW), force)
}

/// Applies a whole body of a built-in kind.
fn sent(live: Option<&Value>, body: &Value, by: &Writer<'_>, force: Force) -> Result<Value, Refused> {
    let set = SchemaSet::builtin();
    let text = |name: &str| body[name].as_str().expect("text");
    apply(live, body, by, force, &Kind::of(set.of(&Gvk::new(text("apiVersion"), text("kind")))))
}

/// Updates an object of a built-in kind.
fn updated(live: Option<&Value>, mut new: Value, by: &Writer<'_>) -> Value {
    let set = SchemaSet::builtin();
    let text = |name: &str| new[name].as_str().expect("text").to_owned();
    let kind = Kind::of(set.of(&Gvk::new(&text("apiVersion"), &text("kind"))));
    track_update(live, &mut new, by, &kind);
    new
}

/// `manager operation subresource time fields` of each entry, in order.
fn told(object: &Value) -> Vec<String> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    let line = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
        let [manager, operation, subresource, time] =
            ["manager", "operation", "subresource", "time"].map(text);
        format!("{manager} {operation} {subresource} {time} {}", entry["fieldsV1"])
    };
    entries.into_iter().flatten().map(line).collect()
}

fn data_keys(object: &Value, entry: usize) -> Value {
    object["metadata"]["managedFields"][entry]["fieldsV1"]["f:data"].clone()
}

#[test]
fn a_dropped_key_goes_and_one_of_others_stays() {
    let live = applied(None, &json!({"a": "1", "b": "2"}), "m1", Force::Never).expect("made");
    let live = applied(Some(&live), &json!({"b": "2"}), "m2", Force::Never).expect("shared");
    let live = applied(Some(&live), &json!({}), "m1", Force::Never).expect("dropped");
    assert_eq!(live["data"], json!({"b": "2"}));
}

#[test]
fn another_value_is_a_conflict_and_force_takes_the_field() {
    let live = applied(None, &json!({"a": "1"}), "m1", Force::Never).expect("made");
    let refused = applied(Some(&live), &json!({"a": "2"}), "m2", Force::Never).expect_err("owned");
    assert_eq!(refused.message(), "Apply failed with 1 conflict: conflict with \"m1\": .data.a");
    let live = applied(Some(&live), &json!({"a": "2"}), "m2", Force::Take).expect("forced");
    assert_eq!(told(&live), [format!("m2 Apply - {NOW} {{\"f:data\":{{\"f:a\":{{}}}}}}")]);
}

#[test]
fn conflicts_are_told_by_manager() {
    let live = applied(None, &json!({"a": "1", "b": "1"}), "m1", Force::Never).expect("made");
    let mut new = live.clone();
    new["data"]["c"] = json!("1");
    let live = updated(Some(&live), new, &Writer { subresource: "", ..by("editor", NOW) });
    let refused =
        applied(Some(&live), &json!({"a": "2", "b": "2", "c": "2"}), "m2", Force::Never).expect_err("owned");
    assert_eq!(
        refused.message(),
        "Apply failed with 3 conflicts: conflicts with \"editor\" using v1:\n- .data.c\nconflicts with \"m1\":\n- \
         .data.a\n- .data.b"
    );
}

#[test]
fn an_update_takes_what_it_changes() {
    let live = applied(None, &json!({"a": "1", "b": "2"}), "m1", Force::Never).expect("made");
    let mut new = live.clone();
    new["data"] = json!({"a": "9", "c": "3"});
    let new = updated(Some(&live), new, &by("editor", LATER));
    assert_eq!(told(&new), [format!("editor Update - {LATER} {{\"f:data\":{{\"f:a\":{{}},\"f:c\":{{}}}}}}")]);
}

#[test]
fn a_write_that_changes_nothing_keeps_entries_and_times() {
    let live = applied(None, &json!({"a": "1"}), "m1", Force::Never).expect("made");
    assert_eq!(
        sent(Some(&live), &config(&json!({"a": "1"})), &by("m1", LATER), Force::Never),
        Ok(live.clone())
    );
    assert_eq!(updated(Some(&live), live.clone(), &by("editor", LATER)), live);
}

#[test]
fn an_applier_that_only_joins_has_no_time_and_stands_first() {
    let live = applied(None, &json!({"a": "1"}), "m1", Force::Never).expect("made");
    let live =
        sent(Some(&live), &config(&json!({"a": "1"})), &by("m2", LATER), Force::Never).expect("joined");
    let fields = "{\"f:data\":{\"f:a\":{}}}";
    assert_eq!(told(&live), [format!("m2 Apply - - {fields}"), format!("m1 Apply - {NOW} {fields}")]);
}

#[test]
fn entries_in_the_body_of_an_apply_are_refused() {
    for managed in [json!([]), json!([{}])] {
        let mut body = config(&json!({}));
        body["metadata"]["managedFields"] = managed;
        let refused = sent(None, &body, &by("m1", NOW), Force::Never);
        assert_eq!(refused, Err(Refused::BadRequest("metadata.managedFields must be nil".to_owned())));
    }
    let mut body = config(&json!({"a": "1"}));
    body["metadata"]["managedFields"] = json!(null);
    assert!(sent(None, &body, &by("m1", NOW), Force::Never).is_ok());
}

#[test]
fn what_was_there_before_the_first_apply_has_an_owner() {
    let live = config(&json!({"a": "1"}));
    let refused = applied(Some(&live), &json!({"a": "2"}), "m1", Force::Never).expect_err("owned");
    assert_eq!(
        refused.message(),
        "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.a"
    );
}

#[test]
fn an_empty_entry_and_an_empty_list_end_all_ownership_for_good() {
    let live = applied(None, &json!({"a": "1"}), "m1", Force::Never).expect("made");
    for managed in [json!([{}]), json!([])] {
        let mut new = live.clone();
        new["metadata"]["managedFields"] = managed;
        let new = updated(Some(&live), new, &by("editor", LATER));
        assert_eq!(told(&new), Vec::<String>::new());
        let mut next = new.clone();
        next["data"]["b"] = json!("2");
        assert_eq!(told(&updated(Some(&new), next, &by("editor", LATER))), Vec::<String>::new());
    }
}

#[test]
fn entries_that_cannot_be_read_do_not_count() {
    let mut new = config(&json!({"a": "1"}));
    new["metadata"]["managedFields"] = json!([{"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "", "fieldsV1": {}}]);
    let new = updated(None, new, &by("editor", NOW));
    assert_eq!(told(&new), [format!("editor Update - {NOW} {{\"f:data\":{{\".\":{{}},\"f:a\":{{}}}}}}")]);
}

#[test]
fn more_than_ten_updaters_become_ancient() {
    let mut live = updated(None, config(&json!({"k": "0"})), &by("m0", "2026-01-01T00:00:00Z"));
    for n in 1..=11 {
        let mut new = live.clone();
        new["data"][format!("k{n}")] = json!("1");
        let time = format!("2026-01-01T00:00:{n:02}Z");
        live = updated(Some(&live), new, &by(&format!("m{n}"), &time));
    }
    let entries = told(&live);
    assert_eq!(entries.len(), 10, "{entries:?}");
    assert_eq!(
        entries[0],
        "ancient-changes Update - 2026-01-01T00:00:02Z {\"f:data\":{\".\":{},\"f:k\":{},\"f:k1\":{},\"f:k2\":{}}}"
    );
}

#[test]
fn a_null_of_a_string_map_is_owned_and_a_null_map_too() {
    let live = applied(None, &json!({"a": null}), "m1", Force::Never).expect("made");
    assert_eq!(data_keys(&live, 0), json!({"f:a": {}}));
    let live = applied(None, &json!({"a": "1"}), "m1", Force::Never).expect("made");
    let live = applied(Some(&live), &json!(null), "m1", Force::Never).expect("dropped");
    assert_eq!((&live["data"], data_keys(&live, 0)), (&json!(null), json!({})));
}

fn service(ports: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}})
}

fn ports(object: &Value) -> Vec<u64> {
    let ports = object["spec"]["ports"].as_array().expect("ports");
    ports.iter().map(|port| port["port"].as_u64().expect("a number")).collect()
}

#[test]
fn the_applied_order_wins_and_items_of_others_keep_their_place() {
    let port = |port: u64| json!({"port": port, "name": format!("p{port}")});
    let list = |ports: &[u64]| service(&ports.iter().map(|n| port(*n)).collect());
    let live = sent(None, &list(&[1, 2, 3]), &by("m1", NOW), Force::Never).expect("made");
    let live = sent(Some(&live), &list(&[4, 2]), &by("m2", NOW), Force::Never).expect("joined");
    assert_eq!(ports(&live), [1, 4, 2, 3]);
    let live = sent(Some(&live), &list(&[3, 1]), &by("m1", NOW), Force::Never).expect("reordered");
    assert_eq!(ports(&live), [4, 2, 3, 1]);
}

#[test]
fn a_missing_key_is_its_default() {
    let live = sent(
        None,
        &service(&json!([{"port": 1, "protocol": "TCP", "name": "a"}])),
        &by("m1", NOW),
        Force::Never,
    );
    let body = service(&json!([{"port": 1, "name": "b"}]));
    let refused =
        sent(Some(&live.expect("made")), &body, &by("m2", NOW), Force::Never).expect_err("one item");
    assert_eq!(
        refused.message(),
        "Apply failed with 1 conflict: conflict with \"m1\": .spec.ports[port=1,protocol=\"TCP\"].name"
    );
}

#[test]
fn duplicates_are_refused_where_they_are_applied_and_kept_where_they_are_stored() {
    let twice = json!([{"port": 1, "name": "a"}, {"port": 1, "name": "b"}]);
    let refused = sent(None, &service(&twice), &by("m1", NOW), Force::Never).expect_err("twice");
    assert_eq!(
        refused.message(),
        "failed to create typed patch object (/s; /v1, Kind=Service): .spec.ports: duplicate entries for key \
         [port=1,protocol=\"TCP\"]"
    );
    let live = updated(None, service(&twice), &by("editor", NOW));
    let owned = &live["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:ports"];
    assert_eq!(*owned, json!({".": {}, "k:{\"port\":1,\"protocol\":\"TCP\"}": {}}));
    let one = service(&json!([{"port": 1, "name": "c"}]));
    let live = sent(Some(&live), &one, &by("m1", NOW), Force::Take).expect("forced");
    assert_eq!(live["spec"]["ports"], json!([{"port": 1, "name": "c"}]));
}

#[test]
fn what_does_not_fit_is_told_as_the_server_tells_it() {
    let message = |body: &Value| sent(None, body, &by("m", NOW), Force::Never).expect_err("wrong").message();
    let mut unknown = config(&json!({}));
    unknown["zz"] = json!(1);
    assert_eq!(
        message(&unknown),
        "failed to create typed patch object (/c; /v1, Kind=ConfigMap): .zz: field not declared in schema"
    );
    assert_eq!(
        message(&config(&json!({"a": {"x": "y", "b": [1, null]}}))),
        "failed to create typed patch object (/c; /v1, Kind=ConfigMap): .data.a: expected string, got \
         &value.valueUnstructured{Value:map[string]interface {}{\"b\":[]interface {}{1, interface {}(nil)}, \
         \"x\":\"y\"}}"
    );
    assert_eq!(
        message(&service(&json!({"a": 1}))),
        "failed to create typed patch object (/s; /v1, Kind=Service): .spec.ports: expected list, got &{map[a:1]}"
    );
}

#[test]
fn an_entry_of_a_version_that_is_gone_goes() {
    let mut live = applied(None, &json!({"a": "1"}), "m1", Force::Never).expect("made");
    live["metadata"]["managedFields"][0]["apiVersion"] = json!("v0");
    let live = applied(Some(&live), &json!({"a": "2"}), "m2", Force::Never).expect("nobody's");
    assert_eq!(told(&live), [format!("m2 Apply - {NOW} {{\"f:data\":{{\"f:a\":{{}}}}}}")]);
}

#[test]
fn parts_of_what_has_become_atomic_are_the_whole() {
    let mut live = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"selector": {"a": "1"}}});
    live["metadata"]["managedFields"] = json!([{"manager": "m1", "operation": "Apply", "apiVersion": "v1",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:selector": {"f:a": {}}}}}]);
    let mut body = live.clone();
    body["metadata"] = json!({"name": "s"});
    body["spec"]["selector"] = json!({"b": "2"});
    let refused = sent(Some(&live), &body, &by("m2", NOW), Force::Never).expect_err("owned as a whole");
    assert_eq!(refused.message(), "Apply failed with 1 conflict: conflict with \"m1\": .spec.selector");
}

#[test]
fn status_is_nobodys_on_the_main_path_and_spec_nobodys_on_status() {
    let body = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "labels": {"a": "b"}},
        "spec": {"replicas": 1}, "status": {"replicas": 7}});
    let live = sent(None, &body, &by("m", NOW), Force::Never).expect("made");
    assert_eq!(live["status"], json!(null));
    let status = Writer { subresource: "status", ..by("m", NOW) };
    let mut body = body;
    body["spec"]["replicas"] = json!(5);
    let live = sent(Some(&live), &body, &status, Force::Never).expect("written");
    assert_eq!((&live["spec"]["replicas"], &live["status"]["replicas"]), (&json!(1), &json!(7)));
    assert_eq!(
        told(&live),
        [
            format!(
                "m Apply - {NOW} {{\"f:metadata\":{{\"f:labels\":{{\"f:a\":{{}}}}}},\"f:spec\":{{\"f:replicas\":{{}}}}}}"
            ),
            format!("m Apply status {NOW} {{\"f:status\":{{\"f:replicas\":{{}}}}}}")
        ]
    );
}

#[test]
fn status_of_a_custom_resource_owns_other_fields_without_setting_them() {
    let schema = json!({"type": "object", "properties": {
        "data": {"type": "object", "additionalProperties": {"type": "string"}},
        "status": {"type": "object", "properties": {"x": {"type": "string"}}}}});
    let crd = json!({"spec": {"group": "exp.test", "names": {"kind": "Val", "plural": "vals"}, "versions": [
        {"name": "v1", "subresources": {"status": {}}, "schema": {"openAPIV3Schema": schema}}]}});
    let mut set = SchemaSet::new();
    set.add_crd(&crd).expect("a definition");
    let kind = Kind::of(set.of(&Gvk::new("exp.test/v1", "Val")));
    let body = |data: Value, label: &str| {
        json!({"apiVersion": "exp.test/v1", "kind": "Val", "metadata": {"name": "v", "labels": {"a": label}},
            "data": data, "status": {"x": "1"}})
    };
    let live = apply(None, &body(json!({"k": "v"}), "1"), &by("m", NOW), Force::Never, &kind).expect("made");
    assert_eq!(live.get("status"), None);
    let status = Writer { subresource: "status", ..by("st", NOW) };
    let live =
        apply(Some(&live), &body(json!({"k": "w"}), "2"), &status, Force::Take, &kind).expect("written");
    assert_eq!((&live["data"], &live["status"]), (&json!({"k": "v"}), &json!({"x": "1"})));
    assert_eq!(live["metadata"]["labels"], json!({"a": "1"}));
    assert_eq!(
        told(&live),
        [
            format!("m Apply - {NOW} {{\"f:metadata\":{{\"f:labels\":{{\"f:a\":{{}}}}}}}}"),
            format!("st Apply status {NOW} {{\"f:data\":{{\"f:k\":{{}}}},\"f:status\":{{\"f:x\":{{}}}}}}")
        ]
    );
}

#[test]
fn kubectl_alone_takes_what_its_annotation_names_and_renews_it() {
    let last = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}});
    let mut live = config(&json!({"a": "1", "b": "9"}));
    live["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": last.to_string()});
    let live = updated(None, live, &by("kubectl-client-side-apply", NOW));
    let refused =
        applied(Some(&live), &json!({"a": "<2>", "b": "3"}), "kubectl", Force::Never).expect_err("b");
    assert_eq!(
        refused.message(),
        "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using v1: .data.b"
    );
    assert!(applied(Some(&live), &json!({"a": "2"}), "other", Force::Never).is_err());
    let live = applied(Some(&live), &json!({"a": "<2>"}), "kubectl", Force::Never).expect("its own");
    assert_eq!(
        live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"],
        "{\"apiVersion\":\"v1\",\"data\":{\"a\":\"\\u003c2\\u003e\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}\n"
    );
}

#[test]
fn what_a_manager_applied_is_extracted_with_its_keys() {
    let body = service(&json!([{"port": 1, "name": "a"}]));
    let live = sent(None, &body, &by("m1", NOW), Force::Never).expect("made");
    let other = service(&json!([{"port": 1, "targetPort": 8}, {"port": 2, "name": "b"}]));
    let live = sent(Some(&live), &other, &by("m2", NOW), Force::Never).expect("joined");
    let set = SchemaSet::builtin();
    let schema = set.of(&Gvk::new("v1", "Service"));
    assert_eq!(extract(&live, "m1", "", schema), Some(body));
    assert_eq!(extract(&live, "m2", "", schema), Some(other));
    assert_eq!(extract(&live, "m3", "", schema), None);
}

#[test]
fn client_side_updaters_become_the_applier() {
    let mut made = config(&json!({"a": "1"}));
    made["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": "{}", "x": "y"});
    let live = updated(None, made, &by("kubectl-client-side-apply", NOW));
    let mut live = applied(Some(&live), &json!({"b": "2"}), "obsctl", Force::Never).expect("joined");
    let names = ["kubectl-client-side-apply", "helm"];
    live["metadata"]["managedFields"] = take_over(&live, &names, "obsctl").expect("entries");
    assert_eq!(
        told(&live),
        [format!(
            "obsctl Apply - {NOW} {{\"f:data\":{{\".\":{{}},\"f:a\":{{}},\"f:b\":{{}}}},\"f:metadata\":{{\"f:annotations\":\
             {{\".\":{{}},\"f:x\":{{}}}}}}}}"
        )]
    );
    let live = applied(Some(&live), &json!({"b": "2"}), "obsctl", Force::Never).expect("all ours");
    assert_eq!(live["data"], json!({"b": "2"}));
}

#[test]
fn a_scale_that_changes_nothing_leaves_two_entries_as_on_the_server() {
    let made = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": 3, "paused": true}});
    let live = updated(None, made, &by("poster", NOW));
    let path = FieldPath::of(&["spec", "replicas"]);
    let mut scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d"}, "spec": {"replicas": 3}});
    scale["metadata"]["managedFields"] = scale_fields(&live, &path);
    let mut after = live.clone();
    after["metadata"]["managedFields"] =
        fields_after_scale(&live, &updated(Some(&scale), scale.clone(), &by("sc", NOW)), &path);
    let entries = told(&after);
    assert_eq!(entries.len(), 2, "{entries:?}");
    assert_eq!(entries[0], "poster Update - - {\"f:spec\":{\"f:replicas\":{}}}");
    let mut new = scale.clone();
    new["spec"]["replicas"] = json!(4);
    let by = Writer { subresource: "scale", ..by("sc", NOW) };
    after["metadata"]["managedFields"] = fields_after_scale(&live, &updated(Some(&scale), new, &by), &path);
    assert_eq!(told(&after)[0], "sc Update scale - {\"f:spec\":{\"f:replicas\":{}}}");
}
