//! Keys that others added to the data of a ConfigMap or Secret that we fill: a dry-run does not see them.

use serde_json::{Value, json};

use crate::fields;
use crate::model::{ConflictDecision, Diff, FieldChange, FieldPath, LiveObject, PathElement, Shown, Wanted};

use super::{
    conflict::{Rival, decide},
    context::Context,
    inquiry::Case,
};

/// The added keys with their values, in the order of the live object.
pub(crate) fn extra_keys<'l>(
    context: &Context<'_>,
    wanted: &Wanted,
    live: &'l LiveObject,
) -> Vec<(FieldPath, &'l Value)> {
    if !(wanted.id.is("", "ConfigMap") || wanted.id.is("", "Secret")) {
        return Vec::new();
    }
    let manager = context.manager(&wanted.body);
    let of_part = |part: &'static str| {
        let declared = wanted.body.map(&[part]);
        let keys = live.body.map(&[part]).into_iter().flatten();
        let added = keys.filter(move |(key, _)| declared.is_none_or(|have| !have.contains_key(*key)));
        added.map(move |(key, value)| (FieldPath::of(&[part]).child(PathElement::Field(key.clone())), value))
    };
    // What a rollback put back for others stands in an Update entry of ours: nobody added it.
    let others = |path: &FieldPath| {
        let owners = fields::owners_of(live, path);
        owners.is_empty() || owners.iter().any(|entry| entry.manager != manager)
    };
    let all = ["data", "binaryData"].into_iter().flat_map(of_part);
    all.filter(|(path, _)| others(path) && !fields::applies(live, &manager, path)).collect()
}

/// Removes them where the environment says `extraKeys: remove`; what controllers fill in stays theirs.
pub(crate) fn remove(context: &Context<'_>, wanted: &Wanted, live: &LiveObject, case: &mut Case) {
    if !context.policy.remove_extra_keys {
        return;
    }
    for (path, value) in extra_keys(context, wanted, live) {
        let writer = fields::writer_of(live, &path);
        let rival = writer
            .as_ref()
            .map(|writer| Rival { manager: writer.manager.clone(), subresource: writer.subresource.clone() });
        let stays =
            |rival: &Rival| decide(context, &wanted.id, &path.to_string(), rival) == ConflictDecision::Yield;
        if rival.as_ref().is_some_and(stays) {
            continue;
        }
        case.values.push(json!({"op": "remove", "path": pointer(&path)}));
        case.restored.push(FieldChange {
            values: Diff { before: context.shown(&live.body, &path, Some(value)), after: Shown::Absent },
            writer,
            note: Some("not declared: removed by policy.extraKeys".to_owned()),
            path,
        });
    }
}

/// A path of map keys as an RFC 6901 pointer.
fn pointer(path: &FieldPath) -> String {
    let key = |element: &PathElement| match element {
        PathElement::Field(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
        PathElement::Key(_) | PathElement::Value(_) | PathElement::Index(_) => String::new(),
    };
    path.0.iter().map(key).collect()
}
