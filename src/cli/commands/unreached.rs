//! What to do where a cluster was not reached.

use super::trouble::rbac;
use crate::cluster::{CallError, ConnectError};

/// The server words this denial by its version, and names only the first of the rights that are missing.
const IMPERSONATE: &str = "the right to impersonate is missing; this ClusterRole would give it:
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: obsctl-impersonate}
rules:
- {apiGroups: [\"\"], resources: [users, groups], verbs: [impersonate]}";

/// What to type or to look at.
pub(super) fn hint(error: &ConnectError) -> Option<String> {
    match error {
        ConnectError::Kubeconfig(_) | ConnectError::Credentials { .. } => None,
        ConnectError::NoCurrentContext { .. } => Some("name one with `--context`".to_owned()),
        ConnectError::NoContext { .. } => {
            Some("name another with `--context`, or its file with `--kubeconfig`".to_owned())
        }
        ConnectError::InCluster(_) => Some(
            "`inCluster: true` is for runs in a Pod that has a ServiceAccount; elsewhere pass `--context`"
                .to_owned(),
        ),
        ConnectError::Proxy(..) => {
            Some("it comes from `proxy-url` of the kubeconfig, or from HTTPS_PROXY".to_owned())
        }
        ConnectError::Plugin(error) => error.hint.clone(),
        ConnectError::AuthProvider { name, .. } => Some(auth_provider(name)),
        ConnectError::Silent { proxy, error, .. } => silent(proxy.as_deref(), error),
        ConnectError::OtherCluster { found, wanted, .. } => Some(other_cluster(found, wanted)),
    }
}

fn auth_provider(name: &str) -> String {
    let plugin = match name {
        "oidc" => "kubelogin: https://github.com/int128/kubelogin",
        "azure" => "kubelogin: https://azure.github.io/kubelogin",
        "gcp" => {
            "gke-gcloud-auth-plugin: https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl"
        }
        _ => {
            "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins"
        }
    };
    format!("log in through an exec plugin instead of `auth-provider`, which renews its tokens ({plugin})")
}

fn silent(proxy: Option<&str>, error: &CallError) -> Option<String> {
    if error.code() == Some(403) && error.to_string().contains(" cannot impersonate") {
        return Some(IMPERSONATE.to_owned());
    }
    if let Some(hint) = rbac(error) {
        return Some(hint);
    }
    if error.code() == Some(401) {
        return Some(
            "the API server does not take the user's credentials: they may have ended, or belong to another cluster"
                .to_owned(),
        );
    }
    let text = error.to_string();
    if text.contains("UnknownIssuer") || text.contains("BadSignature") {
        return Some(
            "the server's certificate is not signed by the kubeconfig's `certificate-authority`: take the CA from \
             the cluster's administrator; it may also be a proxy that answers instead of the server"
                .to_owned(),
        );
    }
    if text.contains("not valid for") || text.contains("NotValidForName") {
        return Some(
            "write one of the names that the certificate has as `tls-server-name` of the cluster".to_owned(),
        );
    }
    if text.contains("certificate expired") || text.contains("Expired") {
        return Some("the server's certificate has ended, or this machine's clock is wrong".to_owned());
    }
    proxy.map(|_| {
        "the proxy comes from `proxy-url` of the kubeconfig, or from HTTPS_PROXY; NO_PROXY lists what is reached without"
            .to_owned()
    })
}

fn other_cluster(found: &str, wanted: &str) -> String {
    let sealed = |identity: &str| identity.starts_with("sha256:");
    let reason = if sealed(found) && !sealed(wanted) {
        "this user may not read namespace kube-system, so the cluster is known by its CA and address only; with the \
         right to get that namespace the pin can be compared. "
    } else {
        ""
    };
    format!(
        "{reason}if this is the cluster that you mean, paste under `spec.cluster` of the environment's file:\n    identity: {found}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_cluster_comes_with_the_line_to_paste() {
        let hint = other_cluster("sha256:abc", "6f1c");
        assert!(
            hint.contains("may not read namespace kube-system")
                && hint.ends_with("\n    identity: sha256:abc")
        );
        assert!(!other_cluster("sha256:abc", "sha256:def").contains("kube-system"));
    }
}
