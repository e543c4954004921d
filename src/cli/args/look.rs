//! Flags of the commands that look at a cluster.

use clap::Args;

use super::{Format, ReportFile, Selection, TextOrJson};

/// Flags of `obsctl drift`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl drift -e prod
  obsctl drift --all -o json
  obsctl drift -e prod --report markdown=drift.md")]
pub struct DriftArgs {
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Look at all environments
    #[arg(long)]
    pub all: bool,
    /// Print drift in this form
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: Format,
    /// Write drift in a further form to a file; may be given several times
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub reports: Vec<ReportFile>,
    /// Exit 2 if there is drift, as drift does anyway
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// Flags of `obsctl history`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl history -e prod -s mlops-monitoring
  obsctl history -e prod -o json")]
pub struct HistoryArgs {
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Print the history in this form
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: TextOrJson,
}

/// Flags of `obsctl status`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl status -e prod
  obsctl status -e prod -s mlops-monitoring -o json")]
pub struct StatusArgs {
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Print the status in this form
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: TextOrJson,
}
