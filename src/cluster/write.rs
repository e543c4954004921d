//! Carrying out the write of a step; every write carries its own precondition (rules 2).

use std::{sync::Arc, time::Duration};

use http::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    Cluster, Seen,
    dry_run::Mode,
    parse,
    request::{Call, CallError, JSON_PATCH},
    status, url,
};
use crate::model::{
    Body, Gvk, LiveObject, ObjectId, Precondition, Propagation, Question, Refusal, ResourceType, Write,
};

/// What a write came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// The object as it is now.
    Object {
        /// The server's answer.
        object: Arc<LiveObject>,
        /// Whether this write made it.
        created: bool,
    },
    /// Deletion is accepted; finalizers still hold the object.
    Deleting(Arc<LiveObject>),
    /// The object is gone.
    Gone,
    /// Nothing was to be written.
    Nothing,
}

/// Why a write did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The server refused; nothing was written.
    #[error("{}", status::words(.0))]
    Refused(Refusal),
    /// It moved since the plan was made; nothing was written.
    #[error("it changed since the plan was made: {0}")]
    Stale(String),
    /// A webhook could not be called; nothing was written, and it may work later.
    #[error("webhook {webhook} does not answer: {error}")]
    Webhook {
        /// Its name.
        webhook: String,
        /// The server's words.
        error: String,
    },
    /// The server was not reached; nothing was written.
    #[error("{0}")]
    Unreachable(String),
    /// It was sent and no answer came: it may have been written.
    #[error("{0}; it may have been written")]
    Unsure(String),
    /// A replacement was deleted, did not go away in time, and was not made anew.
    #[error("deleted, and still there: {0}")]
    NotGone(String),
}

impl Cluster {
    /// Carries out one write; `patience` bounds how long a replaced object may take to go.
    pub async fn write(
        &self,
        api_version: &str,
        id: &ObjectId,
        write: &Write,
        patience: Duration,
    ) -> Result<Written, WriteError> {
        match write {
            Write::None => Ok(Written::Nothing),
            Write::Apply { body, precondition, force, manager, ownership_edits } => {
                let kind = self.kind_of(api_version, id).await?;
                let precondition = self.disown(&kind, id, ownership_edits, precondition).await?;
                let (body, manager) = (body.clone(), manager.clone());
                self.write_apply(&Question { body, precondition, force: *force, manager }).await
            }
            Write::Delete { precondition, propagation } => {
                let kind = self.kind_of(api_version, id).await?;
                self.write_delete(&kind, id, precondition, *propagation).await
            }
            Write::Replace { body, precondition, propagation } => {
                let kind = self.kind_of(api_version, id).await?;
                self.write_delete(&kind, id, precondition, *propagation).await?;
                self.wait_gone(api_version, id, precondition, patience).await?;
                self.write_apply(&creation(body)).await
            }
            Write::Release { precondition, patch } => {
                let kind = self.kind_of(api_version, id).await?;
                let object = self.json_patch(&kind, id, patch, Some(precondition)).await?;
                Ok(Written::Object { object, created: false })
            }
        }
    }

    async fn kind_of(&self, api_version: &str, id: &ObjectId) -> Result<ResourceType, WriteError> {
        self.resource(&Gvk::new(api_version, &id.kind)).await.map_err(|error| self.failed(error))
    }

