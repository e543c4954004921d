//! Paths of API requests.

use std::fmt::Write as _;

use crate::model::ResourceType;

/// `/api/v1` or `/apis/<group>/<version>`.
pub(super) fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") }
}

/// The path of a collection, in one namespace or in all.
pub(super) fn collection(kind: &ResourceType, namespace: Option<&str>) -> String {
    let base = group_version(&kind.gvk.group, &kind.gvk.version);
    match namespace {
        Some(namespace) if kind.namespaced => {
            format!("{base}/namespaces/{}/{}", encode(namespace), kind.plural)
        }
        Some(_) | None => format!("{base}/{}", kind.plural),
    }
}

/// The path of one object.
pub(super) fn object(kind: &ResourceType, namespace: Option<&str>, name: &str) -> String {
    format!("{}/{}", collection(kind, namespace), encode(name))
}

/// A path with a query of encoded values.
pub(super) fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    let mut text = path.to_owned();
    for (i, (key, value)) in query.iter().enumerate() {
        text.push(if i == 0 { '?' } else { '&' });
        text.push_str(key);
        text.push('=');
        text.push_str(&encode(value));
    }
    text
}

/// Percent-encodes everything but unreserved characters and `:`.
pub(super) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").ok();
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Gvk;

    #[expect(clippy::fn_params_excessive_bools, reason = "a row of a table")]
    fn kind(api_version: &str, kind: &str, plural: &str, namespaced: bool) -> ResourceType {
        ResourceType {
            gvk: Gvk::new(api_version, kind),
            plural: plural.to_owned(),
            namespaced,
            status: false,
            scale: false,
            verbs: Vec::new(),
        }
    }

    #[test]
    fn names_the_path_of_an_object() {
        let deployment = kind("apps/v1", "Deployment", "deployments", true);
        assert_eq!(object(&deployment, Some("mlops"), "x"), "/apis/apps/v1/namespaces/mlops/deployments/x");
        let role = kind("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", false);
        assert_eq!(
            object(&role, None, "system:a/b"),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:a%2Fb"
        );
        assert_eq!(collection(&kind("v1", "Secret", "secrets", true), None), "/api/v1/secrets");
    }

    #[test]
    fn encodes_queries() {
        let path = with_query("/x", &[("labelSelector", "a=b,c"), ("limit", "5")]);
        assert_eq!(path, "/x?labelSelector=a%3Db%2Cc&limit=5");
    }
}
