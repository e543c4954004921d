//! The form in which an API server stores objects, for plans that are made without asking it.

use serde_json::Value;

use crate::model::{DesiredState, Gvk};
use crate::sandbox::kinds;
use crate::schema::{Structural, builtin_types};

/// Fills in what the server fills in: the defaults of built-in kinds, and of custom kinds whose definition is wanted in
/// the same place.
pub(super) fn stored_form(desired: &DesiredState, tree: &mut Value, gvk: &Gvk) {
    if builtin_types().iter().any(|kind| kind.gvk == *gvk) {
        kinds::default(tree, gvk);
    } else if let Some(structural) = definition(desired, gvk) {
        structural.prune(tree);
        structural.default(tree);
    }
}

/// The schema of a custom kind whose definition is among the wanted objects.
fn definition(desired: &DesiredState, gvk: &Gvk) -> Option<Structural> {
    let crds = desired.objects.values().filter(|wanted| wanted.id.kind == "CustomResourceDefinition");
    let mut named = crds.filter(|crd| {
        crd.body.text(&["spec", "group"]) == Some(&gvk.group)
            && crd.body.text(&["spec", "names", "kind"]) == Some(&gvk.kind)
    });
    Structural::of_crd(named.next()?.body.tree(), &gvk.version)
}
