//! Watches: from the beginning, from a version, of what is selected, and their end.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use obsctl::sandbox::{Body, Sandbox};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::hand::Hand;

const MAPS: &str = "/api/v1/namespaces/web/configmaps";

/// A watch that is read event by event.
struct Watched {
    body: Body,
    rest: String,
}

impl Watched {
    async fn of(sandbox: &Sandbox, query: &str) -> Self {
        let request =
            Request::get(format!("{MAPS}?watch=true&{query}")).body(Bytes::new()).expect("a request");
        let response = sandbox.answer(request).await;
        assert_eq!(response.status(), 200);
        Self { body: response.into_body(), rest: String::new() }
    }

    /// The next event; none where the watch ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((line, rest)) = self.rest.clone().split_once('\n') {
                rest.clone_into(&mut self.rest);
                return Some(serde_json::from_str(line).expect("an event a line"));
            }
            let frame = timeout(Duration::from_secs(10), self.body.frame()).await.expect("an event comes")?;
            let data = frame.expect("unbroken").into_data().expect("data");
            self.rest.push_str(std::str::from_utf8(&data).expect("text"));
        }
    }

    /// The next events as `TYPE name`.
    async fn told(&mut self, count: usize) -> Vec<String> {
        let mut told = Vec::new();
        for _ in 0..count {
            let event = self.next().await.expect("an event");
            let name = event["object"]["metadata"]["name"].as_str().unwrap_or("-").to_owned();
            told.push(format!("{} {name}", event["type"].as_str().unwrap_or_default()));
        }
        told
    }
}

#[tokio::test]
async fn a_watch_without_a_version_begins_with_what_is_there_and_ends_in_time() {
    let hand = Hand::new();
    hand.config_maps("web", &["a", "b"]).await;
    let mut watch = Watched::of(&hand.0, "timeoutSeconds=1").await;
    assert_eq!(watch.told(2).await, ["ADDED a", "ADDED b"]);
    hand.delete(&format!("{MAPS}/a"), &Value::Null).await.was(200);
    hand.patch("merge", &format!("{MAPS}/b"), &json!({"data": {"a": "2"}})).await.was(200);
    assert_eq!(watch.told(2).await, ["DELETED a", "MODIFIED b"]);
    assert!(watch.next().await.is_none());
}

#[tokio::test]
async fn a_watch_resumes_from_a_version_without_loss_or_repetition() {
    let hand = Hand::new();
    hand.config_maps("web", &["a"]).await;
    let list = hand.get(MAPS).await.was(200);
    let version = list["metadata"]["resourceVersion"].as_str().expect("a version").to_owned();
    for name in ["b", "c", "d"] {
        hand.post(MAPS, &json!({"metadata": {"name": name}})).await.was(201);
    }
    let mut watch = Watched::of(&hand.0, &format!("resourceVersion={version}")).await;
    let first = watch.next().await.expect("an event");
    assert_eq!(first["object"]["metadata"]["name"], "b");
    let seen = first["object"]["metadata"]["resourceVersion"].as_str().expect("a version");
    let mut resumed = Watched::of(&hand.0, &format!("resourceVersion={seen}")).await;
    assert_eq!(resumed.told(2).await, ["ADDED c", "ADDED d"]);
}

#[tokio::test]
async fn what_begins_and_ceases_to_be_selected_comes_and_goes() {
    let hand = Hand::new();
    hand.config_maps("web", &["a", "b"]).await;
    let mut watch = Watched::of(&hand.0, "labelSelector=on%3Dyes&resourceVersion=0").await;
    let label = |value: Value| json!({"metadata": {"labels": {"on": value}}});
    hand.patch("merge", &format!("{MAPS}/a"), &label(json!("yes"))).await.was(200);
    hand.patch("merge", &format!("{MAPS}/b"), &label(json!("no"))).await.was(200);
    hand.patch("merge", &format!("{MAPS}/a"), &json!({"data": {"a": "2"}})).await.was(200);
    let left = hand.patch("merge", &format!("{MAPS}/a"), &label(json!("no"))).await.was(200);
    assert_eq!(watch.told(2).await, ["ADDED a", "MODIFIED a"]);
    let gone = watch.next().await.expect("an event");
    assert_eq!(
        (&gone["type"], &gone["object"]["metadata"]["labels"]["on"]),
        (&json!("DELETED"), &json!("yes"))
    );
    assert_eq!(gone["object"]["metadata"]["resourceVersion"], left["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn initial_events_end_with_a_bookmark() {
    let hand = Hand::new();
    hand.config_maps("web", &["a", "b"]).await;
    let query = "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
    let mut watch = Watched::of(&hand.0, query).await;
    assert_eq!(watch.told(2).await, ["ADDED a", "ADDED b"]);
    let bookmark = watch.next().await.expect("a bookmark");
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert_eq!(bookmark["object"]["metadata"]["annotations"], json!({"k8s.io/initial-events-end": "true"}));
    hand.post(MAPS, &json!({"metadata": {"name": "c"}})).await.was(201);
    assert_eq!(watch.told(1).await, ["ADDED c"]);
}

#[tokio::test]
async fn a_version_before_the_history_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let hand = Hand(Sandbox::open(folder.path(), "1.36").expect("opened"));
    hand.config_maps("web", &["a"]).await;
    drop(hand);
    let hand = Hand(Sandbox::open(folder.path(), "1.36").expect("opened again"));
    let mut watch = Watched::of(&hand.0, "resourceVersion=2").await;
    let error = watch.next().await.expect("an error");
    assert_eq!((&error["type"], &error["object"]["code"]), (&json!("ERROR"), &json!(410)));
    let message = error["object"]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("too old resource version: 2 ("), "{message}");
    assert!(watch.next().await.is_none());
    // The list from which a client goes on is there.
    assert_eq!(hand.get(MAPS).await.was(200)["items"].as_array().map(Vec::len), Some(1));
}
