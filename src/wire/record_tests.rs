//! Tests of records.

use super::*;
use crate::model::{Digest, InventoryItem, ObjectId, RevisionState, RunSort};

pub(in crate::wire) fn item(name: &str) -> InventoryItem {
    InventoryItem {
        object: ObjectId {
            group: String::new(),
            kind: "ConfigMap".to_owned(),
            namespace: Some("n".to_owned()),
            name: name.to_owned(),
        },
        version: "v1".to_owned(),
        uid: None,
        digest: Some(Digest::of(name.as_bytes())),
        pack: None,
        created: false,
        done: false,
        pre_image: false,
    }
}

pub(in crate::wire) fn revision(number: u64) -> Revision {
    Revision {
        number,
        parent: None,
        state: RevisionState::Complete,
        sort: RunSort::Apply,
        commit: None,
        summary: None,
        dirty: false,
        rolled_back_to: None,
        plan: Digest::of(b"plan"),
        user: "admin".to_owned(),
        ci_run: None,
        started: "2026-11-21T00:00:00Z".to_owned(),
        finished: None,
        inventory: Vec::new(),
    }
}

fn names() -> RecordNames {
    let target = TargetId { repository: None, environment: "prod".to_owned(), stack: "mlops".to_owned() };
    RecordNames::new("obsctl-system", &target)
}

fn bodies(records: Vec<Value>) -> Vec<Body> {
    records.into_iter().map(Body::new).collect()
}

#[test]
fn a_head_survives_its_record() {
    let head = Head { current: Some(3), last: 4, ..Head::default() };
    let record = Body::new(head_record(&names(), &head));
    assert_eq!(record.id().name, "prod.mlops.head");
    assert_eq!(head_of(&record).unwrap(), head);
    assert_eq!(target_of(&record, &head).unwrap().stack, "mlops");
    assert_eq!(record.label("obsctl.dev/stack"), None);
}

#[test]
fn ten_thousand_objects_fit_into_records() {
    let mut long = revision(7);
    long.inventory = (0..20_000).map(|n| item(&format!("object-{n}"))).collect();
    for item in &mut long.inventory {
        let digest = Digest::of(item.object.name.as_bytes());
        item.uid = Some(digest.0[7..43].to_owned());
    }
    let records = revision_records(&names(), &long).unwrap();
    assert!(records.len() > 1);
    assert!(records.iter().all(|record| record.to_string().len() < 1_200_000));
    let mut records = bodies(records);
    records.reverse();
    assert_eq!(revisions_of(&records).unwrap(), vec![long]);
    records.remove(0);
    assert!(revisions_of(&records).unwrap_err().reason.contains("parts are there"));
}

#[test]
fn revisions_are_read_in_the_order_of_their_numbers() {
    let mut short = revision(10);
    short.inventory = vec![item("a")];
    let mut records = revision_records(&names(), &short).unwrap();
    records.extend(revision_records(&names(), &revision(9)).unwrap());
    assert!(records[0]["data"]["inventory"].is_string(), "a short inventory stays readable");
    let numbers: Vec<_> = revisions_of(&bodies(records)).unwrap().iter().map(|r| r.number).collect();
    assert_eq!(numbers, [9, 10]);
}

#[test]
fn a_short_key_is_refused() {
    assert_eq!(key_of(&Body::new(key_record(&names(), &[7; 32]))).unwrap(), [7; 32]);
    assert!(key_of(&Body::new(key_record(&names(), b"x"))).is_err());
}
