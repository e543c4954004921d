//! Beginning and ending a revision.

use super::keep::{LedgerError, path};
use crate::cluster::{Cluster, request::Call};
use crate::model::{Head, Ledger, Revision, RevisionState, TargetId};
use crate::wire::{Content, encode_head, encode_pack, encode_pack_chunk, encode_revision};

/// A revision that is stored as pending: the only thing that lets a run write.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Where the records stand.
    pub namespace: String,
    /// Whose revision it is.
    pub target: TargetId,
    /// The revision.
    pub revision: Revision,
    head: Head,
    head_version: String,
}

impl Cluster {
    /// Stores packs and the pending revision, and names it in the head; nothing else may be written before.
    pub async fn begin(
        &self,
        (namespace, target): (&str, &TargetId),
        ledger: &Ledger,
        revision: Revision,
        contents: &[Content],
    ) -> Result<Begun, LedgerError> {
        let pack = format!("r{}", revision.number);
        let parts = encode_pack(contents)?;
        for (at, bytes) in parts.iter().enumerate() {
            self.put_record(&encode_pack_chunk(namespace, target, &pack, (at, parts.len()), bytes)).await?;
        }
        self.put_record(&encode_revision(namespace, target, &revision)?).await?;
        let mut head = ledger.head.clone().unwrap_or_default();
        head.repository.clone_from(&target.repository);
        head.pending = Some(revision.number);
        head.last = revision.number;
        let head_version = self.swap_head(namespace, target, &head, ledger.head_version.as_deref()).await?;
        Ok(Begun { namespace: namespace.to_owned(), target: target.clone(), revision, head, head_version })
    }

    /// Stores how the revision ended and makes it the current one; `turned_back` replaces the head's list.
    pub async fn finish(
        &self,
        begun: Begun,
        revision: Revision,
        turned_back: Vec<crate::model::TurnedBack>,
    ) -> Result<Head, LedgerError> {
        self.put_record(&encode_revision(&begun.namespace, &begun.target, &revision)?).await?;
        let mut head = begun.head;
        head.pending = None;
        head.current = Some(revision.number);
        head.turned_back = turned_back;
        match revision.state {
            RevisionState::Complete => head.good = Some(revision.number),
            RevisionState::Destroyed => head.good = None,
            RevisionState::Pending | RevisionState::Unverified | RevisionState::Failed => {}
        }
        self.swap_head(&begun.namespace, &begun.target, &head, Some(&begun.head_version)).await?;
        Ok(head)
    }

    async fn swap_head(
        &self,
        namespace: &str,
        target: &TargetId,
        head: &Head,
        replaces: Option<&str>,
    ) -> Result<String, LedgerError> {
        let record = encode_head(namespace, target, head, replaces)?;
        if replaces.is_some() {
            return self.swap_record(&record).await;
        }
        if !self.make_record(&record).await? {
            return Err(LedgerError::Raced);
        }
        let name = crate::wire::head_name(target);
        let stored = self.get_path(&Call::get(path("ConfigMap", namespace, Some(&name)))).await;
        let stored = stored.map_err(LedgerError::call("read the head record"))?.ok_or(LedgerError::Raced)?;
        Ok(stored.resource_version.clone())
    }
}
