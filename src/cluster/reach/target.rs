//! From how a cluster is named to what connects to it.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, Uri, header};
use jiff::Timestamp;
use kube::{
    Config,
    config::{AuthInfo, AuthProviderConfig},
};
use secrecy::SecretString;
use serde_json::Value;

use super::{
    authority,
    credentials::{Credentials, Source},
    kubeconfig::{self, Chosen},
    line::{Line, LineError},
    plugin::{Answers, Plugin},
    pod, proxy,
};
use crate::cluster::connect::{Connect, ConnectError};

/// For a connection with its TLS handshake.
pub(in crate::cluster) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For one answer; longer than any but the slowest admission webhooks take.
pub(in crate::cluster) const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A server that can be called.
#[derive(Debug)]
pub(in crate::cluster) struct Target {
    /// Name of the context.
    pub(in crate::cluster) context: String,
    /// URL of the API server.
    pub(in crate::cluster) server: String,
    /// The proxy's URL without its password.
    pub(in crate::cluster) proxy: Option<String>,
    /// DER of the certificates that sign the server's.
    pub(in crate::cluster) authority: Vec<u8>,
    /// What is odd about the connection.
    pub(in crate::cluster) remarks: Vec<String>,
    /// Carries requests.
    pub(in crate::cluster) line: Arc<Line>,
    /// Carries requests as who we are, where the other carries them as somebody else.
    pub(in crate::cluster) own_line: Option<Arc<Line>>,
}

impl Target {
    /// A sandbox, which needs no credentials: `server` is how people are told of it.
    pub(in crate::cluster) fn plain(line: Line, server: &str) -> Self {
        Self {
            context: "sandbox".to_owned(),
            server: server.to_owned(),
            proxy: None,
            authority: Vec::new(),
            remarks: Vec::new(),
            line: Arc::new(line),
            own_line: None,
        }
    }

    /// A server without credentials, such as a sandbox on loopback.
    pub(in crate::cluster) async fn at(address: &str, connect: &Connect) -> Result<Self, ConnectError> {
        let url: Uri =
            address.parse().map_err(|error: http::uri::InvalidUri| lacking(address, error.to_string()))?;
        let mut config = Config::new(url);
        tune(&mut config, connect);
        let line = Line::open(config, None).await.map_err(|error| lacking(address, error.to_string()))?;
        Ok(Self::plain(line, address))
    }
}

/// Reads all that is needed and opens the line; no request is sent yet, but exec plugins run.
pub(in crate::cluster) async fn target(connect: &Connect) -> Result<Target, ConnectError> {
    let mut chosen = chosen(connect)?;
    let source = source(connect, &mut chosen)?;
    let context = chosen.context.clone();
    let mut config = config(connect, chosen)?;
    let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
    let mut remarks = Vec::new();
    if config.accept_invalid_certs {
        remarks.push("the server's certificate is not checked (`insecure-skip-tls-verify`)".to_owned());
    }
    let proxy = config.proxy_url.as_ref().map(proxy::shown);
    let authority = config.root_cert.clone().unwrap_or_default().concat();
    let credentials = match source {
        Some(Source::Plugin(plugin)) => {
            let credentials = Credentials::with(plugin.run().await?, Source::Plugin(plugin));
            Some(Arc::new(credentials.map_err(|error| lacking(&server, error))?))
        }
        Some(source @ Source::File(_)) => Some(Arc::new(Credentials::new(source))),
        None => None,
    };
    let failed = |error: LineError| lacking(&server, error.to_string());
    let line = Arc::new(Line::open(config.clone(), credentials.clone()).await.map_err(failed)?);
    let own_line = if config.auth_info.impersonate.take().is_some() {
        let user = &mut config.auth_info;
        (user.impersonate_groups, user.impersonate_uid, user.impersonate_user_extra) = (None, None, None);
        Some(Arc::new(Line::open(config, credentials).await.map_err(failed)?))
    } else {
        None
    };
    Ok(Target { context, proxy, authority, remarks, line, own_line, server: server.clone() })
}

fn lacking(server: &str, error: String) -> ConnectError {
    ConnectError::Credentials { server: server.to_owned(), error }
}

fn chosen(connect: &Connect) -> Result<Chosen, ConnectError> {
    if let Some(pod) = &connect.in_cluster {
        let kubeconfig = pod::kubeconfig(pod).map_err(ConnectError::InCluster)?;
        return kubeconfig::choose(&kubeconfig, None, &[]);
    }
    let (merged, missing) = kubeconfig::merged(&connect.kubeconfig)?;
    kubeconfig::choose(&merged, connect.context.as_ref(), &missing)
}

