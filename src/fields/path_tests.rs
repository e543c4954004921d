//! Paths, read and followed.

use serde_json::json;

use super::*;

#[test]
fn what_the_server_prints_is_read_and_printed_again() {
    for text in [
        ".spec.replicas",
        r#".spec.containers[name="x"].image"#,
        r#".spec.ports[port=80,protocol="TCP"].nodePort"#,
        r#".metadata.finalizers[="a/b"]"#,
        ".spec.args[2]",
    ] {
        assert_eq!(parse_path(text).expect(text).to_string(), text);
    }
}

#[test]
fn keys_of_text_maps_keep_their_dots() {
    let path = parse_path(".metadata.annotations.example.com/a.b").expect("a path");
    assert_eq!(path, FieldPath::of(&["metadata", "annotations", "example.com/a.b"]));
    let printed = path.to_string();
    assert_eq!(parse_path(&printed), Some(path), "{printed}");
}

#[test]
fn an_object_at_hand_decides_where_keys_end() {
    let tree = json!({"spec": {"a.b": {"c": 1}}});
    assert_eq!(parse_path_in(".spec.a.b.c", &tree), Some(FieldPath::of(&["spec", "a.b", "c"])));
}

#[test]
fn garbage_is_no_path() {
    for text in ["", "spec", ".a[", ".a[x]", ".a[name=]", r#".a["x]"#] {
        assert_eq!(parse_path(text), None, "{text}");
    }
}

#[test]
fn values_are_found_by_keys_even_where_an_item_leaves_out_a_default() {
    let tree = json!({"ports": [{"port": 80}, {"port": 80, "protocol": "UDP", "n": 1}]});
    let at = |text: &str| get(&tree, &parse_path(text).expect("a path")).cloned();
    assert_eq!(at(r#".ports[port=80,protocol="UDP"].n"#), Some(json!(1)));
    assert_eq!(at(r#".ports[port=80,protocol="TCP"]"#), Some(json!({"port": 80})));
    assert_eq!(at(r#".ports[port=81,protocol="TCP"]"#), None);
}

#[test]
fn removing_takes_only_the_field() {
    let mut tree = json!({"spec": {"a": 1, "b": [{"name": "x", "v": 1}, {"name": "y"}], "c": ["p", "q"]}});
    for text in
        [".spec.a", r#".spec.b[name="x"].v"#, r#".spec.b[name="y"]"#, r#".spec.c[="p"]"#, ".spec.none.x"]
    {
        remove(&mut tree, &parse_path(text).expect("a path"));
    }
    assert_eq!(tree, json!({"spec": {"b": [{"name": "x"}], "c": ["q"]}}));
}
