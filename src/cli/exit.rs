//! Exit codes (design 4).

/// How the program ends. The order of the variants is how grave they are, the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// There are changes (`plan --detailed-exitcode`) or there is drift.
    Changes,
    /// Failed, nothing written.
    Failed,
    /// The call itself is wrong.
    BadCall,
    /// The lock is held by another run.
    Locked,
    /// The plan is stale.
    Stale,
    /// Blocked by findings, a guard or missing approval.
    Blocked,
    /// The repository has mistakes.
    Mistakes,
    /// The run failed and was rolled back.
    RolledBack,
    /// Partly applied, or applied and not ready.
    Partial,
    /// Interrupted.
    Interrupted,
    /// Our bug.
    Bug,
}

impl Exit {
    /// The number for the shell.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Blocked => 3,
            Self::Partial => 4,
            Self::RolledBack => 5,
            Self::Stale => 6,
            Self::Locked => 7,
            Self::BadCall => 64,
            Self::Mistakes => 65,
            Self::Bug => 70,
            Self::Interrupted => 130,
        }
    }

    /// The gravest of several stacks' ends.
    pub fn worst(ends: impl IntoIterator<Item = Self>) -> Self {
        ends.into_iter().max().unwrap_or(Self::Done)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_stacks_the_worst_counts() {
        let order = [
            Exit::Bug,
            Exit::Interrupted,
            Exit::Partial,
            Exit::RolledBack,
            Exit::Mistakes,
            Exit::Blocked,
            Exit::Stale,
            Exit::Locked,
            Exit::Failed,
            Exit::Changes,
            Exit::Done,
        ];
        let codes: Vec<u8> = order.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [70, 130, 4, 5, 65, 3, 6, 7, 1, 2, 0]);
        for pair in order.windows(2) {
            assert_eq!(Exit::worst(pair.iter().rev().copied()), pair[0]);
        }
        assert_eq!(Exit::worst([]), Exit::Done);
    }
}
