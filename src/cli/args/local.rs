//! Flags of the commands that need no cluster.

use clap::{Args, ValueEnum};

use super::{Selection, TextOrJson};

/// Flags of `obsctl validate`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl validate
  obsctl validate -e prod -o json
  obsctl validate --ref origin/main")]
pub struct ValidateArgs {
    /// Which environment and stacks; all where none is named.
    #[command(flatten)]
    pub selection: Selection,
    /// Check this commit, branch or tag instead of the working tree
    #[arg(long = "ref", value_name = "REF")]
    pub reference: Option<String>,
    /// Print mistakes in this form
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: TextOrJson,
}

/// Forms of rendered objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RenderFormat {
    /// YAML documents
    #[default]
    Yaml,
    /// One JSON List
    Json,
}

/// Flags of `obsctl render`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl render -e dev
  obsctl render -e prod -s mlops-monitoring --ref v1.4.0 -o json")]
pub struct RenderArgs {
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Render this commit, branch or tag instead of the working tree
    #[arg(long = "ref", value_name = "REF")]
    pub reference: Option<String>,
    /// Print objects in this form
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: RenderFormat,
}

/// Forms of the order graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum GraphFormat {
    /// A Mermaid flowchart
    #[default]
    Mermaid,
    /// Graphviz' language
    Dot,
    /// A picture
    Svg,
}

/// Flags of `obsctl graph`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl graph -e dev
  obsctl graph -e prod -s mlops-monitoring -o svg > order.svg")]
pub struct GraphArgs {
    /// Which environment and stacks.
    #[command(flatten)]
    pub selection: Selection,
    /// Draw this commit, branch or tag instead of the working tree
    #[arg(long = "ref", value_name = "REF")]
    pub reference: Option<String>,
    /// Draw in this form
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: GraphFormat,
}
