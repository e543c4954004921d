//! What is decided about an object before the server is asked.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::fields::{self, FieldSet};
use crate::model::{
    Action, ConflictDecision, FieldPath, Hold, HoldSort, LiveObject, NamespacePhase, ObjectId, Observed,
    PathElement, Wanted, like,
};

use super::{
    adopt,
    claim::{Claim, claim},
    conflict::{Rival, decide},
    context::Context,
    edges::object_id,
    estimate, extra_keys,
    inquiry::{Case, Verdict, held},
    put_back::put_back,
};

/// The case to ask the server about, or the decision.
pub(crate) fn open(context: &Context<'_>, id: &ObjectId) -> Result<Box<Case>, Verdict> {
    let Some(wanted) = context.wanted(id) else {
        return Err(hold(held(context, id, HoldSort::Unreadable, "it is not declared".to_owned())));
    };
    if wanted.id.kind == "Job" && is_done(context, wanted) {
        return Err(Verdict::Unchanged(Vec::new()));
    }
    match context.live.objects.get(id) {
        Some(Observed::Present(live)) => present(context, wanted, live),
        Some(Observed::Absent) => absent(context, wanted),
        Some(Observed::NoSuchKind) => no_such_kind(context, wanted),
        Some(Observed::Unreadable(why)) => Err(unreadable(context, id, why)),
        None => Err(unreadable(context, id, "it was not looked for")),
    }
}

fn hold(hold: Hold) -> Verdict {
    Verdict::Held(Box::new(hold))
}

/// A Secret that may not be read is shown as not compared, and the plan goes on (rules 7).
fn unreadable(context: &Context<'_>, id: &ObjectId, why: &str) -> Verdict {
    let secret = id.is("", "Secret");
    let reason = if secret { format!("not compared: {why}") } else { format!("it could not be read: {why}") };
    hold(Hold { blocking: !secret, ..held(context, id, HoldSort::Unreadable, reason) })
}

/// A Job that ran to its end under the same digest is done, even when it is gone (rules 14).
fn is_done(context: &Context<'_>, wanted: &Wanted) -> bool {
    let item = context.last_item(&wanted.id).filter(|item| item.done);
    item.is_some_and(|item| item.digest.as_ref() == Some(&context.sealer.digest(&wanted.body)))
}

/// A case about a wanted object, ignored fields taken out.
fn case(context: &Context<'_>, wanted: &Wanted, live: Option<&Arc<LiveObject>>) -> Case {
    let manager = context.manager(&wanted.body);
    let mut body = wanted.body.clone();
    let mut disowned = Vec::new();
    for path in ignored(context, wanted) {
        adopt::take_out(body.tree_mut(), &path);
        if live.is_some_and(|live| fields::applies(live, &manager, &path)) {
            disowned.push(path);
        }
    }
    Case {
        body,
        live: live.cloned(),
        action: Action::Create,
        reason: "it does not exist".to_owned(),
        manager,
        force: false,
        taken: Vec::new(),
        yielded: Vec::new(),
        disowned,
        restored: Vec::new(),
        values: Vec::new(),
        edits: Vec::new(),
        rounds: 0,
    }
}

/// The fields of an object that the environment leaves alone.
fn ignored(context: &Context<'_>, wanted: &Wanted) -> Vec<FieldPath> {
    let fits = |pattern: &Option<String>, text: &str| pattern.as_deref().is_none_or(|p| like(p, text));
    let rules = context.policy.ignore_fields.iter();
    rules
        .filter(|rule| fits(&rule.kind, &wanted.id.kind) && fits(&rule.name, &wanted.id.name))
        .map(|rule| from_pointer(&rule.pointer, wanted.body.tree()))
        .collect()
}

/// An RFC 6901 pointer as a path; numbers are places in lists where the object has a list there.
fn from_pointer(pointer: &str, tree: &Value) -> FieldPath {
    let mut at = Some(tree);
    let parts = pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
    let element = |part: String| {
        let place = part.parse::<usize>().ok().filter(|_| at.is_some_and(Value::is_array));
        let element = place.map_or_else(|| PathElement::Field(part.clone()), PathElement::Index);
        at = at.and_then(|value| place.map_or_else(|| value.get(&part), |place| value.get(place)));
        element
    };
    FieldPath(parts.map(element).collect())
}

fn absent(context: &Context<'_>, wanted: &Wanted) -> Result<Box<Case>, Verdict> {
    let case = case(context, wanted, None);
    let id = &wanted.id;
    let Some(namespace) = id.namespace.as_deref() else { return Ok(Box::new(case)) };
    match context.live.namespaces.get(namespace) {
        Some(NamespacePhase::Active) => Ok(Box::new(case)),
        Some(NamespacePhase::Terminating) => Err(hold(terminating(context, id, namespace))),
        None if context.live.namespaces_unreadable.is_some() => Ok(Box::new(case)),
        None => {
            let made = object_id("", "Namespace", None, namespace);
            let because = if context.desired.objects.contains_key(&made) {
                format!("namespace {namespace} is made by this plan, so its policies were not asked")
            } else if let Some(stack) = context.around.namespaces.get(namespace) {
                format!("namespace {namespace} is made by stack {stack}, so its policies were not asked")
            } else {
                return Err(hold(no_namespace(context, id, namespace)));
            };
            Err(estimate::settle(context, id, &case, &because))
        }
    }
}

