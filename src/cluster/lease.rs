//! The lock of a target: one Lease, renewed while a run lives (rules 11).

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::sleep};

use super::{
    Cluster, LedgerError, parse,
    request::{Call, CallError, Reply},
    url,
};
use crate::model::{Event, Holder, LABEL_RECORD, LiveObject, TargetId};

/// Seconds for which a lease holds without renewal.
const TTL: u64 = 15;
/// Between renewals: three may fail before the lease is lost.
const RENEWAL: Duration = Duration::from_secs(4);
/// A renewal older than this does not allow a write: two thirds of the time for which the lease holds.
const FRESH_MILLIS: u64 = TTL * 1_000 * 2 / 3;
/// Between looks at a lease that somebody else holds.
const LOOK: Duration = Duration::from_millis(700);
const ANNOTATION_HOLDER: &str = "obsctl.dev/holder";

/// Our side of a lock: who we are, and what only the machine knows.
#[derive(Clone)]
pub struct Claimant {
    /// Who we are.
    pub holder: Holder,
    /// Whether a holder is a process of this machine that has ended.
    pub is_dead: fn(&Holder) -> bool,
    /// Milliseconds since boot, time asleep included.
    pub boottime: fn() -> u64,
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody holds it, and did not let go in time.
    #[error("the lock of {target} is held by {holder}")]
    Held {
        /// Whose lock.
        target: TargetId,
        /// Who holds it, in words.
        holder: String,
    },
    /// The API server refused.
    #[error("cannot use the lock of {target}")]
    Call {
        /// Whose lock.
        target: TargetId,
        /// The answer.
        #[source]
        source: CallError,
    },
    /// The state namespace could not be made.
    #[error(transparent)]
    State(#[from] LedgerError),
}

/// A lock as it stands in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Who holds it; none where the annotation is not ours to read.
    pub holder: Option<Holder>,
    /// The holder in words.
    pub words: String,
    /// RFC 3339 time of its last renewal, by the server's clock.
    pub renewed: Option<String>,
    /// Seconds since then, by the server's clock.
    pub age: Option<i64>,
}

/// A lock that we hold; renewed until it is released.
pub struct Lock {
    cluster: Cluster,
    path: String,
    claimant: Claimant,
    shared: Arc<Shared>,
    renewal: JoinHandle<()>,
}

/// What the renewal task tells the writers.
struct Shared {
    /// Milliseconds since boot at which the last good renewal was sent.
    renewed: AtomicU64,
    lost: AtomicBool,
}

impl Lock {
    /// Whether a write may be sent now; else why not.
    pub fn still_mine(&self) -> Result<(), String> {
        still_mine(&self.shared, self.claimant.boottime)
    }

    /// The same as a function that can be handed on.
    pub fn guard(&self) -> Arc<dyn Fn() -> Result<(), String> + Send + Sync> {
        let (shared, boottime) = (Arc::clone(&self.shared), self.claimant.boottime);
        Arc::new(move || still_mine(&shared, boottime))
    }

    /// Lets go.
    pub async fn release(self) {
        self.renewal.abort();
        if self.shared.lost.load(Ordering::Relaxed) {
            return;
        }
        // Somebody who took it over keeps it: only our own lease is let go.
        if let Ok(Some((lease, _))) = self.cluster.lease(&self.path).await
            && holder_of(&lease).is_some_and(|holder| holder.nonce == self.claimant.holder.nonce)
        {
            let mut body = lease.body.clone().into_tree();
            if let Some(spec) = body.get_mut("spec").and_then(Value::as_object_mut) {
                spec.insert("holderIdentity".to_owned(), json!(""));
            }
            // A lease that could not be let go runs out by itself.
            self.cluster.call(&Call::put(self.path.clone(), body.to_string()).once()).await.ok();
        }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lock({})", self.path)
    }
}

fn still_mine(shared: &Shared, boottime: fn() -> u64) -> Result<(), String> {
    if shared.lost.load(Ordering::Relaxed) {
        return Err("another run took the lock".to_owned());
    }
    let age = boottime().saturating_sub(shared.renewed.load(Ordering::Relaxed));
    if age > FRESH_MILLIS {
        return Err(format!("the lock could not be renewed for {} s", age / 1_000));
    }
    Ok(())
}

impl Cluster {
    /// Takes the lock of a target, waiting for its holder at most `patience`.
    pub async fn lock(
        &self,
        namespace: &str,
        target: &TargetId,
        claimant: &Claimant,
        patience: Duration,
    ) -> Result<Lock, LockError> {
        let failed = |source| LockError::Call { target: target.clone(), source };
        let path = lease_path(namespace, target);
        let began = (claimant.boottime)();
        let mut told = false;
        let mut outlived: Option<(String, u64)> = None;
        loop {
            let sent = (claimant.boottime)();
            let found = self.lease(&path).await.map_err(failed)?;
            let Some((lease, date)) = found else {
                if self.make_lease(namespace, target, claimant).await.map_err(failed)? {
                    return Ok(self.held(path, claimant, sent));
                }
                continue;
            };
            if Self::is_free(&lease, date.as_deref(), claimant, &mut outlived) {
                if self.take_lease(&path, &lease, claimant).await.map_err(failed)? {
                    return Ok(self.held(path, claimant, sent));
                }
                continue;
            }
            let words = words_of(&lease);
            if u128::from((claimant.boottime)().saturating_sub(began)) >= patience.as_millis() {
                return Err(LockError::Held { target: target.clone(), holder: words });
            }
            if !told {
                told = true;
                self.tell(Event::Retrying {
                    message: format!("waiting for the lock of {target}, held by {words}"),
                });
            }
            sleep(LOOK).await;
        }
    }

