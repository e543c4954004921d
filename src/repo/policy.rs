//! The policy of an environment.

use super::fields::Taker;
use crate::model::{ConflictDecision, ConflictRule, IgnoredField, Policy};
use crate::syntax::Node;

const KEYS: &[&str] = &[
    "maxDeletes",
    "requireCommit",
    "plainSecrets",
    "extraKeys",
    "adoptForeign",
    "allowReplace",
    "stateNamespace",
    "keepRevisions",
    "conflicts",
    "ignoreFields",
];

/// Lays what is written over a policy; lists merge by id.
pub(super) fn lay(taker: &mut Taker<'_>, node: &Node, policy: &mut Policy) {
    if !taker.map(node, "`policy`", KEYS) {
        return;
    }
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    if let Some(count) = taker.count(node, "maxDeletes") {
        policy.max_deletes = Some(size(count));
    }
    set(&mut policy.require_commit, taker.truth(node, "requireCommit"));
    set(&mut policy.adopt_foreign, taker.truth(node, "adoptForeign"));
    set(
        &mut policy.refuse_plain_secrets,
        taker.word(node, "plainSecrets", &[("warn", false), ("refuse", true)]),
    );
    set(&mut policy.remove_extra_keys, taker.word(node, "extraKeys", &[("keep", false), ("remove", true)]));
    set(&mut policy.state_namespace, taker.text(node, "stateNamespace"));
    if node.get("allowReplace").is_some() {
        policy.allow_replace = taker.texts(node, "allowReplace").into_iter().map(|kind| kind.value).collect();
    }
    if let Some(count) = taker.count(node, "keepRevisions") {
        policy.keep_revisions = size(count).max(1);
    }
    for item in taker.list(node, "conflicts") {
        if let Some(rule) = conflict(taker, item) {
            policy.conflicts.retain(|known| known.id != rule.id);
            policy.conflicts.push(rule);
        }
    }
    for item in taker.list(node, "ignoreFields") {
        if let Some(ignored) = ignored(taker, item) {
            policy.ignore_fields.retain(|known| known.id != ignored.id);
            policy.ignore_fields.push(ignored);
        }
    }
}

fn set<T>(known: &mut T, written: Option<T>) {
    if let Some(value) = written {
        *known = value;
    }
}

fn conflict(taker: &mut Taker<'_>, item: &Node) -> Option<ConflictRule> {
    if !taker.map(item, "a conflict rule", &["id", "manager", "kind", "field", "decision"]) {
        return None;
    }
    let decisions = [
        ("take", ConflictDecision::Take),
        ("yield", ConflictDecision::Yield),
        ("refuse", ConflictDecision::Refuse),
    ];
    let id = taker.needed_text(item, "id", "id: hpa-owns-replicas");
    if item.get("decision").is_none() {
        taker.wrong(item, "`decision` is missing", "add `decision: take`, `yield` or `refuse`");
    }
    let decision = taker.word(item, "decision", &decisions);
    Some(ConflictRule {
        manager: taker.text(item, "manager"),
        kind: taker.text(item, "kind"),
        field: taker.text(item, "field"),
        id: id?.value,
        decision: decision?,
    })
}

fn ignored(taker: &mut Taker<'_>, item: &Node) -> Option<IgnoredField> {
    if !taker.map(item, "an ignored field", &["id", "kind", "name", "pointer", "reason"]) {
        return None;
    }
    let id = taker.needed_text(item, "id", "id: replicas-by-hand");
    let pointer = taker.needed_text(item, "pointer", "pointer: /spec/replicas");
    let reason = taker.needed_text(item, "reason", "reason: ...");
    Some(IgnoredField {
        kind: taker.text(item, "kind"),
        name: taker.text(item, "name"),
        id: id?.value,
        pointer: pointer?.value,
        reason: reason?.value,
    })
}
