//! What stops an apply as a whole: limits, missing requirements, what a rollback turned back.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Action, Hold, HoldSort, Ledger, ObjectId, Plan, RequirementSort, RevisionState, Step, TargetId,
};

use super::{
    claim::{Claim, claim},
    context::{Context, PlanOptions},
    edges::named_dependencies,
    inquiry::held,
    prune::{Pruned, kept},
};

/// All guards of a target.
pub(crate) fn guards(context: &Context<'_>, pruned: &Pruned) -> Vec<Hold> {
    let mut holds = Vec::new();
    holds.extend(empty_render(context));
    holds.extend(too_many(context, pruned));
    holds.extend(requirements(context));
    holds.extend(turned_back(context));
    holds.extend(dependencies(context));
    holds.extend(strays(context));
    holds
}

/// A hold about the target as a whole.
pub(crate) fn general(sort: HoldSort, reason: String, fix: String) -> Hold {
    Hold { sort, object: None, origin: None, reason, fix: Some(fix), blocking: true, fields: Vec::new() }
}

fn empty_render(context: &Context<'_>) -> Option<Hold> {
    let inventory = context.inventory().len();
    let options = context.options;
    // What undoes the first run may well leave nothing.
    let undoes = !options.uncounted.is_empty() || !options.given_back.is_empty();
    if !context.desired.objects.is_empty() || inventory == 0 || options.destroy || undoes {
        return None;
    }
    let stack = &context.target.stack;
    let reason = format!("the stack renders no object, and its inventory names {inventory}");
    let fix = format!("look at `obsctl render -s {stack}`; to remove all of it, `obsctl destroy -s {stack}`");
    Some(general(HoldSort::Guard, reason, fix))
}

fn too_many(context: &Context<'_>, pruned: &Pruned) -> Option<Hold> {
    let counts =
        |step: &&Step| step.action == Action::Prune && !context.options.uncounted.contains(&step.object);
    let deletions = pruned.steps.iter().filter(counts).count().saturating_sub(pruned.uncounted);
    let inventory = context.ledger.current().map_or(0, |revision| revision.inventory.len());
    let usual = (inventory / 5).max(10);
    let limit = context.options.max_deletes.or(context.policy.max_deletes).unwrap_or(usual);
    if deletions <= limit || context.options.destroy {
        return None;
    }
    let reason = format!("{deletions} objects would be deleted, more than {limit}");
    Some(general(HoldSort::Guard, reason, format!("if that is meant, --max-deletes {deletions}")))
}

/// The word of a sort of requirement in [`LiveState::required`](crate::model::LiveState::required).
fn word(sort: RequirementSort) -> (&'static str, &'static str) {
    match sort {
        RequirementSort::Crd => ("crd", "CustomResourceDefinition"),
        RequirementSort::Namespace => ("namespace", "Namespace"),
        RequirementSort::Secret => ("secret", "Secret"),
        RequirementSort::ConfigMap => ("configMap", "ConfigMap"),
        RequirementSort::StorageClass => ("storageClass", "StorageClass"),
    }
}

fn requirements(context: &Context<'_>) -> Vec<Hold> {
    let mut holds = Vec::new();
    for required in context.desired.requires.iter().filter(|_| !context.options.destroy) {
        let (sort, kind) = word(required.sort);
        let is_it =
            |id: &ObjectId| id.kind == kind && (id.name == required.name || id.place() == required.name);
        let brought = context.desired.objects.keys().chain(context.around.declared.keys()).any(is_it);
        let known = context.live.required.get(&format!("{sort} {}", required.name));
        if brought || known == Some(&true) {
            continue;
        }
        let there = if known.is_some() { "does not exist" } else { "could not be looked for" };
        let fix = format!("it is made outside of this stack: make {kind} {} first", required.name);
        holds.push(Hold {
            origin: Some(crate::model::Origin { place: required.place.clone(), source: "requires" }),
            ..general(HoldSort::Missing, format!("{kind} {} is required and {there}", required.name), fix)
        });
    }
    holds
}