    /// Applies, and finds out what became of a creation whose first answer was lost.
    async fn write_apply(&self, question: &Question) -> Result<Written, WriteError> {
        match self.apply(question, Mode::ForGood).await {
            Ok((object, created)) => Ok(Written::Object { object, created }),
            Err(CallError::Refused { refusal, repeated: true })
                if question.precondition == Precondition::Absent && status::is_stale(&refusal) =>
            {
                self.found_after_all(question, refusal).await
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// A repeated creation met an object: it is the first try's where our Apply entry owns it.
    async fn found_after_all(&self, question: &Question, refusal: Refusal) -> Result<Written, WriteError> {
        let found = self.get(question.body.api_version(), &question.body.id()).await;
        let ours = |object: &LiveObject| {
            object.managed.iter().any(|entry| entry.apply && entry.manager == question.manager)
        };
        match found {
            Ok(Some(object)) if ours(&object) => Ok(Written::Object { object, created: true }),
            Ok(_) => Err(self.failed(CallError::Refused { refusal, repeated: false })),
            Err(error) => Err(WriteError::Unsure(self.clean(&error.to_string()))),
        }
    }

    async fn write_delete(
        &self,
        kind: &ResourceType,
        id: &ObjectId,
        precondition: &Precondition,
        propagation: Propagation,
    ) -> Result<Written, WriteError> {
        let path = url::object(kind, id.namespace.as_deref(), &id.name);
        let call = Call::delete(path, delete_options(precondition, propagation).to_string()).repeatable();
        match self.call(&call).await {
            Ok(reply) => {
                let object = parse::object(&reply.body).map_err(|error| self.failed(error.into()))?;
                if object.body.kind() == "Status" || !object.terminating() {
                    return Ok(Written::Gone);
                }
                Ok(Written::Deleting(Arc::new(object)))
            }
            Err(error) if error.is_absent() => Ok(Written::Gone),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Carries out edits of `managedFields`, and gives the precondition that holds afterwards.
    async fn disown(
        &self,
        kind: &ResourceType,
        id: &ObjectId,
        edits: &[Value],
        precondition: &Precondition,
    ) -> Result<Precondition, WriteError> {
        if edits.is_empty() {
            return Ok(precondition.clone());
        }
        let patch = Value::Array(edits.to_vec());
        let object = self.json_patch(kind, id, &patch, Some(precondition)).await?;
        Ok(Precondition::Exact { uid: object.uid.clone(), resource_version: object.resource_version.clone() })
    }

    /// Sends RFC 6902 operations behind tests of the precondition.
    async fn json_patch(
        &self,
        kind: &ResourceType,
        id: &ObjectId,
        patch: &Value,
        precondition: Option<&Precondition>,
    ) -> Result<Arc<LiveObject>, WriteError> {
        let path = url::object(kind, id.namespace.as_deref(), &id.name);
        let path = url::with_query(&path, &[("fieldManager", crate::model::FIELD_MANAGER)]);
        let mut operations = precondition.map(tests).unwrap_or_default();
        operations.extend(patch.as_array().into_iter().flatten().cloned());
        let call = Call::send(Method::PATCH, path, JSON_PATCH, Value::Array(operations).to_string());
        let reply = self.call(&call).await.map_err(|error| match error.refusal() {
            // A failed `test` operation answers so.
            Some(refusal)
                if refusal.code == 422 && refusal.message.contains("the server rejected our request") =>
            {
                WriteError::Stale(self.clean(&error.to_string()))
            }
            _ => self.failed(error),
        })?;
        parse::object(&reply.body).map(Arc::new).map_err(|error| self.failed(error.into()))
    }

    /// Waits until the object with the uid of the precondition is gone.
    async fn wait_gone(
        &self,
        api_version: &str,
        id: &ObjectId,
        precondition: &Precondition,
        patience: Duration,
    ) -> Result<(), WriteError> {
        let uid = match precondition {
            Precondition::Uid(uid) | Precondition::Exact { uid, .. } => uid.as_str(),
            Precondition::Absent => return Ok(()),
        };
        let mut last = String::from("it was not seen again");
        let mut watch = self.watch_object(api_version, id);
        let gone = timeout(patience, async {
            while let Some(seen) = watch.next().await {
                match seen {
                    Seen::Gone => return,
                    Seen::Object(object) if object.uid != uid => return,
                    Seen::Object(object) => last = held_by(&object),
                    Seen::Unreadable(error) => last = error,
                }
            }
        })
        .await;
        gone.map_err(|_| WriteError::NotGone(last))
    }

    /// Sorts an error of a write.
    pub(super) fn failed(&self, error: CallError) -> WriteError {
        match error {
            CallError::Refused { refusal, repeated } => {
                let stale = status::is_stale(&refusal) || !status::conflicts(&refusal).is_empty();
                let refusal = self.clean_refusal(refusal);
                if let Some(webhook) = status::failed_webhook(&refusal) {
                    return WriteError::Webhook { webhook, error: refusal.message };
                }
                match (stale, repeated) {
                    (true, true) => WriteError::Unsure(refusal.message),
                    (true, false) => WriteError::Stale(refusal.message),
                    (false, _) => WriteError::Refused(refusal),
                }
            }
            CallError::NotSent(_) => WriteError::Unreachable(self.clean(&error.to_string())),
            CallError::Broken(_) | CallError::Unreadable(_) => {
                WriteError::Unsure(self.clean(&error.to_string()))
            }
        }
    }
}

/// The creation that follows a deletion.
fn creation(body: &Body) -> Question {
    Question {
        body: body.clone(),
        precondition: Precondition::Absent,
        force: false,
        manager: crate::model::FIELD_MANAGER.to_owned(),
    }
}

/// Which finalizers hold an object.
fn held_by(object: &LiveObject) -> String {
    let finalizers = object.body.items(&["metadata", "finalizers"]);
    let names: Vec<_> = finalizers.iter().filter_map(Value::as_str).collect();
    if names.is_empty() {
        "its grace period has not ended".to_owned()
    } else {
        format!("finalizers hold it: {}", names.join(", "))
    }
}

fn delete_options(precondition: &Precondition, propagation: Propagation) -> Value {
    let preconditions = match precondition {
        Precondition::Absent => json!({}),
        Precondition::Uid(uid) => json!({"uid": uid}),
        Precondition::Exact { uid, resource_version } => {
            json!({"uid": uid, "resourceVersion": resource_version})
        }
    };
    let propagation = match propagation {
        Propagation::Background => "Background",
        Propagation::Foreground => "Foreground",
        Propagation::Orphan => "Orphan",
    };
    json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": preconditions,
        "propagationPolicy": propagation,
    })
}

/// `test` operations that hold only for the object the decision was made on.
fn tests(precondition: &Precondition) -> Vec<Value> {
    let test = |path: &str, value: &str| json!({"op": "test", "path": path, "value": value});
    match precondition {
        Precondition::Absent => Vec::new(),
        Precondition::Uid(uid) => vec![test("/metadata/uid", uid)],
        Precondition::Exact { uid, resource_version } => {
            vec![test("/metadata/uid", uid), test("/metadata/resourceVersion", resource_version)]
        }
    }
}
