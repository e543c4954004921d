//! One list of requests, answered by a real API server and by the sandbox: the answers are compared whole.

use std::{fs, path::Path, time::Duration};

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use kube::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use obsctl::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::ControlPlane;

#[path = "../sandbox/compare.rs"]
mod compare;

/// Scenarios whose answers differ, each with why; the test fails for a new one, and for one that has gone.
const DIFFER: &[(&str, &str)] = &[
    (
        "jobs-and-cronjobs",
        "the message about an immutable template shows the template in the server's own types",
    ),
    ("roles", "an empty list of rules counts as set, and the sandbox takes it for none"),
    (
        "autoscalers-in-two-versions",
        "metrics that autoscaling/v1 cannot say stand in an annotation as v2 says them, not v2beta1",
    ),
    (
        "pods",
        "a pod may be put on a node by an update, as the sandbox's own scheduler does, instead of by a binding",
    ),
];

const VERBS: &[(&str, &str, &str)] = &[
    ("apply", "PATCH", "application/apply-patch+yaml"),
    ("merge", "PATCH", "application/merge-patch+json"),
    ("json", "PATCH", "application/json-patch+json"),
    ("strategic", "PATCH", "application/strategic-merge-patch+json"),
];
const PLACES: &[(&str, &str)] = &[
    ("@cm", "/api/v1/namespaces/NS/configmaps"),
    ("@svc", "/api/v1/namespaces/NS/services"),
    ("@secret", "/api/v1/namespaces/NS/secrets"),
    ("@pod", "/api/v1/namespaces/NS/pods"),
    ("@deploy", "/apis/apps/v1/namespaces/NS/deployments"),
    ("@crd", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"),
    ("@cr", "/apis/GRP/v1/namespaces/NS/widgets"),
];

/// One answer, masked.
#[derive(Debug, PartialEq)]
struct Answer {
    code: u16,
    body: Value,
    warnings: Vec<String>,
}

/// Either of the two.
enum Server {
    Real(Client),
    Embedded(Sandbox),
}

impl Server {
    async fn send(&self, method: &str, path: &str, content_type: &str, body: String) -> Answer {
        let request = Request::builder().method(method).uri(path).header("user-agent", "exchanges/1");
        let request = request.header("content-type", content_type);
        let (parts, bytes) = match self {
            Self::Real(client) => {
                let request = request.body(Body::from(body.into_bytes())).expect("a request");
                let (parts, body) = client.send(request).await.expect("the server answers").into_parts();
                (parts, body.collect().await.expect("a whole body").to_bytes())
            }
            Self::Embedded(sandbox) => {
                let request = request.body(Bytes::from(body)).expect("a request");
                let (parts, body) = sandbox.answer(request).await.into_parts();
                (parts, body.collect().await.expect("a whole body").to_bytes())
            }
        };
        let warnings = parts.headers.get_all("warning").iter();
        let warnings = warnings.map(|warning| warning.to_str().expect("text").to_owned()).collect();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
        Answer { code: parts.status.as_u16(), body, warnings }
    }

    /// Makes a definition of Widgets and waits until they are served with their schema.
    async fn define(&self, group: &str, more: &Value) {
        let mut crd = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("widgets.{group}")},
            "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"}},
        });
        crd["spec"]["versions"] = more["spec"]["versions"].clone();
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let made = self.send("POST", path, "application/json", crd.to_string()).await;
        assert_eq!(made.code, 201, "{}", made.body);
        for _ in 0..200 {
            let documents = self.send("GET", "/openapi/v3", "", String::new()).await;
            let list = self.send("GET", &format!("/apis/{group}/v1/widgets"), "", String::new()).await;
            if list.code == 200 && documents.body["paths"][format!("apis/{group}/v1")].is_object() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("widgets of {group} are not served");
    }

    /// Plays a scenario in a namespace of its own.
    async fn play(&self, id: &str, lines: &[&str]) -> Vec<(String, Answer)> {
        let (namespace, group) = (format!("x-{id}"), format!("{id}.example.com"));
        let placed = |text: &str| text.replace("NS", &namespace).replace("GRP", &group);
        let body = json!({"metadata": {"name": namespace}}).to_string();
        let made = self.send("POST", "/api/v1/namespaces", "application/json", body).await;
        assert_eq!(made.code, 201, "{}", made.body);
        let mut answers: Vec<(String, Answer)> = Vec::new();
        for line in lines {
            let (verb, rest) = line.split_once(' ').expect("a verb and more");
            if verb == "define" {
                self.define(&group, &serde_json::from_str(rest).expect("JSON")).await;
                continue;
            }
            let (path, body) = rest.split_once(' ').unwrap_or((rest, ""));
            let place = PLACES.iter().find(|(name, _)| {
                path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            });
            let path = place.map_or(path.to_owned(), |(name, place)| path.replacen(name, place, 1));
            let sort = VERBS.iter().find(|(name, _, _)| *name == verb);
            let (method, sort) =
                sort.map_or((verb, "application/json"), |(_, method, sort)| (*method, *sort));
            let body = match body.strip_prefix('$').and_then(|body| body.split_once(' ')) {
                Some((number, more)) => {
                    let number: usize = number.parse().expect("a number");
                    let mut old = answers[number].1.body.clone();
                    json_patch::merge(&mut old, &serde_json::from_str(more).expect("JSON"));
                    old.to_string()
                }
                None => placed(body),
            };
            let answer = self.send(method, &placed(&path), sort, body).await;
            answers.push(((*line).to_owned(), answer));
        }
        answers
    }
}

