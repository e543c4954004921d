//! The ServiceAccount of the Pod we run in, told as a kubeconfig so that there is one way on from here.

use std::path::PathBuf;

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};

/// Name of the context that stands for the Pod.
const CONTEXT: &str = "in-cluster";

/// What a Pod is told about its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// `KUBERNETES_SERVICE_HOST`.
    pub host: Option<String>,
    /// `KUBERNETES_SERVICE_PORT`.
    pub port: Option<String>,
    /// Where the kubelet mounts token and CA.
    pub folder: PathBuf,
}

impl Default for Pod {
    fn default() -> Self {
        Self { host: None, port: None, folder: "/var/run/secrets/kubernetes.io/serviceaccount".into() }
    }
}

/// A kubeconfig of one context; the error says what of a Pod is missing.
pub(super) fn kubeconfig(pod: &Pod) -> Result<Kubeconfig, String> {
    let (Some(host), Some(port)) = (&pod.host, &pod.port) else {
        return Err("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set".to_owned());
    };
    let file = |name: &str| {
        let path = pod.folder.join(name);
        if path.is_file() {
            Ok(path.display().to_string())
        } else {
            Err(format!("{} is missing", path.display()))
        }
    };
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let cluster = Cluster {
        server: Some(format!("https://{host}:{port}")),
        certificate_authority: Some(file("ca.crt")?),
        ..Cluster::default()
    };
    let user = AuthInfo { token_file: Some(file("token")?), ..AuthInfo::default() };
    let context =
        Context { cluster: CONTEXT.to_owned(), user: Some(CONTEXT.to_owned()), ..Context::default() };
    let name = || CONTEXT.to_owned();
    Ok(Kubeconfig {
        clusters: vec![NamedCluster { name: name(), cluster: Some(cluster), ..NamedCluster::default() }],
        auth_infos: vec![NamedAuthInfo { name: name(), auth_info: Some(user), ..NamedAuthInfo::default() }],
        contexts: vec![NamedContext { name: name(), context: Some(context), ..NamedContext::default() }],
        current_context: Some(name()),
        ..Kubeconfig::default()
    })
}
