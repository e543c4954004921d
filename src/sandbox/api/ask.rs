//! One request about objects, read.

use std::sync::Arc;

use bytes::Bytes;

use super::{form::Wanted, options::Options, route::Target};
use crate::sandbox::resources::Resource;

/// A request about objects.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// What its path names.
    pub(crate) target: Target,
    /// The resource of the path.
    pub(crate) resource: Arc<Resource>,
    /// Its query.
    pub(crate) options: Options,
    /// The form of the answer.
    pub(crate) wanted: Wanted,
    /// Its body.
    pub(crate) body: Bytes,
    /// `Content-Type` without parameters.
    pub(crate) content_type: String,
    /// What the user agent calls itself.
    pub(crate) agent: String,
    /// The time of day, RFC 3339.
    pub(crate) now: String,
}

impl Ask {
    /// The namespace of the path.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.target.namespace.as_deref()
    }

    /// The name of the path.
    pub(crate) fn name(&self) -> &str {
        self.target.name.as_deref().unwrap_or_default()
    }

    /// Who writes: the field manager that is named, else the user agent up to its first slash.
    pub(crate) fn manager(&self) -> &str {
        let agent = self.agent.split('/').next().filter(|name| !name.is_empty()).unwrap_or("unknown");
        self.options.get("fieldManager").unwrap_or(agent)
    }
}
