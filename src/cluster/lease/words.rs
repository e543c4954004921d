//! What a Lease says: who holds it, since when, and how both are written.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::url;
use crate::model::{Holder, LiveObject, TargetId};

/// Seconds for which a lease holds without renewal.
pub(super) const TTL: u64 = 15;
pub(super) const ANNOTATION_HOLDER: &str = "obsctl.dev/holder";

pub(super) fn leases(namespace: &str) -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", url::encode(namespace))
}

pub(super) fn lease_path(namespace: &str, target: &TargetId) -> String {
    format!("{}/{}", leases(namespace), url::encode(&target.record_prefix()))
}

pub(super) fn annotation(holder: &Holder) -> String {
    serde_json::to_string(holder).unwrap_or_default()
}

pub(super) fn spec(holder: &Holder, transitions: i64) -> Value {
    let now = now();
    json!({
        "holderIdentity": format!("{}/{}/{}", holder.host, holder.pid, holder.nonce),
        "leaseDurationSeconds": TTL,
        "acquireTime": now,
        "renewTime": now,
        "leaseTransitions": transitions,
    })
}

/// Our own clock, for people to read: nobody compares it.
pub(super) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

pub(super) fn holder_of(lease: &LiveObject) -> Option<Holder> {
    serde_json::from_str(lease.body.annotation(ANNOTATION_HOLDER)?).ok()
}

pub(super) fn words_of(lease: &LiveObject) -> String {
    let identity = || lease.body.text(&["spec", "holderIdentity"]).unwrap_or_default().to_owned();
    holder_of(lease).map_or_else(identity, |holder| holder.to_string())
}

/// When the lease was written last, by the server's clock.
pub(super) fn renewed(lease: &LiveObject) -> Option<&str> {
    lease.managed.iter().filter_map(|entry| entry.time.as_deref()).max()
}

/// Seconds between the last write and the answer, both by the server's clock.
pub(super) fn age(lease: &LiveObject, date: Option<&str>) -> Option<i64> {
    let written: Timestamp = renewed(lease)?.parse().ok()?;
    let now = jiff::fmt::rfc2822::parse(date?).ok()?.timestamp();
    Some(now.as_second() - written.as_second())
}
