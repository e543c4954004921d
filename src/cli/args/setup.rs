//! Flags of the commands that set things up.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Selection;

/// Flags of `obsctl init`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl init
  obsctl init shop --name shop-monitoring")]
pub struct InitArgs {
    /// Write into this folder, which is made where it does not exist
    #[arg(value_name = "DIR", default_value = ".")]
    pub target: PathBuf,
    /// Name the repository; the default is the folder's name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// Whose rights `rbac` computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RbacFor {
    /// Rights to plan
    Plan,
    /// Rights to apply, roll back and destroy
    Apply,
    /// Rights to look for drift
    Drift,
    /// Rights for every command
    #[default]
    All,
}

/// Forms of Roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RbacFormat {
    /// YAML documents
    #[default]
    Yaml,
}

/// Flags of `obsctl rbac`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl rbac plan -e prod --without-secrets | kubectl apply -f -
  obsctl rbac all -e prod -s mlops-monitoring")]
pub struct RbacArgs {
    /// Print the rights for this
    #[arg(value_enum, value_name = "FOR", default_value_t)]
    pub rights: RbacFor,
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Leave out the right to read Secrets; they are then shown as not compared
    #[arg(long)]
    pub without_secrets: bool,
    /// Print Roles in this form
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: RbacFormat,
}

/// Flags of `obsctl completions`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl completions bash > /etc/bash_completion.d/obsctl
  obsctl completions zsh > \"${fpath[1]}/_obsctl\"")]
pub struct CompletionsArgs {
    /// Print the script of this shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Flags of `obsctl man`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl man | man -l -
  obsctl man plan > obsctl-plan.1")]
pub struct ManArgs {
    /// Print the page of this command instead of the page of obsctl
    #[arg(value_name = "COMMAND")]
    pub of: Option<String>,
}
