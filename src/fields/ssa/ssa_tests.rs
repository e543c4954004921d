//! Server-side apply, rule by rule.

use serde_json::{Value, json};

use super::{Force, Kind, Refused, Writer, apply, track_update};
use crate::model::Gvk;
use crate::schema::SchemaSet;

fn by<'a>(manager: &'a str, time: &'a str) -> Writer<'a> {
    Writer { manager, time, subresource: "" }
}

fn config(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data})
}

fn applied(live: Option<&Value>, data: &Value, manager: &str, force: Force) -> Result<Value, Refused> {
    let set = SchemaSet::builtin();
    let kind = Kind::of(set.of(&Gvk::new("v1", "ConfigMap")));
    apply(live, &config(data), &by(manager, "2026-01-01T00:00:00Z"), force, &kind)
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
    let managed = &live["metadata"]["managedFields"];
    assert_eq!(managed.as_array().map(Vec::len), Some(1), "{managed}");
    assert_eq!(managed[0]["manager"], "m2");
}

#[test]
fn an_update_takes_what_it_changes() {
    let set = SchemaSet::builtin();
    let kind = Kind::of(set.of(&Gvk::new("v1", "ConfigMap")));
    let live = applied(None, &json!({"a": "1", "b": "2"}), "m1", Force::Never).expect("made");
    let mut new = live.clone();
    new["data"] = json!({"a": "9", "c": "3"});
    track_update(Some(&live), &mut new, &by("editor", "2026-01-01T00:00:01Z"), &kind);
    let managed = &new["metadata"]["managedFields"];
    assert_eq!(managed.as_array().map(Vec::len), Some(1), "{managed}");
    assert_eq!(managed[0]["fieldsV1"], json!({"f:data": {"f:a": {}, "f:c": {}}}));
    assert_eq!(managed[0]["operation"], "Update");
}
