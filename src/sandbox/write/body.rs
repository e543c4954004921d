//! Bodies: read, and checked against the path they were sent to.

use serde_json::{Value, json};

use super::{admit::Rules, protobuf};
use crate::model::Cause;
use crate::sandbox::api::{Ask, Denial, FieldValidation, headed, meta, set_meta, text};
use crate::schema::strict_errors;

/// How typed clients send small objects.
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// The body as a tree: JSON, or YAML where the content type says so.
pub(crate) fn decoded(ask: &Ask) -> Result<Value, Denial> {
    let wrong = |error: &dyn std::fmt::Display| {
        Denial::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): {error}",
            ask.resource.gvk.kind
        ))
    };
    if ask.content_type == PROTOBUF {
        return protobuf::decoded(&ask.body).ok_or_else(|| unknown_media(ask));
    }
    let json = serde_json::from_slice::<Value>(&ask.body);
    let tree = match json {
        Ok(tree) => tree,
        Err(_) if ask.content_type.ends_with("yaml") => {
            serde_saphyr::from_slice(&ask.body).map_err(|error| wrong(&error))?
        }
        Err(error) => return Err(wrong(&error)),
    };
    if tree.is_object() { Ok(tree) } else { Err(wrong(&"it is no object")) }
}

/// A body that cannot be read here.
fn unknown_media(ask: &Ask) -> Denial {
    let message = format!(
        "the sandbox reads {} in JSON and YAML alone, and was sent {}: use a manifest, as `kubectl create -f` does",
        ask.resource.plural, ask.content_type
    );
    Denial::new(415, "UnsupportedMediaType", message)
}

/// The body of an apply, which the server reads as YAML also where it is JSON.
pub(super) fn applied(ask: &Ask) -> Result<Value, Denial> {
    if has_surrogate_escape(&ask.body) {
        return Err(Denial::bad_request("error decoding YAML: invalid Unicode character escape code"));
    }
    let json = serde_json::from_slice::<Value>(&ask.body).ok();
    let tree = json.or_else(|| serde_saphyr::from_slice(&ask.body).ok());
    tree.filter(Value::is_object)
        .ok_or_else(|| Denial::bad_request("error decoding YAML: the body is no object"))
}

/// Whether a JSON text writes a character outside the first plane as two escapes, which YAML does not know.
fn has_surrogate_escape(body: &[u8]) -> bool {
    body.windows(4).enumerate().any(|(at, window)| {
        let escaped =
            body.get(..at).unwrap_or_default().iter().rev().take_while(|byte| **byte == b'\\').count();
        escaped % 2 == 0
            && matches!(window, [b'\\', b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B'])
    })
}

/// Checks the kind of a body that is created or put, and writes it where the body leaves it out.
pub(super) fn of_kind(ask: &Ask, tree: &mut Value) -> Result<(), Denial> {
    let gvk = &ask.resource.gvk;
    let (version, kind) = (text(tree, "/apiVersion").to_owned(), text(tree, "/kind").to_owned());
    if !version.is_empty() && version != gvk.api_version() {
        return Err(Denial::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version ({})",
            gvk.api_version()
        )));
    }
    if !kind.is_empty() && kind != gvk.kind {
        return Err(Denial::bad_request(format!(
            "{kind} in version \"{}\" cannot be handled as a {}: the kind in the data does not match",
            gvk.version, gvk.kind
        )));
    }
    headed(tree, &gvk.kind, &gvk.api_version());
    Ok(())
}

/// Checks the kind of an applied body, which has to name it.
pub(super) fn of_applied_kind(ask: &Ask, tree: &Value) -> Result<(), Denial> {
    let gvk = &ask.resource.gvk;
    let (version, kind) = (text(tree, "/apiVersion"), text(tree, "/kind"));
    if version == gvk.api_version() && kind == gvk.kind {
        return Ok(());
    }
    let (group, number) = version.split_once('/').unwrap_or(("", version));
    Err(Denial::bad_request(format!("invalid object type: {group}/{number}, Kind={kind}")))
}

