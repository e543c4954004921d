//! The lock of a target: one Lease, renewed while a run lives (rules 11).

mod renew;
mod take;
mod words;

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::cluster::{
    Cluster, LedgerError, parse,
    request::{Call, CallError, Reply},
};
use crate::model::{Holder, LiveObject, LockDoubt, TargetId};
use renew::{Shared, still_mine};
use words::{age, holder_of, lease_path, renewed, words_of};

/// Between looks at a lease that somebody else holds.
const LOOK: Duration = Duration::from_millis(700);

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

impl Lock {
    /// Whether a write may be sent now; else why not.
    pub fn still_mine(&self) -> Result<(), LockDoubt> {
        still_mine(&self.shared, self.claimant.boottime)
    }

    /// The same as a function that can be handed on.
    pub fn guard(&self) -> Arc<dyn Fn() -> Result<(), LockDoubt> + Send + Sync> {
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

impl Cluster {
    async fn lease(&self, path: &str) -> Result<Option<(LiveObject, Option<String>)>, CallError> {
        match self.call(&Call::get(path)).await {
            Ok(Reply { body, date, .. }) => Ok(Some((parse::object(&body)?, date))),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
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
