//! How a Deployment walks from old ReplicaSets to the new one.

use serde_json::Value;

use super::{
    object::{Round, controlled, number, share},
    view::Cx,
};
use crate::sandbox::kinds::value::{at, flag, text};

/// What comes next.
pub(super) enum Step<'a> {
    /// The new ReplicaSet is made, with so many replicas.
    Make(i64),
    /// ReplicaSets get new sizes.
    Scale(Vec<(&'a Value, i64)>),
    /// All sizes are right, or pods are waited for.
    Settled,
}

/// How many pods a Deployment may have beyond what is wished.
pub(super) fn surge(deployment: &Value) -> i64 {
    if is_recreate(deployment) {
        return 0;
    }
    share(at(deployment, "spec.strategy.rollingUpdate.maxSurge"), wanted(deployment), Round::Up)
}

/// How many pods a Deployment may lack.
pub(super) fn unavailable(deployment: &Value) -> i64 {
    if is_recreate(deployment) {
        return 0;
    }
    let most =
        share(at(deployment, "spec.strategy.rollingUpdate.maxUnavailable"), wanted(deployment), Round::Down);
    // With neither surplus nor lack no rollout could begin.
    if most == 0 && surge(deployment) == 0 { 1 } else { most.min(wanted(deployment)) }
}

fn is_recreate(deployment: &Value) -> bool {
    text(deployment, "spec.strategy.type") == "Recreate"
}

fn wanted(deployment: &Value) -> i64 {
    number(deployment, "spec.replicas").unwrap_or(1)
}

fn size(set: &Value) -> i64 {
    number(set, "spec.replicas").unwrap_or(0)
}

fn available(set: &Value) -> i64 {
    number(set, "status.availableReplicas").unwrap_or(0)
}

/// The next step, one at a time: what it leads to is seen before the one after.
pub(super) fn step<'a>(
    cx: Cx<'a>,
    deployment: &Value,
    new: Option<&'a Value>,
    old: &[&'a Value],
) -> Step<'a> {
    if flag(deployment, "spec.paused") {
        return Step::Settled;
    }
    if is_recreate(deployment) {
        return recreate(cx, deployment, new, old);
    }
    let others: i64 = old.iter().map(|set| size(set)).sum();
    let Some(new) = new else {
        let room = wanted(deployment) + surge(deployment) - others;
        return Step::Make(room.clamp(0, wanted(deployment)));
    };
    if let Some(replicas) = resized(deployment, size(new), others) {
        return Step::Scale(vec![(new, replicas)]);
    }
    let shrunk = shrunk(deployment, new, old);
    if shrunk.is_empty() { Step::Settled } else { Step::Scale(shrunk) }
}

/// First all old pods go, then the new ones come.
fn recreate<'a>(cx: Cx<'a>, deployment: &Value, new: Option<&'a Value>, old: &[&'a Value]) -> Step<'a> {
    let shrinking: Vec<_> = old.iter().filter(|set| size(set) > 0).map(|set| (*set, 0)).collect();
    if !shrinking.is_empty() {
        return Step::Scale(shrinking);
    }
    if old.iter().any(|set| !controlled(cx, "", "Pod", set).is_empty()) {
        return Step::Settled;
    }
    match new {
        None => Step::Make(wanted(deployment)),
        Some(set) if size(set) != wanted(deployment) => Step::Scale(vec![(set, wanted(deployment))]),
        Some(_) => Step::Settled,
    }
}

/// The new size of the new ReplicaSet, if it is another.
fn resized(deployment: &Value, now: i64, others: i64) -> Option<i64> {
    let wanted = wanted(deployment);
    let replicas = if now > wanted {
        wanted
    } else {
        let room = wanted + surge(deployment) - now - others;
        now + room.clamp(0, wanted - now)
    };
    (replicas != now).then_some(replicas)
}

/// Old ReplicaSets give way: pods that are not available first, then as many as new ones have come.
fn shrunk<'a>(deployment: &Value, new: &Value, old: &[&'a Value]) -> Vec<(&'a Value, i64)> {
    let least = wanted(deployment) - unavailable(deployment);
    let all: i64 = size(new) + old.iter().map(|set| size(set)).sum::<i64>();
    let mut room = all - least - (size(new) - available(new));
    let mut sorted: Vec<&Value> = old.iter().copied().filter(|set| size(set) > 0).collect();
    sorted.sort_by_key(|set| text(set, "metadata.creationTimestamp"));
    let mut sizes: Vec<i64> = sorted.iter().map(|set| size(set)).collect();
    for (set, size) in sorted.iter().zip(&mut sizes) {
        let down = (*size - available(set)).clamp(0, room.max(0));
        *size -= down;
        room -= down;
    }
    let mut spare = available(new) + old.iter().map(|set| available(set)).sum::<i64>() - least;
    for size in &mut sizes {
        let down = (*size).clamp(0, spare.clamp(0, room.max(0)));
        *size -= down;
        spare -= down;
        room -= down;
    }
    sorted.into_iter().zip(sizes).filter(|(set, replicas)| size(set) != *replicas).collect()
}