async fn real(plane: &ControlPlane) -> Server {
    let kubeconfig = Kubeconfig::read_from(plane.kubeconfig("admin")).expect("it was written by us");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    Server::Real(Client::try_from(config.expect("it names one context")).expect("a client"))
}

/// An answer whose field owners stand in an order that does not hang on the second in which they wrote.
fn settled(body: &Value) -> Value {
    let mut body = compare::masked(body, "");
    let lists = match body.get_mut("items").and_then(Value::as_array_mut) {
        Some(items) => items.iter_mut().collect(),
        None => vec![&mut body],
    };
    for object in lists {
        let managed = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut);
        let name = |entry: &Value| {
            ["operation", "manager", "apiVersion", "subresource"].map(|key| entry[key].to_string())
        };
        if let Some(managed) = managed {
            managed.sort_by_key(name);
        }
    }
    body
}

fn first_difference(real: &[(String, Answer)], ours: &[(String, Answer)]) -> Option<String> {
    real.iter().zip(ours).find_map(|((line, real), (_, ours))| {
        let line: String = line.chars().take(120).collect();
        if real.code != ours.code {
            return Some(format!(
                "{line}\n    the server answers {} {}, the sandbox {} {}",
                real.code, real.body, ours.code, ours.body
            ));
        }
        let found = compare::difference("", &settled(&real.body), &settled(&ours.body));
        let warned = (real.warnings != ours.warnings)
            .then(|| format!("the server warns {:?}, the sandbox {:?}", real.warnings, ours.warnings));
        found.or(warned).map(|found| format!("{line}\n    {found}"))
    })
}

#[test]
fn exchanges_are_answered_as_a_real_server_answers_them() {
    let Some(plane) = ControlPlane::start_api(&[]) else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/exchanges.txt");
    let text = fs::read_to_string(path).expect("the list");
    let scenarios = text.split("\n\n# ").skip(1).map(|scenario| {
        let mut lines = scenario.lines().filter(|line| !line.is_empty());
        (lines.next().expect("an id"), lines.collect::<Vec<_>>())
    });
    let scenarios: Vec<_> = scenarios.collect();
    let (mut wrong, mut differed, mut requests) = (Vec::new(), Vec::new(), 0);
    tokio::runtime::Runtime::new().expect("threads").block_on(async {
        let real = real(&plane).await;
        for (id, lines) in &scenarios {
            let ours = Server::Embedded(Sandbox::ephemeral("1.36"));
            let class = "/apis/storage.k8s.io/v1/storageclasses/standard";
            ours.send("DELETE", class, "", String::new()).await;
            let (real, ours) = (real.play(id, lines).await, ours.play(id, lines).await);
            requests += real.len();
            let Some(found) = first_difference(&real, &ours) else { continue };
            differed.push(*id);
            if DIFFER.iter().all(|(known, _)| known != id) {
                wrong.push(format!("{id}: {found}"));
            }
        }
    });
    for (known, _) in DIFFER.iter().filter(|(known, _)| !differed.contains(known)) {
        wrong.push(format!("{known}: differs no longer; take it off the list"));
    }
    eprintln!("{requests} exchanges of {} scenarios, {} differ", scenarios.len(), differed.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_differences_stand_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sandbox.md");
    let text = fs::read_to_string(path).expect("it is there");
    let told: Vec<&str> = text.lines().filter(|line| line.starts_with("- `")).collect();
    let rows: Vec<String> = DIFFER.iter().map(|(id, why)| format!("- `{id}`: {why}")).collect();
    assert_eq!(told, rows);
}
