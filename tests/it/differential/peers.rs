//! The two servers, and playing a scenario to both.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use http_body_util::BodyExt as _;
use kube::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use obsctl::sandbox::Sandbox;
use serde_json::{Value, json};

use super::{
    kinds::DEFINITION,
    mask::{difference, masked},
    script::{Ask, Scenario},
};
use crate::support::ControlPlane;

/// kube-apiserver, and how often it was played to: each scenario has a namespace of its own.
pub(super) struct Peers {
    server: Client,
    turns: AtomicUsize,
}

/// What came back.
struct Reply {
    code: u16,
    body: Value,
    warnings: Vec<String>,
}

impl Peers {
    pub(super) async fn meet(plane: &ControlPlane) -> Self {
        let kubeconfig = Kubeconfig::read_from(plane.kubeconfig("admin")).expect("the harness wrote it");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        let server = Client::try_from(config.expect("it is whole")).expect("a client");
        let peers = Self { server, turns: AtomicUsize::new(0) };
        define(&peers.server).await;
        peers
    }

    /// Plays a scenario to both; the first difference.
    pub(super) async fn play(&self, scenario: &Scenario) -> Option<String> {
        let namespace = format!("play-{}", self.turns.fetch_add(1, Ordering::Relaxed));
        let sandbox = Client::new(Sandbox::ephemeral("1.36"), "default");
        // The other server has no classes.
        let class = Ask::plain("DELETE", "/apis/storage.k8s.io/v1/storageclasses/standard");
        send(&sandbox, &class, None).await;
        define(&sandbox).await;
        let home = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        for client in [&self.server, &sandbox] {
            let made = send(client, &Ask::plain("POST", "/api/v1/namespaces").with(home.clone()), None).await;
            assert_eq!(made.code, 201, "{}", made.body);
        }
        let mut last: Option<(Value, Value)> = None;
        for (number, ask) in scenario.asks.iter().enumerate() {
            if ask.edits && last.is_none() {
                // There is nothing to edit yet.
                continue;
            }
            let ask = ask.placed(&namespace);
            let real = send(&self.server, &ask, last.as_ref().map(|(real, _)| real)).await;
            let ours = send(&sandbox, &ask, last.as_ref().map(|(_, ours)| ours)).await;
            let at = format!("step {number} `{}`", ask.words);
            if real.code != ours.code {
                return Some(format!(
                    "{at}: the server answers {} {}, the sandbox {} {}",
                    real.code,
                    told(&real),
                    ours.code,
                    told(&ours)
                ));
            }
            if let Some(found) = difference(&at, &masked(&real.body, ""), &masked(&ours.body, "")) {
                return Some(found);
            }
            if real.warnings != ours.warnings {
                return Some(format!(
                    "{at}: the server warns {:?}, the sandbox {:?}",
                    real.warnings, ours.warnings
                ));
            }
            if real.code < 300 {
                last = Some((real.body, ours.body));
            }
        }
        None
    }
}

fn told(reply: &Reply) -> String {
    let message = reply.body["message"].as_str().map(str::to_owned);
    message.unwrap_or_else(|| reply.body.to_string().chars().take(300).collect())
}

/// Makes the custom kinds, and waits until they are served.
async fn define(client: &Client) {
    let crd: Value = serde_json::from_str(DEFINITION).expect("JSON");
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let made = send(client, &Ask::plain("POST", path).with(crd), None).await;
    assert!([201, 409].contains(&made.code), "{}", made.body);
    for _ in 0..100 {
        let listed = send(client, &Ask::plain("GET", "/apis/play.example.com/v1/widgets"), None).await;
        let described = send(client, &Ask::plain("GET", "/openapi/v3/apis/play.example.com/v1"), None).await;
        if listed.code == 200 && described.code == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("widgets are served within ten seconds");
}

/// Sends one request; `last` is what the server answered before, for edits of it and for versions.
async fn send(client: &Client, ask: &Ask, last: Option<&Value>) -> Reply {
    let body = ask.body_after(last);
    let mut request = Request::builder().method(ask.method.as_str()).uri(&ask.path);
    if let Some(sort) = &ask.content_type {
        request = request.header("content-type", sort);
    }
    let body = body.map_or_else(Vec::new, String::into_bytes);
    let response = client.send(request.body(Body::from(body)).expect("a request")).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let warnings = parts.headers.get_all("warning").iter();
    let warnings = warnings.map(|one| String::from_utf8_lossy(one.as_bytes()).into_owned()).collect();
    let bytes = body.collect().await.expect("a whole body").to_bytes();
    let text = || json!({"text": String::from_utf8_lossy(&bytes)});
    Reply {
        code: parts.status.as_u16(),
        body: serde_json::from_slice(&bytes).unwrap_or_else(|_| text()),
        warnings,
    }
}
