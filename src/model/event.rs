//! What happens while a plan is carried out.

use super::{
    gate::GateReport,
    ident::{ObjectId, TargetId},
    plan::Action,
};

/// How ready an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Readiness {
    /// As declared.
    Ready,
    /// On its way.
    InProgress,
    /// It will not become ready by itself.
    Failed,
    /// No rule for its kind.
    Unknown,
}

/// Readiness with its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyReport {
    /// How ready.
    pub readiness: Readiness,
    /// Why, as in `2 of 3 replicas are ready`.
    pub message: String,
}

/// The end of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Written, and ready where that was asked.
    Done,
    /// Written; readiness is not asked or no rule is known.
    Written,
    /// The write failed: nothing was written.
    NotWritten {
        /// What the API server said, or why it was not reached.
        error: String,
        /// Whether it moved since the plan was made (a precondition failed).
        stale: bool,
    },
    /// Written, and not ready in time or for good.
    NotReady {
        /// The explanation: condition, Events, container, log lines; one a line.
        account: Vec<String>,
    },
    /// Not begun, because what it depends on failed or the run was interrupted.
    Skipped {
        /// Why.
        because: String,
    },
    /// Sent, and no answer came: it may have been written.
    Unsure {
        /// What happened.
        error: String,
    },
}

impl Outcome {
    /// Whether the step came to a good end.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Done | Self::Written)
    }

    /// Whether the object may have been changed.
    pub fn may_have_written(&self) -> bool {
        !matches!(self, Self::NotWritten { .. } | Self::Skipped { .. })
    }
}

/// One thing that happened during an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A target's run began.
    RunBegan {
        /// Which target.
        target: TargetId,
        /// Number of the revision being made.
        revision: u64,
        /// Number of steps.
        steps: usize,
    },
    /// A step's write was sent.
    StepBegan {
        /// Index in the plan.
        step: usize,
        /// What it does.
        action: Action,
        /// To which object.
        object: ObjectId,
    },
    /// A step's write was answered.
    StepWritten {
        /// Index in the plan.
        step: usize,
        /// To which object.
        object: ObjectId,
    },
    /// A step waits for its object.
    StepWaits {
        /// Index in the plan.
        step: usize,
        /// Which object.
        object: ObjectId,
        /// For what.
        message: String,
    },
    /// A step ended.
    StepEnded {
        /// Index in the plan.
        step: usize,
        /// What it did.
        action: Action,
        /// To which object.
        object: ObjectId,
        /// How.
        outcome: Outcome,
        /// Milliseconds since the step's write was sent.
        millis: u64,
    },
    /// The API server asked for patience, or a request is tried again.
    Retrying {
        /// What is tried again and why.
        message: String,
    },
    /// The user asked to stop.
    Interrupted {
        /// First (finish what runs) or second (stop at once).
        second: bool,
    },
    /// The API server sent a `Warning` header.
    Warned {
        /// Its text.
        message: String,
    },
    /// A gate was asked for the first time and is asked again.
    GateWaits {
        /// Its name.
        name: String,
        /// What was seen.
        evidence: String,
    },
    /// A gate ended.
    GateEnded {
        /// What came of it.
        report: GateReport,
    },
    /// A target's run ended.
    RunEnded {
        /// Which target.
        target: TargetId,
        /// Milliseconds it took.
        millis: u64,
    },
}

/// The outcome of each step of a plan, by index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Execution {
    /// One for each step of the plan.
    pub outcomes: Vec<Outcome>,
    /// UIDs that writes answered with, by step.
    pub uids: Vec<Option<String>>,
    /// Whether the run was interrupted, and how often.
    pub interrupts: u8,
}

impl Execution {
    /// Whether every step came to a good end.
    pub fn is_good(&self) -> bool {
        self.interrupts == 0 && self.outcomes.iter().all(Outcome::is_good)
    }

    /// Whether anything may have been written.
    pub fn wrote(&self) -> bool {
        self.outcomes.iter().any(Outcome::may_have_written)
    }
}
