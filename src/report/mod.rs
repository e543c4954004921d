//! What people and programs read of a run: text, JSON, Markdown, pictures of graphs.
//!
//! In: the nouns of the line, a [`Style`], and the present where times are told. Out: strings. This room
//! writes nowhere, reads no clock and never sees a secret: values arrive as [`Shown`](crate::model::Shown).

mod drift;
mod fields;
mod gates;
mod graph;
mod graph_svg;
mod header;
mod history;
mod json;
mod lines;
mod live;
mod markdown;
mod plan_json;
mod plan_markdown;
mod plan_text;
mod problems;
mod progress;
#[cfg(test)]
mod samples;
mod status;
mod style;
mod table;
mod time;
mod tree;
mod value;

pub use drift::{StackDrift, drift_json, drift_markdown, drift_text};
pub use graph::{graph_dot, graph_mermaid};
pub use graph_svg::graph_svg;
pub use header::Header;
pub use history::{history_json, history_text};
pub use markdown::MARKDOWN_BUDGET;
pub use plan_json::plan_json;
pub use plan_markdown::plan_markdown;
pub use plan_text::{findings_text, plan_text, summary_line};
pub use problems::{findings_json, problems_text};
pub use progress::Progress;
pub use status::{StackStatus, status_json, status_text};
pub use style::{Style, count};
