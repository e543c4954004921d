//! The query of a request.

use super::denial::Denial;
use crate::model::Cause;

/// Longest name of a field manager.
const LONGEST_MANAGER: usize = 128;

/// What to do with fields that a kind does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    /// Drop them.
    Ignore,
    /// Drop them and say so.
    Warn,
    /// Refuse the body.
    Strict,
}

/// What a query belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionsOf {
    /// A create.
    Create,
    /// A PUT.
    Update,
    /// A patch other than apply.
    Patch,
    /// A server-side apply.
    Apply,
    /// A deletion.
    Delete,
}

impl OptionsOf {
    fn kind(self) -> &'static str {
        match self {
            Self::Create => "CreateOptions",
            Self::Update => "UpdateOptions",
            Self::Patch | Self::Apply => "PatchOptions",
            Self::Delete => "DeleteOptions",
        }
    }
}

/// Parameters of a query.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pairs: Vec<(String, String)>,
}

impl Options {
    /// Reads a query.
    pub(crate) fn of(query: &str) -> Self {
        Self { pairs: form_urlencoded::parse(query.as_bytes()).into_owned().collect() }
    }

    /// A parameter that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A parameter that says yes.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1" | "True" | "t" | "TRUE" | "T"))
    }

    /// A parameter that is a number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Denial> {
        let Some(text) = self.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| unparsable(name, text))
    }

    /// Whether nothing is to be stored.
    pub(crate) fn dry_run(&self) -> bool {
        self.get("dryRun").is_some()
    }

    /// What to do with unknown fields.
    pub(crate) fn field_validation(&self) -> FieldValidation {
        match self.get("fieldValidation") {
            Some("Strict") => FieldValidation::Strict,
            Some("Ignore") => FieldValidation::Ignore,
            _ => FieldValidation::Warn,
        }
    }

    /// Refuses what an API server refuses.
    pub(crate) fn check(&self, of: OptionsOf) -> Result<(), Denial> {
        let (kind, apply) = (of.kind(), of == OptionsOf::Apply);
        let mut causes = Vec::new();
        if of == OptionsOf::Patch && self.get("force").is_some() {
            causes.push(cause(
                "force",
                "FieldValueForbidden",
                "Forbidden: may not be specified for non-apply patch",
            ));
        }
        match self.get("fieldManager") {
            None if apply => {
                causes.push(cause(
                    "fieldManager",
                    "FieldValueRequired",
                    "Required value: is required for apply patch",
                ));
            }
            Some(manager) if manager.len() > LONGEST_MANAGER => {
                causes.push(cause(
                    "fieldManager",
                    "FieldValueTooLong",
                    "Too long: may not be more than 128 bytes",
                ));
            }
            Some(manager) if manager.chars().any(char::is_control) => {
                let odd = manager.chars().enumerate().find(|(_, letter)| letter.is_control());
                let (at, letter) = odd.unwrap_or_default();
                let code = u32::from(letter);
                let message =
                    format!("Invalid value: {manager:?}: invalid character U+{code:04X} (at position {at})");
                causes.push(cause("fieldManager", "FieldValueInvalid", &message));
            }
            Some(_) | None => {}
        }
        if let Some(other) = self.get("dryRun").filter(|text| *text != "All") {
            let message = format!("Unsupported value: [\"{other}\"]: supported values: \"All\"");
            causes.push(cause("dryRun", "FieldValueNotSupported", &message));
        }
        if let Some(other) = self.get("fieldValidation")
            && !["Ignore", "Warn", "Strict"].contains(&other)
        {
            let message = format!(
                "Unsupported value: \"{other}\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""
            );
            causes.push(cause("fieldValidation", "FieldValueNotSupported", &message));
        }
        if causes.is_empty() { Ok(()) } else { Err(Denial::invalid("meta.k8s.io", kind, "", &causes)) }
    }
}

/// A number that is none, as the server's decoder of parameters words it.
fn unparsable(name: &str, text: &str) -> Denial {
    Denial::new(
        500,
        "",
        format!("{name}: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"),
    )
}

fn cause(field: &str, reason: &str, message: &str) -> Cause {
    Cause { reason: reason.to_owned(), field: field.to_owned(), message: message.to_owned() }
}
