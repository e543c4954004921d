//! Texts cleaned of secrets.

use serde_json::json;

use super::*;

#[test]
fn secret_values_vanish_in_every_form() {
    let body = Body::new(json!({"apiVersion": "v1", "kind": "Secret", "data": {
        "p": "aHVudGVyMg==", "lines": STANDARD.encode("first line is long\nsecond line is long\n")}}));
    let redactor = Redactor::from_bodies([&body]);
    let text = redactor.redact("got hunter2, aHVudGVyMg== and second line is long, fine");
    assert_eq!(text, "got ‹sealed›, ‹sealed› and ‹sealed›, fine");
}

#[test]
fn values_of_telling_variables_vanish_too() {
    let body = Body::new(json!({"kind": "Pod", "spec": {"env": [{"name": "TOKEN", "value": "abcdef"}]}}));
    assert_eq!(Redactor::from_bodies([&body]).redact("abcdef"), SEALED);
}

#[test]
fn short_values_and_other_words_stay() {
    let body = Body::new(json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "on"}}));
    assert_eq!(Redactor::from_bodies([&body]).redact("one condition"), "one condition");
}

#[test]
fn what_is_learned_later_is_taken_out_too() {
    let secret = |value: &str| {
        Body::new(serde_json::json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
            "data": {"password": STANDARD.encode(value)}}))
    };
    let mut redactor = Redactor::from_bodies([&secret("first-word")]);
    redactor.learn([&secret("first-word-of-two")]);
    assert_eq!(redactor.redact("first-word-of-two, first-word"), format!("{SEALED}, {SEALED}"));
}
