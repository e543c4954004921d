//! Putting decisions together: steps in order, what is held, what is unchanged.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Action, Dependency, DesiredState, HoldSort, InventoryItem, ObjectId, Plan, Step, Strength, Until, Wait,
    Wanted, Write,
};

use super::{
    claim::{Claim, claim},
    context::Context,
    edges::{Edge, edges},
    effects, guards,
    inquiry::{Inquiry, Verdict, step_of},
    order::{Order, order},
    prune,
    rank::rank,
};

/// The plan, once every inquiry is answered.
pub fn conclude(context: &Context<'_>, inquiries: Vec<Inquiry<'_>>) -> Plan {
    let mut plan = Plan {
        target: context.target.clone(),
        revision: context.ledger.head.as_ref().and_then(|head| head.current),
        steps: Vec::new(),
        holds: Vec::new(),
        unchanged: Vec::new(),
        digests: BTreeMap::new(),
        findings: context.desired.findings.clone(),
        left: BTreeMap::new(),
        notes: Vec::new(),
    };
    for (id, wanted) in &context.desired.objects {
        plan.digests.insert(id.clone(), context.sealer.digest(&wanted.body));
    }
    let mut steps = BTreeMap::new();
    for (id, verdict) in inquiries.into_iter().map(Inquiry::verdict) {
        match verdict {
            Verdict::Step(step) => {
                steps.insert(id, *step);
            }
            Verdict::Held(hold) => plan.holds.push(*hold),
            Verdict::Unchanged(left) => {
                if !left.is_empty() {
                    plan.left.insert(id.clone(), left);
                }
                if let Some(step) = waiting(context, &id) {
                    steps.insert(id, step);
                } else {
                    plan.unchanged.push(id);
                }
            }
        }
    }
    let pruned = prune::prune(context, steps.values());
    plan.holds.extend(guards::guards(context, &pruned));
    plan.notes.extend(stale(context));
    // Who needs whom is asked of all objects at once: where nothing is done it need not be known.
    if !(steps.is_empty() && pruned.steps.is_empty()) {
        applies(context, steps, &mut plan);
        deletions(context, pruned.steps, &mut plan);
        add_effects(context, &mut plan);
    }
    plan.holds.extend(pruned.holds);
    plan.notes.extend(pruned.notes);
    plan.unchanged.sort();
    plan
}

/// The step that waits for an unchanged object that is not ready yet.
fn waiting(context: &Context<'_>, id: &ObjectId) -> Option<Step> {
    let wanted = context.wanted(id)?;
    let waits = context.options.wait_for_unready && context.not_ready.contains(id);
    let reason = "written by an earlier run, and not ready yet".to_owned();
    let step = step_of(context, wanted, Action::Await, reason);
    (waits && step.wait == Wait::Ready).then_some(Step { write: Write::None, ..step })
}

fn stale(context: &Context<'_>) -> Vec<String> {
    let told = |version: &String| {
        format!("the aggregated API {version} does not answer; only what needs it is held")
    };
    context.live.types.stale.iter().map(told).collect()
}

/// Adds the applies in their order.
fn applies(context: &Context<'_>, mut steps: BTreeMap<ObjectId, Step>, plan: &mut Plan) {
    let ranks = ranks(context.desired);
    let order = order(&ranks, edges(context.desired));
    for cycle in &order.cycles {
        let fix = "take back one of the annotations or references that make the circle".to_owned();
        plan.holds.push(guards::general(
            HoldSort::Guard,
            format!("a circle of needs: {}", cycle.tell()),
            fix,
        ));
    }
    plan.notes.extend(order.notes.iter().cloned());
    let stepping: BTreeSet<ObjectId> = steps.keys().cloned().collect();
    let mut places = BTreeMap::new();
    for id in &order.sorted {
        let Some(mut step) = steps.remove(id) else { continue };
        step.depends_on = dependencies(&order, id, &stepping, &places);
        places.insert(id.clone(), plan.steps.len());
        plan.steps.push(step);
    }
}

fn ranks(desired: &DesiredState) -> BTreeMap<ObjectId, u8> {
    desired.objects.iter().map(|(id, wanted)| (id.clone(), rank(id, Some(&wanted.body)))).collect()
}

/// What a step waits for: other steps, also through objects that nothing is done to.
fn dependencies(
    order: &Order,
    id: &ObjectId,
    stepping: &BTreeSet<ObjectId>,
    places: &BTreeMap<ObjectId, usize>,
) -> Vec<Dependency> {
    let mut found: BTreeMap<usize, Dependency> = BTreeMap::new();
    let mut seen: BTreeSet<&ObjectId> = BTreeSet::new();
    let mut open: Vec<(&Edge, Option<&ObjectId>)> =
        order.edges.get(id).into_iter().flatten().map(|edge| (edge, None)).collect();
    while let Some((edge, through)) = open.pop() {
        if !stepping.contains(&edge.to) {
            if seen.insert(&edge.to) {
                let next = order.edges.get(&edge.to).into_iter().flatten();
                open.extend(next.map(|next| (next, Some(&edge.to))));
            }
            continue;
        }
        let Some(on) = places.get(&edge.to).copied() else { continue };
        let because = match through {
            None => edge.because.clone(),
            Some(through) => format!("needs {through}, which {}", edge.because),
        };
        let new = Dependency { on, until: edge.until, strength: edge.strength, because };
        // A direct edge says it better than one through others.
        match found.get_mut(&on) {
            Some(known) if through.is_some() => known.until = known.until.max(new.until),
            Some(known) => *known = Dependency { until: known.until.max(new.until), ..new },
            None => {
                found.insert(on, new);
            }
        }
    }
    found.into_values().collect()
}

