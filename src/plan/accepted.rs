//! What an accepted dry-run means: a creation, a change, a move of ownership, or nothing.

use serde_json::{Map, Value};

use crate::fields::{self, Difference, FieldSet};
use crate::model::{Action, Body, Diff, FieldChange, FieldPath, LeftField, LiveObject, ObjectId, Write};

use super::{
    adopt,
    context::Context,
    inquiry::{Case, Verdict, step_of},
};

/// The decision after an accepted dry-run.
pub(crate) fn classify(context: &Context<'_>, id: &ObjectId, case: &Case, result: &LiveObject) -> Verdict {
    let Some(live) = &case.live else { return creation(context, id, case, None) };
    let differences = context.differences(live.body.tree(), &result.body);
    let moved = owners(live) != owners(result);
    changed(context, id, case, Outcome { differences, moved, estimated: None })
}

/// What a write would change.
pub(crate) struct Outcome {
    /// Fields.
    pub(crate) differences: Vec<Difference>,
    /// Whether `managedFields` would change.
    pub(crate) moved: bool,
    /// Why it is an estimate.
    pub(crate) estimated: Option<String>,
}

/// The step that makes an object: every leaf that is sent is shown.
pub(crate) fn creation(
    context: &Context<'_>,
    id: &ObjectId,
    case: &Case,
    estimated: Option<String>,
) -> Verdict {
    let Some(wanted) = context.wanted(id) else { return Verdict::Unchanged(Vec::new()) };
    let mut step = step_of(context, wanted, Action::Create, case.reason.clone());
    let sent = fields::content(case.body.tree(), context.schema(&case.body));
    let leaves = fields::compare(&Value::Object(Map::new()), &sent, context.schema(&case.body));
    step.fields = leaves.iter().map(|leaf| shown(context, &case.body, leaf)).collect();
    step.estimated = estimated;
    step.write = apply(case);
    Verdict::Step(Box::new(step))
}

/// The step that changes an object, or none where nothing would change.
pub(crate) fn changed(context: &Context<'_>, id: &ObjectId, case: &Case, outcome: Outcome) -> Verdict {
    let (Some(wanted), Some(live)) = (context.wanted(id), &case.live) else {
        return Verdict::Unchanged(Vec::new());
    };
    let kept = outcome
        .differences
        .iter()
        .filter(|found| !case.disowned.iter().any(|path| covers(path, &found.path)));
    let mut fields: Vec<_> = kept.map(|found| described(context, case, live, found)).collect();
    fields.extend(case.restored.iter().cloned());
    if !case.edits.is_empty() && case.action == Action::Adopt {
        fields.extend(dropped(context, case, live));
    }
    let action = if matches!(case.action, Action::Adopt | Action::Handover) {
        case.action
    } else if !fields.is_empty() {
        Action::Patch
    } else if !case.disowned.is_empty() {
        Action::Handover
    } else if outcome.moved {
        Action::Ownership
    } else {
        return Verdict::Unchanged(case.yielded.clone());
    };
    let mut step = step_of(context, wanted, action, reason(case, action));
    fields.extend(case.yielded.iter().map(LeftField::as_change));
    step.fields = fields;
    step.estimated = outcome.estimated;
    step.pre_image = keeps_pre_image(case, action).then(|| Body::new(fields::whole(live)));
    step.write = apply(case);
    Verdict::Step(Box::new(step))
}

fn reason(case: &Case, action: Action) -> String {
    let disowned: Vec<_> = case.disowned.iter().map(ToString::to_string).collect();
    if action == Action::Handover && !disowned.is_empty() {
        format!("gives up {} without changing it", disowned.join(", "))
    } else if action == Action::Ownership {
        "only who owns fields changes".to_owned()
    } else {
        case.reason.clone()
    }
}

fn keeps_pre_image(case: &Case, action: Action) -> bool {
    !case.taken.is_empty() || matches!(action, Action::Adopt | Action::Replace)
}

/// The write of a case.
pub(crate) fn apply(case: &Case) -> Write {
    Write::Apply {
        body: case.body.clone(),
        precondition: case.precondition(),
        force: case.force,
        manager: case.manager.clone(),
        ownership_edits: case.edits.clone(),
    }
}

/// One field as it may be shown.
pub(crate) fn shown(context: &Context<'_>, body: &Body, found: &Difference) -> FieldChange {
    FieldChange {
        path: found.path.clone(),
        values: Diff {
            before: context.shown(body, &found.path, found.before.as_ref()),
            after: context.shown(body, &found.path, found.after.as_ref()),
        },
        writer: None,
        note: None,
    }
}

/// One changed field with its writer and what was decided about it.
fn described(context: &Context<'_>, case: &Case, live: &LiveObject, found: &Difference) -> FieldChange {
    let path = found.path.to_string();
    let taken =
        case.taken.iter().find(|(field, _)| path.starts_with(field.as_str()) || field.starts_with(&path));
    let note = taken.map(|(_, note)| note.clone()).or_else(|| by_admission(context, case, live, &found.path));
    FieldChange { writer: fields::writer_of(live, &found.path), note, ..shown(context, &case.body, found) }
}

/// A field that only we own and that is not as we applied it: admission or the API server changed it (rules 1).
fn by_admission(context: &Context<'_>, case: &Case, live: &LiveObject, path: &FieldPath) -> Option<String> {
    let wanted = context.wanted(&case.body.id())?;
    let last = context.last_item(&wanted.id)?.digest.as_ref()?;
    let only_ours = fields::owners_of(live, path);
    let only_ours =
        !only_ours.is_empty() && only_ours.iter().all(|entry| entry.apply && entry.manager == case.manager);
    (only_ours && *last == context.sealer.digest(&wanted.body))
        .then(|| "changed by admission right after our write, not by another manager".to_owned())
}

/// Fields that go because their owner's entry becomes ours.
fn dropped(context: &Context<'_>, case: &Case, live: &LiveObject) -> Vec<FieldChange> {
    let wanted = fields::owned(case.body.tree(), context.schema(&case.body));
    adopt::dropped_by_move(live, &wanted)
        .into_iter()
        .map(|path| FieldChange {
            values: Diff {
                before: context.shown(&case.body, &path, fields::get(live.body.tree(), &path)),
                after: crate::model::Shown::Absent,
            },
            writer: fields::writer_of(live, &path),
            note: Some("not declared: goes with the take-over".to_owned()),
            path,
        })
        .collect()
}

/// Whether a path is another one or stands below it.
fn covers(path: &FieldPath, other: &FieldPath) -> bool {
    other.0.len() >= path.0.len() && other.0.iter().zip(&path.0).all(|(a, b)| a == b)
}

/// Who owns what, less times and order, and less `status`: no apply of ours touches it, and lists leave it out.
pub(crate) fn owners(object: &LiveObject) -> Vec<(&str, bool, &str, Option<&str>, FieldSet)> {
    let entry = |entry: &'_ crate::model::ManagedEntry| FieldSet::parse(&entry.fields).unwrap_or_default();
    let mut owners: Vec<_> = object
        .managed
        .iter()
        .filter(|e| e.subresource.as_deref() != Some("status"))
        .map(|e| (e.manager.as_str(), e.apply, e.api_version.as_str(), e.subresource.as_deref(), entry(e)))
        .collect();
    owners.sort_by(|a, b| (a.0, a.1, a.2, a.3).cmp(&(b.0, b.1, b.2, b.3)));
    owners
}
