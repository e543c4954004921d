//! Drift as people and programs read it.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use expect_test::expect;
use serde_json::json;

use super::*;
use crate::model::{FieldPath, Origin, Place, Writer};
use crate::report::samples::{header, id, plain, target};

fn stacks() -> Vec<StackDrift> {
    let mut replicas = plain(FieldPath::of(&["spec", "replicas"]), json!(1), json!(3));
    replicas.writer = Some(Writer {
        manager: "kubectl-edit".to_owned(),
        subresource: None,
        time: Some("2026-11-20T17:03:09Z".to_owned()),
    });
    let item = |class, object, fields, reason: &str| DriftItem {
        class,
        object,
        origin: Some(Origin {
            place: Place { file: "stacks/mlops/manifests/all.yaml".into(), line: 12, column: 1 },
            source: "manifests",
        }),
        fields,
        reason: reason.to_owned(),
    };
    let drifted = StackDrift {
        target: target("mlops"),
        revision: Some(3),
        items: vec![
            item(
                DriftClass::Modified,
                id("Deployment", Some("mlops"), "grafana"),
                vec![replicas],
                "1 field differs",
            ),
            item(DriftClass::Missing, id("ConfigMap", Some("mlops"), "rules"), Vec::new(), "it was deleted"),
        ],
        pending_commits: Some(2),
        findings: Vec::new(),
    };
    let clean = StackDrift {
        target: target("base"),
        revision: None,
        items: Vec::new(),
        pending_commits: Some(0),
        findings: Vec::new(),
    };
    vec![drifted, clean]
}

#[test]
fn drift_names_the_field_and_who_wrote_it_with_pending_commits_beside() {
    expect![[r#"
        Drift of prod
          cluster  prod-eu (https://10.0.0.1:6443, v1.36.3)
          identity 5e0c1f9a-0000-4000-8000-000000000001
          user     ci@example.org
          commit   0123456789-dirty Keep metrics for 30 days (2 commits since the last apply)
          This environment pins no cluster. Paste under `spec.cluster` of its file:
            identity: 5e0c1f9a-0000-4000-8000-000000000001

        mlops (applied: revision 3; pending in git: 2 commits)
          ~   modified Deployment mlops/grafana: 1 field differs  stacks/mlops/manifests/all.yaml:12
                ~ spec.replicas: 1 → 3  (by kubectl-edit, 2026-11-20 17:03 UTC)
          -   missing ConfigMap mlops/rules: it was deleted  stacks/mlops/manifests/all.yaml:12

        base (not applied yet)

        Drift: 1 missing, 1 modified, 0 extra, 0 unreadable.
    "#]]
    .assert_eq(&drift_text(&stacks(), &header(), &Style::default()));
}

#[test]
fn without_drift_one_line_says_so() {
    let text = drift_text(&stacks()[1..], &Header::default(), &Style::default());
    assert!(text.ends_with("\nNo drift.\n"), "{text}");
}

#[test]
fn drift_for_a_comment_is_a_table_and_folded_diffs() {
    expect![[r#"
        <!-- obsctl drift prod -->
        ### obsctl drift: prod

        **Drift: 1 missing, 1 modified, 0 extra, 0 unreadable.**

        | stack | missing | modified | extra | unreadable | state |
        |---|--:|--:|--:|--:|---|
        | mlops | 1 | 1 | 0 | 0 | applied: revision 3; pending in git: 2 commits |
        | base | 0 | 0 | 0 | 0 | not applied yet |

        <details><summary><code>~</code> modified Deployment mlops/grafana: 1 field differs</summary>

        ```diff
        - spec.replicas: 1
        + spec.replicas: 3  (by kubectl-edit, 2026-11-20 17:03 UTC)
        ```

        </details>

        - <code>-</code> missing ConfigMap mlops/rules: it was deleted

    "#]]
    .assert_eq(&drift_markdown(&stacks(), &header(), 60_000));
}

#[test]
fn programs_get_class_field_manager_and_time() {
    let tree: serde_json::Value = serde_json::from_str(&drift_json(&stacks(), &header())).unwrap();
    assert_eq!(tree["kind"], "Drift");
    assert_eq!(tree["summary"], json!({"missing": 1, "modified": 1, "extra": 0, "unreadable": 0}));
    let item = &tree["stacks"][0]["items"][0];
    expect![[r#"{"path":".spec.replicas","before":1,"after":3,"manager":"kubectl-edit","time":"2026-11-20T17:03:09Z"}"#]].assert_eq(&item["fields"][0].to_string());
}
