//! What records are called.

use serde_json::{Value, json};

use crate::model::{LABEL_RECORD, TargetId};

/// Label of a record: the environment it is about.
pub const LABEL_RECORD_ENVIRONMENT: &str = "obsctl.dev/record-environment";
/// Label of a record: the stack it is about.
pub const LABEL_RECORD_STACK: &str = "obsctl.dev/record-stack";
/// Value of `obsctl.dev/record` on heads.
pub const RECORD_HEAD: &str = "head";
/// Value of `obsctl.dev/record` on revisions.
pub const RECORD_REVISION: &str = "revision";
/// Value of `obsctl.dev/record` on packs.
pub const RECORD_PACK: &str = "pack";
/// Value of `obsctl.dev/record` on keys.
pub const RECORD_KEY: &str = "key";

/// Names and labels of one target's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordNames {
    namespace: String,
    target: TargetId,
}

impl RecordNames {
    /// The records of a target in a state namespace.
    pub fn new(namespace: &str, target: &TargetId) -> Self {
        Self { namespace: namespace.to_owned(), target: target.clone() }
    }

    /// The state namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Whose records they are.
    pub fn target(&self) -> &TargetId {
        &self.target
    }

    /// `<env>.<stack>.head`.
    pub fn head(&self) -> String {
        format!("{}.head", self.target.record_prefix())
    }

    /// `<env>.<stack>.r<N>`, and `….r<N>.<part>` for further parts.
    pub fn revision(&self, number: u64, part: usize) -> String {
        let name = format!("{}.r{number}", self.target.record_prefix());
        if part == 0 { name } else { format!("{name}.{part}") }
    }

    /// `<env>.<stack>.<pack>.<part>`.
    pub fn pack(&self, pack: &str, part: usize) -> String {
        format!("{}.{pack}.{part}", self.target.record_prefix())
    }

    /// `<env>.<stack>.key`.
    pub fn key(&self) -> String {
        format!("{}.key", self.target.record_prefix())
    }

    /// `<env>.<stack>`.
    pub fn lease(&self) -> String {
        self.target.record_prefix()
    }

    /// Selects this target's records of a sort.
    pub fn selector(&self, sort: &str) -> String {
        format!(
            "{LABEL_RECORD}={sort},{LABEL_RECORD_ENVIRONMENT}={},{LABEL_RECORD_STACK}={}",
            self.target.environment, self.target.stack
        )
    }

    /// The metadata of a record.
    pub fn metadata(&self, name: &str, sort: &str) -> Value {
        json!({
            "name": name,
            "namespace": self.namespace,
            "labels": {
                LABEL_RECORD: sort,
                LABEL_RECORD_ENVIRONMENT: self.target.environment,
                LABEL_RECORD_STACK: self.target.stack,
            },
        })
    }
}
