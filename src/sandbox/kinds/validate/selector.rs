//! Labels, annotations and what selects by them.

use serde_json::Value;

use super::{
    object::{Causes, Path},
    rules::said,
    words,
};
use crate::sandbox::kinds::value::{items, text};

/// More than this of annotations is refused.
const MOST_ANNOTATIONS: usize = 256 * 1024;

/// A map of labels.
pub(super) fn labels(value: &Value, path: &Path, causes: &mut Causes) {
    for (key, value) in value.as_object().into_iter().flatten() {
        said(key, words::qualified, path, causes);
        said(value.as_str().unwrap_or_default(), words::label_value, path, causes);
    }
}

/// A map of annotations.
pub(super) fn annotations(value: &Value, path: &Path, causes: &mut Causes) {
    let mut size = 0;
    for (key, value) in value.as_object().into_iter().flatten() {
        // The case of a prefix does not matter here.
        for words in words::qualified(&key.to_lowercase()) {
            causes.invalid(path, &Value::from(key.as_str()), &words);
        }
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > MOST_ANNOTATIONS {
        causes.too_long(path, MOST_ANNOTATIONS);
    }
}

/// A selector by labels.
pub(super) fn label_selector(selector: &Value, path: &Path, causes: &mut Causes) {
    if let Some(exact) = selector.get("matchLabels") {
        labels(exact, &path.child("matchLabels"), causes);
    }
    for (at, term) in items(selector, "matchExpressions").iter().enumerate() {
        let path = path.child("matchExpressions").index(at);
        match text(term, "operator") {
            "In" | "NotIn" if items(term, "values").is_empty() => {
                causes
                    .required(&path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !items(term, "values").is_empty() => {
                causes.forbidden(
                    &path.child("values"),
                    "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                );
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => {
                causes.invalid(&path.child("operator"), &Value::from(other), "not a valid selector operator");
            }
        }
        said(text(term, "key"), words::qualified, &path.child("key"), causes);
        for (at, value) in items(term, "values").iter().enumerate() {
            let path = path.child("values").index(at);
            said(value.as_str().unwrap_or_default(), words::label_value, &path, causes);
        }
    }
}

/// Terms that select nodes.
pub(super) fn node_term(term: &Value, path: &Path, causes: &mut Causes) {
    for (at, expression) in items(term, "matchExpressions").iter().enumerate() {
        let path = path.child("matchExpressions").index(at);
        let count = items(expression, "values").len();
        match text(expression, "operator") {
            "In" | "NotIn" if count == 0 => {
                causes
                    .required(&path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if count > 0 => causes.forbidden(
                &path.child("values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
            "Gt" | "Lt" if count != 1 => causes.required(
                &path.child("values"),
                "must be specified single value when `operator` is 'Lt' or 'Gt'",
            ),
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            other => {
                causes.invalid(&path.child("operator"), &Value::from(other), "not a valid selector operator");
            }
        }
        said(text(expression, "key"), words::qualified, &path.child("key"), causes);
        let exact = matches!(text(expression, "operator"), "In" | "NotIn");
        for (at, value) in items(expression, "values").iter().enumerate().filter(|_| exact) {
            let path = path.child("values").index(at);
            said(value.as_str().unwrap_or_default(), words::label_value, &path, causes);
        }
    }
    for (at, field) in items(term, "matchFields").iter().enumerate() {
        let path = path.child("matchFields").index(at);
        if items(field, "values").len() != 1 && matches!(text(field, "operator"), "In" | "NotIn") {
            let words = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            causes.required(&path.child("values"), words);
        }
        if text(field, "key") != "metadata.name" {
            let key = Value::from(text(field, "key"));
            causes.invalid(&path.child("key"), &key, "not a valid field selector key");
        }
    }
}
