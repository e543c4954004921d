//! Keeping a lock: the renewals, and whether they came through.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    Claimant, LOOK,
    words::{TTL, holder_of, now},
};
use crate::cluster::{
    Cluster, parse,
    request::{Call, CallError},
};
use crate::model::LockDoubt;

/// Between renewals: three may fail before the lease is lost.
pub(super) const RENEWAL: Duration = Duration::from_secs(4);
/// A renewal older than this does not allow a write: two thirds of the time for which the lease holds.
const FRESH_MILLIS: u64 = TTL * 1_000 * 2 / 3;

/// What the renewal task tells the writers.
pub(super) struct Shared {
    /// Milliseconds since boot at which the last good renewal was sent.
    pub(super) renewed: AtomicU64,
    pub(super) lost: AtomicBool,
}

/// Whether a write may be sent now; else why not.
pub(super) fn still_mine(shared: &Shared, boottime: fn() -> u64) -> Result<(), LockDoubt> {
    if shared.lost.load(Ordering::Relaxed) {
        return Err(LockDoubt::Lost("another run took the lock".to_owned()));
    }
    let age = boottime().saturating_sub(shared.renewed.load(Ordering::Relaxed));
    if age > FRESH_MILLIS {
        return Err(LockDoubt::Late(format!("the lock could not be renewed for {} s", age / 1_000)));
    }
    Ok(())
}

/// Renews until the lock is dropped or somebody else holds it.
pub(super) async fn renew(cluster: Cluster, path: String, claimant: Claimant, shared: Arc<Shared>) {
    loop {
        sleep(RENEWAL).await;
        loop {
            let sent = (claimant.boottime)();
            match renew_once(&cluster, &path, &claimant).await {
                Ok(true) => {
                    shared.renewed.store(sent, Ordering::Relaxed);
                    break;
                }
                Ok(false) => {
                    shared.lost.store(true, Ordering::Relaxed);
                    return;
                }
                Err(_) => sleep(LOOK).await,
            }
        }
    }
}

/// One renewal; false where somebody else holds the lease.
async fn renew_once(cluster: &Cluster, path: &str, claimant: &Claimant) -> Result<bool, CallError> {
    let reply = match cluster.call(&Call::get(path).once()).await {
        Ok(reply) => reply,
        Err(error) if error.is_absent() => return Ok(false),
        Err(error) => return Err(error),
    };
    let lease = parse::object(&reply.body)?;
    if holder_of(&lease).is_none_or(|holder| holder.nonce != claimant.holder.nonce) {
        return Ok(false);
    }
    let mut body = lease.body.into_tree();
    if let Some(spec) = body.get_mut("spec").and_then(Value::as_object_mut) {
        spec.insert("renewTime".to_owned(), json!(now()));
    }
    // A conflict means that somebody wrote between: the next look tells who.
    cluster.call(&Call::put(path, body.to_string()).once()).await.map(|_| true)
}
