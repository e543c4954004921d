//! What a refused dry-run means (rules 8).

use crate::fields;
use crate::model::{
    ANNOTATION_PROTECT, Action, Body, FieldChange, Hold, HoldSort, LiveObject, ObjectId, Refusal, Wanted,
    Write,
};
use crate::secrets::Redactor;

use super::{
    accepted,
    context::Context,
    edges::bound_role,
    estimate, immutable,
    inquiry::{Case, Verdict, exact, held, step_of},
};

/// Annotation that lets an object be deleted and made anew when an immutable field changes.
const ANNOTATION_REPLACE: &str = "obsctl.dev/replace";

/// The decision after a refused dry-run.
pub(crate) fn classify(context: &Context<'_>, id: &ObjectId, case: &Case, refusal: &Refusal) -> Verdict {
    if let Some(webhook) = failed_webhook(refusal) {
        return estimate::settle(context, id, case, &format!("webhook {webhook} does not answer"));
    }
    if refusal.code == 404 && makes_bound_role(context, id) {
        return estimate::settle(context, id, case, "the role it binds is made by this plan");
    }
    if refusal.code == 409 {
        let reason = format!("it changed while the plan was made: {}", refusal.message);
        let fix = Some("run again".to_owned());
        return hold(Hold { fix, ..held(context, id, HoldSort::Unreadable, reason) });
    }
    match (immutable::verdict(id, refusal), &case.live) {
        (immutable::Verdict::Stale, _) => {
            let reason = "somebody deleted it and made it anew while the plan was made".to_owned();
            let fix = Some("run again".to_owned());
            hold(Hold { fix, ..held(context, id, HoldSort::Unreadable, reason) })
        }
        (immutable::Verdict::Immutable(fields), Some(live)) => replace(context, id, case, (live, &fields)),
        _ => hold(refused(context, id, refusal)),
    }
}

fn hold(hold: Hold) -> Verdict {
    Verdict::Held(Box::new(hold))
}

/// The name of the webhook that the server could not call.
fn failed_webhook(refusal: &Refusal) -> Option<String> {
    let rest = refusal.message.split_once("failed calling webhook ")?.1;
    let name = rest.split(':').next().unwrap_or(rest).trim_matches('"').to_owned();
    (refusal.code == 500).then_some(name)
}

/// Whether the object binds a role that the same plan makes.
fn makes_bound_role(context: &Context<'_>, id: &ObjectId) -> bool {
    let role = context.wanted(id).and_then(|wanted| bound_role(id, &wanted.body));
    role.is_some_and(|role| context.desired.objects.contains_key(&role) && context.present(&role).is_none())
}

fn replace(
    context: &Context<'_>,
    id: &ObjectId,
    case: &Case,
    (live, immutable): (&LiveObject, &[String]),
) -> Verdict {
    let Some(wanted) = context.wanted(id) else { return Verdict::Unchanged(Vec::new()) };
    let merged = Body::new(estimate::merged(context, case, live));
    let differences = context.differences(live.body.tree(), &merged);
    let describe = |found: &fields::Difference| FieldChange {
        writer: fields::writer_of(live, &found.path),
        note: immutable
            .iter()
            .any(|field| found.path.to_string().trim_start_matches('.').starts_with(field.as_str()))
            .then(|| "cannot change in place".to_owned()),
        ..accepted::shown(context, &case.body, found)
    };
    let fields = differences.iter().map(describe).collect();
    if let Some(why) = may_not_replace(context, wanted, live) {
        let reason = format!("{} cannot change{}", immutable.join(", "), why.0);
        return hold(Hold { fix: Some(why.1), fields, ..held(context, id, HoldSort::Immutable, reason) });
    }
    let mut step =
        step_of(context, wanted, Action::Replace, format!("{} cannot change", immutable.join(", ")));
    step.fields = fields;
    step.estimated = Some("a replacement cannot be tried in a dry-run".to_owned());
    step.pre_image = Some(Body::new(fields::whole(live)));
    step.write = Write::Replace {
        body: case.body.clone(),
        precondition: exact(live),
        propagation: immutable::propagation(id),
    };
    Verdict::Step(Box::new(step))
}

/// Why an object is not deleted and made anew, and what to do; none where it may be.
fn may_not_replace(
    context: &Context<'_>,
    wanted: &Wanted,
    live: &LiveObject,
) -> Option<(&'static str, String)> {
    let id = &wanted.id;
    let protected =
        [&wanted.body, &live.body].iter().any(|body| body.annotation(ANNOTATION_PROTECT) == Some("true"));
    let allowed = context.policy.allow_replace.iter().any(|kind| kind.eq_ignore_ascii_case(&id.kind))
        || wanted.body.annotation(ANNOTATION_REPLACE) == Some("true");
    if immutable::is_precious(id) {
        Some((", and its contents would be lost by making it anew", immutable::recipe(id)))
    } else if protected {
        Some((", and obsctl.dev/protect forbids making it anew", "take the annotation off first".to_owned()))
    } else if allowed {
        None
    } else {
        Some((" without making it anew", immutable::recipe(id)))
    }
}

/// The hold with the server's words, and whose move it is.
fn refused(context: &Context<'_>, id: &ObjectId, refusal: &Refusal) -> Hold {
    let place =
        context.wanted(id).and_then(|wanted| wanted.origin.as_ref()).map(|origin| origin.place.to_string());
    let at = place.as_deref().unwrap_or("the object");
    let fix = match refusal.code {
        403 if refusal.message.contains("attempting to grant RBAC permissions") => {
            "you may only grant what you hold: let an administrator grant you these rules, or `escalate` and `bind` on the named roles (`obsctl rbac apply` prints them)".to_owned()
        }
        403 => format!(
            "a quota, an admission policy, PodSecurity or missing rights refuse it: change {at}, or ask who runs the cluster"
        ),
        400 | 422 | 500 => format!("change {at}: the mistake is in the object"),
        413 => format!("the object is too large: split it in {at}"),
        _ => "ask who runs the cluster, then run again".to_owned(),
    };
    let causes: Vec<_> = refusal
        .causes
        .iter()
        .filter(|cause| !refusal.message.contains(&cause.message))
        .map(|cause| format!("{}: {}", cause.field, cause.message))
        .collect();
    let more = if causes.is_empty() { String::new() } else { format!(" ({})", causes.join("; ")) };
    let told = format!("the API server refuses it ({}): {}{more}", refusal.code, refusal.message);
    // Servers quote the values they refuse.
    let reason = Redactor::from_bodies(context.wanted(id).map(|wanted| &wanted.body)).redact(&told);
    Hold { fix: Some(fix), ..held(context, id, HoldSort::Refused, reason) }
}
