//! Rules of probes and life cycle hooks.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::Rules,
};
use crate::sandbox::kinds::value::{at, text};

const PROBE: &str = "
initialDelaySeconds|timeoutSeconds|periodSeconds|successThreshold|failureThreshold: least 0
";

const HANDLER: &str = "
exec.command: required
httpGet.path: required
httpGet.port: port-or-name
httpGet.scheme: one-of HTTP HTTPS
tcpSocket.port: port-or-name
grpc.port: port
";

static PROBE_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(PROBE));
static HANDLER_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(HANDLER));

/// The probes and hooks of a container.
pub(super) fn all(container: &Value, pod: &Value, path: &Path, causes: &mut Causes) {
    let grace = at(pod, "terminationGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(30);
    for hook in ["postStart", "preStop"] {
        if let Some(found) = at(container, "lifecycle").and_then(|it| it.get(hook)) {
            let path = path.child("lifecycle").child(hook);
            handler(found, &["exec", "httpGet", "tcpSocket", "sleep"], &path, causes);
            if let Some(seconds) = at(found, "sleep.seconds").and_then(Value::as_i64)
                && (seconds < 0 || seconds > grace)
            {
                let words =
                    format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                causes.invalid(&path.child("sleep"), &json!(seconds), &words);
            }
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(found) = container.get(name) {
            probe(found, name, &path.child(name), causes);
        }
    }
}

fn probe(probe: &Value, name: &str, path: &Path, causes: &mut Causes) {
    handler(probe, &["exec", "httpGet", "tcpSocket", "grpc"], path, causes);
    PROBE_RULES.check(probe, path, causes);
    if let Some(seconds) = at(probe, "terminationGracePeriodSeconds") {
        let path = path.child("terminationGracePeriodSeconds");
        if seconds.as_i64().is_some_and(|it| it <= 0) {
            causes.invalid(&path, seconds, "must be greater than 0");
        }
        if name == "readinessProbe" {
            causes.invalid(&path, seconds, "must not be set for readinessProbes");
        }
    }
    let once = at(probe, "successThreshold").filter(|it| **it != json!(1) && name != "readinessProbe");
    if let Some(threshold) = once {
        causes.invalid(&path.child("successThreshold"), threshold, "must be 1");
    }
}

/// Exactly one way to ask.
fn handler(found: &Value, ways: &[&str], path: &Path, causes: &mut Causes) {
    let mut set = ways.iter().filter(|way| found.get(**way).is_some());
    if set.next().is_none() {
        causes.required(path, "must specify a handler type");
    }
    for second in set {
        causes.forbidden(&path.child(second), "may not specify more than 1 handler type");
    }
    HANDLER_RULES.check(found, path, causes);
    for header in crate::sandbox::kinds::value::items(found, "httpGet.httpHeaders") {
        for words in super::words::header(text(header, "name")) {
            causes.invalid(&path.child("httpGet.httpHeaders"), &json!(text(header, "name")), &words);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_can_be_read() {
        crate::sandbox::kinds::validate::rules::assert_readable(super::PROBE);
        crate::sandbox::kinds::validate::rules::assert_readable(super::HANDLER);
    }
}
