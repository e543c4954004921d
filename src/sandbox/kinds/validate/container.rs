//! Rules of containers.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    pod::Place,
    probe,
    resources::resources,
    rules::{Rules, said},
    words,
};
use crate::sandbox::kinds::value::{at, flag, items, text};

const CONTAINER: &str = "
terminationMessagePolicy: one-of File FallbackToLogsOnError
imagePullPolicy: one-of Always IfNotPresent Never
ports[].containerPort: required
ports[].hostPort: port
ports[].protocol: one-of SCTP TCP UDP
env[].name: required
env[].name: environment
env[].valueFrom.configMapKeyRef|secretKeyRef.key: required
env[].valueFrom.configMapKeyRef|secretKeyRef.name: subdomain
envFrom[].prefix: environment
securityContext.runAsUser|runAsGroup: between 0 2147483647
securityContext.procMount: one-of Default Unmasked
securityContext.seccompProfile|appArmorProfile.type: one-of Localhost RuntimeDefault Unconfined
";

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(CONTAINER));

/// What the containers of a pod share.
pub(super) struct Pod<'a> {
    pub(super) spec: &'a Value,
    /// The names of its volumes.
    pub(super) volumes: Vec<&'a str>,
    /// Where it stands.
    pub(super) place: Place,
}

/// All that may be wrong with one container.
pub(super) fn container(container: &Value, pod: &Pod<'_>, list: &str, path: &Path, causes: &mut Causes) {
    name_and_image(container, pod, path, causes);
    RULES.check(container, path, causes);
    ports(container, pod.spec, path, causes);
    environment(container, path, causes);
    mounts(container, pod, path, causes);
    if let Some(asked) = container.get("resources") {
        resources(asked, pod.spec, &path.child("resources"), causes);
    }
    security(container, path, causes);
    if list == "initContainers" {
        for_init(container, pod, path, causes);
    } else {
        probe::all(container, pod.spec, path, causes);
    }
}

fn name_and_image(container: &Value, pod: &Pod<'_>, path: &Path, causes: &mut Causes) {
    match text(container, "name") {
        "" => causes.required(&path.child("name"), ""),
        name => said(name, words::label, &path.child("name"), causes),
    }
    let image = text(container, "image");
    if image.is_empty() {
        causes.required(&path.child("image"), "");
    } else if pod.place == Place::Pod && image.trim() != image {
        causes.invalid(&path.child("image"), &json!(image), "must not have leading or trailing whitespace");
    }
}

fn for_init(container: &Value, pod: &Pod<'_>, path: &Path, causes: &mut Causes) {
    let policy = at(container, "restartPolicy").and_then(Value::as_str);
    if policy == Some("Always") {
        probe::all(container, pod.spec, path, causes);
    } else {
        for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if container.get(key).is_some() {
                let words = "may not be set for init containers without restartPolicy=Always";
                causes.forbidden(&path.child(key), words);
            }
        }
    }
    if let Some(policy) = policy.filter(|it| !["Always", "Never", "OnFailure"].contains(it)) {
        causes.not_supported(&path.child("restartPolicy"), policy, &["Always", "Never", "OnFailure"]);
    }
}

fn ports(container: &Value, pod: &Value, path: &Path, causes: &mut Causes) {
    let mut names: Vec<&str> = Vec::new();
    for (at_, port) in items(container, "ports").iter().enumerate() {
        let path = path.child("ports").index(at_);
        let name = text(port, "name");
        if !name.is_empty() {
            let before = causes.len();
            said(name, words::port_name, &path.child("name"), causes);
            if causes.len() == before && names.contains(&name) {
                causes.duplicate(&path.child("name"), &json!(name));
            }
            names.push(name);
        }
        if let Some(number) = at(port, "containerPort").filter(|it| **it != json!(0)) {
            super::rules::port(number, &path.child("containerPort"), causes);
        }
        let host = at(port, "hostPort").filter(|it| **it != json!(0));
        if let Some(host) =
            host.filter(|host| flag(pod, "hostNetwork") && at(port, "containerPort") != Some(host))
        {
            let words = "must match `containerPort` when `hostNetwork` is true";
            causes.invalid(&path.child("hostPort"), host, words);
        }
        if text(port, "protocol").is_empty() {
            causes.required(&path.child("protocol"), "");
        }
    }
}

/// Ports of the node that two containers of a pod would take.
pub(super) fn host_ports(spec: &Value, lists: &[&str], path: &Path, causes: &mut Causes) {
    let mut taken: Vec<String> = Vec::new();
    for list in lists {
        for (place, container) in items(spec, list).iter().enumerate() {
            for (at_, port) in items(container, "ports").iter().enumerate() {
                let Some(number) = at(port, "hostPort").and_then(Value::as_i64).filter(|it| *it != 0) else {
                    continue;
                };
                let shown = format!("{}/{}/{number}", text(port, "protocol"), text(port, "hostIP"));
                if taken.contains(&shown) {
                    let path = path.child(list).index(place).child("ports").index(at_).child("hostPort");
                    causes.duplicate(&path, &json!(shown));
                }
                taken.push(shown);
            }
        }
    }
}

