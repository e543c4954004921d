//! Fields that a write to an object or to a subresource never sets, so that nobody owns them through it.

use crate::fields::{element::Element, set::FieldSet};
use crate::model::{FieldPath, Gvk};
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

/// The fields that a write to an object (`""`) or to one of its subresources leaves alone.
pub fn reset_fields(gvk: &Gvk, schema: Option<Schema<'_>>, subresource: &str) -> Reset {
    let without = |paths: &[&[&str]]| Reset::Without(paths.iter().map(|path| FieldPath::of(path)).collect());
    let builtin = builtin_types().iter().any(|kind| kind.gvk == *gvk);
    match subresource {
        "" if schema.and_then(Schema::has_status) == Some(true) => without(&[&["status"]]),
        "status" if builtin => without(&[&["spec"]]),
        "status" => Reset::Only(vec![FieldPath::of(&["status"])]),
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
