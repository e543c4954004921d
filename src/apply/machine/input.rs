//! What the machine is told, and what it asks for.

use crate::model::{Event, ReadyReport};

/// How a plan is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether readiness is waited for; else only where a later write needs it (a CRD, a Namespace).
    pub wait: bool,
    /// Milliseconds after its own write in which a step must be ready.
    pub timeout: u64,
    /// Most writes under way at once; 0 means 1.
    pub parallelism: usize,
}

/// How a write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteAnswer {
    /// The API server wrote it.
    Written {
        /// UID of the object; none for deletions.
        uid: Option<String>,
        /// Readiness as the answer itself shows it.
        report: ReadyReport,
    },
    /// Nothing was written.
    Refused {
        /// What the API server said, or why it was not reached.
        error: String,
        /// Whether a precondition failed.
        stale: bool,
    },
    /// Nothing was sent.
    NotSent {
        /// Why.
        because: String,
    },
    /// It was sent and no answer came.
    Unsure {
        /// What happened.
        error: String,
    },
}

/// One thing the machine is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Begin.
    Start,
    /// A write ended.
    WriteAnswered {
        /// Index of the step.
        step: usize,
        /// How.
        answer: WriteAnswer,
    },
    /// An object that is watched was looked at.
    Reported {
        /// Index of the step.
        step: usize,
        /// How ready it is; for a deletion, ready means gone.
        report: ReadyReport,
    },
    /// A step's time to become ready is over.
    DeadlinePassed {
        /// Index of the step.
        step: usize,
    },
    /// Why a step is not ready was found out.
    Explained {
        /// Index of the step.
        step: usize,
        /// The explanation, one line each.
        account: Vec<String>,
    },
    /// The user asked to stop; the second time at once.
    Interrupted,
    /// The lock may be somebody else's by now.
    LockLost {
        /// Why.
        because: String,
    },
}

/// Why a wait ended badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its time is over.
    Late,
    /// More time would not help.
    Hopeless,
}

/// One thing the machine asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Do {
    /// Carry out the write of a step.
    Write(usize),
    /// Look at the object of a step until told otherwise.
    Watch {
        /// Index of the step.
        step: usize,
        /// Time, on the machine's clock, after which it has failed.
        deadline: u64,
    },
    /// Look no more, and forget the deadline.
    StopWatching(usize),
    /// Find out why a step is not ready.
    Explain {
        /// Index of the step.
        step: usize,
        /// What is known already.
        report: ReadyReport,
        /// Why the wait ended.
        ending: Ending,
    },
    /// Tell the world.
    Emit(Event),
    /// Every step has its outcome.
    Finish,
}
