//! Mistakes as people and programs read them.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use expect_test::expect;

use super::*;
use crate::model::Severity;

fn at(file: &str, line: u32, column: u32, message: &str) -> Problem {
    Problem::new(Place { file: file.into(), line, column }, message)
}

#[test]
fn mistakes_come_sorted_with_their_lines_and_advice() {
    let problems = [
        at("stacks/x/stack.yaml", 12, 5, "unknown key `replcas`").help("did you mean `replicas`?"),
        at("environments/dev/environment.yaml", 2, 2, "a tab cannot indent\u{1b}[2J"),
        at("stacks/x/stack.yaml", 0, 0, "`spec.sources` is missing").help("add one:\nsources: []"),
        at("stacks/x/stack.yaml", 12, 5, "unknown key `replcas`").help("did you mean `replicas`?"),
    ];
    let sources = |file: &str| match file {
        "stacks/x/stack.yaml" => Some(format!("{}    replcas: 2\n", "\n".repeat(11))),
        "environments/dev/environment.yaml" => Some("kind: Environment\n\tmetadata: 監視\n".to_owned()),
        _ => None,
    };
    expect![[r#"
        error: a tab cannot indent\u{1b}[2J
         --> environments/dev/environment.yaml:2:2
          |
        2 |     metadata: 監視
          |     ^

        error: `spec.sources` is missing
         --> stacks/x/stack.yaml:1:1
          = help: add one:
                  sources: []

        error: unknown key `replcas`
          --> stacks/x/stack.yaml:12:5
           |
        12 |     replcas: 2
           |     ^
           = help: did you mean `replicas`?

        3 mistakes in 2 files.
    "#]]
    .assert_eq(&problems_text(&problems, &sources, &Style::default()));
}

#[test]
fn a_long_line_is_shown_around_the_mistake() {
    let line = format!("{}監視!{}", "a".repeat(200), "b".repeat(200));
    let text = problems_text(&[at("x.json", 1, 203, "odd sign")], &|_| Some(line.clone()), &Style::default());
    expect![[r#"
        error: odd sign
         --> x.json:1:203
          |
        1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa監視!bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
          |                                                      ^

        1 mistake in 1 file.
    "#]].assert_eq(&text);
}

#[test]
fn a_place_behind_the_end_of_a_file_is_no_trouble() {
    let text = problems_text(
        &[at("x.yaml", 1, 90, "ends too early"), at("x.yaml", 7, 1, "ends too early")],
        &|_| Some("a: [".to_owned()),
        &Style::default(),
    );
    expect![[r#"
        error: ends too early
         --> x.yaml:1:90
          |
        1 | a: [
          |     ^

        error: ends too early
         --> x.yaml:7:1

        2 mistakes in 1 file.
    "#]]
    .assert_eq(&text);
}

#[test]
fn programs_get_the_same_as_findings() {
    let finding = Finding {
        id: "ignored-file",
        severity: Severity::Info,
        object: Some("ConfigMap mlops/x".to_owned()),
        place: Some(Place::file("stacks/x/README")),
        message: "this file is not read".to_owned(),
        fix: None,
    };
    let problem = at("stacks/x/stack.yaml", 12, 5, "unknown key").help("did you mean `replicas`?");
    expect![[r#"
        {
          "apiVersion": "obsctl.dev/v1alpha1",
          "kind": "Findings",
          "findings": [
            {
              "id": "mistake",
              "severity": "error",
              "object": null,
              "path": null,
              "file": "stacks/x/stack.yaml",
              "line": 12,
              "column": 5,
              "message": "unknown key",
              "fix": "did you mean `replicas`?"
            },
            {
              "id": "ignored-file",
              "severity": "info",
              "object": "ConfigMap mlops/x",
              "path": null,
              "file": "stacks/x/README",
              "line": null,
              "column": null,
              "message": "this file is not read",
              "fix": null
            }
          ]
        }
    "#]]
    .assert_eq(&findings_json(&[problem], &[finding], None));
}
