//! Tests of saved plans.

use super::*;
use crate::model::{Action, Body, Diff, FieldChange, FieldPath, HoldSort, Shown, Wait};

fn step(name: &str, path: &str) -> Step {
    let object = ObjectId {
        group: String::new(),
        kind: "Secret".to_owned(),
        namespace: Some("n".to_owned()),
        name: name.to_owned(),
    };
    Step {
        action: Action::Patch,
        object,
        api_version: "v1".to_owned(),
        origin: None,
        reason: String::new(),
        estimated: None,
        fields: vec![FieldChange {
            path: FieldPath::of(&["data", path]),
            values: Diff {
                before: Shown::Sealed { length: 3, digest: Some("aaa111".to_owned()) },
                after: Shown::Sealed { length: 4, digest: None },
            },
            writer: None,
            note: None,
        }],
        write: Write::Apply {
            body: Body::new(json!({"data": {"password": "aHVudGVyMg=="}})),
            precondition: Precondition::Exact { uid: "u".to_owned(), resource_version: "7".to_owned() },
            force: true,
            manager: "obsctl".to_owned(),
            ownership_edits: Vec::new(),
        },
        wait: Wait::None,
        depends_on: Vec::new(),
        effects: Vec::new(),
        digest: Some(Digest("hmac:feedface".to_owned())),
        uid: Some("u".to_owned()),
        pre_image: None,
    }
}

fn file(steps: Vec<Step>, holds: Vec<Hold>) -> PlanFile {
    let plan = Plan {
        target: TargetId { repository: None, environment: "dev".to_owned(), stack: "s".to_owned() },
        revision: Some(1),
        steps,
        holds,
        unchanged: Vec::new(),
        digests: BTreeMap::new(),
        findings: Vec::new(),
        left: BTreeMap::new(),
        notes: Vec::new(),
    };
    PlanFile::of("dev", &ClusterIdentity::default(), &Commit::default(), &[plan])
}

#[test]
fn holds_neither_values_nor_their_digests() {
    let text = file(vec![step("a", "password")], Vec::new()).encode();
    for secret in ["aHVudGVyMg", "hunter2", "feedface", "aaa111"] {
        assert!(!text.contains(secret), "{secret} is in the file");
    }
    assert_eq!(PlanFile::decode(&text).unwrap().encode(), text);
}

#[test]
fn names_every_difference() {
    let saved = file(vec![step("a", "x"), step("b", "x")], Vec::new());
    assert!(saved.differences(&saved.clone()).is_empty());
    let hold = Hold {
        sort: HoldSort::Guard,
        object: None,
        origin: None,
        reason: "too many deletions".to_owned(),
        fix: None,
        blocking: true,
        fields: Vec::new(),
    };
    let later = file(vec![step("a", "y"), step("c", "x")], vec![hold]);
    assert_eq!(
        saved.differences(&later),
        [
            "Secret n/a: patch changes .data.y in place of .data.x",
            "Secret n/b: patch is no longer to be done",
            "Secret n/c: patch is new",
            "guard: held now",
        ]
    );
}

#[test]
fn a_secret_written_in_between_makes_the_plan_stale() {
    let saved = file(vec![step("a", "x")], Vec::new());
    let mut newer = step("a", "x");
    if let Write::Apply { precondition, .. } = &mut newer.write {
        *precondition = Precondition::Exact { uid: "u".to_owned(), resource_version: "8".to_owned() };
    }
    assert_eq!(saved.differences(&file(vec![newer], Vec::new())), ["Secret n/a: patch brings other values"]);
}

#[test]
fn another_file_is_refused_by_its_name() {
    let error = PlanFile::decode(r#"{"apiVersion": "v1", "kind": "Pod"}"#).unwrap_err();
    assert_eq!(error.to_string(), "it is v1 Pod, and this version reads obsctl.dev/v1alpha1 SavedPlan");
}