/// Adds deletions and releases after all applies, in the reverse of the order in which they would be made.
fn deletions(context: &Context<'_>, steps: Vec<Step>, plan: &mut Plan) {
    let applies = plan.steps.len();
    let mut steps: BTreeMap<ObjectId, Step> =
        steps.into_iter().map(|step| (step.object.clone(), step)).collect();
    let there = as_desired(context, steps.keys());
    let (mut nodes, mut reversed) = (BTreeMap::new(), Vec::new());
    for (id, wanted) in &there.objects {
        let first = is_gate(id);
        nodes.insert(id.clone(), if first { 0 } else { u8::MAX - rank(id, Some(&wanted.body)) });
        let gates = there.objects.keys().filter(|gate| is_gate(gate) && !first);
        reversed.extend(gates.map(|gate| Edge {
            from: id.clone(),
            to: gate.clone(),
            strength: Strength::Hard,
            until: Until::Written,
            because: format!("{gate} could hold back its deletion"),
        }));
    }
    // What is needed goes after what needs it, and only when that is gone.
    let kept = edges(&there).into_iter().filter(|edge| !is_gate(&edge.to) && !is_gate(&edge.from));
    reversed.extend(kept.map(|edge| Edge {
        because: format!("is needed while {} is there: it {}", edge.from, edge.because),
        from: edge.to,
        to: edge.from,
        strength: edge.strength,
        until: edge.until,
    }));
    let order = order(&nodes, reversed);
    let stepping: BTreeSet<ObjectId> = steps.keys().cloned().collect();
    let mut places = BTreeMap::new();
    for id in &order.sorted {
        let Some(mut step) = steps.remove(id) else { continue };
        step.depends_on = (0..applies).map(after_apply).collect();
        step.depends_on.extend(dependencies(&order, id, &stepping, &places));
        places.insert(id.clone(), plan.steps.len());
        plan.steps.push(step);
    }
}

fn after_apply(on: usize) -> Dependency {
    let because = "deletions come last".to_owned();
    Dependency { on, until: Until::Written, strength: Strength::Hard, because }
}

/// Webhook configurations and aggregated APIs: while they stand and do not answer, nothing else can be deleted.
fn is_gate(id: &ObjectId) -> bool {
    id.is("apiregistration.k8s.io", "APIService")
        || (id.group == "admissionregistration.k8s.io" && id.kind.ends_with("WebhookConfiguration"))
}

/// Live objects in the form in which references are found.
fn as_desired<'a>(context: &Context<'_>, ids: impl Iterator<Item = &'a ObjectId>) -> DesiredState {
    let wanted = |id: &ObjectId| {
        let body = context.present(id)?.body.clone();
        Some((id.clone(), Wanted { id: id.clone(), body, origin: None }))
    };
    DesiredState { objects: ids.filter_map(wanted).collect(), ..empty(context.desired) }
}

fn empty(like: &DesiredState) -> DesiredState {
    DesiredState {
        target: like.target.clone(),
        objects: BTreeMap::new(),
        requires: Vec::new(),
        namespace: None,
        findings: Vec::new(),
    }
}

fn add_effects(context: &Context<'_>, plan: &mut Plan) {
    let readers = effects::readers(context.desired);
    let restarted: BTreeSet<ObjectId> = plan
        .steps
        .iter()
        .filter(|step| effects::restarts(step) || step.action == Action::Create)
        .map(|step| step.object.clone())
        .collect();
    for step in &mut plan.steps {
        step.effects = effects::effects(step, &readers, &|id| restarted.contains(id));
    }
}

/// The items of older inventories that the next one still names: what is declared no more, and yet is kept or could
/// not be read.
pub fn carried(context: &Context<'_>, plan: &Plan) -> Vec<InventoryItem> {
    let held: BTreeSet<&ObjectId> = plan.holds.iter().filter_map(|hold| hold.object.as_ref()).collect();
    let gone = context.inventory().into_iter().filter(|(id, _)| !context.desired.objects.contains_key(*id));
    // What is ours no more is forgotten.
    let still_ours =
        |id: &ObjectId| context.present(id).is_none_or(|live| claim(context, live) == Claim::Ours);
    gone.filter(|(id, _)| held.contains(id) && still_ours(id))
        .map(|(_, item)| InventoryItem { digest: None, pack: None, ..item.clone() })
        .collect()
}

#[cfg(test)]
#[path = "deletion_tests.rs"]
mod tests;
