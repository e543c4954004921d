//! What the server's error answers mean (rules 8).

use serde_json::Value;

use crate::model::{Cause, ConflictCause, Refusal};

/// Reads a `Status`, or makes one of an answer that is none.
pub(super) fn refusal(code: u16, body: &[u8]) -> Refusal {
    let status: Value = serde_json::from_slice(body).unwrap_or_default();
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if status.get("kind").and_then(Value::as_str) != Some("Status") {
        let words = String::from_utf8_lossy(body);
        let words: String = words.trim().chars().take(300).collect();
        return Refusal { code, reason: String::new(), message: words, causes: Vec::new() };
    }
    let causes = status.pointer("/details/causes").and_then(Value::as_array);
    Refusal {
        code,
        reason: text(&status, "reason"),
        message: text(&status, "message"),
        causes: causes
            .into_iter()
            .flatten()
            .map(|cause| Cause {
                reason: text(cause, "reason"),
                field: text(cause, "field"),
                message: text(cause, "message"),
            })
            .collect(),
    }
}

/// The conflicts over fields that a refusal is about; empty for any other refusal.
pub(super) fn conflicts(refusal: &Refusal) -> Vec<ConflictCause> {
    if refusal.code != 409 {
        return Vec::new();
    }
    refusal
        .causes
        .iter()
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| ConflictCause {
            manager: manager(&cause.message),
            field: cause.field.clone(),
            message: cause.message.clone(),
        })
        .collect()
}

/// The manager in `conflict with "kubectl-edit" using apps/v1`.
fn manager(message: &str) -> String {
    let quoted = message.split_once('"').and_then(|(_, rest)| rest.split_once('"'));
    quoted
        .map_or_else(|| message.trim_start_matches("conflict with ").to_owned(), |(name, _)| name.to_owned())
}

/// Whether a precondition of rules 2 failed: the object moved since it was read.
pub(super) fn is_stale(refusal: &Refusal) -> bool {
    match refusal.code {
        409 => conflicts(refusal).is_empty(),
        422 => {
            refusal.causes.iter().any(|cause| cause.field == "metadata.uid")
                || refusal.message.contains("metadata.uid: Invalid value")
        }
        _ => false,
    }
}

/// The webhook that could not be called, where the refusal is about one.
pub(super) fn failed_webhook(refusal: &Refusal) -> Option<String> {
    let (_, rest) = refusal.message.split_once("failed calling webhook \"")?;
    rest.split_once('"').map(|(name, _)| name.to_owned())
}

/// A refusal in one line.
pub(super) fn words(refusal: &Refusal) -> String {
    if refusal.message.is_empty() {
        return format!("the API server answered {} {}", refusal.code, refusal.reason).trim_end().to_owned();
    }
    if refusal.reason.is_empty() {
        return format!("the API server answered {}: {}", refusal.code, refusal.message);
    }
    refusal.message.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFLICT: &str = r#"{"kind":"Status","status":"Failure","message":"Apply failed with 1 conflict","reason":"Conflict",
        "details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"hpa\" with subresource \"scale\" using apps/v1","field":".spec.replicas"}]},"code":409}"#;

    #[test]
    fn tells_conflicts_over_fields_from_stale_preconditions() {
        let conflict = refusal(409, CONFLICT.as_bytes());
        assert_eq!(conflicts(&conflict)[0].manager, "hpa");
        assert_eq!(conflicts(&conflict)[0].field, ".spec.replicas");
        assert!(!is_stale(&conflict));
        let exists =
            refusal(409, br#"{"kind":"Status","message":"x already exists","reason":"AlreadyExists"}"#);
        assert!(is_stale(&exists));
    }

    #[test]
    fn takes_a_wrong_uid_for_stale_and_another_immutable_field_not() {
        let status = |field: &str| {
            format!(
                r#"{{"kind":"Status","reason":"Invalid","message":"{field}: Invalid value: \"x\": field is immutable",
                "details":{{"causes":[{{"reason":"FieldValueInvalid","field":"{field}","message":"field is immutable"}}]}}}}"#
            )
        };
        assert!(is_stale(&refusal(422, status("metadata.uid").as_bytes())));
        assert!(!is_stale(&refusal(422, status("spec.clusterIP").as_bytes())));
    }

    #[test]
    fn finds_the_webhook_that_failed() {
        let body = r#"{"kind":"Status","message":"Internal error occurred: failed calling webhook \"v.x.io\": no endpoints","reason":"InternalError"}"#;
        assert_eq!(failed_webhook(&refusal(500, body.as_bytes())).as_deref(), Some("v.x.io"));
    }

    #[test]
    fn keeps_the_words_of_an_answer_that_is_no_status() {
        assert_eq!(words(&refusal(502, b"bad gateway\n")), "the API server answered 502: bad gateway");
    }
}
