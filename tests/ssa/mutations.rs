//! Objects with one slip each: what apply and strict decoding have against them, and what custom resources fail by.

use std::collections::BTreeMap;

use obsctl::{
    fields::{Force, Kind, Refused, Writer, apply},
    model::Gvk,
    schema::{SchemaSet, Structural, refusal, strict_errors},
};
use serde_json::Value;

use super::{data, real::custom_kinds, rows};

#[test]
fn slips_are_found_in_the_servers_words() {
    let (Some(rows), Some(root)) = (rows("validation/mutations.jsonl"), data("")) else { return };
    let (set, structurals) = custom_kinds(&root);
    let (mut wrong, mut checked) = (Vec::new(), [0; 3]);
    for row in &rows {
        let object = &row["object"];
        let text = |name: &str| object[name].as_str().unwrap_or_default();
        let gvk = Gvk::new(text("apiVersion"), text("kind"));
        let Some(schema) = set.of(&gvk) else { continue };
        let custom = structurals.get(&gvk);
        let mut told = |what: &str, found: &str, wanted: &Value| {
            let wanted = wanted.as_str().unwrap_or_default();
            // Long messages were cut where they were recorded.
            if found != wanted && !(wanted.len() == 600 && found.starts_with(wanted)) {
                wrong.push(format!("{} {what}: {found}\n  not {wanted}", row["id"]));
            }
        };
        if row["apply"].is_object() {
            let kind = Kind::of(Some(schema));
            let by = Writer { manager: "m", time: "", subresource: "" };
            let outcome = apply(None, object, &by, Force::Never, &kind);
            let answer = &row["apply"];
            let message = answer["message"].as_str().unwrap_or_default();
            if message.starts_with("failed to create typed") {
                checked[0] += 1;
                let found = outcome.as_ref().map_or_else(Refused::message, |_| "passes".to_owned());
                told("apply", &found, &answer["message"]);
            } else if let Err(refused) = outcome {
                told("apply", &refused.message(), &answer["message"]);
            }
        }
        if row["create"].is_object() {
            let answer = &row["create"];
            let message = answer["message"].as_str().unwrap_or_default();
            let sent = object.to_string();
            let errors = custom.map_or_else(
                || strict_errors(sent.as_bytes(), Some(schema)),
                |custom| custom.strict_errors(sent.as_bytes()),
            );
            if let Some((before, _)) = message.split_once("strict decoding error: ") {
                checked[1] += 1;
                told(
                    "create",
                    &format!("{before}strict decoding error: {}", errors.join(", ")),
                    &answer["message"],
                );
            } else if !errors.is_empty() {
                told("create", &errors.join(", "), &answer["message"]);
            } else if let Some(custom) = custom {
                checked[2] += 1;
                judged(custom, object, answer)
                    .unwrap_or_else(|found| told("valid", &found, &answer["message"]));
            }
        }
    }
    eprintln!("{checked:?} of {} rows: typed, strict, valid", rows.len());
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked.iter().sum::<i32>() > 150, "{checked:?}");
}

/// Whether a custom resource is valid or fails as the server says; else what was found.
fn judged(custom: &Structural, object: &Value, answer: &Value) -> Result<(), String> {
    let mut object = object.clone();
    custom.prune(&mut object);
    custom.drop_nulls(&mut object);
    custom.default(&mut object);
    let verdict = custom.validate(&object, None);
    let message = answer["message"].as_str().unwrap_or_default();
    // Names and labels are checked for every kind alike.
    if message.contains("metadata.") || message.contains("cannot be handled as") {
        return Ok(());
    }
    let causes = &verdict.causes;
    if causes.is_empty() {
        return if message.contains(" is invalid: ") { Err("valid".to_owned()) } else { Ok(()) };
    }
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    let group = text("apiVersion").split('/').next().unwrap_or_default();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let found = refusal(text("kind"), group, name, causes);
    let parts = |text: &str| {
        let mut parts: BTreeMap<String, usize> = BTreeMap::new();
        for part in text.split(", ") {
            *parts.entry(part.trim_end_matches(']').replace("is invalid: [", "is invalid: ")).or_default() +=
                1;
        }
        parts
    };
    if parts(&found) == parts(message) || sorted(&found) == sorted(message) { Ok(()) } else { Err(found) }
}

/// The letters of a message, whatever the order of its causes.
fn sorted(text: &str) -> Vec<char> {
    let mut letters: Vec<_> = text.chars().collect();
    letters.sort_unstable();
    letters
}

/// The custom kinds by name, for the tests of this folder.
pub(crate) type Structurals = BTreeMap<Gvk, Structural>;

/// All that is known of kinds.
pub(crate) type Known = (SchemaSet, Structurals);
