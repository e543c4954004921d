//! Reading ledgers: ConfigMaps only, so that plan, drift and status need no right to Secrets.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::keep::{LedgerError, path};
use crate::cluster::{Cluster, request::Call};
use crate::model::{Body, Gvk, KEY_NAME, LABEL_RECORD, Ledger, ResourceType};
use crate::wire::{LABEL_RECORD_ENVIRONMENT, decode_ledgers, encode_key};

/// The key of the digests of secret values, as far as it can be had.
#[derive(Clone, PartialEq, Eq)]
pub enum StateKey {
    /// The key.
    Known(Vec<u8>),
    /// There is none yet: the first apply makes it.
    Absent,
    /// We may not read it.
    Forbidden,
}

impl Cluster {
    /// The ledgers of all targets of an environment that were ever applied, by stack.
    pub async fn ledgers(
        &self,
        namespace: &str,
        environment: &str,
    ) -> Result<BTreeMap<String, Ledger>, LedgerError> {
        let selector = format!("{LABEL_RECORD_ENVIRONMENT}={environment},{LABEL_RECORD} in (head,revision)");
        let kind = config_maps();
        let records = self
            .list(&kind, Some(namespace), &[("labelSelector", &selector)], None)
            .await
            .map_err(LedgerError::call(format!("read the records in namespace {namespace}")))?;
        let bodies: Vec<Body> = records.into_iter().map(|record| record.body).collect();
        Ok(decode_ledgers(bodies.iter())?)
    }

    /// Reads the key of digests.
    pub async fn state_key(&self, namespace: &str) -> Result<StateKey, LedgerError> {
        match self.get_path(&Call::get(path("Secret", namespace, Some(KEY_NAME)))).await {
            Ok(None) => Ok(StateKey::Absent),
            Ok(Some(secret)) => {
                let text = secret.body.text(&["data", "key"]).unwrap_or_default();
                Ok(StateKey::Known(STANDARD.decode(text).unwrap_or_default()))
            }
            Err(error) if error.is_forbidden() => Ok(StateKey::Forbidden),
            Err(error) => Err(LedgerError::call("read the key of digests")(error)),
        }
    }

    /// Makes the state namespace and stores a key there, unless one is there already; gives the key that holds.
    pub async fn ensure_state(&self, namespace: &str, fresh: &[u8]) -> Result<Vec<u8>, LedgerError> {
        self.ensure_namespace(namespace).await?;
        self.make_record(&encode_key(namespace, fresh)).await?;
        match self.state_key(namespace).await? {
            StateKey::Known(key) => Ok(key),
            StateKey::Absent | StateKey::Forbidden => Ok(fresh.to_vec()),
        }
    }
}

fn config_maps() -> ResourceType {
    ResourceType {
        gvk: Gvk::new("v1", "ConfigMap"),
        plural: "configmaps".to_owned(),
        namespaced: true,
        status: false,
        scale: false,
        verbs: Vec::new(),
    }
}
