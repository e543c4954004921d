//! What one target wants in the cluster.

use std::collections::BTreeMap;

use super::{
    body::Body,
    ident::{ObjectId, TargetId},
    place::{Finding, Origin},
    target::Requirement,
};

/// One wanted object.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Its identity; equals what the body says.
    pub id: ObjectId,
    /// The object, labelled as ours, `stringData` folded into `data`.
    pub body: Body,
    /// Where it comes from; none for objects of a stored revision.
    pub origin: Option<Origin>,
}

/// The wanted objects of one target: ids are unique, Secrets sealed.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredState {
    /// Whose objects they are.
    pub target: TargetId,
    /// The objects by identity.
    pub objects: BTreeMap<ObjectId, Wanted>,
    /// What must exist beside them.
    pub requires: Vec<Requirement>,
    /// The stack's namespace.
    pub namespace: Option<String>,
    /// What was noticed while rendering.
    pub findings: Vec<Finding>,
}
