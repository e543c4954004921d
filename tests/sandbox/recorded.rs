//! Exchanges recorded from kube-apiserver 1.36.3, played against the sandbox.

use std::{fs, path::Path};

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use obsctl::sandbox::Sandbox;
use serde_json::{Value, json};

use super::compare::{difference, masked};

/// Scenarios whose answers differ, each with why.
///
/// The test fails for one that is not here, and for one here that no longer differs.
const DIFFER: &[(&str, &str)] = &[("forbidden", "access control is off: everybody may everything")];

const NAMESPACE: &str = "play";
const GROUP: &str = "play.example.com";

fn scenarios() -> Option<Vec<Value>> {
    let folder = std::env::var_os("OBSCTL_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        std::path::PathBuf::from,
    );
    let path = folder.join("ssa/recorded.jsonl");
    let Ok(text) = fs::read_to_string(&path) else {
        assert!(std::env::var_os("OBSCTL_REQUIRE_LIVE").is_none(), "no test data at {}", path.display());
        eprintln!("skipped: no test data (set OBSCTL_TEST_DATA)");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a scenario a line")).collect())
}

/// Replaces the placeholders of the recording where they stand alone as words.
fn placed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['N', 'G']) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let alone = |word: &str| {
            let after = tail.strip_prefix(word)?;
            let open = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
            (open(out.chars().last()) && open(after.chars().next())).then_some(after)
        };
        if let Some(after) = alone("NS") {
            out.push_str(NAMESPACE);
            rest = after;
        } else if let Some(after) = alone("GRP") {
            out.push_str(GROUP);
            rest = after;
        } else {
            out.push_str(&tail[..1]);
            rest = &tail[1..];
        }
    }
    out + rest
}

/// One request; the answer is its status, its body and its warnings.
async fn send(sandbox: &Sandbox, request: &Value, answers: &[Value]) -> (u16, Value, Vec<String>) {
    let method = request["method"].as_str().expect("method");
    let path = request["path"].as_str().expect("path");
    let query = request["query"].as_object().cloned().unwrap_or_default();
    let query: Vec<String> = (query.iter())
        .map(|(key, value)| {
            let value: String =
                form_urlencoded::byte_serialize(value.as_str().expect("text").as_bytes()).collect();
            format!("{key}={value}")
        })
        .collect();
    let mut body = request.get("body").cloned();
    if let Some(step) = request["bodyFromStep"].as_u64() {
        let mut old = answers[usize::try_from(step).expect("small")].clone();
        for edit in request["edit"].as_array().into_iter().flatten() {
            let parts = edit.as_array().expect("path and value");
            let (value, path) = parts.split_last().expect("a value");
            let words: Vec<String> =
                path.iter().map(|part| part.as_str().map_or(part.to_string(), str::to_owned)).collect();
            let pointer = format!("/{}", words.join("/"));
            if let Some(slot) = old.pointer_mut(&pointer) {
                *slot = value.clone();
            } else {
                let (parent, key) = pointer.rsplit_once('/').expect("a parent");
                old.pointer_mut(parent).expect("there")[key] = value.clone();
            }
        }
        if let Some(manager) = request.get("setAllManagersTo") {
            for entry in old["metadata"]["managedFields"].as_array_mut().expect("entries") {
                entry["manager"] = manager.clone();
            }
        }
        body = Some(old);
    }
    let body = match body {
        Some(Value::String(text)) => text,
        Some(tree) => tree.to_string(),
        None => String::new(),
    };
    let agent = request["userAgent"].as_str().unwrap_or("recorder/1.0");
    let mut sent = Request::builder()
        .method(method)
        .uri(format!("{path}?{}", query.join("&")))
        .header("user-agent", agent);
    if let Some(sort) = request["contentType"].as_str() {
        sent = sent.header("content-type", sort);
    }
    let response = sandbox.answer(sent.body(Bytes::from(body)).expect("a request")).await;
    let (parts, body) = response.into_parts();
    let warnings =
        parts.headers.get_all("warning").iter().map(|w| w.to_str().expect("text").to_owned()).collect();
    let bytes = body.collect().await.expect("a whole body").to_bytes();
    let body =
        serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({"__text": String::from_utf8_lossy(&bytes)}));
    (parts.status.as_u16(), body, warnings)
}

/// Plays a scenario; the first difference.
async fn play(scenario: &Value) -> Option<String> {
    let sandbox = Sandbox::ephemeral("1.36");
    let namespace = json!({
        "method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": NAMESPACE}},
    });
    send(&sandbox, &namespace, &[]).await;
    // The recorded cluster had no classes.
    let class = json!({"method": "DELETE", "path": "/apis/storage.k8s.io/v1/storageclasses/standard"});
    send(&sandbox, &class, &[]).await;
    let steps = placed(&scenario["steps"].to_string());
    let steps: Vec<Value> = serde_json::from_str(&steps).expect("steps");
    let mut answers = Vec::new();
    for (number, step) in steps.iter().filter(|step| step.get("request").is_some()).enumerate() {
        let (code, body, warnings) = send(&sandbox, &step["request"], &answers).await;
        let wanted = &step["response"];
        let at = format!("step {number} {}", step["request"]["method"].as_str().unwrap_or_default());
        if wanted["code"] != code {
            return Some(format!("{at}: the server answers {}, the sandbox {code} {body}", wanted["code"]));
        }
        if let Some(found) = difference(&at, &masked(&wanted["body"], ""), &masked(&body, "")) {
            return Some(found);
        }
        let warned = warnings.first().map_or(Value::Null, |warning| json!(warning));
        if wanted.get("warning").unwrap_or(&Value::Null) != &warned {
            return Some(format!("{at}: the server warns {:?}, the sandbox {warned}", wanted.get("warning")));
        }
        answers.push(body);
    }
    None
}

#[tokio::test]
async fn recorded_answers_are_answered_alike() {
    let Some(scenarios) = scenarios() else { return };
    let mut wrong = Vec::new();
    let mut differed = Vec::new();
    for scenario in &scenarios {
        let id = scenario["id"].as_str().expect("an id");
        let Some(found) = play(scenario).await else { continue };
        differed.push(id);
        if DIFFER.iter().all(|(known, _)| *known != id) {
            wrong.push(format!("{id}: {found}"));
        }
    }
    for (known, _) in DIFFER.iter().filter(|(known, _)| !differed.contains(known)) {
        wrong.push(format!("{known}: differs no longer; take it off the list"));
    }
    eprintln!("{} of {} scenarios differ", differed.len(), scenarios.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_differences_stand_in_the_documentation() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sandbox.md"))
        .expect("it is there");
    let told: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let rows: Vec<String> = DIFFER.iter().map(|(id, why)| format!("| `{id}` | {why} |")).collect();
    assert_eq!(told, rows);
}