/// Takes out of the user what changes while we run, so that `kube` does not see to it too.
fn source(connect: &Connect, chosen: &mut Chosen) -> Result<Option<Source>, ConnectError> {
    if let Some(provider) = chosen.user.auth_provider.take() {
        let token = id_token(&provider, Timestamp::now()).map_err(|why| ConnectError::AuthProvider {
            name: provider.name.clone(),
            user: chosen.user_name.clone(),
            why,
        })?;
        chosen.user.token = Some(SecretString::from(token));
        return Ok(None);
    }
    // As in client-go, a file wins over a token beside it, and both win over a plugin.
    if let Some(file) = chosen.user.token_file.take() {
        chosen.user.exec = None;
        chosen.user.token = None;
        return Ok(Some(Source::File(file.into())));
    }
    match chosen.user.exec.take() {
        Some(exec) if chosen.user.token.is_none() => {
            let answers = if connect.interactive { Answers::Somebody } else { Answers::Nobody };
            let plugin = Plugin::new(exec, &chosen.user_name, &chosen.cluster, answers)?;
            Ok(Some(Source::Plugin(Box::new(plugin))))
        }
        Some(_) | None => Ok(None),
    }
}

/// The `id-token` of a legacy `oidc` provider while it is good.
///
/// It is not renewed here: many issuers take back the refresh-token with its first use, and the next one would have
/// to be written into the user's kubeconfig.
fn id_token(provider: &AuthProviderConfig, now: Timestamp) -> Result<String, String> {
    if provider.name != "oidc" {
        return Err("is not built into Kubernetes clients any more".to_owned());
    }
    let Some(token) = provider.config.get("id-token").filter(|token| !token.is_empty()) else {
        return Err("holds no `id-token`".to_owned());
    };
    let claims =
        token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok());
    let claims: Option<Value> = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let ends = claims.as_ref().and_then(|claims| claims.get("exp")?.as_i64());
    match ends.and_then(|second| Timestamp::from_second(second).ok()) {
        Some(end) if end <= now => Err(format!("holds an `id-token` that ended at {end}")),
        Some(_) => Ok(token.clone()),
        None => Err("holds an `id-token` that is no JWT with an end".to_owned()),
    }
}

/// `kube`'s configuration with our own settings.
fn config(connect: &Connect, chosen: Chosen) -> Result<Config, ConnectError> {
    let proxy = chosen.cluster.proxy_url.clone();
    let authority = chosen.cluster.certificate_authority.clone();
    let mut config = of_kube(chosen)?;
    config.proxy_url = proxy::choose(proxy, connect, &config.cluster_url)?;
    if connect.in_cluster.is_some() {
        // The kubelet replaces it when the cluster's CA is renewed.
        config.root_cert_file = authority.map(Into::into);
    }
    tune(&mut config, connect);
    Ok(config)
}

/// Our own settings in the place of kube's.
fn tune(config: &mut Config, connect: &Connect) {
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT);
    // Else the time for which a connection lay idle would count as silence of the server.
    config.reset_reader_on_write = true;
    config.default_retry = false;
    // On the same machine compression costs more than it saves.
    config.disable_compression |=
        matches!(config.cluster_url.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
    impersonate(connect, &mut config.auth_info);
    config.headers.push((header::USER_AGENT, agent()));
}

/// Who we say we are.
pub(in crate::cluster) fn agent() -> HeaderValue {
    HeaderValue::from_static(concat!("obsctl/", env!("CARGO_PKG_VERSION")))
}

/// `--as` replaces all that the kubeconfig says of whom to act as.
fn impersonate(connect: &Connect, user: &mut AuthInfo) {
    if let Some(name) = &connect.impersonate {
        user.impersonate = Some(name.clone());
        user.impersonate_groups =
            Some(connect.impersonate_groups.clone()).filter(|groups| !groups.is_empty());
        (user.impersonate_uid, user.impersonate_user_extra) = (None, None);
    }
}

/// What the kubeconfig says, without what `kube` itself reads from the environment: its proxies and their exceptions.
fn of_kube(chosen: Chosen) -> Result<Config, ConnectError> {
    let Chosen { context, cluster, user, .. } = chosen;
    let wrong = |why: String| ConnectError::Kubeconfig(format!("context {context:?}: {why}"));
    let server = cluster.server.clone().unwrap_or_default();
    let Some(url) = server.parse::<Uri>().ok().filter(|url| url.scheme().is_some() && url.host().is_some())
    else {
        return Err(wrong(format!("`server: {server:?}` is no URL such as https://api.example.com:6443")));
    };
    let mut config = Config::new(url);
    config.root_cert = authority::certificates(&cluster).map_err(wrong)?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or_default();
    config.disable_compression = cluster.disable_compression.unwrap_or_default();
    config.tls_server_name = cluster.tls_server_name;
    config.auth_info = user;
    Ok(config)
}