fn terminating(context: &Context<'_>, id: &ObjectId, namespace: &str) -> Hold {
    let reason = format!("namespace {namespace} is being deleted: nothing can be made in it");
    let fix = Some(format!("wait until `kubectl get namespace {namespace}` finds nothing, then run again"));
    Hold { fix, ..held(context, id, HoldSort::Missing, reason) }
}

fn no_namespace(context: &Context<'_>, id: &ObjectId, namespace: &str) -> Hold {
    let reason = format!("namespace {namespace} does not exist, and no stack of this run makes it");
    let fix = Some(format!(
        "declare Namespace {namespace} in this stack or in one it depends on, or `kubectl create namespace {namespace}`"
    ));
    Hold { fix, ..held(context, id, HoldSort::Missing, reason) }
}

fn no_such_kind(context: &Context<'_>, wanted: &Wanted) -> Result<Box<Case>, Verdict> {
    let id = &wanted.id;
    let gvk = wanted.body.gvk();
    let defines = |body: &crate::model::Body| {
        body.text(&["spec", "group"]) == Some(&id.group)
            && body.text(&["spec", "names", "kind"]) == Some(&id.kind)
    };
    let crds = context.desired.objects.iter().filter(|(other, _)| other.kind == "CustomResourceDefinition");
    let here = crds.filter(|(_, crd)| defines(&crd.body)).map(|(crd, _)| crd.to_string()).next();
    let key = (id.group.clone(), id.kind.clone());
    let because = if let Some(crd) = here {
        format!("{crd} is brought by this plan")
    } else if let Some(stack) = context.around.types.get(&key) {
        format!("its definition is brought by stack {stack}")
    } else if context.is_stale(&gvk) {
        let reason = format!("the aggregated API {} does not answer", gvk.api_version());
        return Err(hold(held(context, id, HoldSort::Unreadable, reason)));
    } else {
        let served = context.live.types.any_version(&id.group, &id.kind);
        let reason = match served {
            Some(other) => format!("the cluster does not serve {gvk}; it serves {}", other.gvk.api_version()),
            None => format!("the cluster does not serve {gvk}, and nothing in this run defines it"),
        };
        let fix = match served {
            Some(other) => format!("write apiVersion: {}", other.gvk.api_version()),
            None => "add the CustomResourceDefinition to this stack or to one it depends on".to_owned(),
        };
        let hold_ = Hold { fix: Some(fix), ..held(context, id, HoldSort::Missing, reason) };
        return Err(hold(hold_));
    };
    Err(estimate::settle(context, id, &case(context, wanted, None), &because))
}

fn present(context: &Context<'_>, wanted: &Wanted, live: &Arc<LiveObject>) -> Result<Box<Case>, Verdict> {
    let id = &wanted.id;
    if live.terminating() {
        let finalizers: Vec<_> =
            live.body.items(&["metadata", "finalizers"]).iter().filter_map(Value::as_str).collect();
        let reason = if finalizers.is_empty() {
            "it is being deleted".to_owned()
        } else {
            format!("it is being deleted and waits for finalizer {}", finalizers.join(", "))
        };
        let fix = Some("wait until it is gone, then run again".to_owned());
        return Err(hold(Hold { fix, ..held(context, id, HoldSort::Missing, reason) }));
    }
    let mut case = case(context, wanted, Some(live));
    case.action = Action::Patch;
    match claim(context, live) {
        Claim::Ours => {
            pre_yield(context, id, live, &mut case);
            put_back(context, wanted, live, &mut case);
            extra_keys::remove(context, wanted, live, &mut case);
            give_up_replicas(context, wanted, live, &mut case);
            join_edits(live, &mut case);
            if proven(context, live, &case) {
                return Err(Verdict::Unchanged(case.yielded));
            }
            case.reason = reason(context, wanted);
        }
        Claim::Shared => "other stacks declare it too".clone_into(&mut case.reason),
        Claim::Free => adopt(&mut case, live, "nobody's inventory names it"),
        Claim::Foreign(owner) if context.policy.adopt_foreign => {
            adopt(&mut case, live, &format!("taken over from {owner}"));
        }
        Claim::Foreign(owner) => return Err(hold(foreign(context, id, &owner))),
        Claim::Stack(stack) => {
            if context.around.declared.get(id).is_some_and(|stacks| stacks.contains(&stack)) {
                return Err(hold(doubly_declared(context, id, &stack)));
            }
            case.action = Action::Handover;
            case.reason = format!("moved here from stack {stack}, which declares it no more");
        }
        Claim::Environment(other) => return Err(hold(other_environment(context, id, &other))),
    }
    Ok(Box::new(case))
}

