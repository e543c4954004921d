//! Why an object is invalid, in the server's words.

use std::collections::BTreeSet;

use serde_json::Value;

/// The sort of a cause, as the server names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A value that may not be.
    Invalid,
    /// A value of another type.
    TypeInvalid,
    /// A field that must be there.
    Required,
    /// A value that is none of those listed.
    NotSupported,
    /// A field that may not be set so.
    Forbidden,
    /// A value that is there already.
    Duplicate,
    /// A text of too many characters.
    TooLong,
    /// A list or map of too many items.
    TooMany,
}

impl Reason {
    /// The name of the reason in a Status.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "FieldValueInvalid",
            Self::TypeInvalid => "FieldValueTypeInvalid",
            Self::Required => "FieldValueRequired",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Forbidden => "FieldValueForbidden",
            Self::Duplicate => "FieldValueDuplicate",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
        }
    }

    /// Whether rules are not checked where such a cause is found.
    pub(super) fn blocks(self) -> bool {
        match self {
            Self::TypeInvalid | Self::Required | Self::NotSupported | Self::TooLong | Self::TooMany => true,
            Self::Invalid | Self::Forbidden | Self::Duplicate => false,
        }
    }
}

/// One thing that is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The field, as `spec.list[0].name`; `<nil>` where the server names none.
    pub field: String,
    /// What sort of thing it is.
    pub reason: Reason,
    /// What is wrong, beginning as `Invalid value: …`.
    pub message: String,
}

impl Cause {
    pub(super) fn new(field: &str, reason: Reason, message: String) -> Self {
        Self { field: field.to_owned(), reason, message }
    }

    /// A cause that names no field.
    pub(super) fn nowhere(message: String) -> Self {
        Self::new("<nil>", Reason::Invalid, message)
    }

    /// A value that may not be, with its value.
    pub(super) fn invalid(field: &str, value: &Value, message: &str) -> Self {
        Self::new(field, Reason::Invalid, format!("Invalid value: {value}: {message}"))
    }
}

/// The message of the answer 422: `Kind.group "name" is invalid: …`.
pub fn refusal(kind: &str, group: &str, name: &str, causes: &[Cause]) -> String {
    let mut told = BTreeSet::new();
    let texts = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message));
    let texts: Vec<_> = texts.filter(|text| told.insert(text.clone())).collect();
    let all = texts.join(", ");
    let all = if texts.len() == 1 { all } else { format!("[{all}]") };
    let kind = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
    format!("{kind} {name:?} is invalid: {all}")
}
