//! How the cluster differs from what was applied last: the plan of the current commit, read the other way round.

use crate::fields;
use crate::model::{
    Action, Diff, DriftClass, DriftItem, FieldChange, FieldPath, Hold, HoldSort, ObjectId, Plan, Shown, Step,
    Wanted,
};

use super::{context::Context, extra_keys::extra_keys};

/// Everything that drifted, by object.
pub fn drift(context: &Context<'_>, plan: &Plan) -> Vec<DriftItem> {
    let mut items: Vec<DriftItem> = plan.steps.iter().filter_map(|step| from_step(context, step)).collect();
    items.extend(plan.holds.iter().filter_map(|hold| from_hold(context, hold)));
    items.extend(context.desired.objects.values().filter_map(|wanted| extra(context, wanted)));
    items.sort_by(|a, b| (&a.object, a.class).cmp(&(&b.object, b.class)));
    items
}

fn item(context: &Context<'_>, id: &ObjectId, class: DriftClass, reason: &str) -> DriftItem {
    DriftItem {
        class,
        object: id.clone(),
        origin: context.wanted(id).and_then(|wanted| wanted.origin.clone()),
        fields: Vec::new(),
        reason: reason.to_owned(),
    }
}

fn from_step(context: &Context<'_>, step: &Step) -> Option<DriftItem> {
    match step.action {
        Action::Create => Some(item(context, &step.object, DriftClass::Missing, "it is not there")),
        Action::Patch | Action::Replace | Action::Adopt | Action::Handover => {
            let fields: Vec<_> = step.fields.iter().filter(|change| differs(change)).map(turned).collect();
            let ours_no_more = matches!(step.action, Action::Adopt | Action::Handover);
            let reason = if ours_no_more { step.reason.as_str() } else { "its declared fields were changed" };
            (!fields.is_empty() || step.action == Action::Adopt)
                .then(|| DriftItem { fields, ..item(context, &step.object, DriftClass::Modified, reason) })
        }
        Action::Ownership | Action::Prune | Action::Release | Action::Await => None,
    }
}

fn differs(change: &FieldChange) -> bool {
    change.values.before != change.values.after
}

/// A plan goes from live to declared, drift from declared to live.
fn turned(change: &FieldChange) -> FieldChange {
    let Diff { before, after } = change.values.clone();
    FieldChange { values: Diff { before: after, after: before }, ..change.clone() }
}

fn from_hold(context: &Context<'_>, hold: &Hold) -> Option<DriftItem> {
    let id = hold.object.as_ref()?;
    context.wanted(id)?;
    let class = match hold.sort {
        HoldSort::Conflict | HoldSort::Immutable | HoldSort::Refused => DriftClass::Modified,
        HoldSort::Missing => DriftClass::Missing,
        HoldSort::Unreadable => DriftClass::Unreadable,
        HoldSort::Guard | HoldSort::TurnedBack | HoldSort::NoLongerDeclared | HoldSort::Kept => return None,
    };
    let fields = hold.fields.iter().filter(|change| differs(change)).map(turned).collect();
    Some(DriftItem { fields, ..item(context, id, class, &hold.reason) })
}

/// Keys that others added to the data of a ConfigMap or Secret.
fn extra(context: &Context<'_>, wanted: &Wanted) -> Option<DriftItem> {
    let live = context.present(&wanted.id)?;
    let change = |(path, value): (FieldPath, &serde_json::Value)| FieldChange {
        values: Diff { before: Shown::Absent, after: context.shown(&live.body, &path, Some(value)) },
        writer: fields::writer_of(live, &path),
        note: None,
        path,
    };
    let fields: Vec<_> = extra_keys(context, wanted, live).into_iter().map(change).collect();
    let reason = "others added keys";
    (!fields.is_empty()).then(|| DriftItem { fields, ..item(context, &wanted.id, DriftClass::Extra, reason) })
}
