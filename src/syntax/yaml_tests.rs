//! YAML files, good and broken.

use serde_json::json;

use super::*;
use crate::syntax::NodeValue;

fn values(text: &str) -> Vec<serde_json::Value> {
    let documents = parse_yaml(&"f.yaml".into(), text).unwrap_or_else(|problems| panic!("{problems:?}"));
    documents.into_iter().map(Node::into_value).collect()
}

fn mistakes(text: &str) -> Vec<String> {
    match parse_yaml(&"f.yaml".into(), text) {
        Ok(documents) => panic!("no mistake in {documents:?}"),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn keys_and_values_know_their_places() {
    let documents = parse_yaml(&"f".into(), "a:\n  - b: \"x\"\n    é: 2\n").expect("good");
    let item = &documents[0].get("a").expect("a").items()[0];
    let (key, value) = item.entry("é").expect("é");
    assert_eq!((key.line, key.column, value.line, value.column), (3, 5, 3, 8));
    let (key, value) = item.entry("b").expect("b");
    assert_eq!((key.line, key.column, value.line, value.column), (2, 5, 2, 8));
}

#[test]
fn keys_stay_texts_and_quoted_values_too() {
    assert_eq!(
        values("y: y\n1: '1'\ntrue: \"no\"\nop: =\n"),
        [json!({"y": true, "1": "1", "true": "no", "op": "="})]
    );
}

#[test]
fn empty_documents_are_skipped_and_many_are_read() {
    assert_eq!(values("---\n# nothing\n---\na: 1\n---\n...\n---\nb: 2\n").len(), 2);
    assert_eq!(values(&"---\na: 1\n".repeat(3000)).len(), 3000);
}

#[test]
fn crlf_and_byte_order_mark_are_fine() {
    assert_eq!(values("\u{feff}a: |\r\n  x\r\n  y\r\nb: 1\r\n"), [json!({"a": "x\ny\n", "b": 1})]);
}

#[test]
fn anchors_aliases_and_merge_keys_work() {
    let text = "base: &b {x: 1, y: [2]}\none:\n  <<: *b\n  x: 3\ntwo:\n  <<: [*b, {z: 4, x: 9}]\nthree: *b\n";
    assert_eq!(
        values(text),
        [json!({
            "base": {"x": 1, "y": [2]}, "one": {"x": 3, "y": [2]},
            "two": {"x": 1, "y": [2], "z": 4}, "three": {"x": 1, "y": [2]}
        })]
    );
    assert_eq!(values("'<<': 1\n"), [json!({"<<": 1})]);
    assert_eq!(values("&k a: 1\nb: *k\n"), [json!({"a": 1, "b": "a"})]);
}

#[test]
fn a_key_that_stands_twice_names_both_lines() {
    assert_eq!(mistakes("a: 1\nb: 2\na: 3\n"), ["f.yaml:3:1: key `a` stands twice in this map"]);
    let many: Vec<_> = (0..40).map(|n| format!("k{n}: {n}\n")).collect();
    let many = many.concat();
    assert_eq!(mistakes(&format!("{many}k39: 1\n")).len(), 1);
    assert_eq!(mistakes(&format!("{many}k1: 1\n")).len(), 1);
}

#[test]
fn all_documents_tell_their_mistakes() {
    let found = mistakes("a: 1\na: 2\n---\nb: [1, 2\n---\nc: 1234e567\n---\nd: 1\n");
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].starts_with("f.yaml:2:1"), "{found:#?}");
    assert!(found[2].starts_with("f.yaml:6:4: `1234e567` reads as a number"), "{found:#?}");
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let one = format!("*a{}", n - 1);
        text.extend([format!("a{n}: &a{n} [{}]\n", [one.as_str(); 9].join(", "))]);
    }
    let found = mistakes(&text);
    assert!(found[0].contains("expand to more than 16 MiB"), "{found:?}");
}

#[test]
fn an_alias_to_its_own_list_is_refused() {
    assert!(mistakes("a: &a [*a]\n")[0].contains("stands inside the value it refers to"));
}

#[test]
fn deep_nesting_is_refused_without_a_crash() {
    for text in ["[".repeat(5000), "a:\n".to_owned() + &"{a: ".repeat(5000), "- ".repeat(5000)] {
        assert!(!mistakes(&text).is_empty());
    }
}

#[test]
fn tabs_are_told_from_spaces() {
    let problems = parse_yaml(&"f".into(), "a:\n\tb: 1\n").expect_err("tab");
    assert!(problems[0].help.as_deref().is_some_and(|help| help.contains("spaces")), "{problems:?}");
}

#[test]
fn unknown_tags_and_odd_keys_are_mistakes() {
    assert!(mistakes("a: !Ref x\n")[0].contains("tag `!Ref`"));
    assert!(mistakes("? [1]\n: 2\n")[0].contains("a key must be a text"));
    assert_eq!(values("a: !!str 1\nb: !!int '2'\n"), [json!({"a": "1", "b": 2})]);
    assert!(mistakes("a: !!int x\n")[0].contains("is no `!!int`"));
}

#[test]
fn control_characters_are_named() {
    assert_eq!(mistakes("a: 1\nb: x\u{0}y\n"), ["f.yaml:2:5: control character U+0000 is not allowed"]);
}

#[test]
fn an_unquoted_expression_in_a_flow_map_says_to_quote_it() {
    let problems = parse_yaml(&"f".into(), "a: {b: ${{ values.x }}}\n").expect_err("flow");
    assert!(problems[0].help.as_deref().is_some_and(|help| help.contains("quoted")), "{problems:?}");
}

#[test]
fn an_expression_in_a_block_map_is_a_plain_text() {
    let documents = parse_yaml(&"f".into(), "a: ${{ values.x }}\n").expect("plain");
    assert_eq!(
        documents[0].get("a").map(|node| &node.value),
        Some(&NodeValue::String("${{ values.x }}".to_owned()))
    );
}
