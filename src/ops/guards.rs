//! Guards that a user opens by flags.

use crate::plan::{Allowed, PlanOptions};

/// One `--allow-delete`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedDeletion {
    /// Kind as typed; `stack` names a stack.
    pub kind: String,
    /// Namespace; any where none is given.
    pub namespace: Option<String>,
    /// Name; any where none is given.
    pub name: Option<String>,
}

/// What the user allows beyond the ordinary.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guards {
    /// `--max-deletes`.
    pub max_deletes: Option<usize>,
    /// Each `--allow-delete`.
    pub allow_delete: Vec<AllowedDeletion>,
    /// `--ignore-hold`.
    pub ignore_hold: bool,
}

impl Guards {
    /// The same for the plan.
    pub(super) fn options(&self) -> PlanOptions {
        let allowed = |one: &AllowedDeletion| Allowed {
            kind: one.kind.clone(),
            namespace: one.namespace.clone(),
            name: one.name.clone(),
        };
        PlanOptions {
            max_deletes: self.max_deletes,
            allow_delete: self.allow_delete.iter().map(allowed).collect(),
            ignore_hold: self.ignore_hold,
            ..PlanOptions::default()
        }
    }
}