const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
const AMOUNTS: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

fn environment(container: &Value, path: &Path, causes: &mut Causes) {
    for (at_, variable) in items(container, "env").iter().enumerate() {
        if let Some(from) = variable.get("valueFrom") {
            let path = path.child("env").index(at_).child("valueFrom");
            value_from(from, text(variable, "value"), &path, causes);
        }
    }
    for (at_, from) in items(container, "envFrom").iter().enumerate() {
        let path = path.child("envFrom");
        let sources: Vec<&str> =
            ["configMapRef", "secretRef"].into_iter().filter(|key| from.get(*key).is_some()).collect();
        for source in &sources {
            let path = path.index(at_).child(source).child("name");
            match text(from, &format!("{source}.name")) {
                "" => causes.required(&path, ""),
                name => said(name, words::subdomain, &path, causes),
            }
        }
        match sources.len() {
            0 => causes.invalid(&path, &json!(""), "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => causes.invalid(&path, &json!(""), "may not have more than one field specified at a time"),
        }
    }
}

fn value_from(from: &Value, value: &str, path: &Path, causes: &mut Causes) {
    let count = SOURCES.iter().filter(|key| from.get(**key).is_some()).count();
    if let Some(field) = from.get("fieldRef") {
        field_path(field, &FIELDS, &path.child("fieldRef"), causes);
    }
    if let Some(amount) = from.get("resourceFieldRef") {
        resource_field(amount, &path.child("resourceFieldRef"), causes);
    }
    for source in ["configMapKeyRef", "secretKeyRef"] {
        let key = text(from, &format!("{source}.key"));
        if !key.is_empty() {
            said(key, words::config_key, &path.child(source).child("key"), causes);
        }
        if let Some(reference) = from.get(source)
            && text(reference, "name").is_empty()
        {
            // An absent name is as wrong as an empty one, and said in the same words.
            if reference.get("name").is_none() {
                said("", words::subdomain, &path.child(source).child("name"), causes);
            }
        }
    }
    if count == 0 {
        let words = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        causes.invalid(path, &json!(""), words);
    } else if !value.is_empty() {
        causes.invalid(path, &json!(""), "may not be specified when `value` is not empty");
    } else if count > 1 {
        causes.invalid(path, &json!(""), "may not have more than one field specified at a time");
    }
}

/// A field of the pod that a container may see.
pub(super) fn field_path(field: &Value, known: &[&str], path: &Path, causes: &mut Causes) {
    let name = text(field, "fieldPath");
    let here = path.child("fieldPath");
    if name.is_empty() {
        causes.required(&here, "");
        return;
    }
    let subscript = name.strip_suffix("']").and_then(|it| it.split_once("['"));
    if let Some((map @ ("metadata.labels" | "metadata.annotations"), key)) = subscript {
        let key = if map == "metadata.annotations" { key.to_lowercase() } else { key.to_owned() };
        said(&key, words::qualified, path, causes);
        return;
    }
    let convertible = ["metadata.labels", "metadata.annotations"].contains(&name)
        || FIELDS.contains(&name)
        || known.contains(&name);
    if !convertible {
        let words = format!("error converting fieldPath: field label not supported: {name}");
        causes.invalid(&here, &json!(name), &words);
    } else if !known.contains(&name) {
        causes.not_supported(&here, name, known);
    }
}

/// An amount of a container's resources that a container may see.
pub(super) fn resource_field(amount: &Value, path: &Path, causes: &mut Causes) {
    let name = text(amount, "resource");
    let known = AMOUNTS.contains(&name)
        || name.starts_with("limits.hugepages-")
        || name.starts_with("requests.hugepages-");
    if name.is_empty() {
        causes.required(&path.child("resource"), "");
    } else if !known {
        causes.not_supported(&path.child("resource"), name, &AMOUNTS);
    }
}

fn mounts(container: &Value, pod: &Pod<'_>, path: &Path, causes: &mut Causes) {
    let list = path.child("volumeMounts");
    let mut places: Vec<&str> = Vec::new();
    for (at_, mount) in items(container, "volumeMounts").iter().enumerate() {
        let here = list.index(at_);
        let (name, place) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            causes.required(&here.child("name"), "");
        }
        if !pod.volumes.contains(&name) {
            causes.not_found(&here.child("name"), name, "");
        }
        if place.is_empty() {
            causes.required(&here.child("mountPath"), "");
        }
        if places.contains(&place) {
            causes.invalid(&here.child("mountPath"), &json!(place), "must be unique");
        }
        places.push(place);
        sub_paths(mount, &list, &here, causes);
        propagation(mount, container, &list, causes);
        if mount.get("recursiveReadOnly").is_some_and(|it| it != "Disabled") && !flag(mount, "readOnly") {
            causes.forbidden(&list.child("recursiveReadOnly"), "may only be specified when readOnly is true");
        }
    }
}

