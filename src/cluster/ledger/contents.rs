//! Reading stored objects, and collecting what no kept revision names.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::keep::{LedgerError, path};
use crate::cluster::{
    Cluster,
    request::{Call, METADATA_LIST},
};
use crate::model::{Body, Gvk, LABEL_RECORD, Ledger, ObjectId, ResourceType, Revision, TargetId};
use crate::wire::{
    Content, LABEL_RECORD_ENVIRONMENT, LABEL_RECORD_STACK, decode_pack, pack_name, revision_name,
};

impl Cluster {
    /// The wanted objects of a revision, out of the packs that hold them.
    pub async fn contents(
        &self,
        namespace: &str,
        target: &TargetId,
        revision: &Revision,
    ) -> Result<BTreeMap<ObjectId, Body>, LedgerError> {
        let mut packs: BTreeMap<&str, BTreeSet<&ObjectId>> = BTreeMap::new();
        for item in &revision.inventory {
            if let (Some(pack), Some(_)) = (&item.pack, &item.digest) {
                packs.entry(pack).or_default().insert(&item.object);
            }
        }
        let mut found = BTreeMap::new();
        for (pack, wanted) in packs {
            let contents = self.pack(namespace, target, pack).await?;
            let held =
                contents.into_iter().filter(|content| !content.pre_image && wanted.contains(&content.object));
            found.extend(held.map(|content| (content.object, Body::new(content.tree))));
        }
        Ok(found)
    }

    /// What was live before a revision's run took it over.
    pub async fn pre_images(
        &self,
        namespace: &str,
        target: &TargetId,
        number: u64,
    ) -> Result<BTreeMap<ObjectId, Body>, LedgerError> {
        let contents = self.pack(namespace, target, &format!("r{number}")).await?;
        let before = contents.into_iter().filter(|content| content.pre_image);
        Ok(before.map(|content| (content.object, Body::new(content.tree))).collect())
    }

    async fn pack(
        &self,
        namespace: &str,
        target: &TargetId,
        pack: &str,
    ) -> Result<Vec<Content>, LedgerError> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        loop {
            let name = pack_name(target, pack, parts.len());
            let secret = self
                .get_path(&Call::get(path("Secret", namespace, Some(&name))))
                .await
                .map_err(LedgerError::call(format!("read the stored objects in Secret {namespace}/{name}")))?
                .ok_or_else(|| LedgerError::Lost(format!("{namespace}/{name}")))?;
            let bytes =
                |key: &str| STANDARD.decode(secret.body.text(&["data", key]).unwrap_or_default()).ok();
            parts.push(bytes("part").unwrap_or_default());
            let all = bytes("parts").and_then(|text| String::from_utf8(text).ok()?.parse().ok()).unwrap_or(1);
            if parts.len() >= all {
                return Ok(decode_pack(&parts)?);
            }
        }
    }

    /// Deletes the oldest revisions beyond `keep`, and packs that no kept revision names.
    ///
    /// Only under the target's lock and after the new head is stored. The current, the pending and the last good
    /// revision stay however old they are. Gives how many records were deleted.
    pub async fn collect(
        &self,
        namespace: &str,
        target: &TargetId,
        ledger: &Ledger,
        keep: usize,
    ) -> Result<usize, LedgerError> {
        let head = ledger.head.clone().unwrap_or_default();
        let pinned = [head.current, head.good, head.pending];
        let spare = ledger.revisions.len().saturating_sub(keep);
        let (old, kept): (Vec<_>, Vec<_>) = ledger
            .revisions
            .iter()
            .enumerate()
            .partition(|(at, revision)| *at < spare && !pinned.contains(&Some(revision.number)));
        let named: BTreeSet<String> = kept.iter().flat_map(|(_, revision)| packs_of(revision)).collect();
        let mut deleted = 0;
        for (_, revision) in old {
            self.drop_record("ConfigMap", namespace, &revision_name(target, revision.number)).await?;
            deleted += 1;
        }
        for name in self.stored_packs(namespace, target).await? {
            let pack = name
                .strip_prefix(&format!("{}.", target.record_prefix()))
                .and_then(|rest| rest.split('.').next());
            if pack.is_some_and(|pack| !named.contains(pack)) {
                self.drop_record("Secret", namespace, &name).await?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }

    /// Deletes every record of a target: its history is gone.
    pub async fn purge(
        &self,
        namespace: &str,
        target: &TargetId,
        ledger: &Ledger,
    ) -> Result<(), LedgerError> {
        for name in self.stored_packs(namespace, target).await? {
            self.drop_record("Secret", namespace, &name).await?;
        }
        for revision in &ledger.revisions {
            self.drop_record("ConfigMap", namespace, &revision_name(target, revision.number)).await?;
        }
        self.drop_record("ConfigMap", namespace, &crate::wire::head_name(target)).await
    }

    /// Names of a target's pack Secrets, by their metadata only.
    async fn stored_packs(&self, namespace: &str, target: &TargetId) -> Result<Vec<String>, LedgerError> {
        let selector = format!(
            "{LABEL_RECORD}=pack,{LABEL_RECORD_ENVIRONMENT}={},{LABEL_RECORD_STACK}={}",
            target.environment, target.stack
        );
        let kind = secrets();
        let list =
            self.list(&kind, Some(namespace), &[("labelSelector", &selector)], Some(METADATA_LIST)).await;
        let list = list.map_err(LedgerError::call(format!("list the packs in namespace {namespace}")))?;
        Ok(list.iter().map(|secret| secret.body.id().name).collect())
    }

    async fn drop_record(&self, kind: &str, namespace: &str, name: &str) -> Result<(), LedgerError> {
        let call = Call::delete(path(kind, namespace, Some(name)), String::new()).repeatable();
        match self.call(&call).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_absent() => Ok(()),
            Err(error) => Err(LedgerError::call(format!("delete record {kind} {namespace}/{name}"))(error)),
        }
    }
}

/// Names of the packs that a revision needs: those of its objects, and its own for its pre-images.
fn packs_of(revision: &Revision) -> Vec<String> {
    let own = format!("r{}", revision.number);
    revision.inventory.iter().filter_map(|item| item.pack.clone()).chain([own]).collect()
}

fn secrets() -> ResourceType {
    ResourceType {
        gvk: Gvk::new("v1", "Secret"),
        plural: "secrets".to_owned(),
        namespaced: true,
        status: false,
        scale: false,
        verbs: Vec::new(),
    }
}
