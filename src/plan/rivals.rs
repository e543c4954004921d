//! Deciding a conflict field by field (rules 10).

use crate::fields;
use crate::model::{
    ConflictCause, ConflictDecision, Diff, FieldChange, FieldPath, Hold, HoldSort, LeftField, ObjectId,
    PathElement, Writer,
};
use crate::schema::Schema;

use super::{
    adopt,
    conflict::{self, Rival, decide},
    context::Context,
    inquiry::{Case, held},
};

/// More rounds than this mean that somebody writes faster than we ask.
const MOST_ROUNDS: u8 = 4;

/// The next case to ask about, or why nothing is done.
pub(crate) fn resolve(
    context: &Context<'_>,
    id: &ObjectId,
    mut case: Case,
    causes: &[ConflictCause],
) -> Result<Case, Box<Hold>> {
    if case.live.is_none() || causes.is_empty() || case.rounds > MOST_ROUNDS {
        let reason = "it changed while the plan was made".to_owned();
        let fix = Some("run again".to_owned());
        return Err(Box::new(Hold { fix, ..held(context, id, HoldSort::Unreadable, reason) }));
    }
    let mut open = Vec::new();
    for cause in causes {
        let rival = Rival::parse(&cause.manager, &cause.message);
        let path = fields::parse_path_in(&cause.field, case.body.tree());
        let same = path.as_ref().is_some_and(|path| is_same_quantity(context, &case, path));
        match (decide(context, id, &cause.field, &rival), path) {
            _ if same => case.force = true,
            (ConflictDecision::Take, _) => {
                case.force = true;
                case.taken.push((cause.field.clone(), format!("taken from {}", rival.told())));
            }
            (ConflictDecision::Yield, Some(path)) => {
                let change = yielded(context, &case, &path, &rival);
                case.yielded.push(change);
                adopt::take_out(case.body.tree_mut(), &path);
            }
            (ConflictDecision::Refuse, path) => open.push((cause.field.clone(), path, rival)),
            (ConflictDecision::Yield, None) => open.push((cause.field.clone(), None, rival)),
        }
    }
    if open.is_empty() { Ok(case) } else { Err(Box::new(undecided(context, id, &case, &open))) }
}

/// Whether live and wanted value are the same amount, written otherwise.
fn is_same_quantity(context: &Context<'_>, case: &Case, path: &FieldPath) -> bool {
    let live = case.live.as_ref().and_then(|live| fields::get(live.body.tree(), path));
    let (Some(live), Some(wanted)) = (live, fields::get(case.body.tree(), path)) else { return false };
    let quantity = schema_at(context.schema(&case.body), path).is_some_and(Schema::is_quantity);
    live == wanted || (quantity && fields::same_quantity(live, wanted))
}

/// What is known of the value at a path.
fn schema_at<'a>(schema: Option<Schema<'a>>, path: &FieldPath) -> Option<Schema<'a>> {
    path.0.iter().try_fold(schema?, |schema, element| match element {
        PathElement::Field(name) => schema.field(name),
        PathElement::Key(_) | PathElement::Value(_) | PathElement::Index(_) => schema.items(),
    })
}

/// A field that is left to its owner, as long as the case still holds what git declares.
pub(crate) fn yielded(context: &Context<'_>, case: &Case, path: &FieldPath, rival: &Rival) -> LeftField {
    let live = case.live.as_ref().and_then(|live| fields::get(live.body.tree(), path));
    LeftField {
        path: path.clone(),
        live: context.shown(&case.body, path, live),
        git: context.shown(&case.body, path, fields::get(case.body.tree(), path)),
        writer: writer(case, path, rival),
    }
}

fn writer(case: &Case, path: &FieldPath, rival: &Rival) -> Writer {
    let entries = case.live.as_ref().map(|live| fields::owners_of(live, path)).unwrap_or_default();
    let entry = entries.into_iter().find(|entry| entry.manager == rival.manager);
    Writer {
        manager: rival.manager.clone(),
        subresource: rival.subresource.clone(),
        time: entry.and_then(|entry| entry.time.clone()),
    }
}

/// The hold over fields that no rule decides, all of them at once.
fn undecided(
    context: &Context<'_>,
    id: &ObjectId,
    case: &Case,
    open: &[(String, Option<FieldPath>, Rival)],
) -> Hold {
    let told: Vec<_> =
        open.iter().map(|(field, _, rival)| format!("{field} is owned by {}", rival.told())).collect();
    let fixes: Vec<_> = open.iter().map(|(field, _, rival)| conflict::fix(id, field, rival)).collect();
    let shown = |path: &FieldPath, rival: &Rival| FieldChange {
        path: path.clone(),
        values: Diff {
            before: context.shown(
                &case.body,
                path,
                case.live.as_ref().and_then(|live| fields::get(live.body.tree(), path)),
            ),
            after: context.shown(&case.body, path, fields::get(case.body.tree(), path)),
        },
        writer: Some(writer(case, path, rival)),
        note: Some("undecided".to_owned()),
    };
    let fields = open.iter().filter_map(|(_, path, rival)| Some(shown(path.as_ref()?, rival))).collect();
    let reason = format!("{}, and no rule says whether to take or to yield", told.join(", "));
    Hold { fix: Some(fixes.join("\n")), fields, ..held(context, id, HoldSort::Conflict, reason) }
}
