//! Making records and replacing them.

use http::StatusCode;
use serde_json::{Value, json};

use crate::cluster::{
    Cluster,
    request::{Call, CallError},
    url,
};
use crate::model::Gvk;
use crate::wire::WireError;

/// Why a record could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another writer was there first: the head moved.
    #[error("another run wrote the records of this stack in the meantime")]
    Raced,
    /// The API server refused.
    #[error("cannot {doing}")]
    Call {
        /// What was being done.
        doing: String,
        /// The answer.
        #[source]
        source: CallError,
    },
    /// The record itself is broken.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A part of a pack is missing.
    #[error("Secret `{0}` is missing: the stored objects of this revision cannot be read")]
    Lost(String),
}

impl LedgerError {
    pub(super) fn call(doing: impl Into<String>) -> impl FnOnce(CallError) -> Self {
        let doing = doing.into();
        move |source| Self::Call { doing, source }
    }

    /// The API server's refusal, where that is the reason.
    pub fn refusal(&self) -> Option<&CallError> {
        match self {
            Self::Call { source, .. } => Some(source),
            Self::Raced | Self::Wire(_) | Self::Lost(_) => None,
        }
    }
}

/// Path of a record, or of all records of its kind.
pub(super) fn path(kind: &str, namespace: &str, name: Option<&str>) -> String {
    let plural = if kind == "Secret" { "secrets" } else { "configmaps" };
    let base = format!("{}/namespaces/{}/{plural}", url::group_version("", "v1"), url::encode(namespace));
    name.map_or_else(|| base.clone(), |name| format!("{base}/{}", url::encode(name)))
}

fn named(record: &Value) -> (String, String, String) {
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
}

impl Cluster {
    /// Makes a record; false where one of that name is there already.
    pub(super) async fn make_record(&self, record: &Value) -> Result<bool, LedgerError> {
        let (kind, namespace, name) = named(record);
        match self.call(&Call::post(path(&kind, &namespace, None), record.to_string())).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some(StatusCode::CONFLICT.as_u16()) => Ok(false),
            Err(error) => Err(LedgerError::call(format!("store record {kind} {namespace}/{name}"))(error)),
        }
    }

    /// Replaces a record if nobody wrote it since the version that it carries; gives its new version.
    pub(super) async fn swap_record(&self, record: &Value) -> Result<String, LedgerError> {
        let (kind, namespace, name) = named(record);
        let call = Call::put(path(&kind, &namespace, Some(&name)), record.to_string());
        match self.call(&call).await {
            Ok(reply) => Ok(version(&reply.body)),
            Err(error) if error.code() == Some(StatusCode::CONFLICT.as_u16()) => Err(LedgerError::Raced),
            Err(error) => Err(LedgerError::call(format!("store record {kind} {namespace}/{name}"))(error)),
        }
    }

    /// Makes a record or replaces what is there, whoever wrote it: for records that only the lock's holder writes.
    pub(super) async fn put_record(&self, record: &Value) -> Result<(), LedgerError> {
        if self.make_record(record).await? {
            return Ok(());
        }
        let (kind, namespace, name) = named(record);
        let call = Call::put(path(&kind, &namespace, Some(&name)), record.to_string()).repeatable();
        self.call(&call)
            .await
            .map(drop)
            .map_err(LedgerError::call(format!("store record {kind} {namespace}/{name}")))
    }

    /// Makes the state namespace where it is missing.
    pub(super) async fn ensure_namespace(&self, namespace: &str) -> Result<(), LedgerError> {
        let kind = Gvk::new("v1", "Namespace");
        let base = format!("{}/namespaces", url::group_version(&kind.group, &kind.version));
        let there = self.has(&format!("{base}/{}", url::encode(namespace))).await;
        if matches!(there, Ok(true)) {
            return Ok(());
        }
        // Who may not read namespaces may still have been given one.
        if there.as_ref().is_err_and(CallError::is_forbidden) {
            return Ok(());
        }
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        match self.call(&Call::post(base, body.to_string())).await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some(StatusCode::CONFLICT.as_u16()) => Ok(()),
            Err(error) => {
                Err(LedgerError::call(format!("make namespace {namespace} for the records"))(error))
            }
        }
    }
}

/// `metadata.resourceVersion` of an answer.
fn version(body: &[u8]) -> String {
    let object: Value = serde_json::from_slice(body).unwrap_or_default();
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default().to_owned()
}
