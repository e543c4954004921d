//! Rules of CustomResourceDefinitions, but for their schemas.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::{Rules, said},
    words,
};
use crate::sandbox::kinds::value::{at, flag, items, text};

const DEFINITION: &str = "
spec.group: required
spec.group: subdomain
spec.scope: required
spec.scope: one-of Cluster Namespaced
spec.names.plural|singular|kind|listKind: required
spec.names.plural|singular: label-1035
spec.names.kind|listKind: mixed-label
spec.names.shortNames[]: label-1035
spec.names.categories[]: label-1035
spec.versions[].name: label-1035
spec.conversion.strategy: one-of None Webhook
";

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(DEFINITION));

/// A CustomResourceDefinition.
pub(super) fn definition(object: &Value, causes: &mut Causes) {
    let name = text(object, "metadata.name");
    if name != format!("{}.{}", text(object, "spec.names.plural"), text(object, "spec.group")) {
        let words = "must be spec.names.plural+\".\"+spec.group";
        causes.invalid(&Path::root("metadata.name"), &json!(name), words);
    }
    let mut checked = object.clone();
    // Nothing is said of the form of what is not there.
    if text(&checked, "spec.group").is_empty() {
        crate::sandbox::kinds::value::remove(&mut checked, "spec.group");
    }
    for path in ["plural", "singular", "kind", "listKind"] {
        if let Some(names) = checked.pointer_mut("/spec/names").and_then(Value::as_object_mut) {
            if names.get(path) == Some(&json!("")) {
                names.shift_remove(path);
            }
        }
    }
    RULES.check(&checked, &Path::object(), causes);
    versions(object, causes);
    conversion(object, causes);
    if flag(object, "spec.preserveUnknownFields") {
        let words = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
        causes.invalid(&Path::root("spec.preserveUnknownFields"), &json!(true), words);
    }
}

/// A version as the server's own type prints it.
fn internal(version: &Value) -> Value {
    json!({
        "Name": text(version, "name"), "Served": flag(version, "served"), "Storage": flag(version, "storage"),
        "Deprecated": flag(version, "deprecated"), "DeprecationWarning": version.get("deprecationWarning"),
        "Schema": null, "Subresources": null, "AdditionalPrinterColumns": null, "SelectableFields": null,
    })
}

fn versions(object: &Value, causes: &mut Causes) {
    let path = Path::root("spec.versions");
    let versions = items(object, "spec.versions");
    let stored: Vec<&str> =
        versions.iter().filter(|it| flag(it, "storage")).map(|it| text(it, "name")).collect();
    let shown: Vec<Value> = versions.iter().map(internal).collect();
    for (place, version) in versions.iter().enumerate() {
        let path = path.index(place);
        if at(version, "schema.openAPIV3Schema").is_none() {
            causes.required(&path.child("schema.openAPIV3Schema"), "");
        }
        if let (Some(warning), false) = (version.get("deprecationWarning"), flag(version, "deprecated")) {
            let words = "can only be set for deprecated versions";
            causes.invalid(&path.child("deprecationWarning"), warning, words);
        }
        let same = versions.iter().take(place).any(|other| other.get("name") == version.get("name"));
        if same {
            causes.invalid(&Path::root("spec.versions"), &json!(shown), "must contain unique version names");
        }
    }
    if stored.len() != 1 {
        let words = "must have exactly one version marked as storage version";
        causes.invalid(&path, &json!(shown), words);
    }
    let kept = at(object, "status.storedVersions").unwrap_or(&Value::Null);
    let here = Path::root("status.storedVersions");
    match (kept.as_array().is_none_or(Vec::is_empty), stored.as_slice()) {
        (true, _) => causes.invalid(&here, &Value::Null, "must have at least one stored version"),
        (false, [one]) if !items(object, "status.storedVersions").contains(&json!(one)) => {
            causes.invalid(&here, kept, &format!("must have the storage version {one}"));
        }
        _ => {}
    }
}

fn conversion(object: &Value, causes: &mut Causes) {
    // The paths are those of the server's own type.
    let path = Path::root("spec.conversion");
    let strategy = text(object, "spec.conversion.strategy");
    if strategy != "Webhook" {
        return;
    }
    if at(object, "spec.conversion.webhook.clientConfig").is_none() {
        causes.required(&path.child("webhookClientConfig"), "required when strategy is set to Webhook");
    }
    if items(object, "spec.conversion.webhook.conversionReviewVersions").is_empty() {
        causes.required(&path.child("conversionReviewVersions"), "");
    }
    for version in
        items(object, "spec.conversion.webhook.conversionReviewVersions").iter().filter_map(Value::as_str)
    {
        said(version, words::label_1035, &path.child("conversionReviewVersions"), causes);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_can_be_read() {
        super::super::rules::assert_readable(super::DEFINITION);
    }
}
