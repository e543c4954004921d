//! What can end a journey before its result.

use std::collections::BTreeMap;

use crate::cluster::{CallError, ConnectError, LedgerError, LockError};
use crate::model::{Problem, TargetId};
use crate::sys::CheckoutError;

/// Why a journey ended early; the door decides fault, hint and exit code.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The call names something that is not there, or too little.
    #[error("{message}")]
    Call {
        /// What is wrong with the call.
        message: String,
        /// What to type.
        hint: Option<String>,
    },
    /// The repository has mistakes.
    #[error("the repository has mistakes")]
    Repository {
        /// All of them.
        problems: Vec<Problem>,
        /// Text of each file that a problem names, to show the line.
        sources: BTreeMap<String, String>,
    },
    /// The machine failed us: files or git.
    #[error(transparent)]
    Machine(#[from] CheckoutError),
    /// The cluster could not be reached, or is not the one it should be.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The API server refused a request that the journey cannot do without.
    #[error("cannot {doing}")]
    Cluster {
        /// What we were doing.
        doing: String,
        /// The answer.
        #[source]
        source: CallError,
    },
    /// The records could not be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The lock could not be used.
    #[error(transparent)]
    Lock(Box<LockError>),
    /// Blocked by a guard, a hold or missing approval.
    #[error("{message}")]
    Blocked {
        /// What blocks.
        message: String,
        /// What to type.
        hint: Option<String>,
    },
    /// The user stopped it before the first write to an object of a stack.
    #[error("stopped before anything was written")]
    Interrupted,
    /// Somebody else holds the lock.
    #[error("the lock of {target} is held by {holder}")]
    LockHeld {
        /// Whose lock.
        target: TargetId,
        /// Who holds it, as shown to people.
        holder: String,
    },
    /// The cluster or the repository moved since the plan was made.
    #[error("the plan is stale: {message}")]
    Stale {
        /// What moved.
        message: String,
    },
    /// A record cannot be used.
    #[error("{message}")]
    Record {
        /// What is wrong with it.
        message: String,
        /// What to type.
        hint: Option<String>,
    },
}

impl Trouble {
    /// A bad call without advice.
    pub fn call(message: impl Into<String>) -> Self {
        Self::Call { message: message.into(), hint: None }
    }

    /// A failed request.
    pub fn cluster(doing: impl Into<String>) -> impl FnOnce(CallError) -> Self {
        let doing = doing.into();
        move |source| Self::Cluster { doing, source }
    }
}

impl From<LockError> for Trouble {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held { target, holder } => Self::LockHeld { target, holder },
            LockError::Call { .. } | LockError::State(_) => Self::Lock(Box::new(error)),
        }
    }
}
