//! Questions about rights: everybody may everything here.

use serde_json::{Value, json};

use super::denial::Denial;
use crate::model::Cause;

/// Who everybody is.
const USER: &str = "sandbox-admin";

/// Refuses a review of access that does not say to what.
pub(super) fn check(kind: &str, body: &Value) -> Result<(), Denial> {
    let given =
        |name: &str| body.get("spec").and_then(|spec| spec.get(name)).is_some_and(|value| !value.is_null());
    if !kind.ends_with("AccessReview") || given("resourceAttributes") != given("nonResourceAttributes") {
        return Ok(());
    }
    let message =
        "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified";
    let cause = Cause {
        reason: "FieldValueInvalid".to_owned(),
        field: "spec.resourceAttributes".to_owned(),
        message: message.to_owned(),
    };
    Err(Denial::invalid("authorization.k8s.io", "", "", &[cause]))
}

/// The answer to a review that was posted; none where the kind is no review.
pub(super) fn answered(kind: &str, body: &Value) -> Option<Value> {
    let status = match kind {
        "SelfSubjectAccessReview" | "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            json!({"allowed": true, "reason": "access control is off in the sandbox"})
        }
        "SelfSubjectRulesReview" => json!({
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}], "incomplete": false,
        }),
        "SelfSubjectReview" => json!({"userInfo": user()}),
        "TokenReview" => json!({"authenticated": true, "user": user()}),
        _ => return None,
    };
    let mut answer = body.clone();
    let map = answer.as_object_mut()?;
    map.entry("metadata").or_insert(json!({}));
    if kind != "SelfSubjectReview" {
        map.entry("spec").or_insert(json!({}));
    }
    map.insert("status".to_owned(), status);
    Some(answer)
}

fn user() -> Value {
    json!({"username": USER, "groups": ["system:masters", "system:authenticated"]})
}
