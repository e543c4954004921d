//! What people and programs read of a run: text, JSON, Markdown, pictures of graphs.
//!
//! In: the nouns of the line, a [`Style`], and the present where times are told. Out: strings. This room
//! writes nowhere, reads no clock and never sees a secret: values arrive as [`Shown`](crate::model::Shown).

mod fields;
mod header;
mod lines;
mod plan_text;
#[cfg(test)]
mod samples;
mod style;
mod table;
mod time;
mod tree;
mod value;

pub use header::Header;
pub use plan_text::{plan_text, summary_line};
pub use style::Style;
