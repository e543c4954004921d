//! What may be in the cluster while a revision is pending (rules 6).

use std::collections::BTreeMap;

use crate::model::{InventoryItem, Ledger, ObjectId, RevisionState};

/// The new inventory, and every object that the last whole revision or any later one names.
///
/// Objects that only older inventories name carry no digest and no pack: they are no wish of this revision.
pub fn superset(ledger: &Ledger, new: &[InventoryItem]) -> Vec<InventoryItem> {
    let whole = ledger.revisions.iter().rev().find(|revision| match revision.state {
        RevisionState::Complete | RevisionState::Unverified | RevisionState::Destroyed => true,
        RevisionState::Pending | RevisionState::Failed => false,
    });
    let from = whole.map_or(0, |revision| revision.number);
    let mut all: BTreeMap<ObjectId, InventoryItem> = BTreeMap::new();
    for revision in ledger.revisions.iter().filter(|revision| revision.number >= from) {
        for item in &revision.inventory {
            let uid = item.uid.clone().or_else(|| all.get(&item.object)?.uid.clone());
            let kept = InventoryItem { uid, digest: None, pack: None, pre_image: false, ..item.clone() };
            all.insert(item.object.clone(), kept);
        }
    }
    for item in new {
        let uid = item.uid.clone().or_else(|| all.get(&item.object)?.uid.clone());
        all.insert(item.object.clone(), InventoryItem { uid, ..item.clone() });
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record::tests::{item, revision};

    #[test]
    fn keeps_what_any_unfinished_revision_may_have_made() {
        let mut ledger = Ledger::default();
        for (number, state, names) in [
            (1, RevisionState::Complete, vec!["gone-long-ago"]),
            (2, RevisionState::Complete, vec!["a", "b"]),
            (3, RevisionState::Failed, vec!["a", "c"]),
            (4, RevisionState::Pending, vec!["a", "d"]),
        ] {
            let mut revision = revision(number);
            revision.state = state;
            revision.inventory = names.into_iter().map(item).collect();
            ledger.revisions.push(revision);
        }
        let all = superset(&ledger, &[item("a"), item("e")]);
        let names: Vec<_> = all.iter().map(|item| item.object.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
        assert!(all.iter().all(|item| item.digest.is_some() == ["a", "e"].contains(&&*item.object.name)));
    }
}
