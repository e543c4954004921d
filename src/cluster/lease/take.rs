//! Taking a lock: waiting for its holder, and winning it from a lease that is free.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    Claimant, LOOK, Lock, LockError,
    renew::{RENEWAL, Shared, renew},
    words::{ANNOTATION_HOLDER, TTL, age, annotation, holder_of, lease_path, leases, spec, words_of},
};
use crate::cluster::{
    Cluster,
    request::{Call, CallError, Reply},
};
use crate::model::{Event, LABEL_RECORD, LiveObject, TargetId};

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
}

fn won(reply: Result<Reply, CallError>) -> Result<bool, CallError> {
    match reply {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some(409) => Ok(false),
        Err(error) => Err(error),
    }
}
