//! Drift: what somebody changed in the cluster since the current revision was applied.
//!
//! The input is the plan of the current revision's own desired state: whatever that plan would put right has drifted.

use serde_json::{Map, Value};

use super::context::Context;
use crate::{
    fields,
    model::{
        Action, Diff, DriftClass, DriftItem, FieldChange, FieldPath, Hold, HoldSort, LiveObject, Plan, PathElement,
        Shown, Step, Wanted,
    },
};

/// What drifted, in the order of object identities.
pub fn drift(context: &Context<'_>, plan: &Plan) -> Vec<DriftItem> {
    let mut items: Vec<DriftItem> = plan.steps.iter().filter_map(|step| of_step(context, step)).collect();
    items.extend(plan.holds.iter().filter_map(of_hold));
    items.extend(context.desired.objects.values().filter_map(|wanted| extra_keys(context, wanted)));
    items.sort_by(|a, b| (&a.object, a.class).cmp(&(&b.object, b.class)));
    items
}

fn of_step(context: &Context<'_>, step: &Step) -> Option<DriftItem> {
    let (class, reason) = match step.action {
        Action::Create => (DriftClass::Missing, "somebody deleted it".to_owned()),
        Action::Patch | Action::Adopt | Action::Replace | Action::Handover => {
            (DriftClass::Modified, changed_by(&step.fields))
        }
        // Who owns a value that is as declared is no change of the cluster's content.
        Action::Ownership | Action::Prune | Action::Release | Action::Await => return None,
    };
    let known = context.desired.objects.get(&step.object);
    Some(DriftItem {
        class,
        object: step.object.clone(),
        origin: known.and_then(|wanted| wanted.origin.clone()),
        fields: if class == DriftClass::Missing { Vec::new() } else { turned(&step.fields) },
        reason,
    })
}

fn of_hold(hold: &Hold) -> Option<DriftItem> {
    let object = hold.object.clone()?;
    let (class, reason) = match hold.sort {
        HoldSort::Conflict | HoldSort::Immutable if hold.fields.is_empty() => {
            (DriftClass::Modified, hold.reason.clone())
        }
        HoldSort::Conflict | HoldSort::Immutable => (DriftClass::Modified, changed_by(&hold.fields)),
        HoldSort::Refused | HoldSort::Unreadable => (DriftClass::Unreadable, hold.reason.clone()),
        HoldSort::Missing => (DriftClass::Missing, hold.reason.clone()),
        HoldSort::Guard | HoldSort::TurnedBack | HoldSort::NoLongerDeclared | HoldSort::Kept => return None,
    };
    Some(DriftItem { class, object, origin: hold.origin.clone(), fields: turned(&hold.fields), reason })
}

/// A plan's changes seen from the other side: what was applied first, what is live after.
fn turned(fields: &[FieldChange]) -> Vec<FieldChange> {
    let turn = |change: &FieldChange| FieldChange {
        values: Diff { before: change.values.after.clone(), after: change.values.before.clone() },
        ..change.clone()
    };
    fields.iter().map(turn).collect()
}

fn changed_by(fields: &[FieldChange]) -> String {
    let mut names: Vec<&str> =
        fields.iter().filter_map(|change| change.writer.as_ref()).map(|writer| writer.manager.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        "by whom is unknown (removed or reordered; only the audit log knows)".to_owned()
    } else {
        format!("by {}", names.join(", "))
    }
}

/// Keys that others added to the data of a ConfigMap or Secret: no dry-run shows them.
fn extra_keys(context: &Context<'_>, wanted: &Wanted) -> Option<DriftItem> {
    if !wanted.id.is("", "ConfigMap") && !wanted.id.is("", "Secret") {
        return None;
    }
    let live = context.present(&wanted.id)?;
    let fields: Vec<FieldChange> =
        ["data", "binaryData"].iter().flat_map(|part| extras(context, wanted, live, part)).collect();
    if fields.is_empty() {
        return None;
    }
    Some(DriftItem {
        class: DriftClass::Extra,
        object: wanted.id.clone(),
        origin: wanted.origin.clone(),
        reason: format!("keys added {}", changed_by(&fields)),
        fields,
    })
}

fn extras(context: &Context<'_>, wanted: &Wanted, live: &LiveObject, part: &str) -> Vec<FieldChange> {
    let nothing = Map::new();
    // A part that we do not fill is not ours to watch.
    let Some(ours) = wanted.body.map(&[part]) else { return Vec::new() };
    let theirs = live.body.map(&[part]).unwrap_or(&nothing);
    let added = theirs.iter().filter(|(key, _)| !ours.contains_key(*key));
    added.map(|(key, value)| extra(context, live, part, key, value)).collect()
}

fn extra(context: &Context<'_>, live: &LiveObject, part: &str, key: &str, value: &Value) -> FieldChange {
    let path = FieldPath::of(&[part]).child(PathElement::Field(key.to_owned()));
    FieldChange {
        values: Diff { before: Shown::Absent, after: context.shown(&live.body, &path, Some(value)) },
        writer: fields::writer_of(live, &path),
        note: None,
        path,
    }
}