    /// Whether a lease may be taken: let go, its process dead, or run out and still so after a renewal interval.
    fn is_free(
        lease: &LiveObject,
        date: Option<&str>,
        claimant: &Claimant,
        outlived: &mut Option<(String, u64)>,
    ) -> bool {
        if lease.body.text(&["spec", "holderIdentity"]).unwrap_or_default().is_empty() {
            return true;
        }
        if holder_of(lease).is_some_and(|holder| (claimant.is_dead)(&holder)) {
            return true;
        }
        let run_out = age(lease, date).is_some_and(|age| age > i64::try_from(TTL).unwrap_or(i64::MAX));
        let now = (claimant.boottime)();
        match outlived {
            Some((version, since)) if run_out && *version == lease.resource_version => {
                u128::from(now.saturating_sub(*since)) > RENEWAL.as_millis()
            }
            _ => {
                *outlived = run_out.then(|| (lease.resource_version.clone(), now));
                false
            }
        }
    }

    async fn lease(&self, path: &str) -> Result<Option<(LiveObject, Option<String>)>, CallError> {
        match self.call(&Call::get(path)).await {
            Ok(Reply { body, date, .. }) => Ok(Some((parse::object(&body)?, date))),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the lease; false where somebody was first.
    async fn make_lease(
        &self,
        namespace: &str,
        target: &TargetId,
        claimant: &Claimant,
    ) -> Result<bool, CallError> {
        let body = json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {
                "name": target.record_prefix(), "namespace": namespace,
                "labels": {LABEL_RECORD: "lock"},
                "annotations": {ANNOTATION_HOLDER: annotation(&claimant.holder)},
            },
            "spec": spec(&claimant.holder, 0),
        });
        let path = leases(namespace);
        won(self.call(&Call::post(path, body.to_string())).await)
    }

    /// Takes a lease that is free; false where somebody was first.
    async fn take_lease(
        &self,
        path: &str,
        lease: &LiveObject,
        claimant: &Claimant,
    ) -> Result<bool, CallError> {
        let transitions =
            lease.body.at(&["spec", "leaseTransitions"]).and_then(Value::as_i64).unwrap_or_default();
        let mut body = lease.body.clone().into_tree();
        if let Some(map) = body.as_object_mut() {
            map.insert("spec".to_owned(), spec(&claimant.holder, transitions + 1));
        }
        if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata
                .insert("annotations".to_owned(), json!({ANNOTATION_HOLDER: annotation(&claimant.holder)}));
        }
        won(self.call(&Call::put(path, body.to_string())).await)
    }

    fn held(&self, path: String, claimant: &Claimant, sent: u64) -> Lock {
        let shared = Arc::new(Shared { renewed: AtomicU64::new(sent), lost: AtomicBool::new(false) });
        let renewal = tokio::spawn(renew(self.clone(), path.clone(), claimant.clone(), Arc::clone(&shared)));
        Lock { cluster: self.clone(), path, claimant: claimant.clone(), shared, renewal }
    }

    /// Who holds the lock of a target; none where nobody does.
    pub async fn lock_holder(&self, namespace: &str, target: &TargetId) -> Result<Option<Held>, CallError> {
        let Some((lease, date)) = self.lease(&lease_path(namespace, target)).await? else { return Ok(None) };
        if lease.body.text(&["spec", "holderIdentity"]).unwrap_or_default().is_empty() {
            return Ok(None);
        }
        Ok(Some(Held {
            holder: holder_of(&lease),
            words: words_of(&lease),
            renewed: renewed(&lease).map(str::to_owned),
            age: age(&lease, date.as_deref()),
        }))
    }

    /// Takes the lock away from whoever holds it; false where nobody did.
    pub async fn unlock(&self, namespace: &str, target: &TargetId) -> Result<bool, CallError> {
        let call = Call::delete(lease_path(namespace, target), String::new()).repeatable();
        match self.call(&call).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_absent() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Renews until the lock is dropped or somebody else holds it.
async fn renew(cluster: Cluster, path: String, claimant: Claimant, shared: Arc<Shared>) {
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

fn won(reply: Result<Reply, CallError>) -> Result<bool, CallError> {
    match reply {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some(409) => Ok(false),
        Err(error) => Err(error),
    }
}

fn leases(namespace: &str) -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", url::encode(namespace))
}

fn lease_path(namespace: &str, target: &TargetId) -> String {
    format!("{}/{}", leases(namespace), url::encode(&target.record_prefix()))
}

fn annotation(holder: &Holder) -> String {
    serde_json::to_string(holder).unwrap_or_default()
}

fn spec(holder: &Holder, transitions: i64) -> Value {
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
fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

fn holder_of(lease: &LiveObject) -> Option<Holder> {
    serde_json::from_str(lease.body.annotation(ANNOTATION_HOLDER)?).ok()
}

fn words_of(lease: &LiveObject) -> String {
    let identity = || lease.body.text(&["spec", "holderIdentity"]).unwrap_or_default().to_owned();
    holder_of(lease).map_or_else(identity, |holder| holder.to_string())
}

/// When the lease was written last, by the server's clock.
fn renewed(lease: &LiveObject) -> Option<&str> {
    lease.managed.iter().filter_map(|entry| entry.time.as_deref()).max()
}

/// Seconds between the last write and the answer, both by the server's clock.
fn age(lease: &LiveObject, date: Option<&str>) -> Option<i64> {
    let written: Timestamp = renewed(lease)?.parse().ok()?;
    let now = jiff::fmt::rfc2822::parse(date?).ok()?.timestamp();
    Some(now.as_second() - written.as_second())
}
