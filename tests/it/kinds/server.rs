//! An API server without controllers, asked many things at once.

use futures::{StreamExt as _, stream};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use kube::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::ControlPlane;

/// Requests that are on their way at one time.
const AT_ONCE: usize = 8;

/// The running server; it ends when dropped.
pub(super) struct Server {
    runtime: Runtime,
    client: Client,
    _plane: ControlPlane,
}

/// What is sent.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Value,
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

    /// Sends all, and gives the answers in their order.
    pub(super) fn send_all(&self, asks: Vec<Ask>) -> Vec<Answer> {
        let sent = stream::iter(asks).map(|ask| self.sent(ask)).buffered(AT_ONCE).collect();
        self.runtime.block_on(sent)
    }

    /// Sends one.
    pub(super) fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        self.runtime.block_on(self.sent(Ask { method, path: path.to_owned(), body }))
    }

    async fn sent(&self, ask: Ask) -> Answer {
        let request =
            Request::builder().method(ask.method).uri(ask.path).header("content-type", "application/json");
        let body = if ask.body.is_null() { Vec::new() } else { ask.body.to_string().into_bytes() };
        let request = request.body(Body::from(body)).expect("a request");
        let response = self.client.send(request).await.expect("the server answers");
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        Answer { code, body: serde_json::from_slice(&bytes).unwrap_or_default() }
    }
}
