//! Sealed values and digests.

use serde_json::json;

use super::*;
use crate::model::PathElement;

fn secret(value: &str) -> Body {
    Body::new(
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"password": value}}),
    )
}

fn keyed() -> Sealer {
    Sealer::new(Some(b"key".to_vec()))
}

#[test]
fn a_secret_value_is_shown_as_its_decoded_length_and_a_keyed_digest() {
    let path = FieldPath::of(&["data", "password"]);
    let shown = keyed().shown(&secret("aHVudGVyMg=="), &path, &json!("aHVudGVyMg=="));
    let Shown::Sealed { length, digest } = &shown else { panic!("{shown:?}") };
    assert_eq!(*length, 7);
    assert_eq!(digest.as_ref().expect("keyed").len(), 12);
    let other = Sealer::new(Some(b"other".to_vec())).shown(&secret(""), &path, &json!("aHVudGVyMg=="));
    assert_ne!(shown, other);
    let unkeyed = Sealer::new(None).shown(&secret(""), &path, &json!("aHVudGVyMg=="));
    assert_eq!(unkeyed, Shown::Sealed { length: 7, digest: None });
}

#[test]
fn all_of_data_is_sealed_at_once_too() {
    let body = secret("aHVudGVyMg==");
    for path in [FieldPath::of(&["data"]), FieldPath::of(&["stringData", "a"])] {
        assert!(matches!(keyed().shown(&body, &path, &json!({"x": "y"})), Shown::Sealed { .. }));
    }
    let whole = keyed().shown(&body, &FieldPath::default(), body.tree());
    assert!(!format!("{whole:?}").contains("aHVudGVyMg"), "{whole:?}");
}

#[test]
fn ordinary_values_are_shown_as_they_are() {
    let body = Body::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"password": "p"}}));
    let path = FieldPath::of(&["data", "password"]);
    assert_eq!(keyed().shown(&body, &path, &json!("p")), Shown::Plain(json!("p")));
}

#[test]
fn plain_variables_with_telling_names_are_sealed() {
    let body = Body::new(json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [
        {"name": "a", "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "LEVEL", "value": "info"}]}]}}));
    let variable = |name: &str| {
        let path =
            FieldPath::of(&["spec", "containers"]).child(PathElement::Key(vec![("name".into(), json!("a"))]));
        let path = path.child(PathElement::Field("env".into()));
        path.child(PathElement::Key(vec![("name".into(), json!(name))]))
            .child(PathElement::Field("value".into()))
    };
    assert!(matches!(
        keyed().shown(&body, &variable("DB_PASSWORD"), &json!("hunter2")),
        Shown::Sealed { length: 7, .. }
    ));
    assert_eq!(keyed().shown(&body, &variable("LEVEL"), &json!("info")), Shown::Plain(json!("info")));
    let whole = keyed().shown(&body, &FieldPath::of(&["spec"]), body.at(&["spec"]).expect("spec"));
    let text = format!("{whole:?}");
    assert!(!text.contains("hunter2") && text.contains("info"), "{text}");
}

#[test]
fn digests_of_secrets_need_the_key_and_differ_by_it() {
    let (a, b) = (secret("YQ=="), secret("Yg=="));
    assert_ne!(keyed().digest(&a), keyed().digest(&b));
    assert_eq!(keyed().digest(&a), keyed().digest(&a.clone()));
    assert_ne!(keyed().digest(&a), Digest::of_tree(a.tree()));
    assert!(Sealer::comparable(&keyed().digest(&a)));
    assert!(!Sealer::comparable(&Sealer::new(None).digest(&a)));
    assert_ne!(Sealer::new(None).digest(&a), Sealer::new(None).digest(&a));
    let open = Body::new(json!({"apiVersion": "v1", "kind": "ConfigMap"}));
    assert_eq!(Sealer::new(None).digest(&open), keyed().digest(&open));
}
