//! Tests of records.

use super::*;
use crate::model::{Digest, ObjectId, RevisionState, RunSort};

fn target() -> TargetId {
    TargetId { repository: None, environment: "dev".to_owned(), stack: "app".to_owned() }
}

fn revision(number: u64, objects: usize) -> Revision {
    let item = |at: usize| InventoryItem {
        object: ObjectId {
            group: "apps".to_owned(),
            kind: "Deployment".to_owned(),
            namespace: Some("mlops".to_owned()),
            name: format!("d{at}"),
        },
        version: "v1".to_owned(),
        uid: Some(format!("uid-{at}")),
        digest: Some(Digest::of(at.to_string().as_bytes())),
        pack: Some(format!("r{number}")),
        created: at == 0,
        done: false,
        pre_image: false,
    };
    Revision {
        number,
        parent: number.checked_sub(1),
        state: RevisionState::Complete,
        sort: RunSort::Apply,
        commit: Some("c0ffee".to_owned()),
        summary: None,
        dirty: false,
        rolled_back_to: None,
        plan: Digest::of(b"plan"),
        user: "admin".to_owned(),
        ci_run: None,
        started: "2026-01-01T00:00:00Z".to_owned(),
        finished: None,
        inventory: (0..objects).map(item).collect(),
    }
}

fn stored(tree: Value) -> Body {
    Body::new(tree)
}

#[test]
fn a_ledger_is_read_back_as_it_was_written() {
    for objects in [3, 10_200] {
        let head = Head { current: Some(2), last: 2, ..Head::default() };
        let records = [
            stored(encode_revision("obsctl-system", &target(), &revision(2, objects)).expect("encodes")),
            stored(encode_head("obsctl-system", &target(), &head, Some("77")).expect("encodes")),
            stored(encode_revision("obsctl-system", &target(), &revision(1, objects)).expect("encodes")),
        ];
        let ledger = decode_ledger("app", records.iter()).expect("decodes");
        assert_eq!(ledger.head, Some(head));
        assert_eq!(ledger.head_version.as_deref(), Some("77"));
        assert_eq!(ledger.revisions, [revision(1, objects), revision(2, objects)]);
    }
}

#[test]
fn ten_thousand_objects_fit_into_one_config_map() {
    let record = encode_revision("obsctl-system", &target(), &revision(2, 10_200)).expect("encodes");
    let size = record.to_string().len();
    assert!(size < 1_000_000, "{size} bytes");
}

#[test]
fn a_revision_that_the_head_never_named_is_not_read() {
    let records = [
        stored(encode_head("s", &target(), &Head { last: 1, ..Head::default() }, None).expect("encodes")),
        stored(encode_revision("s", &target(), &revision(2, 1)).expect("encodes")),
    ];
    assert!(decode_ledger("app", records.iter()).expect("decodes").revisions.is_empty());
}

#[test]
fn a_format_of_a_later_version_is_refused() {
    let mut record = encode_head("s", &target(), &Head::default(), None).expect("encodes");
    record["data"]["format"] = json!("v9");
    let error = decode_ledger("app", [stored(record)].iter()).expect_err("refuses");
    assert!(error.to_string().contains("`v9`"), "{error}");
}

#[test]
fn records_do_not_look_like_objects_of_the_stack() {
    let head = stored(encode_head("s", &target(), &Head::default(), None).expect("encodes"));
    assert_eq!(head.label(crate::model::LABEL_STACK), None);
    assert_eq!(head.label(crate::model::LABEL_MANAGED_BY), None);
}
