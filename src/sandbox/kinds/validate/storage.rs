//! Rules of claims, volumes and classes.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    rules::Rules,
    selector,
};
use crate::sandbox::kinds::{
    amount,
    value::{at, items, text},
};

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

const CLAIM: &str = "
selector: selector
storageClassName: subdomain-or-empty
volumeMode: one-of Block Filesystem
";

const VOLUME: &str = "
spec.capacity: required
spec.accessModes: required
spec.persistentVolumeReclaimPolicy: one-of Delete Recycle Retain
spec.storageClassName: subdomain
spec.volumeMode: one-of Block Filesystem
spec.hostPath.path: required
spec.nfs.server: required
spec.nfs.path: required
spec.csi.driver: required
spec.hostPath.type: one-of '' BlockDevice CharDevice Directory DirectoryOrCreate File FileOrCreate Socket
spec.csi.volumeHandle: required
spec.local.path: required
";

const CLASS: &str = "
reclaimPolicy: one-of Delete Retain
volumeBindingMode: one-of Immediate WaitForFirstConsumer
allowedTopologies[].matchLabelExpressions[].key: required
allowedTopologies[].matchLabelExpressions[].values: required
";

static CLAIM_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(CLAIM));
static VOLUME_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(VOLUME));
static CLASS_RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(CLASS));

/// The spec of a claim, wherever it stands.
pub(super) fn claim_spec(spec: &Value, path: &Path, causes: &mut Causes) {
    let modes = items(spec, "accessModes");
    let here = path.child("accessModes");
    if modes.is_empty() {
        causes.required(&here, "at least 1 access mode is required");
    }
    access_modes(modes, &here, causes);
    let room = path.child("resources").key("storage");
    match at(spec, "resources.requests.storage") {
        None => causes.required(&room, ""),
        Some(value) => {
            if amount(value).is_some_and(|nanos| nanos <= 0) {
                causes.invalid(&room, value, "must be greater than zero");
            }
        }
    }
    CLAIM_RULES.check(spec, path, causes);
}

fn access_modes(modes: &[Value], path: &Path, causes: &mut Causes) {
    for mode in modes.iter().filter_map(Value::as_str) {
        if !MODES.contains(&mode) {
            causes.not_supported(path, mode, &MODES);
        }
    }
    if modes.len() > 1 && modes.contains(&json!("ReadWriteOncePod")) {
        causes.forbidden(path, "may not use ReadWriteOncePod with other access modes");
    }
}

/// A PersistentVolumeClaim.
pub(super) fn claim(object: &Value, causes: &mut Causes) {
    claim_spec(object.get("spec").unwrap_or(&Value::Null), &Path::root("spec"), causes);
}

/// What a volume has beside its source.
const PLAIN: &[&str] = &[
    "capacity",
    "accessModes",
    "claimRef",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "mountOptions",
    "volumeMode",
    "nodeAffinity",
    "volumeAttributesClassName",
];

/// A PersistentVolume.
pub(super) fn volume(object: &Value, causes: &mut Causes) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    VOLUME_RULES.check(object, &Path::object(), causes);
    access_modes(items(spec, "accessModes"), &path.child("accessModes"), causes);
    capacity(spec.get("capacity").unwrap_or(&Value::Null), &path.child("capacity"), causes);
    let set = spec.as_object().into_iter().flatten().filter(|(key, _)| !PLAIN.contains(&key.as_str()));
    let mut sources: Vec<&str> = set.map(|(key, _)| key.as_str()).collect();
    sources.sort_by_key(|key| *key != "hostPath");
    if sources.is_empty() {
        causes.required(&path, "must specify a volume type");
    }
    for second in sources.iter().skip(1) {
        causes.forbidden(&path.child(second), "may not specify more than 1 volume type");
    }
    let host = text(spec, "hostPath.path");
    if host.split('/').any(|part| part == "..") {
        causes.invalid(&path.child("hostPath.path"), &json!(host), "must not contain '..'");
    }
    if spec.get("local").is_some() && spec.get("nodeAffinity").is_none() {
        causes.required(&path.child("nodeAffinity"), "Local volume requires node affinity");
    }
    managed_disk(spec, &path, causes);
    let driver = text(spec, "csi.driver");
    if !driver.is_empty() {
        super::rules::said(
            &driver.to_lowercase(),
            super::words::subdomain,
            &path.child("csi.driver"),
            causes,
        );
    }
    let terms = items(spec, "nodeAffinity.required.nodeSelectorTerms");
    if spec.get("nodeAffinity").is_some() && at(spec, "nodeAffinity.required").is_none() {
        let words = "must specify required node constraints";
        causes.required(&path.child("nodeAffinity.required"), words);
    }
    if at(spec, "nodeAffinity.required").is_some() && terms.is_empty() {
        let path = path.child("nodeAffinity.required.nodeSelectorTerms");
        causes.required(&path, "must have at least one node selector term");
    }
    for (place, term) in terms.iter().enumerate() {
        let path = path.child("nodeAffinity.required.nodeSelectorTerms").index(place);
        selector::node_term(term, &path, causes);
    }
}

fn capacity(capacity: &Value, path: &Path, causes: &mut Causes) {
    if capacity.get("storage").is_none() || capacity.as_object().is_some_and(|map| map.len() > 1) {
        causes.not_supported_value(path, capacity, &["storage"]);
    }
    for (name, value) in capacity.as_object().into_iter().flatten() {
        let Some(nanos) = amount(value) else { continue };
        let path = path.key(name);
        if nanos < 0 {
            let number =
                value.as_str().and_then(|it| it.parse::<i64>().ok()).map_or(value.clone(), Value::from);
            causes.invalid(&path, &number, "must be a valid resource quantity");
        }
        if nanos <= 0 && name == "storage" {
            causes.invalid(&path, value, "must be greater than zero");
        }
    }
}

/// A disk of Azure that is not managed is a blob.
fn managed_disk(spec: &Value, path: &Path, causes: &mut Causes) {
    let uri = text(spec, "azureDisk.diskURI");
    let here = path.child("azureDisk.diskURI");
    let managed = text(spec, "azureDisk.kind") == "Managed";
    if !uri.is_empty() && !managed && !uri.starts_with("https://") {
        let form = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
        causes.not_supported(&here, uri, &[form]);
    }
}

/// A StorageClass.
pub(super) fn class(object: &Value, causes: &mut Causes) {
    CLASS_RULES.check(object, &Path::object(), causes);
    match text(object, "provisioner") {
        "" => causes.required(&Path::root("provisioner"), ""),
        name => {
            // The case of the domain does not matter here, and the words show none.
            super::rules::said(
                &name.to_lowercase(),
                super::words::qualified,
                &Path::root("provisioner"),
                causes,
            );
        }
    }
    if at(object, "parameters").and_then(|it| it.get("")).is_some() {
        causes.invalid(&Path::root("parameters"), &json!(""), "field can not be empty.");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_can_be_read() {
        for table in [super::CLAIM, super::VOLUME, super::CLASS] {
            crate::sandbox::kinds::validate::rules::assert_readable(table);
        }
    }
}
