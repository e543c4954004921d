//! Flags of `plan`, and the guards that `apply` shares with it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{AllowDelete, Format, ReportFile, Selection};

/// Flags of `obsctl plan`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl plan -e prod
  obsctl plan -e prod -s mlops-monitoring -v
  obsctl plan -e prod --ref origin/main --detailed-exitcode
  obsctl plan -e prod --out plan.obsctl --report markdown=plan.md
  obsctl plan -e prod --live dump.yaml")]
pub struct PlanArgs {
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Plan this commit, branch or tag instead of the working tree
    #[arg(long = "ref", value_name = "REF")]
    pub reference: Option<String>,
    /// Save the plan for `obsctl apply FILE`; it holds digests and no secret values
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print the plan in this form
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: Format,
    /// Write the plan in a further form to a file; may be given several times
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub reports: Vec<ReportFile>,
    /// Who says what a write would change
    #[arg(long, value_enum, value_name = "MODE", default_value_t)]
    pub plan_mode: PlanModeArg,
    /// Plan against dumped objects instead of a cluster: a file or folder made by `kubectl get -o yaml --show-managed-fields`
    #[arg(long, value_name = "FILE|FOLDER", conflicts_with_all = ["plan_mode", "out"])]
    pub live: Option<PathBuf>,
    /// Exit 2 if there are changes, 0 if there are none
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// What may be deleted.
    #[command(flatten)]
    pub guards: Guards,
}

/// Who says what a write would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum PlanModeArg {
    /// The API server by dry-run, our own estimate where that is not allowed
    #[default]
    Auto,
    /// The API server by dry-run; an object for which that is not allowed is held
    Server,
    /// Our own estimate: no right but to read is needed
    Local,
}

/// What stands between a plan and deletions.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Guards")]
pub struct Guards {
    /// Allow at most this many deletions instead of 10 objects or 20 % of the stack, whichever is more
    #[arg(long, value_name = "N")]
    pub max_deletes: Option<usize>,
    /// Allow deleting a Namespace, CustomResourceDefinition, volume, or `stack/NAME`
    #[arg(long, value_name = "KIND[/[NS/]NAME]")]
    pub allow_delete: Vec<AllowDelete>,
    /// Bring back what a rollback turned back
    #[arg(long)]
    pub ignore_hold: bool,
}
