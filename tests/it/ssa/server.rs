//! An API server without controllers, spoken to in JSON.

use http::{Method, Request};
use http_body_util::BodyExt as _;
use kube::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::{ControlPlane, wait_until};

pub(super) const APPLY: &str = "application/apply-patch+yaml";
pub(super) const MERGE: &str = "application/merge-patch+json";
pub(super) const JSON: &str = "application/json";

/// The running server; it ends when dropped.
pub(super) struct Server {
    runtime: Runtime,
    client: Client,
    _plane: ControlPlane,
}

/// What the server answered.
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) body: Value,
}

impl Server {
    /// Starts it; none after a skip line.
    pub(super) fn start() -> Option<Self> {
        let plane = ControlPlane::start_api(&[])?;
        let runtime = Runtime::new().expect("a runtime");
        let kubeconfig = Kubeconfig::read_from(plane.kubeconfig("admin")).expect("it was written by us");
        let client = runtime.block_on(async {
            let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
            Client::try_from(config.expect("it names one context")).expect("a client")
        });
        Some(Self { runtime, client, _plane: plane })
    }

    pub(super) fn send(&self, method: Method, path: &str, body: (&str, &Value)) -> Answer {
        let (content_type, body) = body;
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request::builder().method(method).uri(path).header("content-type", content_type);
        let request = request.body(Body::from(body)).expect("a request");
        self.runtime.block_on(async {
            let response = self.client.send(request).await.expect("the server answers");
            let code = response.status().as_u16();
            let bytes = response.into_body().collect().await.expect("a body").to_bytes();
            Answer { code, body: serde_json::from_slice(&bytes).unwrap_or_default() }
        })
    }

    /// Creates a CustomResourceDefinition and waits until its kind is served.
    pub(super) fn define(&self, crd: &Value) {
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let answer = self.send(Method::POST, path, (JSON, crd));
        assert_eq!(answer.code, 201, "{}", answer.body);
        let group = crd["spec"]["group"].as_str().expect("a group");
        let plural = crd["spec"]["names"]["plural"].as_str().expect("a plural");
        let list = format!("/apis/{group}/v1/{plural}");
        wait_until("the kind is served", std::time::Duration::from_secs(20), || {
            self.send(Method::GET, &list, (JSON, &Value::Null)).code == 200
        });
        // Until its schema is known to server-side apply, fields are deduced.
        wait_until("the schema is published", std::time::Duration::from_secs(20), || {
            let documents = self.send(Method::GET, "/openapi/v3", (JSON, &Value::Null));
            documents.body["paths"][format!("apis/{group}/v1")].is_object()
        });
    }
}
