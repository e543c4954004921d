//! How the cluster differs from what was applied last.

use super::{ident::ObjectId, place::Origin, plan::FieldChange};

/// In which way an object drifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftClass {
    /// Declared and not there.
    Missing,
    /// There, with other values in declared fields.
    Modified,
    /// There, with keys of others inside maps that we fill.
    Extra,
    /// It could not be read or compared.
    Unreadable,
}

impl DriftClass {
    /// The word of reports and of JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Modified => "modified",
            Self::Extra => "extra",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One object that drifted.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftItem {
    /// In which way.
    pub class: DriftClass,
    /// Which object.
    pub object: ObjectId,
    /// Where it is declared.
    pub origin: Option<Origin>,
    /// Fields that differ: before is what was applied, after is what is live.
    pub fields: Vec<FieldChange>,
    /// What happened, in words.
    pub reason: String,
}
