//! What the API server recorded: every request with its user, times and answer.

use std::{fs, path::Path};

use jiff::Timestamp;
use serde_json::Value;

/// One answered request of the audit log.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// As RBAC names it: `get`, `list`, `patch`, `create`, `delete`…
    pub(crate) verb: String,
    /// Path and query.
    pub(crate) uri: String,
    /// Who the server took the client for.
    pub(crate) user: String,
    /// The client's own name.
    pub(crate) user_agent: String,
    /// `<resource>[/<subresource>]` as in `deployments/scale`; empty for requests that name no resource.
    pub(crate) resource: String,
    /// Namespace; empty where there is none.
    pub(crate) namespace: String,
    /// Name; empty where there is none.
    pub(crate) name: String,
    /// When the server had read it.
    pub(crate) began: Timestamp,
    /// When the server had answered it.
    pub(crate) ended: Timestamp,
    /// HTTP status of the answer.
    pub(crate) code: u16,
}

impl Request {
    /// Whether it was to change something that is stored.
    pub(crate) fn is_write(&self) -> bool {
        let writes = ["create", "update", "patch", "delete", "deletecollection"];
        let reviews = self.resource.ends_with("reviews");
        writes.contains(&self.verb.as_str()) && !self.uri.contains("dryRun=") && !reviews
    }

    /// Whether it changed something.
    pub(crate) fn is_done_write(&self) -> bool {
        self.is_write() && (200..300).contains(&self.code)
    }
}

/// All answered requests of a log, by the time of their arrival.
pub(crate) fn read_log(file: &Path) -> Vec<Request> {
    let text = fs::read_to_string(file).unwrap_or_default();
    // The last line may be half written.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut requests: Vec<_> = whole.lines().filter_map(read_line).collect();
    requests.sort_by_key(|request| request.began);
    requests
}

fn read_line(line: &str) -> Option<Request> {
    let event: Value = serde_json::from_str(line).ok()?;
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    if text("/stage") != "ResponseComplete" && text("/stage") != "Panic" {
        return None;
    }
    let mut resource = text("/objectRef/resource");
    let subresource = text("/objectRef/subresource");
    if !subresource.is_empty() {
        resource = format!("{resource}/{subresource}");
    }
    Some(Request {
        verb: text("/verb"),
        uri: text("/requestURI"),
        user: text("/user/username"),
        user_agent: text("/userAgent"),
        resource,
        namespace: text("/objectRef/namespace"),
        name: text("/objectRef/name"),
        began: text("/requestReceivedTimestamp").parse().ok()?,
        ended: text("/stageTimestamp").parse().ok()?,
        code: event.pointer("/responseStatus/code").and_then(Value::as_u64)?.try_into().ok()?,
    })
}

/// Those of `obsctl` that arrived in `from..to`.
pub(crate) fn by_obsctl(requests: &[Request], from: Timestamp, to: Timestamp) -> Vec<Request> {
    let ours = |request: &&Request| {
        request.user_agent.starts_with("obsctl/") && request.began >= from && request.began < to
    };
    requests.iter().filter(ours).cloned().collect()
}

/// The writes that succeeded, without those of the Lease that is the lock.
pub(crate) fn writes(requests: &[Request]) -> Vec<&Request> {
    requests.iter().filter(|request| request.is_done_write() && request.resource != "leases").collect()
}

/// The writes that succeeded of objects of stacks: neither lock nor records.
pub(crate) fn object_writes(requests: &[Request]) -> Vec<&Request> {
    let mut found = writes(requests);
    found.retain(|request| request.namespace != "obsctl-system" && request.name != "obsctl-system");
    found
}
