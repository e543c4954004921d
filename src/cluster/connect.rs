//! Reaching a cluster and finding out which one it is (rules 16).

use std::{
    path::PathBuf,
    sync::{Arc, RwLock},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, header};
use kube::client::Body;
use tokio::time::timeout;
use tower::{BoxError, Service, ServiceBuilder};

use super::{
    Cluster, Link, Patience,
    limit::Limiter,
    reach::{Line, PluginError, Pod, Target, agent, target},
    request::CallError,
};
use crate::model::{ClusterIdentity, TypeMap};

/// For the first contact as a whole, exec plugins not counted: those may take their time, a dead server may not.
const FIRST_ANSWER: Duration = Duration::from_secs(15);

/// How to reach a cluster.
#[derive(Debug, Clone)]
pub struct Connect {
    /// Kubeconfig context; none means the current one.
    pub context: Option<String>,
    /// Kubeconfig files, merged in this order; of several those that are missing are passed over.
    pub kubeconfig: Vec<PathBuf>,
    /// The Pod we run in, whose ServiceAccount is used instead of kubeconfigs.
    pub in_cluster: Option<Pod>,
    /// The identity that the cluster must have.
    pub identity: Option<String>,
    /// User to act as (`--as`).
    pub impersonate: Option<String>,
    /// Groups to act as (`--as-group`).
    pub impersonate_groups: Vec<String>,
    /// Whether exec plugins may ask the user: not in CI, and only where stdin is a terminal.
    pub interactive: bool,
    /// `HTTPS_PROXY`, used where the kubeconfig names no proxy.
    pub https_proxy: Option<String>,
    /// `NO_PROXY`.
    pub no_proxy: Option<String>,
    /// Most requests at once.
    pub parallelism: usize,
}

impl Default for Connect {
    fn default() -> Self {
        Self {
            context: None,
            kubeconfig: Vec::new(),
            in_cluster: None,
            identity: None,
            impersonate: None,
            impersonate_groups: Vec::new(),
            interactive: false,
            https_proxy: None,
            no_proxy: None,
            parallelism: 16,
        }
    }
}

/// Why a cluster was not reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The kubeconfig cannot be read or lacks what is asked.
    #[error("kubeconfig: {0}")]
    Kubeconfig(String),
    /// No context is asked for.
    #[error("kubeconfig has no current context; it has: {}", .known.join(", "))]
    NoCurrentContext {
        /// What is there.
        known: Vec<String>,
    },
    /// A context that is not there.
    #[error("kubeconfig has no context {wanted:?}; it has: {}{}", .known.join(", "), also_missing(.missing))]
    NoContext {
        /// What was asked for.
        wanted: String,
        /// What is there.
        known: Vec<String>,
        /// Files that were named and are not there.
        missing: Vec<PathBuf>,
    },
    /// There is no Pod around us.
    #[error("in-cluster access: {0}")]
    InCluster(String),
    /// The proxy's address is wrong.
    #[error("proxy {0:?}: {1}")]
    Proxy(String, String),
    /// An exec plugin gave no credentials.
    #[error(transparent)]
    Plugin(Box<PluginError>),
    /// A way to log in that was built into older clients.
    #[error("auth-provider `{name}` of kubeconfig user {user:?} {why}")]
    AuthProvider {
        /// Its name, as in `oidc`.
        name: String,
        /// The user's entry.
        user: String,
        /// Why it gives no credentials.
        why: String,
    },
    /// The client cannot be built: certificates, keys, token files.
    #[error("credentials for {server}: {error}")]
    Credentials {
        /// URL of the API server.
        server: String,
        /// Why.
        error: String,
    },
    /// No good answer came.
    #[error("{server}{}: {error}", through(.proxy.as_deref()))]
    Silent {
        /// URL of the API server.
        server: String,
        /// URL of the proxy that was used.
        proxy: Option<String>,
        /// Why.
        error: Box<CallError>,
    },
    /// It is another cluster than the environment pins.
    #[error(
        "context {context} reaches cluster {found} ({server}), and the environment is pinned to cluster {wanted}"
    )]
    OtherCluster {
        /// Context that was used.
        context: String,
        /// URL of the API server.
        server: String,
        /// Identity of the cluster that answered.
        found: String,
        /// Identity that the environment pins.
        wanted: String,
    },
}

