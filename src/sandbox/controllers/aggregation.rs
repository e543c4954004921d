//! APIServices: whether the API that a Service of the cluster is to answer for is there, which without a pod network it is not.

use serde_json::{Value, json};

use super::condition::{Said, condition};
use super::object::is_going;
use super::view::{Cx, Key, Write};
use crate::sandbox::kinds::value::{at, text};

/// The status of an APIService; those of the server itself are available from the beginning.
pub(super) fn sync(cx: Cx<'_>, api: &Value) -> Vec<Write> {
    let Some(wanted) = at(api, "spec.service").filter(|_| !is_going(api)) else { return Vec::new() };
    let (namespace, name) = (text(wanted, "namespace"), text(wanted, "name"));
    let (reason, message) = match cx.view.get(&Key::new("", "Service", namespace, name)) {
        None => ("ServiceNotFound", format!("service/{name} in \"{namespace}\" is not present")),
        Some(service) => {
            let port = at(wanted, "port").and_then(Value::as_i64).unwrap_or(443);
            let (group, version) = (text(api, "spec.group"), text(api, "spec.version"));
            let url = format!("https://{}:{port}/apis/{group}/{version}", text(service, "spec.clusterIP"));
            let why = "no network leads to the pods of a sandbox";
            ("FailedDiscoveryCheck", format!("failing or missing response from {url}: {why}"))
        }
    };
    let said = condition(cx, api, &Said { sort: "Available", holds: false, reason, message: &message });
    Write::status(api, json!({"conditions": [said]})).into_iter().collect()
}
