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
        match self {
            Self::Without(paths) => paths.iter().for_each(|path| put(new, live, path)),
            Self::Only(paths) => {
                let managed = FieldPath::of(&["metadata", "managedFields"]);
                let sent = std::mem::replace(new, live.cloned().unwrap_or_default());
                paths.iter().chain([&managed]).for_each(|path| put(new, Some(&sent), path));
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
