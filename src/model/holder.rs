//! Who holds a lock.

use serde::{Deserialize, Serialize};

/// A process that holds or wants the lock of a target (rules 11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// Who the API server takes it for.
    pub user: String,
    /// Host name, for people.
    pub host: String,
    /// What it does, as in `apply`.
    pub command: String,
    /// URL of the CI run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_run: Option<String>,
    /// `/etc/machine-id`.
    pub machine: String,
    /// Kernel's id of this boot.
    pub boot: String,
    /// Inode of its PID namespace.
    pub pid_namespace: String,
    /// Process id within that namespace.
    pub pid: u32,
    /// Start of the process in clock ticks since boot: a PID may be given again.
    pub start: u64,
    /// Tells two runs of one process apart.
    pub nonce: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on {} (`obsctl {}`, process {}", self.user, self.host, self.command, self.pid)?;
        if let Some(run) = &self.ci_run {
            write!(f, ", {run}")?;
        }
        write!(f, ")")
    }
}

/// Why a write may not be sent under a lock (rules 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockDoubt {
    /// It was not renewed lately: it may be renewed yet, for nobody else can take it unseen.
    Late(String),
    /// Somebody else has it.
    Lost(String),
}

impl std::fmt::Display for LockDoubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Late(because) | Self::Lost(because) => f.write_str(because),
        }
    }
}
