//! YAML files: one pass over the events of the parser, every document, every mistake.

use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Parser, options};

use super::{builder::Builder, mistake, node::Node, text::counted};
use crate::model::{Place, Problem};

/// Deepest nesting of lists and maps in a file.
const MAX_DEPTH: usize = 100;

/// All documents of a YAML text; empty ones are left out.
pub fn parse_yaml(file: &Arc<str>, text: &str) -> Result<Vec<Node>, Vec<Problem>> {
    let mut problems = mistake::control_characters(file, text);
    if !problems.is_empty() {
        return Err(problems);
    }
    let options = options! {
        emit_comments: false,
        block_nesting_limit: MAX_DEPTH,
        flow_nesting_limit: MAX_DEPTH,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder::new(file);
    let mut documents = Vec::new();
    while let Some(next) = parser.next_event() {
        match next {
            Ok((Event::DocumentEnd, _)) => documents.extend(builder.finish()),
            Ok((event, span)) => {
                let begin = span.start;
                if builder.take(event, counted(begin.line()), counted(begin.col() + 1)).is_err() {
                    break;
                }
            }
            Err(error) => {
                let mark = *error.marker();
                let place = Place {
                    file: Arc::clone(file),
                    line: counted(mark.line()),
                    column: counted(mark.col() + 1),
                };
                problems.push(mistake::of(&error, place, text));
                builder.abandon();
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    problems.extend(builder.problems);
    problems.sort();
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
