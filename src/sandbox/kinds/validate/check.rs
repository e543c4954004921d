//! Which rules a kind has.

use serde_json::Value;

use super::object::{Causes, Path};
use crate::{
    model::{Cause, Gvk},
    sandbox::kinds::value::{at, flag},
};

/// What the server would refuse in a new object or, with the old one, in an update.
pub fn validate(old: Option<&Value>, new: &Value, gvk: &Gvk) -> Vec<Cause> {
    let mut causes = Causes::default();
    if let Some(old) = old {
        if gvk.group.is_empty() && matches!(gvk.kind.as_str(), "ConfigMap" | "Secret") {
            frozen(old, new, &mut causes);
        }
    }
    causes.into_list()
}

/// A ConfigMap or Secret that was marked immutable stays as it is.
fn frozen(old: &Value, new: &Value, causes: &mut Causes) {
    if !flag(old, "immutable") {
        return;
    }
    let forbidden = "field is immutable when `immutable` is set";
    if !flag(new, "immutable") {
        causes.forbidden(&Path::root("immutable"), forbidden);
    }
    for field in ["data", "binaryData"] {
        if at(old, field) != at(new, field) {
            causes.forbidden(&Path::root(field), forbidden);
        }
    }
}
