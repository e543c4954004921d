//! Server-side apply: as a dry-run for plans and for good.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use super::{
    Cluster, parse,
    request::{APPLY, Call, CallError},
    status, url,
};
use crate::model::{Answer, LiveObject, Precondition, Question, Refusal};

/// Code of a refusal that the server words as an immutable uid and that means: another object stands there now.
const STALE: (u16, &str) = (409, "Conflict");

/// Whether an apply is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing is stored.
    DryRun,
    /// It is written.
    ForGood,
}

impl Cluster {
    /// Asks what a server-side apply would bring.
    pub async fn dry_run(&self, question: &Question) -> Answer {
        match self.apply(question, Mode::DryRun).await {
            Ok((object, _)) => Answer::Accepted(object),
            Err(CallError::Refused { refusal, .. }) => self.answer(refusal),
            Err(error @ (CallError::NotSent(_) | CallError::Broken(_) | CallError::Unreadable(_))) => {
                Answer::Unreachable(self.clean(&error.to_string()))
            }
        }
    }

    fn answer(&self, refusal: Refusal) -> Answer {
        let conflicts = status::conflicts(&refusal);
        if !conflicts.is_empty() {
            return Answer::Conflict(conflicts);
        }
        let stale = refusal.code == 422 && status::is_stale(&refusal);
        let mut refusal = self.clean_refusal(refusal);
        if stale {
            refusal.code = STALE.0;
            STALE.1.clone_into(&mut refusal.reason);
        }
        Answer::Refused(refusal)
    }

    /// A refusal without secret values.
    pub(super) fn clean_refusal(&self, mut refusal: Refusal) -> Refusal {
        refusal.message = self.clean(&status::words(&refusal));
        for cause in &mut refusal.causes {
            cause.message = self.clean(&cause.message);
        }
        refusal
    }

    /// Sends a server-side apply; the answer is the object and whether it was made just now.
    pub(super) async fn apply(
        &self,
        question: &Question,
        mode: Mode,
    ) -> Result<(Arc<LiveObject>, bool), CallError> {
        let body = &question.body;
        let kind = self.resource(&body.gvk()).await?;
        let id = body.id();
        let path = url::object(&kind, id.namespace.as_deref(), &id.name);
        let mut query = vec![("fieldManager", question.manager.as_str()), ("fieldValidation", "Strict")];
        if question.force {
            query.push(("force", "true"));
        }
        if mode == Mode::DryRun {
            query.push(("dryRun", "All"));
        }
        let sent = with_precondition(body.tree(), &question.precondition);
        let mut call = Call::send(Method::PATCH, url::with_query(&path, &query), APPLY, sent.to_string());
        // The same apply to the same uid brings the same object; a creation is not carried out twice either,
        // and the caller can tell from the conflict.
        if mode == Mode::DryRun || !matches!(question.precondition, Precondition::Exact { .. }) {
            call = call.repeatable();
        }
        let reply = self.call(&call).await?;
        Ok((Arc::new(parse::object(&reply.body)?), reply.status == http::StatusCode::CREATED))
    }
}

/// The body with what must hold when it arrives (rules 2).
fn with_precondition(body: &Value, precondition: &Precondition) -> Value {
    let mut sent = body.clone();
    let Some(metadata) = sent.get_mut("metadata").and_then(Value::as_object_mut) else {
        return sent;
    };
    metadata.remove("managedFields");
    metadata.remove("resourceVersion");
    metadata.remove("uid");
    match precondition {
        Precondition::Absent => {
            metadata.insert("resourceVersion".to_owned(), json!("1"));
        }
        Precondition::Uid(uid) => {
            metadata.insert("uid".to_owned(), json!(uid));
        }
        Precondition::Exact { uid, resource_version } => {
            metadata.insert("uid".to_owned(), json!(uid));
            metadata.insert("resourceVersion".to_owned(), json!(resource_version));
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_precondition_is_written_into_the_body() {
        let body = json!({"metadata": {"name": "a", "resourceVersion": "9", "uid": "old"}});
        let sent = |precondition| with_precondition(&body, &precondition)["metadata"].clone();
        assert_eq!(sent(Precondition::Absent), json!({"name": "a", "resourceVersion": "1"}));
        assert_eq!(sent(Precondition::Uid("u".to_owned())), json!({"name": "a", "uid": "u"}));
        let exact = Precondition::Exact { uid: "u".to_owned(), resource_version: "7".to_owned() };
        assert_eq!(sent(exact), json!({"name": "a", "uid": "u", "resourceVersion": "7"}));
    }
}
