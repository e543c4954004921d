//! Whose fault it is, what to do, and with which exit code.

use super::unreached;
use crate::cli::failure::{Failure, FailureKind};
use crate::cluster::{CallError, ConnectError, LockError, rbac_hint};
use crate::ops::Trouble;
use crate::report::{Style, problems_text};

/// The failure that a trouble ends in; mistakes of the repository are told in full.
pub(super) fn failure(trouble: &Trouble, style: &Style) -> (Option<String>, Failure) {
    if let Trouble::Repository { problems, sources } = trouble {
        let text = problems_text(problems, &|file| sources.get(file).cloned(), style);
        return (Some(text), Failure::told(FailureKind::Mistakes));
    }
    let failure = Failure::of(kind(trouble), trouble);
    let failure = hints(trouble).into_iter().fold(failure, Failure::hint);
    (None, failure)
}

fn kind(trouble: &Trouble) -> FailureKind {
    match trouble {
        Trouble::Call { .. } => FailureKind::BadCall,
        Trouble::Repository { .. } => FailureKind::Mistakes,
        // The pin is a guard: nothing failed.
        Trouble::Blocked { .. } | Trouble::Connect(ConnectError::OtherCluster { .. }) => FailureKind::Blocked,
        Trouble::Interrupted => FailureKind::Interrupted,
        Trouble::LockHeld { .. } => FailureKind::Locked,
        Trouble::Stale { .. } => FailureKind::Stale,
        Trouble::Machine(_)
        | Trouble::Connect(_)
        | Trouble::Cluster { .. }
        | Trouble::Ledger(_)
        | Trouble::Lock(_)
        | Trouble::Record { .. } => FailureKind::Failed,
    }
}

fn hints(trouble: &Trouble) -> Vec<String> {
    let own = match trouble {
        Trouble::Call { hint, .. } | Trouble::Blocked { hint, .. } | Trouble::Record { hint, .. } => {
            hint.clone()
        }
        Trouble::LockHeld { target, .. } => Some(format!(
            "wait longer with `--lock-timeout 10m`; if the run is gone for good: `obsctl unlock -e {} -s {}`",
            target.environment, target.stack
        )),
        Trouble::Stale { .. } => Some("look at a new plan".to_owned()),
        Trouble::Cluster { source, .. } => rbac(source),
        Trouble::Ledger(error) => error.refusal().and_then(rbac),
        Trouble::Lock(error) => match &**error {
            LockError::Call { source, .. } => rbac(source),
            LockError::State(error) => error.refusal().and_then(rbac),
            LockError::Held { .. } => None,
        },
        Trouble::Connect(error) => unreached::hint(error),
        Trouble::Repository { .. } | Trouble::Machine(_) | Trouble::Interrupted => None,
    };
    own.into_iter().collect()
}

pub(super) fn rbac(error: &CallError) -> Option<String> {
    error.refusal().and_then(rbac_hint)
}
