//! Answers that say no, in the words of an API server.

use serde_json::{Map, Value, json};

use crate::model::Cause;
use crate::sandbox::resources::Resource;

/// A refusal, answered as a `Status`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Denial {
    /// HTTP status.
    pub(crate) code: u16,
    /// `NotFound`, `Conflict`, …; empty where the server gives none.
    pub(crate) reason: &'static str,
    /// The words.
    pub(crate) message: String,
    /// `details`; null where there are none.
    pub(crate) details: Value,
}

impl Denial {
    /// A refusal without details.
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Value::Null }
    }

    /// The request itself is wrong.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// The server failed, without a reason: how it answers bodies that it cannot make a typed object of.
    pub(crate) fn unreasoned(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    /// The server failed.
    pub(crate) fn internal(message: impl std::fmt::Display) -> Self {
        let mut denial = Self::new(500, "InternalError", format!("Internal error occurred: {message}"));
        denial.details = json!({"causes": [{"message": message.to_string()}]});
        denial
    }

    /// There is no such path.
    pub(crate) fn no_resource() -> Self {
        let mut denial = Self::new(404, "NotFound", "the server could not find the requested resource");
        denial.details = json!({});
        denial
    }

    /// There is no such object.
    pub(crate) fn not_found(resource: &Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", resource.qualified()))
            .about(resource, name)
    }

    /// There is one already.
    pub(crate) fn exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", resource.qualified());
        Self::new(409, "AlreadyExists", message).about(resource, name)
    }

    /// Something moved.
    pub(crate) fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", resource.qualified());
        Self::new(409, "Conflict", message).about(resource, name)
    }

    /// It is not allowed.
    pub(crate) fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("{} \"{name}\" is forbidden: {why}", resource.qualified());
        Self::new(403, "Forbidden", message).about(resource, name)
    }

    /// The resource cannot do that.
    pub(crate) fn method_not_allowed() -> Self {
        let mut denial = Self::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        );
        denial.details = json!({});
        denial
    }

    /// No answer of a form that is asked for.
    pub(crate) fn not_acceptable() -> Self {
        let message = "only the following media types are accepted: application/json, application/yaml";
        Self::new(406, "NotAcceptable", message)
    }

    /// The history does not reach back.
    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// The fields of an object, or of options, are wrong.
    pub(crate) fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Self {
        let of = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut words: Vec<String> = Vec::new();
        for cause in causes {
            let word = format!("{}: {}", cause.field, cause.message);
            if !words.contains(&word) {
                words.push(word);
            }
        }
        let why = match words.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let causes: Vec<Value> = (causes.iter())
            .map(|cause| json!({"reason": cause.reason, "message": cause.message, "field": cause.field}))
            .collect();
        let mut details = Map::new();
        for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
            if !value.is_empty() {
                details.insert(key.to_owned(), json!(value));
            }
        }
        details.insert("causes".to_owned(), Value::Array(causes));
        let message = format!("{of} \"{name}\" is invalid: {why}");
        Self { code: 422, reason: "Invalid", message, details: Value::Object(details) }
    }

    fn about(mut self, resource: &Resource, name: &str) -> Self {
        self.details = details(resource, name);
        self
    }

    /// The answer's body.
    pub(crate) fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message,
        });
        if let Some(map) = status.as_object_mut() {
            if !self.reason.is_empty() {
                map.insert("reason".to_owned(), json!(self.reason));
            }
            if !self.details.is_null() {
                map.insert("details".to_owned(), self.details.clone());
            }
            map.insert("code".to_owned(), json!(self.code));
        }
        status
    }

    /// Seconds after which to try again.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.details.get("retryAfterSeconds").and_then(Value::as_u64)
    }
}

/// Which object a `Status` is about.
pub(crate) fn details(resource: &Resource, name: &str) -> Value {
    let mut details = Map::new();
    let pairs = [("name", name), ("group", &resource.gvk.group), ("kind", &resource.plural)];
    for (key, value) in pairs {
        if !value.is_empty() {
            details.insert(key.to_owned(), json!(value));
        }
    }
    Value::Object(details)
}