/// The server leaves the place in the list out of these paths.
fn sub_paths(mount: &Value, list: &Path, here: &Path, causes: &mut Causes) {
    let (plain, expanded) = (text(mount, "subPath"), text(mount, "subPathExpr"));
    for (key, value) in [("subPath", plain), ("subPathExpr", expanded)] {
        if !value.is_empty() {
            relative(value, &list.child(key), causes);
        }
    }
    if !plain.is_empty() && !expanded.is_empty() {
        let words = "subPathExpr and subPath are mutually exclusive";
        causes.invalid(&here.child("subPathExpr"), &json!(expanded), words);
    }
}

/// A path below something, which leads nowhere else.
pub(super) fn relative(value: &str, path: &Path, causes: &mut Causes) {
    if value.starts_with('/') {
        causes.invalid(path, &json!(value), "must be a relative path");
    }
    if value.split('/').any(|part| part == "..") {
        causes.invalid(path, &json!(value), "must not contain '..'");
    }
}

fn propagation(mount: &Value, container: &Value, list: &Path, causes: &mut Causes) {
    let path = list.child("mountPropagation");
    match at(mount, "mountPropagation").and_then(Value::as_str) {
        None | Some("HostToContainer" | "None") => {}
        Some("Bidirectional") => {
            if !flag(container, "securityContext.privileged") {
                let words = "Bidirectional mount propagation is available only to privileged containers";
                causes.forbidden(&path, words);
            }
        }
        Some(other) => causes.not_supported(&path, other, &["Bidirectional", "HostToContainer", "None"]),
    }
}

fn security(container: &Value, path: &Path, causes: &mut Causes) {
    let Some(context) = container.get("securityContext") else { return };
    let path = path.child("securityContext");
    profile(context, &path, causes);
    if at(context, "windowsOptions.runAsUserName") == Some(&json!("")) {
        let place = path.child("windowsOptions.runAsUserName");
        causes.invalid(&place, &json!(""), "runAsUserName cannot be an empty string");
    }
    if at(context, "allowPrivilegeEscalation") != Some(&json!(false)) {
        return;
    }
    if flag(context, "privileged") {
        let words = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        causes.invalid(&path, &internal(context), words);
    }
    if items(context, "capabilities.add").iter().any(|it| it == "CAP_SYS_ADMIN") {
        let words = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
        causes.invalid(&path, &internal(context), words);
    }
}

/// A security context as the server's own type prints it.
fn internal(context: &Value) -> Value {
    let of = |key: &str| context.get(key).cloned().unwrap_or_default();
    let capabilities = context.get("capabilities").map(|it| {
        json!({"Add": it.get("add").cloned().unwrap_or_default(), "Drop": it.get("drop").cloned().unwrap_or_default()})
    });
    json!({
        "Capabilities": capabilities, "Privileged": of("privileged"), "SELinuxOptions": of("seLinuxOptions"),
        "WindowsOptions": of("windowsOptions"), "RunAsUser": of("runAsUser"), "RunAsGroup": of("runAsGroup"),
        "RunAsNonRoot": of("runAsNonRoot"), "ReadOnlyRootFilesystem": of("readOnlyRootFilesystem"),
        "AllowPrivilegeEscalation": of("allowPrivilegeEscalation"), "ProcMount": of("procMount"),
        "SeccompProfile": internal_profile(context.get("seccompProfile")),
        "AppArmorProfile": internal_profile(context.get("appArmorProfile")),
    })
}

fn internal_profile(profile: Option<&Value>) -> Option<Value> {
    profile.map(|it| json!({"Type": text(it, "type"), "LocalhostProfile": it.get("localhostProfile")}))
}

/// A profile names a file if, and only if, it is one of the node.
pub(super) fn profile(context: &Value, path: &Path, causes: &mut Causes) {
    let Some(profile) = context.get("seccompProfile") else { return };
    if text(profile, "type").is_empty() {
        let words = "type is required when seccompProfile is set";
        causes.required(&path.child("seccompProfile.type"), words);
        return;
    }
    let path = path.child("seccompProfile.localhostProfile");
    let (sort, file) = (text(profile, "type"), profile.get("localhostProfile"));
    if sort == "Localhost" && file.is_none() {
        causes.required(&path, "must be set when seccomp type is Localhost");
    }
    if sort != "Localhost" && file.is_some() {
        let shown = json!({"Type": sort, "LocalhostProfile": file});
        causes.invalid(&path, &shown, "can only be set when seccomp type is Localhost");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_can_be_read() {
        crate::sandbox::kinds::validate::rules::assert_readable(super::CONTAINER);
    }
}
