//! The control plane of this test: an API server that is asked directly.

use std::path::PathBuf;

use http::{Method, Request};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::Value;

use crate::plane::ControlPlane;

/// The running server; it ends when dropped.
pub(crate) struct Bed {
    pub(crate) client: Client,
    _plane: ControlPlane,
}

impl Bed {
    /// Starts it; none after a skip line.
    pub(crate) async fn start() -> Option<Self> {
        let plane = ControlPlane::start_api(&[])?;
        let file: PathBuf = plane.kubeconfig("admin");
        let kubeconfig = Kubeconfig::read_from(file).expect("it was written by us");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        let client = Client::try_from(config.expect("it names one context")).expect("a client");
        Some(Self { client, _plane: plane })
    }

    /// Sends a request; the answer of the server or its code and text.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, &Value)>,
    ) -> Result<Value, (u16, String)> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some((content_type, _)) = body {
            request = request.header("content-type", content_type);
        }
        let bytes = body.map(|(_, value)| value.to_string().into_bytes()).unwrap_or_default();
        let request = request.body(bytes).expect("a request");
        self.client.request::<Value>(request).await.map_err(|error| match error {
            kube::Error::Api(status) => (status.code, status.message.clone()),
            error => (0, error.to_string()),
        })
    }
}
