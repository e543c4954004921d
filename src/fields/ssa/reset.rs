//! Fields that a write to an object or to a subresource never sets, so that nobody owns them through it.

use serde_json::Value;

use crate::fields::{element::Element, path::get, set::FieldSet};
use crate::model::{FieldPath, Gvk, PathElement};
use crate::schema::{Schema, builtin_types};

/// Which fields of a write are not tracked.
#[derive(Debug, Clone, PartialEq)]
pub enum Reset {
    /// All but these, and what is below them.
    Without(Vec<FieldPath>),
    /// These only, and what is below them.
    Only(Vec<FieldPath>),
}

impl Reset {
    /// What is left of a set.
    pub(super) fn sift(&self, set: &FieldSet) -> FieldSet {
        match self {
            Self::Without(paths) => paths.iter().fold(set.clone(), |set, path| set.without(path)),
            Self::Only(paths) => {
                let kept = paths.iter().fold(set.clone(), |set, path| set.without(path));
                set.difference(&kept)
            }
        }
    }
}

impl Reset {
    /// Puts back what the write may not set: the values of the live object, or none where it is made.
    pub fn put_back(&self, new: &mut Value, live: Option<&Value>) {
        let managed = FieldPath::of(&["metadata", "managedFields"]);
        let (kept, whole) = match self {
            Self::Without(paths) => {
                let whole = paths.contains(&FieldPath::of(&["metadata"]));
                (vec![FieldPath::of(&["status"])], whole)
            }
            Self::Only(paths) => (paths.clone(), true),
        };
        match self {
            Self::Without(paths) if !whole => paths.iter().for_each(|path| put(new, live, path)),
            // Where not even labels may be set, the write sets nothing but its own part.
            Self::Without(_) | Self::Only(_) => {
                let sent = std::mem::replace(new, live.cloned().unwrap_or_default());
                kept.iter().chain([&managed]).for_each(|path| put(new, Some(&sent), path));
            }
        }
    }
}

/// Sets a field of map keys to what it is in another object, or takes it away.
fn put(object: &mut Value, from: Option<&Value>, path: &FieldPath) {
    let value = from.and_then(|from| get(from, path)).cloned();
    let Some((PathElement::Field(last), parents)) = path.0.split_last() else { return };
    let parent = parents.iter().try_fold(object, |value, element| match element {
        PathElement::Field(name) => value.get_mut(name),
        PathElement::Key(_) | PathElement::Value(_) | PathElement::Index(_) => None,
    });
    if let Some(Value::Object(parent)) = parent {
        match value {
            Some(value) => drop(parent.insert(last.clone(), value)),
            None => drop(parent.shift_remove(last)),
        }
    }
}

/// Kinds whose status is written without any change of their `metadata`.
const STATUS_ONLY: &[(&str, &str)] = &[
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("internal.apiserver.k8s.io", "StorageVersion"),
    ("networking.k8s.io", "ServiceCIDR"),
    ("resource.k8s.io", "DeviceTaintRule"),
    ("resource.k8s.io", "ResourceClaim"),
    ("resource.k8s.io", "ResourcePoolStatusRequest"),
    ("scheduling.k8s.io", "PodGroup"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("storagemigration.k8s.io", "StorageVersionMigration"),
];

/// The fields that a write to an object (`""`) or to one of its subresources leaves alone.
pub fn reset_fields(gvk: &Gvk, schema: Option<Schema<'_>>, subresource: &str) -> Reset {
    let paths = |paths: &[&[&str]]| paths.iter().map(|path| FieldPath::of(path)).collect();
    let without = |list: &[&[&str]]| Reset::Without(paths(list));
    let kind = (&*gvk.group, &*gvk.kind);
    let builtin = builtin_types().iter().any(|kind| kind.gvk == *gvk);
    match (subresource, kind) {
        ("", ("certificates.k8s.io", "CertificateSigningRequest")) => without(&[&["spec"], &["status"]]),
        ("", _) if schema.and_then(Schema::has_status) == Some(true) => without(&[&["status"]]),
        ("status", ("apps", "Deployment")) => without(&[&["spec"], &["metadata", "labels"]]),
        ("status", ("", "Pod")) => {
            without(&[&["spec"], &["metadata", "deletionTimestamp"], &["metadata", "ownerReferences"]])
        }
        ("status", ("certificates.k8s.io", "CertificateSigningRequest")) => {
            without(&[&["spec"], &["status", "conditions"]])
        }
        ("approval", _) => without(&[&["spec"], &["status", "certificate"]]),
        ("ephemeralcontainers", _) => Reset::Only(paths(&[&["spec", "ephemeralContainers"]])),
        ("status", kind) if !builtin || STATUS_ONLY.contains(&kind) => without(&[&["metadata"], &["spec"]]),
        ("status", _) => without(&[&["spec"]]),
        _ => without(&[]),
    }
}

/// What every object has and nobody owns.
pub(super) fn stripped(set: &FieldSet) -> FieldSet {
    const METADATA: &[&str] = &[
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    let leaves = |names: &[&str]| {
        FieldSet::of_children(names.iter().map(|name| (Element::field(name), FieldSet::leaf())).collect())
    };
    let mut metadata = leaves(METADATA);
    metadata.member = true;
    let mut strip = leaves(&["apiVersion", "kind"]);
    strip = strip.union(&FieldSet::of_children(vec![(Element::field("metadata"), metadata)]));
    set.difference(&strip)
}
