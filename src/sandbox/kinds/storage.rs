//! Defaults of volumes, claims and classes.

pub(super) const CLAIM: &str = r#"
spec.resources = {}
spec.volumeMode = "Filesystem"
status.phase = "Pending"
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

pub(super) const CSI_DRIVER: &str = r#"
spec.attachRequired = true
spec.podInfoOnMount = false
spec.storageCapacity = false
spec.fsGroupPolicy = "ReadWriteOnceWithFSType"
spec.volumeLifecycleModes = ["Persistent"]
spec.requiresRepublish = false
spec.seLinuxMount = false
"#;
