//! Defaults of volumes, claims and classes.

use serde_json::{Value, json};

use super::{
    create::Allocate,
    meta::add_finalizer,
    value::{at, remove, set, set_absent, text},
};

pub(super) const CLAIM: &str = r#"
spec.resources = {}
spec.volumeMode = "Filesystem"
spec.dataSource|dataSourceRef?.apiGroup = null
status.phase = "Pending"
status.conditions[].lastProbeTime|lastTransitionTime = null
"#;

pub(super) const VOLUME: &str = r#"
status.phase = "Pending"
spec.persistentVolumeReclaimPolicy = "Retain"
spec.volumeMode = "Filesystem"
spec.hostPath?.type = ""
spec.iscsi?.iscsiInterface = "default"
spec.rbd?.pool = "rbd"
spec.rbd?.user = "admin"
spec.rbd?.keyring = "/etc/ceph/keyring"
spec.azureDisk?.cachingMode = "ReadWrite"
spec.azureDisk?.kind = "Shared"
spec.azureDisk?.fsType = "ext4"
spec.azureDisk?.readOnly = false
spec.scaleIO?.storageMode = "ThinProvisioned"
spec.scaleIO?.fsType = "xfs"
"#;

pub(super) const STORAGE_CLASS: &str = r#"
reclaimPolicy = "Delete"
volumeBindingMode = "Immediate"
"#;

pub(super) const CSI_NODE: &str = "
spec.drivers = null
";

pub(super) const ATTACHMENT: &str = "
status.attached = false
";

pub(super) const CSI_DRIVER: &str = r#"
spec.attachRequired = true
spec.podInfoOnMount = false
spec.storageCapacity = false
spec.fsGroupPolicy = "ReadWriteOnceWithFSType"
spec.volumeLifecycleModes = ["Persistent"]
spec.requiresRepublish = false
spec.seLinuxMount = false
"#;

/// The two ways to name what a claim is filled from hold the same.
pub(super) fn prepare_claim(object: &mut Value, cx: &dyn Allocate) {
    add_finalizer(object, "kubernetes.io/pvc-protection");
    // What only claims of other groups may be filled from, and what another namespace would have to allow.
    let foreign = at(object, "spec.dataSource.apiGroup").is_none_or(Value::is_null);
    if foreign && text(object, "spec.dataSource.kind") != "PersistentVolumeClaim" {
        remove(object, "spec.dataSource");
    }
    if at(object, "spec.dataSourceRef.namespace").is_some() {
        remove(object, "spec.dataSourceRef");
    }
    let (source, reference) =
        (at(object, "spec.dataSource").cloned(), at(object, "spec.dataSourceRef").cloned());
    if let Some(source) = source {
        set_absent(object, "spec.dataSourceRef", source);
    } else if let Some(reference) = reference
        && reference.get("namespace").is_none()
    {
        set(object, "spec.dataSource", reference);
    }
    if at(object, "spec.storageClassName").is_none()
        && let Some(class) = cx.default_storage_class()
    {
        set(object, "spec.storageClassName", class);
    }
}

/// A new volume is nobody's yet.
pub(super) fn prepare_volume(object: &mut Value) {
    add_finalizer(object, "kubernetes.io/pv-protection");
    let now = text(object, "metadata.creationTimestamp").to_owned();
    set(object, "status", json!({"phase": "Pending", "lastPhaseTransitionTime": now}));
}
