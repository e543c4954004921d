//! Whose a live object is (rules 4).

use crate::fields;
use crate::model::{FIELD_MANAGER, FieldPath, LABEL_ENVIRONMENT, LABEL_STACK, LiveObject};

use super::{context::Context, foreign};

/// Who claims a live object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Nobody.
    Free,
    /// This target.
    Ours,
    /// Several targets of ours, this one not yet among them.
    Shared,
    /// Another stack of this environment.
    Stack(String),
    /// A stack of another environment, as `environment/stack`.
    Environment(String),
    /// Another tool, in words.
    Foreign(String),
}

/// Who claims a live object; the mere label proves nothing, our Apply entry must own it.
pub(crate) fn claim(context: &Context<'_>, live: &LiveObject) -> Claim {
    let label = FieldPath::of(&["metadata", "labels", LABEL_STACK]);
    let stack = live.body.label(LABEL_STACK);
    if let Some(stack) = stack.filter(|_| fields::applies(live, FIELD_MANAGER, &label)) {
        let environment = live.body.label(LABEL_ENVIRONMENT).unwrap_or_default();
        return match (environment == context.target.environment, stack == context.target.stack) {
            (true, true) => Claim::Ours,
            (true, false) => Claim::Stack(stack.to_owned()),
            (false, _) => Claim::Environment(format!("{environment}/{stack}")),
        };
    }
    let sharers: Vec<&str> = sharers(live).collect();
    if sharers.contains(&context.shared_manager().as_str()) {
        Claim::Ours
    } else if !sharers.is_empty() {
        Claim::Shared
    } else {
        foreign::owner(live).map_or(Claim::Free, Claim::Foreign)
    }
}

/// The managers of targets that share an object.
pub(crate) fn sharers(live: &LiveObject) -> impl Iterator<Item = &str> {
    let entries = live.managed.iter().filter(|entry| entry.apply);
    entries
        .map(|entry| entry.manager.as_str())
        .filter(|manager| manager.strip_prefix(FIELD_MANAGER).is_some_and(|rest| rest.starts_with(':')))
}
