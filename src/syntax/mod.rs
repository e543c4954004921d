//! Text to trees with places: YAML as kubectl reads it, JSON, and the expressions `${{ … }}` in them.

mod builder;
mod expression;
mod json;
mod mistake;
mod node;
mod print;
mod scalar;
mod suggest;
mod text;
mod walk;
mod yaml;

pub use expression::{Remark, Replaced, Scope, replace};
pub use json::{is_json, parse_json};
pub use node::{Key, Node, NodeValue};
pub use print::{PrintError, print_yaml};
pub use suggest::{did_you_mean, listed};
pub use text::decode;
pub use walk::{Notes, substitute, substitute_text};
pub use yaml::parse_yaml;
