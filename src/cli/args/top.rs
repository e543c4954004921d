//! The program itself, its commands, and the flags that stand everywhere.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use super::{
    ApplyArgs, CompletionsArgs, DestroyArgs, DriftArgs, GraphArgs, HistoryArgs, InitArgs, ManArgs, PlanArgs,
    RbacArgs, RenderArgs, RollbackArgs, SandboxArgs, StatusArgs, UnlockArgs, ValidateArgs,
};

/// Reconcile monitoring stacks on Kubernetes clusters with what a git repository declares
///
/// A repository holds stacks (`stacks/<stack>/stack.yaml`) and environments
/// (`environments/<environment>/environment.yaml`). `plan` shows what would change, `apply` does it, `drift`
/// tells what somebody changed in the cluster, `rollback` goes back.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "obsctl",
    version,
    max_term_width = 100,
    after_help = "Examples:
  obsctl init shop && cd shop          Start a repository
  obsctl plan -e dev                   Show what would change
  obsctl apply -e dev                  Show it, ask, do it, wait until it is ready
  obsctl drift -e prod                 Exit 2 if somebody changed the cluster

Exit codes:
    0  done, or nothing to do              6  the plan is stale
    1  failed, nothing written             7  the lock is held
    2  there are changes, or drift        64  bad call
    3  blocked, or not approved           65  the repository has mistakes
    4  partly applied, or not ready       70  a bug of obsctl
    5  rolled back                       130  interrupted"
)]
pub struct Arguments {
    /// Flags that stand everywhere.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Work in this folder instead of the nearest parent that holds environments/
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// Read this kubeconfig instead of `$KUBECONFIG` or `~/.kube/config`
    #[arg(long, value_name = "FILE", global = true)]
    pub kubeconfig: Option<PathBuf>,
    /// Use this kubeconfig context instead of the environment's; the cluster's pinned identity still holds
    #[arg(long, value_name = "NAME", global = true)]
    pub context: Option<String>,
    /// Impersonate this user
    #[arg(long = "as", value_name = "USER", global = true)]
    pub as_user: Option<String>,
    /// Impersonate this group; may be given several times
    #[arg(long = "as-group", value_name = "GROUP", global = true, requires = "as_user")]
    pub as_group: Vec<String>,
    /// Show more; twice for what is asked of the cluster
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Show only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Colour the output
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, global = true)]
    pub color: ColorChoice,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Which environment and stacks.
#[derive(Debug, Clone, Default, Args)]
pub struct Selection {
    /// Take this environment; needed where the repository has several
    #[arg(short, long, value_name = "ENV", env = "OBSCTL_ENV", hide_env_values = true)]
    pub environment: Option<String>,
    /// Take only this stack; may be given several times
    #[arg(short = 's', long = "stack", value_name = "STACK")]
    pub stacks: Vec<String>,
}

impl Selection {
    /// The environment; an empty `OBSCTL_ENV` names none.
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref().filter(|name| !name.is_empty())
    }
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Start a repository with an example stack
    Init(InitArgs),
    /// Show what an apply would change, without changing it
    Plan(PlanArgs),
    /// Bring the cluster to what the repository declares
    Apply(Box<ApplyArgs>),
    /// Tell what somebody changed in the cluster since the last apply
    Drift(DriftArgs),
    /// Go back to an earlier revision
    Rollback(RollbackArgs),
    /// List the revisions of stacks
    History(HistoryArgs),
    /// Tell how stacks are: revision, readiness, drift, what is pending
    Status(StatusArgs),
    /// Delete all objects of an environment or of stacks
    Destroy(DestroyArgs),
    /// Break the lock of a stack after showing who holds it
    Unlock(UnlockArgs),
    /// Check the repository and list every mistake
    Validate(ValidateArgs),
    /// Print the objects that stacks declare
    Render(RenderArgs),
    /// Draw the order in which objects are written
    Graph(GraphArgs),
    /// Print the Roles that a command needs
    Rbac(RbacArgs),
    /// Serve an embedded Kubernetes API on loopback
    Sandbox(SandboxArgs),
    /// Print the version
    Version,
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print a manual page
    Man(ManArgs),
}