fn also_missing(files: &[PathBuf]) -> String {
    let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    if names.is_empty() { String::new() } else { format!("; missing files: {}", names.join(", ")) }
}

fn through(proxy: Option<&str>) -> String {
    proxy.map(|proxy| format!(" through proxy {proxy}")).unwrap_or_default()
}

impl From<PluginError> for ConnectError {
    fn from(error: PluginError) -> Self {
        Self::Plugin(Box::new(error))
    }
}

impl Cluster {
    /// Reaches a cluster, asks who it is and who we are, and compares the pin.
    pub async fn connect(connect: &Connect) -> Result<Self, ConnectError> {
        Self::known(target(connect).await?, connect).await
    }

    /// Asks a server who it is and who we are, and compares the pin.
    async fn known(target: Target, connect: &Connect) -> Result<Self, ConnectError> {
        let first = Self::first_contact(&target.line, connect.parallelism);
        let own = target.own_line.as_ref().map(|line| Self::first_contact(line, connect.parallelism));
        let identity = timeout(FIRST_ANSWER, first.introduce(&target, own.as_ref()))
            .await
            .unwrap_or_else(|_| Err(CallError::Broken(format!("silence for {} s", FIRST_ANSWER.as_secs()))))
            .map_err(|error| ConnectError::Silent {
                server: target.server.clone(),
                proxy: target.proxy.clone(),
                error: Box::new(error),
            })?;
        if let Some(wanted) = connect.identity.as_ref().filter(|wanted| **wanted != identity.identity) {
            return Err(ConnectError::OtherCluster {
                context: identity.context,
                server: identity.server,
                found: identity.identity,
                wanted: wanted.clone(),
            });
        }
        Ok(Self::on(target.line, identity, connect.parallelism, Patience::Much))
    }

    /// Reaches an API server that is a service of this process or a plain address, and asks who it is and who we are.
    ///
    /// `server` is how people are told of it.
    pub async fn connect_service<S, B>(
        service: S,
        server: &str,
        connect: &Connect,
    ) -> Result<Self, ConnectError>
    where
        S: Service<Request<Body>, Response = Response<B>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let named = ServiceBuilder::new()
            .map_request(|mut request: Request<Body>| {
                request.headers_mut().insert(header::USER_AGENT, agent());
                request
            })
            .service(service);
        let line = Line::over(kube::Client::new(named, "default"));
        Self::known(Target::plain(line, server), connect).await
    }

    /// Reaches a server without kubeconfig or credentials, such as one on loopback.
    pub async fn connect_address(address: &str, connect: &Connect) -> Result<Self, ConnectError> {
        Self::known(Target::at(address, connect).await?, connect).await
    }

    /// A cluster over any client, such as an in-process API.
    pub fn over(client: kube::Client, identity: ClusterIdentity, parallelism: usize) -> Self {
        Self::on(Arc::new(Line::over(client)), identity, parallelism, Patience::Much)
    }

    fn first_contact(line: &Arc<Line>, parallelism: usize) -> Self {
        Self::on(Arc::clone(line), ClusterIdentity::default(), parallelism, Patience::Little)
    }

    fn on(line: Arc<Line>, identity: ClusterIdentity, parallelism: usize, patience: Patience) -> Self {
        let link = Link {
            line,
            limit: Limiter::new(parallelism),
            identity,
            types: RwLock::new(Arc::new(TypeMap::default())),
            patience,
        };
        Self { link: Arc::new(link), events: None, redact: None }
    }
}
