//! Validation of custom resources against the answers of a real API server.
//!
//! Each file of `tests/validation` is a schema and bodies that kube-apiserver 1.36.3 was sent by POST, or by PUT where
//! there is an `old` one: with `fieldValidation=Warn` and dry-run, on a definition of that schema.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise"
)]

use std::fs;

use obsctl::schema::{Cause, Structural, refusal};
use serde_json::{Value, json};

/// Answers that we do not give alike, each with why.
const DIFFERENT: &[(&str, &str)] = &[(
    r#"{"emb":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"Bad_","labels":{"x y":"z"}},"foo":1}}"#,
    "names and labels of embedded objects are not checked",
)];

#[test]
fn values_are_judged_as_the_server_judges_them() {
    check("values", "Val");
}

#[test]
fn defaults_and_rules_are_as_the_servers() {
    check("defaults-and-rules", "Vala");
}

#[test]
fn formats_of_numbers_are_judged_as_the_server_judges_them() {
    check("formats", "Valn");
}

fn check(file: &str, kind: &str) {
    let path = format!("{}/tests/validation/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("it is part of the repository");
    let mut rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("rows are JSON"));
    let structural = Structural::of(&rows.next().expect("a schema")["schema"]);
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for row in rows {
        checked += 1;
        let known = DIFFERENT.iter().any(|(spec, _)| row["spec"] == json_of(spec));
        match (judge(&structural, kind, &row), known) {
            (Err(error), false) => wrong.push(format!("{}: {error}", row["spec"])),
            (Ok(()), true) => wrong.push(format!("{}: agrees by now", row["spec"])),
            (Ok(()), false) | (Err(_), true) => {}
        }
    }
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 30);
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn object(spec: &Value) -> Value {
    json!({"apiVersion": "exp.test/v1", "kind": "Val", "metadata": {"name": "v"}, "spec": spec})
}

fn judge(structural: &Structural, kind: &str, row: &Value) -> Result<(), String> {
    let decoded = |spec: &Value| {
        let mut object = object(spec);
        let unknown = structural.prune(&mut object);
        structural.drop_nulls(&mut object);
        structural.default(&mut object);
        (object, unknown)
    };
    let (object, unknown) = decoded(&row["spec"]);
    let old = row.get("old").map(|old| decoded(old).0);
    let verdict = structural.validate(&object, old.as_ref());
    if !verdict.unchecked.is_empty() {
        return Err(format!("unchecked {:?}", verdict.unchecked));
    }
    if row["code"] != 422 {
        if !verdict.causes.is_empty() {
            return Err(format!("refused: {:?}", verdict.causes));
        }
        if object["spec"] != row["stored"] {
            return Err(format!("{}, not {}", object["spec"], row["stored"]));
        }
        let wanted: Vec<_> =
            row["unknown"].as_array().into_iter().flatten().map(|one| one.as_str().expect("text")).collect();
        return if unknown == wanted { Ok(()) } else { Err(format!("unknown {unknown:?}, not {wanted:?}")) };
    }
    let mut found: Vec<_> = verdict.causes.iter().map(shown).collect();
    let mut wanted = row["causes"].as_array().expect("causes").clone();
    found.sort_by_key(Value::to_string);
    wanted.sort_by_key(|cause| {
        json!({"reason": cause["reason"], "message": cause["message"], "field": cause["field"]}).to_string()
    });
    if found != wanted {
        return Err(format!("{}\n  not {}", json!(found), json!(wanted)));
    }
    if let ([_], Value::String(message)) = (verdict.causes.as_slice(), &row["message"]) {
        let name = message.split('"').nth(1).expect("a name");
        let text = refusal(kind, "exp.test", name, &verdict.causes);
        if text != *message {
            return Err(format!("{text}, not {message}"));
        }
    }
    Ok(())
}

fn shown(cause: &Cause) -> Value {
    json!({"reason": cause.reason.name(), "message": cause.message, "field": cause.field})
}