/// What the render would bring back although a rollback turned it back (rules 12).
fn turned_back(context: &Context<'_>) -> Vec<Hold> {
    let marks = context.ledger.head.as_ref().map_or(&[][..], |head| head.turned_back.as_slice());
    let mut holds = Vec::new();
    for mark in marks.iter().filter(|_| !context.options.ignore_hold && !context.options.destroy) {
        let wanted = context.wanted(&mark.object).map(|wanted| context.sealer.digest(&wanted.body));
        if wanted != mark.digest {
            continue;
        }
        let what = if mark.digest.is_some() { "what is declared" } else { "its removal" };
        let reason = format!("{what} was turned back when revision {} was undone", mark.revision);
        let fix = "commit another state of it, or --ignore-hold".to_owned();
        holds.push(Hold { fix: Some(fix), ..held(context, &mark.object, HoldSort::TurnedBack, reason) });
    }
    holds
}

/// Annotations that name objects which are nowhere.
fn dependencies(context: &Context<'_>) -> Vec<Hold> {
    let mut holds = Vec::new();
    for (id, wanted) in &context.desired.objects {
        let home = id.namespace.as_deref();
        for named in named_dependencies(&wanted.body) {
            let reason = match named {
                Err(text) => format!("depends-on: `{text}` is not [group/]Kind[/namespace]/name"),
                Ok(named) => {
                    let mut known = context.desired.objects.keys().chain(context.around.declared.keys());
                    let live = context.live.objects.iter().filter(|(_, seen)| seen.present().is_some());
                    if known.any(|other| named.means(other, home))
                        || live.map(|(other, _)| other).any(|other| named.means(other, home))
                    {
                        continue;
                    }
                    format!("it is annotated to come after {}, which no stack declares", named.text)
                }
            };
            let fix = Some("correct the annotation obsctl.dev/depends-on".to_owned());
            holds.push(Hold { fix, ..held(context, id, HoldSort::Missing, reason) });
        }
    }
    holds
}

/// Objects that bear our label and stand in no inventory.
fn strays(context: &Context<'_>) -> Vec<Hold> {
    let inventory: BTreeSet<_> = context.inventory().into_keys().collect();
    let unknown = |id: &ObjectId| !inventory.contains(id) && !context.desired.objects.contains_key(id);
    let ours = context.live.objects.iter().filter(|(id, seen)| {
        unknown(id)
            && seen.present().is_some_and(|live| claim(context, live) == Claim::Ours && !live.terminating())
    });
    let ours: Vec<_> = ours.map(|(id, _)| id).collect();
    if ours.is_empty() {
        return Vec::new();
    }
    if context.ledger.head.is_none() {
        let reason = format!("no revision found, and {} objects carry this stack's label", ours.len());
        let fix =
            "`obsctl adopt --rebuild` makes a revision of them; nothing is deleted until then".to_owned();
        return vec![Hold { blocking: false, ..general(HoldSort::Kept, reason, fix) }];
    }
    let stray = |id: &&ObjectId| {
        kept(id, HoldSort::Kept, "it carries this stack's label, and no revision names it".to_owned())
    };
    ours.iter().map(stray).collect()
}

/// The plan of a stack that the environment lists no more: nothing is done (none where nothing of it is left, or
/// where `--allow-delete stack/NAME` allows to destroy it).
pub fn undeclared(target: &TargetId, ledger: &Ledger, options: &PlanOptions) -> Option<Plan> {
    let current = ledger.current().or_else(|| ledger.pending())?;
    let named = |name: &Option<String>| name.as_deref() == Some(&target.stack);
    let allowed = options.allow_delete.iter().any(|a| a.kind.eq_ignore_ascii_case("stack") && named(&a.name));
    if allowed || current.state == RevisionState::Destroyed {
        return None;
    }
    let reason = format!(
        "no longer declared: the environment lists stack {} no more, and its revision {} has {} objects",
        target.stack,
        current.number,
        current.inventory.len()
    );
    let fix = format!(
        "list it again, or `obsctl destroy -e {} --allow-delete stack/{}`",
        target.environment, target.stack
    );
    Some(Plan {
        target: target.clone(),
        revision: Some(current.number),
        steps: Vec::new(),
        holds: vec![Hold { blocking: false, ..general(HoldSort::NoLongerDeclared, reason, fix) }],
        unchanged: Vec::new(),
        digests: BTreeMap::new(),
        findings: Vec::new(),
        left: BTreeMap::new(),
        notes: Vec::new(),
    })
}