/// Why an object of ours would be written, as far as that is known before.
fn reason(context: &Context<'_>, wanted: &Wanted) -> String {
    let digest = context.sealer.digest(&wanted.body);
    match context.last_item(&wanted.id).and_then(|item| item.digest.as_ref()) {
        Some(last) if *last == digest => "the cluster differs from what was applied".to_owned(),
        Some(_) => "it is declared otherwise than at the last apply".to_owned(),
        None => "the last apply did not record it".to_owned(),
    }
}

fn proven(context: &Context<'_>, live: &LiveObject, case: &Case) -> bool {
    case.disowned.is_empty()
        && case.edits.is_empty()
        && fields::needs_no_write(&case.body, live, context.schema(&case.body), &case.manager).is_ok()
}

fn adopt(case: &mut Case, live: &LiveObject, reason: &str) {
    case.action = Action::Adopt;
    reason.clone_into(&mut case.reason);
    case.edits = adopt::move_owners(live, &case.manager);
}

/// Fields that a controller owns and we do not are left out at once, so that no request is needed to see it again.
fn pre_yield(context: &Context<'_>, id: &ObjectId, live: &LiveObject, case: &mut Case) {
    // Nobody wants `status`, and its entries are the usual ones.
    let others = live.managed.iter().filter(|entry| {
        !(entry.apply && entry.manager == case.manager) && entry.subresource.as_deref() != Some("status")
    });
    let others: Vec<_> = others.collect();
    if others.is_empty() {
        return;
    }
    let wanted = fields::owned(case.body.tree(), context.schema(&case.body));
    for entry in others {
        let rival = Rival { manager: entry.manager.clone(), subresource: entry.subresource.clone() };
        let Ok(theirs) = FieldSet::parse(&entry.fields) else { continue };
        let fields = theirs.intersection(&wanted).paths().into_iter();
        for path in fields.filter(|path| matches!(path.0.last(), Some(PathElement::Field(_)))) {
            let yields = decide(context, id, &path.to_string(), &rival) == ConflictDecision::Yield;
            if yields && !fields::applies(live, &case.manager, &path) {
                let change = super::rivals::yielded(context, case, &path, &rival);
                case.yielded.push(change);
                adopt::take_out(case.body.tree_mut(), &path);
            }
        }
    }
}

/// Dropping `replicas` from git would reset it to 1: it is handed over instead (rules 10).
fn give_up_replicas(context: &Context<'_>, wanted: &Wanted, live: &LiveObject, case: &mut Case) {
    let replicas = FieldPath::of(&["spec", "replicas"]);
    let scales = matches!(wanted.id.kind.as_str(), "Deployment" | "StatefulSet" | "ReplicaSet")
        || context.live.types.get(&wanted.body.gvk()).is_some_and(|kind| kind.scale);
    let dropped = wanted.body.at(&["spec", "replicas"]).is_none();
    if scales && dropped && fields::applies(live, &case.manager, &replicas) {
        case.disowned.push(replicas);
    }
    case.edits.extend(fields::disown(live, &case.manager, &case.disowned));
}

/// Puts the edits of values behind those of ownership; without the latter they need a test of their own.
fn join_edits(live: &LiveObject, case: &mut Case) {
    if case.edits.is_empty() && !case.values.is_empty() {
        let version = live.resource_version.as_str();
        case.edits.push(json!({"op": "test", "path": "/metadata/resourceVersion", "value": version}));
    }
    case.edits.append(&mut case.values);
}

fn foreign(context: &Context<'_>, id: &ObjectId, owner: &str) -> Hold {
    let reason = format!("it is managed by {owner}: two reconcilers would fight over it");
    let fix = Some(
        "take it out of the other tool or out of this stack; to take it over, set policy.adoptForeign: true in the environment"
            .to_owned(),
    );
    Hold { fix, ..held(context, id, HoldSort::Conflict, reason) }
}

fn doubly_declared(context: &Context<'_>, id: &ObjectId, stack: &str) -> Hold {
    let reason = format!("stack {stack} of this environment declares it too and owns it");
    let fix = Some(format!("take it out of one of the stacks {} and {stack}", context.target.stack));
    Hold { fix, ..held(context, id, HoldSort::Conflict, reason) }
}

fn other_environment(context: &Context<'_>, id: &ObjectId, other: &str) -> Hold {
    let reason = format!("it belongs to {other}, another environment on the same cluster");
    let fix = Some("give it another name or namespace in one of the environments".to_owned());
    Hold { fix, ..held(context, id, HoldSort::Conflict, reason) }
}
