//! Names, labels and types of records.

use crate::model::TargetId;

/// Label of a record: the environment of its target.
///
/// Not `obsctl.dev/environment`: a record is no object of the stack and must never be taken for one.
pub const LABEL_RECORD_ENVIRONMENT: &str = "obsctl.dev/record-environment";
/// Label of a record: the stack of its target.
pub const LABEL_RECORD_STACK: &str = "obsctl.dev/record-stack";
/// Type of the Secrets that hold packs.
pub const PACK_TYPE: &str = "obsctl.dev/revision";

/// The sorts of records, as the label `obsctl.dev/record` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordSort {
    /// The record that names all others of a target.
    Head,
    /// One revision with its inventory.
    Revision,
    /// A part of a pack of objects.
    Pack,
    /// The key of digests.
    Key,
}

impl RecordSort {
    /// The label's value.
    pub fn word(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Revision => "revision",
            Self::Pack => "pack",
            Self::Key => "key",
        }
    }
}

/// Name of the head record.
pub fn head_name(target: &TargetId) -> String {
    format!("{}.head", target.record_prefix())
}

/// Name of a revision record.
pub fn revision_name(target: &TargetId, number: u64) -> String {
    format!("{}.r{number}", target.record_prefix())
}

/// Name of a part of a pack.
pub fn pack_name(target: &TargetId, pack: &str, part: usize) -> String {
    format!("{}.{pack}.pack{part}", target.record_prefix())
}
