//! Rules of the volumes of a pod.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    container::{field_path, relative, resource_field},
    object::{Causes, Path},
    pod::Place,
    rules::{Rules, said},
    storage, words,
};
use crate::sandbox::kinds::{
    amount,
    value::{at, items, text},
};

const VOLUME: &str = "
hostPath.path: required
hostPath.type: one-of '' BlockDevice CharDevice Directory DirectoryOrCreate File FileOrCreate Socket
secret.secretName: required
configMap.name: required
secret|configMap|downwardAPI|projected.defaultMode: mode
secret|configMap|downwardAPI.items[].mode: mode
secret|configMap.items[].key: required
secret|configMap.items[].path: required
persistentVolumeClaim.claimName: required
nfs.server: required
nfs.path: required
csi.driver: required
iscsi.targetPortal: required
iscsi.iqn: required
ephemeral.volumeClaimTemplate: required
projected.sources[].secret|configMap.name: required
projected.sources[].secret|configMap.items[].key: required
projected.sources[].secret|configMap.items[].path: required
";

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(VOLUME));

const FILES: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// All volumes of a pod; the names of those that are right, which only can be mounted.
pub(super) fn all<'a>(spec: &'a Value, stands: Place, path: &Path, causes: &mut Causes) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for (place, volume) in items(spec, "volumes").iter().enumerate() {
        let path = path.child("volumes").index(place);
        let name = text(volume, "name");
        let before = causes.len();
        source(volume, &path, causes);
        if name.is_empty() {
            causes.required(&path.child("name"), "");
        } else {
            said(name, words::label, &path.child("name"), causes);
            if names.contains(&name) {
                causes.duplicate(&path.child("name"), &json!(name));
            }
        }
        if causes.len() == before {
            names.push(name);
        }
        if stands == Place::Pod && text(spec, "serviceAccountName").is_empty() {
            tokens(volume, &path, causes);
        }
    }
    names
}

fn source(volume: &Value, path: &Path, causes: &mut Causes) {
    let set = volume.as_object().into_iter().flatten().filter(|(key, _)| *key != "name");
    // The server looks in the order of its own type, in which these come first.
    let mut keys: Vec<&str> = set.map(|(key, _)| key.as_str()).collect();
    keys.sort_by_key(|key| !matches!(*key, "emptyDir"));
    for second in keys.iter().skip(1) {
        causes.forbidden(&path.child(second), "may not specify more than 1 volume type");
    }
    let volume = match keys.first() {
        Some(first) if keys.len() > 1 => &json!({*first: volume.get(*first)}),
        _ => volume,
    };
    RULES.check(volume, path, causes);
    paths(volume, path, causes);
    if at(volume, "emptyDir.sizeLimit").and_then(amount).is_some_and(|nanos| nanos < 0) {
        let words = "SizeLimit field must be a valid resource quantity";
        causes.forbidden(&path.child("emptyDir.sizeLimit"), words);
    }
    if let Some(api) = volume.get("downwardAPI") {
        downward(api, &path.child("downwardAPI"), causes);
    }
    if let Some(projected) = volume.get("projected") {
        projections(projected, &path.child("projected"), causes);
    }
    if let Some(claim) = at(volume, "ephemeral.volumeClaimTemplate.spec") {
        storage::claim_spec(claim, &path.child("ephemeral.volumeClaimTemplate.spec"), causes);
    }
}

fn paths(volume: &Value, path: &Path, causes: &mut Causes) {
    let host = text(volume, "hostPath.path");
    if host.split('/').any(|part| part == "..") {
        causes.invalid(&path.child("hostPath.path"), &json!(host), "must not contain '..'");
    }
    if let Some(share) = at(volume, "nfs").map(|nfs| text(nfs, "path")).filter(|it| !it.starts_with('/')) {
        causes.invalid(&path.child("nfs.path"), &json!(share), "must be an absolute path");
    }
    for source in ["secret", "configMap"] {
        key_paths(volume.get(source), &path.child(source), causes);
    }
}

fn key_paths(source: Option<&Value>, path: &Path, causes: &mut Causes) {
    for (place, item) in source.into_iter().flat_map(|it| items(it, "items")).enumerate() {
        relative(text(item, "path"), &path.child("items").index(place).child("path"), causes);
    }
}

/// The server leaves the place in the list out of these paths.
fn downward(api: &Value, path: &Path, causes: &mut Causes) {
    for file in items(api, "items") {
        match text(file, "path") {
            "" => causes.required(&path.child("path"), ""),
            name => relative(name, &path.child("path"), causes),
        }
        match (file.get("fieldRef"), file.get("resourceFieldRef")) {
            (Some(field), _) => field_path(field, &FILES, &path.child("fieldRef"), causes),
            (None, Some(amount)) => resource_field(amount, &path.child("resourceFieldRef"), causes),
            (None, None) => causes.required(path, "one of fieldRef and resourceFieldRef is required"),
        }
    }
}

fn projections(projected: &Value, path: &Path, causes: &mut Causes) {
    let mut taken: Vec<&str> = Vec::new();
    for (place, source) in items(projected, "sources").iter().enumerate() {
        let here = path.child("sources").index(place);
        for sort in ["secret", "configMap", "downwardAPI"] {
            let files = items(source, &format!("{sort}.items"));
            for name in files.iter().map(|file| text(file, "path")).filter(|name| !name.is_empty()) {
                if taken.contains(&name) {
                    let whose = text(source, &format!("{sort}.name"));
                    causes.invalid(path, &json!(whose), "conflicting duplicate paths");
                }
                taken.push(name);
            }
            key_paths(source.get(sort).filter(|_| sort != "downwardAPI"), &here.child(sort), causes);
        }
        if let Some(api) = source.get("downwardAPI") {
            downward(api, &here.child("downwardAPI"), causes);
        }
        let Some(token) = source.get("serviceAccountToken") else { continue };
        let seconds = token.get("expirationSeconds").cloned().unwrap_or_default();
        if seconds.as_i64().is_some_and(|it| it < 600) {
            let path = here.child("serviceAccountToken.expirationSeconds");
            causes.invalid(&path, &seconds, "may not specify a duration less than 10 minutes");
        }
        if text(token, "path").is_empty() {
            causes.required(&path.child("path"), "");
        }
    }
}

/// A token is somebody's.
fn tokens(volume: &Value, path: &Path, causes: &mut Causes) {
    for (place, source) in items(volume, "projected.sources").iter().enumerate() {
        if source.get("serviceAccountToken").is_some() {
            let path = path.child("projected.sources").index(place).child("serviceAccountToken");
            causes.forbidden(&path, "must not be specified when serviceAccountName is not set");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_can_be_read() {
        crate::sandbox::kinds::validate::rules::assert_readable(super::VOLUME);
    }
}
