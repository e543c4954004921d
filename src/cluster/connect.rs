//! Reaching a cluster and finding out which one it is (rules 16).

use std::{
    path::PathBuf,
    sync::{Arc, RwLock},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use kube::{
    Config,
    client::{Body, ClientBuilder},
    config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::{BoxError, Service, ServiceBuilder};

use super::{
    Cluster, Link,
    limit::Limiter,
    proxy,
    request::{Call, CallError, METADATA, chain},
};
use crate::model::{ClusterIdentity, Digest, TypeMap};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the first contact as a whole: exec plugins may take their time, a dead server may not.
const FIRST_ANSWER: Duration = Duration::from_secs(15);
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How to reach a cluster.
#[derive(Debug, Clone)]
pub struct Connect {
    /// Kubeconfig context; none means the current one.
    pub context: Option<String>,
    /// Kubeconfig files, merged in this order; empty means `KUBECONFIG`, then `~/.kube/config`.
    pub kubeconfig: Vec<PathBuf>,
    /// The ServiceAccount of the Pod we run in.
    pub in_cluster: bool,
    /// The identity that the cluster must have.
    pub identity: Option<String>,
    /// User to act as (`--as`).
    pub impersonate: Option<String>,
    /// Groups to act as (`--as-group`).
    pub impersonate_groups: Vec<String>,
    /// Whether exec plugins may ask the user: not in CI.
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
            in_cluster: false,
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
    /// A context that is not there.
    #[error("kubeconfig has no context {wanted:?}; it has: {}", .known.join(", "))]
    NoContext {
        /// What was asked for.
        wanted: String,
        /// What is there.
        known: Vec<String>,
    },
    /// There is no Pod around us.
    #[error("in-cluster access: {0}")]
    InCluster(String),
    /// The proxy's address is wrong.
    #[error("proxy {0:?}: {1}")]
    Proxy(String, String),
    /// The client cannot be built: certificates, keys, exec plugins.
    #[error("credentials for {server}: {error}")]
    Credentials {
        /// URL of the API server.
        server: String,
        /// Why.
        error: String,
    },
    /// No good answer came.
    #[error("{server}: {error}")]
    Silent {
        /// URL of the API server.
        server: String,
        /// Why.
        error: CallError,
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

impl Cluster {
    /// Reaches a cluster, asks who it is and who we are, and compares the pin.
    pub async fn connect(connect: &Connect) -> Result<Self, ConnectError> {
        let (context, config) = config(connect).await?;
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let seal = seal(&config, &server);
        let client = built(config, &server)?;
        Self::known(client, (context, server, seal), connect).await
    }

    /// Asks who a server is, and compares the pin.
    async fn known(
        client: kube::Client,
        (context, server, seal): (String, String, String),
        connect: &Connect,
    ) -> Result<Self, ConnectError> {
        let first = Self::first_contact(client.clone(), connect.parallelism);
        let identity = timeout(FIRST_ANSWER, first.introduce(context, server.clone(), seal))
            .await
            .unwrap_or_else(|_| Err(CallError::Broken(format!("silence for {} s", FIRST_ANSWER.as_secs()))))
            .map_err(|error| ConnectError::Silent { server, error })?;
        if let Some(wanted) = connect.identity.as_ref().filter(|wanted| **wanted != identity.identity) {
            return Err(ConnectError::OtherCluster {
                context: identity.context,
                server: identity.server,
                found: identity.identity,
                wanted: wanted.clone(),
            });
        }
        Ok(Self::over(client, identity, connect.parallelism))
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
        let client = kube::Client::new(named, "default");
        let context = connect.context.clone().unwrap_or_else(|| "sandbox".to_owned());
        Self::known(client, (context, server.to_owned(), String::new()), connect).await
    }

    /// Reaches a server without kubeconfig or credentials, such as one on loopback.
    pub async fn connect_address(address: &str, connect: &Connect) -> Result<Self, ConnectError> {
        let url: Uri = address.parse().map_err(|error: http::uri::InvalidUri| ConnectError::Credentials {
            server: address.to_owned(),
            error: error.to_string(),
        })?;
        let mut config = Config::new(url);
        tune(&mut config, connect);
        let client = built(config, address)?;
        Self::known(client, ("sandbox".to_owned(), address.to_owned(), String::new()), connect).await
    }

    /// A cluster over any client, such as an in-process API.
    pub fn over(client: kube::Client, identity: ClusterIdentity, parallelism: usize) -> Self {
        let link = Link {
            client,
            limit: Limiter::new(parallelism),
            identity,
            types: RwLock::new(Arc::new(TypeMap::default())),
            patient: true,
        };
        Self { link: Arc::new(link), events: None, redact: None }
    }

    fn first_contact(client: kube::Client, parallelism: usize) -> Self {
        let link = Link {
            client,
            limit: Limiter::new(parallelism),
            identity: ClusterIdentity::default(),
            types: RwLock::new(Arc::new(TypeMap::default())),
            patient: false,
        };
        Self { link: Arc::new(link), events: None, redact: None }
    }

    /// Asks for version, identity and user at once.
    async fn introduce(
        &self,
        context: String,
        server: String,
        seal: String,
    ) -> Result<ClusterIdentity, CallError> {
        let (version, kube_system, user) = tokio::join!(self.version(), self.kube_system(), self.whoami());
        let identity = match kube_system {
            Ok(uid) => uid,
            Err(error) if error.is_forbidden() && error.code() == Some(403) => seal,
            Err(error) => return Err(error),
        };
        Ok(ClusterIdentity { context, server, identity, user: user?, version: version? })
    }

    async fn version(&self) -> Result<String, CallError> {
        let reply = self.call(&Call::get("/version")).await?;
        let version: Value = serde_json::from_slice(&reply.body)?;
        Ok(version.get("gitVersion").and_then(Value::as_str).unwrap_or("unknown").to_owned())
    }

    async fn kube_system(&self) -> Result<String, CallError> {
        let call = Call::get("/api/v1/namespaces/kube-system").accepting(METADATA);
        match self.get_path(&call).await? {
            Some(namespace) => Ok(namespace.uid.clone()),
            None => Err(CallError::Unreadable("namespace kube-system is not there".to_owned())),
        }
    }

    /// Who the server takes us for; unknown where it does not say (before Kubernetes 1.28).
    async fn whoami(&self) -> Result<String, CallError> {
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let call = Call::ask("/apis/authentication.k8s.io/v1/selfsubjectreviews", review.to_string());
        let reply = match self.call(&call).await {
            Ok(reply) => reply,
            Err(error) if matches!(error.code(), Some(403 | 404)) => return Ok("unknown".to_owned()),
            Err(error) => return Err(error),
        };
        let review: Value = serde_json::from_slice(&reply.body)?;
        let name = review.pointer("/status/userInfo/username").and_then(Value::as_str);
        Ok(name.unwrap_or("unknown").to_owned())
    }
}

/// Stands for a cluster whose kube-system may not be read: its CA and address.
fn seal(config: &Config, server: &str) -> String {
    let mut bytes = config.root_cert.clone().unwrap_or_default().concat();
    bytes.extend_from_slice(server.as_bytes());
    Digest::of(&bytes).0
}

/// The name of the context and kube's configuration with our own settings.
async fn config(connect: &Connect) -> Result<(String, Config), ConnectError> {
    let (context, mut config) = if connect.in_cluster {
        let config = Config::incluster().map_err(|error| ConnectError::InCluster(chain(&error)))?;
        ("in-cluster".to_owned(), config)
    } else {
        from_kubeconfig(connect).await?
    };
    tune(&mut config, connect);
    Ok((context, config))
}

fn built(config: Config, server: &str) -> Result<kube::Client, ConnectError> {
    let server = server.to_owned();
    let builder = ClientBuilder::try_from(config)
        .map_err(|error| ConnectError::Credentials { server, error: chain(&error) })?;
    Ok(builder.build())
}

/// Our own settings in the place of kube's.
fn tune(config: &mut Config, connect: &Connect) {
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT);
    config.default_retry = false;
    // On the same machine compression costs more than it saves.
    config.disable_compression |=
        matches!(config.cluster_url.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if let Some(user) = &connect.impersonate {
        config.auth_info.impersonate = Some(user.clone());
    }
    if !connect.impersonate_groups.is_empty() {
        config.auth_info.impersonate_groups = Some(connect.impersonate_groups.clone());
    }
    config.headers.push((header::USER_AGENT, agent()));
}

/// Who we say we are.
fn agent() -> HeaderValue {
    HeaderValue::from_static(concat!("obsctl/", env!("CARGO_PKG_VERSION")))
}

async fn from_kubeconfig(connect: &Connect) -> Result<(String, Config), ConnectError> {
    let mut kubeconfig = merged(connect)?;
    if !connect.interactive {
        for user in &mut kubeconfig.auth_infos {
            if let Some(exec) = user.auth_info.as_mut().and_then(|user| user.exec.as_mut()) {
                exec.interactive_mode = Some(ExecInteractiveMode::Never);
            }
        }
    }
    let known: Vec<_> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    let Some(context) = connect.context.clone().or_else(|| kubeconfig.current_context.clone()) else {
        return Err(ConnectError::Kubeconfig(format!(
            "no current context; name one with --context: {}",
            known.join(", ")
        )));
    };
    if !known.contains(&context) {
        return Err(ConnectError::NoContext { wanted: context, known });
    }
    let proxy = proxy_of(&kubeconfig, &context);
    let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| ConnectError::Kubeconfig(chain(&error)))?;
    config.proxy_url = proxy_url(proxy, connect, &config.cluster_url)?;
    Ok((context, config))
}

fn merged(connect: &Connect) -> Result<Kubeconfig, ConnectError> {
    if connect.kubeconfig.is_empty() {
        return Kubeconfig::read().map_err(|error| ConnectError::Kubeconfig(chain(&error)));
    }
    let merged = connect.kubeconfig.iter().try_fold(Kubeconfig::default(), |merged, file| {
        Kubeconfig::read_from(file).and_then(|next| merged.merge(next))
    });
    merged.map_err(|error| ConnectError::Kubeconfig(chain(&error)))
}

/// `proxy-url` of the context's cluster.
fn proxy_of(kubeconfig: &Kubeconfig, context: &str) -> Option<String> {
    let context = kubeconfig.contexts.iter().find(|named| named.name == context)?.context.as_ref()?;
    let cluster = kubeconfig.clusters.iter().find(|named| named.name == context.cluster)?.cluster.as_ref()?;
    cluster.proxy_url.clone().filter(|url| !url.is_empty())
}

/// The kubeconfig's proxy, else the environment's unless it excepts the server (kube compares the exceptions
/// with the proxy's own address, and so cannot be left to decide).
fn proxy_url(named: Option<String>, connect: &Connect, server: &Uri) -> Result<Option<Uri>, ConnectError> {
    let from_environment = || {
        let excepted = connect.no_proxy.as_deref().is_some_and(|list| proxy::excepts(list, server));
        connect.https_proxy.clone().filter(|url| !url.is_empty() && !excepted)
    };
    let Some(url) = named.or_else(from_environment) else { return Ok(None) };
    let whole = if url.contains("://") { url.clone() } else { format!("http://{url}") };
    whole
        .parse()
        .map(Some)
        .map_err(|error: http::uri::InvalidUri| ConnectError::Proxy(url, error.to_string()))
}
