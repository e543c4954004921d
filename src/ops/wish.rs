//! What a writing command is asked to do, who is asked meanwhile, and how it ended.

use std::time::Duration;

use super::{
    choose::Choice,
    ears::Ears,
    execute::{Manner, Ran},
    guards::Guards,
    planning::Planned,
    session::{Reach, Session},
    trouble::Trouble,
    workspace::Place,
};
use crate::model::{Plan, TargetId};

/// What a writing command was asked to do.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Where the repository is.
    pub place: Place,
    /// Which environment and stacks.
    pub choice: Choice,
    /// How to reach the cluster.
    pub reach: Reach,
    /// Guards that the user opened.
    pub guards: Guards,
    /// How to carry out.
    pub manner: Manner,
    /// How long to wait for a lock.
    pub lock_timeout: Duration,
    /// Whether nobody is asked: the lock is then taken before planning.
    pub auto_approve: bool,
    /// Turn back what fails.
    pub rollback_on_failure: bool,
    /// URL of the CI run.
    pub ci_run: Option<String>,
}

/// Shows plans and asks whether to go on.
pub type Ask<'a> = dyn FnMut(&Session, &[Planned]) -> Result<(), Trouble> + 'a;

/// What the door does for a journey that writes.
pub struct Door<'a> {
    /// Shows the plans and asks; an error refuses.
    pub ask: &'a mut Ask<'a>,
    /// Who hears of the run and who may stop it.
    pub ears: Ears,
}

/// How a writing command ended.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    /// The run of each target that was begun.
    pub runs: Vec<Ran>,
    /// Targets that were not begun because one before them failed.
    pub not_begun: Vec<TargetId>,
    /// Runs that turned failed ones back.
    pub turned_back: Vec<Ran>,
    /// Targets whose failed run could not be turned back, and why.
    pub not_turned_back: Vec<(TargetId, String)>,
    /// Second plans that are not empty, after a run that ended well.
    pub fighting: Vec<Plan>,
    /// Whether there was nothing to do.
    pub nothing: bool,
}
