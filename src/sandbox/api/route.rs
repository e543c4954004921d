//! What a path is about.

/// A path of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/livez`, `/readyz` and `/healthz`, with or without a check's name.
    Health,
    /// `/version`.
    Version,
    /// `/api`.
    CoreVersions,
    /// `/apis`.
    Groups,
    /// `/apis/GROUP`.
    Group(String),
    /// `/api/v1`, `/apis/GROUP/VERSION`.
    Resources {
        /// Group.
        group: String,
        /// Version.
        version: String,
    },
    /// `/openapi/v3`.
    OpenApiIndex,
    /// `/openapi/v3/apis/GROUP/VERSION`.
    OpenApi {
        /// Group.
        group: String,
        /// Version.
        version: String,
    },
    /// `/openapi/v2`.
    OpenApiV2,
    /// Objects.
    Objects(Target),
    /// Nothing.
    Unknown,
}

/// A collection, an object or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Target {
    /// Group.
    pub(crate) group: String,
    /// Version.
    pub(crate) version: String,
    /// Namespace.
    pub(crate) namespace: Option<String>,
    /// Name of the resource.
    pub(crate) plural: String,
    /// Name of the object.
    pub(crate) name: Option<String>,
    /// `status`, `scale`, `log`, ….
    pub(crate) sub: Option<String>,
}

impl Route {
    /// Reads a path.
    pub(crate) fn of(path: &str) -> Self {
        let segments: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["livez" | "readyz" | "healthz", ..] => Self::Health,
            ["version"] => Self::Version,
            ["api"] => Self::CoreVersions,
            ["apis"] => Self::Groups,
            ["openapi", "v2"] => Self::OpenApiV2,
            ["openapi", "v3"] => Self::OpenApiIndex,
            ["openapi", "v3", "api", version] => {
                Self::OpenApi { group: String::new(), version: (*version).to_owned() }
            }
            ["openapi", "v3", "apis", group, version] => {
                Self::OpenApi { group: (*group).to_owned(), version: (*version).to_owned() }
            }
            ["api", version] => Self::Resources { group: String::new(), version: (*version).to_owned() },
            ["apis", group] => Self::Group((*group).to_owned()),
            ["apis", group, version] => {
                Self::Resources { group: (*group).to_owned(), version: (*version).to_owned() }
            }
            ["api", version, rest @ ..] => objects("", version, rest),
            ["apis", group, version, rest @ ..] => objects(group, version, rest),
            _ => Self::Unknown,
        }
    }
}

fn objects(group: &str, version: &str, rest: &[&str]) -> Route {
    let mut target = Target { group: group.to_owned(), version: version.to_owned(), ..Target::default() };
    let own = |text: &&str| (*text).to_owned();
    let (namespace, rest) = match rest {
        // A namespace's own parts look like a collection inside it.
        ["namespaces", _, "status" | "finalize"] | ["namespaces"] | ["namespaces", _] => (None, rest),
        ["namespaces", namespace, inner @ ..] => (Some(own(namespace)), inner),
        _ => (None, rest),
    };
    target.namespace = namespace;
    match rest {
        [plural] => target.plural = own(plural),
        [plural, name] => (target.plural, target.name) = (own(plural), Some(own(name))),
        [plural, name, sub @ ..] => {
            (target.plural, target.name) = (own(plural), Some(own(name)));
            target.sub = Some(sub.join("/"));
        }
        [] => return Route::Unknown,
    }
    Route::Objects(target)
}

/// A path segment without percent escapes.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|_| *first == b'%').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        bytes.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: &str) {
        let route = Route::of(path);
        let text = if let Route::Objects(t) = route {
            format!(
                "{}|{}|{}|{}|{}|{}",
                t.group,
                t.version,
                t.namespace.unwrap_or_default(),
                t.plural,
                t.name.unwrap_or_default(),
                t.sub.unwrap_or_default()
            )
        } else {
            format!("{route:?}")
        };
        assert_eq!(text, expected, "{path}");
    }

    #[test]
    fn reads_what_a_path_is_about() {
        check("/api/v1/namespaces/web", "|v1||namespaces|web|");
        check("/api/v1/namespaces/web/status", "|v1||namespaces|web|status");
        check("/api/v1/namespaces/web/pods", "|v1|web|pods||");
        check("/api/v1/namespaces/web/pods/p%3a1/log", "|v1|web|pods|p:1|log");
        check("/apis/apps/v1/deployments", "apps|v1||deployments||");
        check("/apis/apps/v1/namespaces/web/deployments/d/scale", "apps|v1|web|deployments|d|scale");
        check("/apis/apps/v1/", "Resources { group: \"apps\", version: \"v1\" }");
        check("/readyz/ping", "Health");
        check("/favicon.ico", "Unknown");
    }
}