/// Checks the namespace of a body, and writes it where the body leaves it out.
pub(super) fn of_namespace(ask: &Ask, tree: &mut Value) -> Result<(), Denial> {
    in_namespace(ask, tree)?;
    if let Some(namespace) = ask.namespace() {
        set_meta(tree, "namespace", json!(namespace));
    }
    Ok(())
}

/// Checks the namespace of a body against that of the path.
pub(super) fn in_namespace(ask: &Ask, tree: &Value) -> Result<(), Denial> {
    let Some(namespace) = ask.namespace() else { return Ok(()) };
    match meta(tree, "namespace").and_then(Value::as_str).filter(|own| !own.is_empty()) {
        Some(own) if own != namespace => Err(Denial::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        )),
        Some(_) | None => Ok(()),
    }
}

/// Checks the name of a body against that of the path.
pub(super) fn of_name(ask: &Ask, tree: &Value) -> Result<(), Denial> {
    let own = text(tree, "/metadata/name");
    if own == ask.name() {
        return Ok(());
    }
    Err(Denial::bad_request(format!(
        "the name of the object ({own}) does not match the name on the URL ({})",
        ask.name()
    )))
}

/// Drops the fields that the kind does not have; what is told of them, as warnings. With `Strict` they are refused.
pub(super) fn unknown_fields(ask: &Ask, tree: &mut Value) -> Result<Vec<String>, Denial> {
    let rules = Rules::of(&ask.resource);
    // Patches have fields of their own; what counts is what they made of the object.
    let patched = ask.content_type.contains("-patch");
    let schema = rules.schema().filter(|_| ask.resource.custom.is_none() && !patched);
    let mut told = strict_errors(&ask.body, schema);
    if schema.is_none() {
        told.extend(rules.prune(tree).into_iter().map(|field| format!("unknown field \"{field}\"")));
    }
    match ask.options.field_validation() {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(told),
        FieldValidation::Strict if told.is_empty() => Ok(told),
        FieldValidation::Strict if patched => Err(unfit_patch(ask, tree, &told)),
        FieldValidation::Strict => {
            let gvk = &ask.resource.gvk;
            Err(Denial::bad_request(format!(
                "{kind} in version \"{}\" cannot be handled as a {kind}: strict decoding error: {}",
                gvk.version,
                told.join(", "),
                kind = gvk.kind,
            )))
        }
    }
}

/// A patch that brings fields the kind does not have.
fn unfit_patch(ask: &Ask, tree: &Value, told: &[String]) -> Denial {
    let strategic = ask.content_type.contains("strategic");
    let shown = if strategic {
        go_map(&serde_json::from_slice(&ask.body).unwrap_or_default())
    } else {
        tree.to_string()
    };
    let cause = Cause {
        reason: "FieldValueInvalid".to_owned(),
        field: "patch".to_owned(),
        message: format!("Invalid value: {shown:?}: strict decoding error: {}", told.join(", ")),
    };
    Denial::invalid("", "", "", &[cause])
}

/// A tree as Go prints it.
fn go_map(tree: &Value) -> String {
    match tree {
        Value::Object(map) => {
            let mut pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", go_map(value))).collect();
            pairs.sort();
            format!("map[{}]", pairs.join(" "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(go_map).collect::<Vec<_>>().join(" ")),
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => tree.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surrogate_escape_is_seen_and_an_escaped_backslash_is_not_taken_for_one() {
        assert!(has_surrogate_escape(br#"{"a":"\ud83d\ude00"}"#));
        assert!(!has_surrogate_escape(br#"{"a":"\\ud83d"}"#));
        assert!(!has_surrogate_escape("{\"a\":\"😀\\u00e4\"}".as_bytes()));
    }
}
