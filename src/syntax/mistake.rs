//! The YAML parser's errors in words that say what to type.

use std::sync::Arc;

use serde_saphyr::granit_parser::{ErrorKind, ScanError};

use super::text::counted;
use crate::model::{Place, Problem};

/// A problem for an error of the parser.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum has 80 variants and may grow")]
pub(crate) fn of(error: &ScanError, place: Place, text: &str) -> Problem {
    let line = text.lines().nth((place.line as usize).saturating_sub(1)).unwrap_or_default();
    let help = match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => Some("indent with spaces: YAML forbids tabs there"),
        ErrorKind::UnknownAnchor => Some("define it before with `&name`, or quote the text if it is none"),
        ErrorKind::RecursionLimitExceeded => Some("at most 100 levels of lists and maps are read"),
        ErrorKind::InvalidSimpleKey | ErrorKind::MappingKeyNotAllowed | ErrorKind::SimpleKeyExpected => {
            Some("check the indentation, and quote texts that contain `: `")
        }
        ErrorKind::UnclosedQuotedScalar => Some("close the quote"),
        ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey => {
            Some("check the indentation of this line and the ones before it")
        }
        _ if line.contains("${{") && line.contains(['[', '{']) => {
            Some("inside `{…}` and `[…]` an expression must be quoted: \"${{ … }}\"")
        }
        _ if line.contains('\t') && line.trim_start_matches(' ').starts_with('\t') => {
            Some("indent with spaces: YAML forbids tabs there")
        }
        _ if line.trim_start().starts_with(['@', '`', '%']) || line.contains(": %") => {
            Some("quote texts that begin with `@`, `%` or a backtick")
        }
        _ => None,
    };
    let message = lower(&error.kind().to_string());
    let usual = if message.starts_with("unclosed") {
        "close it, or quote the text if it is none"
    } else {
        "correct the YAML here; texts with odd characters go into quotes"
    };
    Problem::new(place, message).help(help.unwrap_or(usual))
}

/// Characters that no YAML or JSON text may hold.
pub(crate) fn control_characters(file: &Arc<str>, text: &str) -> Vec<Problem> {
    let odd = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0x7f;
    if !text.bytes().any(odd) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        let found = line.chars().enumerate().find(|(_, c)| c.is_ascii() && odd(*c as u8));
        if let Some((column, character)) = found {
            let place =
                Place { file: Arc::clone(file), line: counted(number + 1), column: counted(column + 1) };
            let message = format!("control character U+{:04X} is not allowed", character as u32);
            problems.push(Problem::new(place, message).help("remove it, or write it as an escape in quotes"));
        }
        if problems.len() == 10 {
            break;
        }
    }
    problems
}

fn lower(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    let rest = letters.as_str();
    let acronym = rest.chars().next().is_some_and(char::is_uppercase);
    let text = if acronym { message.to_owned() } else { format!("{first}{rest}") };
    text.trim_end_matches('.').to_owned()
}
