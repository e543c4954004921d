//! Questions about rights: everybody may everything here.

use serde_json::{Value, json};

/// Who everybody is.
const USER: &str = "sandbox-admin";

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
