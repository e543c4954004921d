//! Flags of the commands that write to a cluster.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{AllowDelete, Guards, ReportFile, RollbackTo, Selection, values::duration};

/// Whether the user is asked.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Approval {
    /// Do not ask for `yes`
    #[arg(long)]
    pub auto_approve: bool,
}

/// How a plan is carried out.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Carrying out")]
pub struct RunArgs {
    /// Wait this long for each object to become ready, counted from its own write
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    pub timeout: Duration,
    /// Write without waiting for readiness; the revision is recorded as unverified
    #[arg(long)]
    pub no_wait: bool,
    /// Wait this long for another run to release the lock
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s")]
    pub lock_timeout: Duration,
    /// Send at most this many writes at once; without it the number follows the server's answers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallelism: Option<u16>,
}

/// Flags of `obsctl apply`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl apply -e dev
  obsctl apply -e prod -s mlops-monitoring --auto-approve --rollback-on-failure
  obsctl apply plan.obsctl
  obsctl apply -e dev --allow-delete Namespace/mlops")]
pub struct ApplyArgs {
    /// Carry out this saved plan, if it still holds; it needs neither -e nor a second approval
    #[arg(value_name = "FILE", conflicts_with_all = ["stacks", "max_deletes", "allow_delete", "ignore_hold"])]
    pub plan: Option<PathBuf>,
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Whether the user is asked.
    #[command(flatten)]
    pub approval: Approval,
    /// Go back to the revision before if the run fails
    #[arg(long, conflicts_with = "no_wait")]
    pub rollback_on_failure: bool,
    /// Write the plan in a further form to a file; may be given several times
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub reports: Vec<ReportFile>,
    /// What may be deleted.
    #[command(flatten)]
    pub guards: Guards,
    /// How the plan is carried out.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Flags of `obsctl rollback`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl rollback -e prod -s mlops-monitoring
  obsctl rollback -e prod -s mlops-monitoring --to 12
  obsctl rollback -e prod --to 3f2a91c --auto-approve")]
pub struct RollbackArgs {
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Go back to this revision or commit; the default is the last good revision before the current one
    #[arg(long, value_name = "N|COMMIT")]
    pub to: Option<RollbackTo>,
    /// Whether the user is asked.
    #[command(flatten)]
    pub approval: Approval,
    /// What may be deleted.
    #[command(flatten)]
    pub guards: Guards,
    /// How the plan is carried out.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Flags of `obsctl destroy`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl destroy -e dev
  obsctl destroy -e dev -s mlops-monitoring --allow-delete Namespace --auto-approve")]
pub struct DestroyArgs {
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Delete also Namespaces, CustomResourceDefinitions or volumes, which are kept and released otherwise
    #[arg(long, value_name = "KIND[/[NS/]NAME]")]
    pub allow_delete: Vec<AllowDelete>,
    /// Whether the user is asked.
    #[command(flatten)]
    pub approval: Approval,
    /// How the plan is carried out.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Flags of `obsctl unlock`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl unlock -e prod -s mlops-monitoring")]
pub struct UnlockArgs {
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Whether the user is asked.
    #[command(flatten)]
    pub approval: Approval,
}
