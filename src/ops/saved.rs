//! Saved plans: what `plan --out` writes and `apply FILE` reads (rules 5).

use super::{choose::Choice, session::About};
use crate::model::Plan;
use crate::wire::{PlanFile, PlanFileError};

/// A plan as it was saved: digests, never values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPlan(pub(super) PlanFile);

impl SavedPlan {
    /// What is to be saved of plans.
    pub fn of(about: &About, plans: &[Plan]) -> Self {
        Self(PlanFile::of(&about.environment, &about.cluster, &about.commit, plans))
    }

    /// The file's text.
    pub fn encode(&self) -> String {
        self.0.encode()
    }

    /// Reads a file's text.
    pub fn decode(text: &str) -> Result<Self, PlanFileError> {
        PlanFile::decode(text).map(Self)
    }

    /// The environment and the stacks it is of.
    pub fn choice(&self) -> Choice {
        Choice {
            environment: Some(self.0.environment.clone()),
            stacks: self.0.stacks.iter().map(|stack| stack.target.stack.clone()).collect(),
        }
    }
}
