//! Rules of CustomResourceDefinitions, but for their schemas.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::{Rules, said},
    structural, words,
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

/// The name of a new CustomResourceDefinition follows from what it defines.
pub(super) fn name(object: &Value, causes: &mut Causes) {
    let name = text(object, "metadata.name");
    if name != format!("{}.{}", text(object, "spec.names.plural"), text(object, "spec.group")) {
        let words = "must be spec.names.plural+\".\"+spec.group";
        causes.invalid(&Path::root("metadata.name"), &json!(name), words);
    }
}

/// A CustomResourceDefinition.
pub(super) fn definition(object: &Value, causes: &mut Causes) {
    let mut checked = object.clone();
    // Nothing is said of the form of what is not there.
    if text(&checked, "spec.group").is_empty() {
        crate::sandbox::kinds::value::remove(&mut checked, "spec.group");
    }
    for path in ["plural", "singular", "kind", "listKind"] {
        if let Some(names) = checked.pointer_mut("/spec/names").and_then(Value::as_object_mut)
            && names.get(path) == Some(&json!(""))
        {
            names.shift_remove(path);
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
        version_parts(version, (place, versions.len()), causes);
        let same = versions.iter().take(place).any(|other| other.get("name") == version.get("name"));
        if same {
            causes.invalid(&Path::root("spec.versions"), &json!(shown), "must contain unique version names");
        }
    }
    let first = versions.first().map(|version| text(version, "name")).unwrap_or_default();
    if !first.is_empty() {
        // The old field of a single version holds the first.
        said(first, words::label_1035, &Path::root("spec.version"), causes);
    }
    if stored.len() != 1 {
        let words = "must have exactly one version marked as storage version";
        causes.invalid(&path, &json!(shown), words);
    }
    stored_versions(object, &stored, causes);
}

fn stored_versions(object: &Value, stored: &[&str], causes: &mut Causes) {
    let kept = items(object, "status.storedVersions");
    let path = Path::root("status.storedVersions");
    if kept.is_empty() {
        causes.invalid(&path, &Value::Null, "must have at least one stored version");
        return;
    }
    let named = items(object, "spec.versions").iter().map(|version| text(version, "name"));
    let named: Vec<&str> = named.collect();
    for (place, version) in kept.iter().enumerate() {
        let name = version.as_str().unwrap_or_default();
        if !named.contains(&name) {
            let words = format!(
                "missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {name} and removes {name} from status.storedVersions"
            );
            causes.invalid(&path.index(place), version, &words);
        }
    }
    // Of several, none is the one.
    if let Some(last) = stored.last().filter(|last| stored.len() > 1 || !kept.contains(&json!(last))) {
        causes.invalid(&path, &json!(kept), &format!("must have the storage version {last}"));
    }
}

/// What a version has beside its name; the server prints the parts of a single one as those of the spec.
fn version_parts(version: &Value, (place, count): (usize, usize), causes: &mut Causes) {
    let alone = count == 1;
    let path = if alone { Path::root("spec") } else { Path::root("spec.versions").index(place) };
    let schema_path = if alone { path.child("validation") } else { path.child("schema") };
    if let Some(schema) = at(version, "schema.openAPIV3Schema") {
        structural::schema(schema, &schema_path.child("openAPIV3Schema"), causes);
    }
    for (at_, column) in items(version, "additionalPrinterColumns").iter().enumerate() {
        printer_column(column, &path.child("additionalPrinterColumns").index(at_), causes);
    }
    let scale = at(version, "subresources.scale");
    for (key, root) in [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")] {
        let Some(scale) = scale else { continue };
        let here = path.child("subresources.scale").child(key);
        match text(scale, key) {
            "" => causes.required(&here, ""),
            found if !found.starts_with('.') => {
                causes.invalid(&here, &json!(found), "must be a simple json path starting with .");
            }
            found if !found.starts_with(root) => {
                let words = format!("should be a json path under {}", root.trim_end_matches('.'));
                causes.invalid(&here, &json!(found), &words);
            }
            _ => {}
        }
    }
}

fn printer_column(column: &Value, path: &Path, causes: &mut Causes) {
    if text(column, "name").is_empty() {
        causes.required(&path.child("name"), "");
    }
    let sort = text(column, "type");
    if sort.is_empty() {
        let words = "must be one of boolean,date,integer,number,string";
        causes.required(&path.child("type"), words);
    } else if !["boolean", "date", "integer", "number", "string"].contains(&sort) {
        let words = "must be one of boolean,date,integer,number,string";
        causes.invalid(&path.child("type"), &json!(sort), words);
    }
    if text(column, "jsonPath").is_empty() {
        causes.required(&path.child("JSONPath"), "");
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
        crate::sandbox::kinds::validate::rules::assert_readable(super::DEFINITION);
    }
}
