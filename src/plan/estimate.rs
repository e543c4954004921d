//! What the server would answer, where it cannot be asked (promise 5).

use serde_json::Value;

use crate::fields::{self, Conflict, Force, Kind, Refused};
use crate::model::{Body, ConflictCause, LiveObject, ObjectId, Refusal};
use crate::schema::empty_object;

use super::{
    accepted::{self, Outcome},
    context::Context,
    inquiry::{Case, Verdict},
    refused, rivals,
};

/// The decision by our own server-side apply, marked as an estimate; conflicts are decided as the server's are.
pub(crate) fn settle(context: &Context<'_>, id: &ObjectId, case: &Case, because: &str) -> Verdict {
    let mut case = case.clone();
    loop {
        let force = if case.force { Force::Take } else { Force::Never };
        let live = case.live.clone();
        let refusal = match (applied(context, &case, force), &live) {
            (Ok(_), None) => return accepted::creation(context, id, &case, Some(because.to_owned())),
            (Ok(result), Some(live)) => {
                let differences = context.differences(live.body.tree(), &result.body);
                let moved = accepted::owners(live) != accepted::owners(&result);
                let outcome = Outcome { differences, moved, estimated: Some(because.to_owned()) };
                return accepted::changed(context, id, &case, outcome);
            }
            (Err(Refused::Conflicts(conflicts)), _) => {
                case.rounds = case.rounds.saturating_add(1);
                let causes: Vec<_> = conflicts.iter().map(cause).collect();
                match rivals::resolve(context, id, case, &causes) {
                    Ok(next) => case = next,
                    Err(hold) => return Verdict::Held(hold),
                }
                continue;
            }
            (Err(Refused::Invalid(message)), _) => refusal(500, message),
            (Err(Refused::BadRequest(message)), _) => refusal(400, message),
        };
        return refused::classify(context, id, &case, &refusal);
    }
}

fn cause(conflict: &Conflict) -> ConflictCause {
    ConflictCause {
        manager: conflict.manager.clone(),
        field: conflict.path.clone(),
        message: conflict.message(),
    }
}

fn refusal(code: u16, message: String) -> Refusal {
    Refusal { code, reason: String::new(), message, causes: Vec::new() }
}

/// The live object with ours laid over it by force, and without what only we owned and declare no more.
pub(crate) fn merged(context: &Context<'_>, case: &Case, live: &LiveObject) -> Value {
    match applied(context, case, Force::Take) {
        Ok(result) => result.body.tree().clone(),
        // What does not fit its schema is told elsewhere; here something is to be shown.
        Err(_) => fields::merge_apply(live.body.tree(), case.body.tree(), context.schema(&case.body)),
    }
}

/// The object after the apply of a case, as far as it can be known without the server.
fn applied(context: &Context<'_>, case: &Case, force: Force) -> Result<LiveObject, Refused> {
    let live = case.live.as_deref().map(fields::whole);
    // Times of what is not written are not shown.
    let by = fields::Writer { manager: &case.manager, time: "", subresource: "" };
    let gvk = case.body.gvk();
    let defaulted = |object: &mut Value| {
        (context.stored_form)(object, &gvk);
        without_nulls(object);
        Ok(())
    };
    let empty = empty_object(context.schemas, &gvk);
    let kind = Kind { empty: empty.as_ref(), defaulted: &defaulted, ..Kind::of(context.schema(&case.body)) };
    let mut object = fields::apply(live.as_ref(), case.body.tree(), &by, force, &kind)?;
    let managed = fields::entries(&object);
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
    let (uid, resource_version) =
        case.live.as_ref().map(|live| (live.uid.clone(), live.resource_version.clone())).unwrap_or_default();
    Ok(LiveObject { body: Body::new(object), uid, resource_version, managed })
}

/// What was emptied or set to `null` is not there when it is stored.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
