//! Kubeconfig files: several, missing, broken.

use serde_json::json;

use super::way::{PLAN, Way, cluster_is, plane, repo};
use crate::support::Obsctl;

#[test]
fn of_several_files_the_first_to_name_something_has_it() {
    let Some((plane, _)) = plane() else { return };
    let way = Way::to(plane).user(json!({"token": "token-of-alice"}));
    let second = json!({"apiVersion": "v1", "kind": "Config", "current-context": "other",
        "clusters": [{"name": "there", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "we", "user": {"token": "wrong"}}, {"name": "bob", "user": {"token": "token-of-bob"}}],
        "contexts": [{"name": "testbed", "context": {"cluster": "nowhere"}},
            {"name": "other", "context": {"cluster": "there", "user": "bob"}}]});
    let second = way.write("second", &second.to_string());
    let empty = way.write("empty", "apiVersion: v1\nkind: Config\ncurrent-context: \"\"\nusers: null\n");
    let files = [&empty, &way.path("not-there"), &way.file(), &second].map(|file| file.display().to_string());
    let repo = repo("files");
    let obsctl = Obsctl::new(&repo, None).env("KUBECONFIG", &files.join(":"));
    obsctl.exits(0, PLAN).assert_says("  user     alice\n");
    // The first `current-context` that is not empty is the third file's.
    let other = obsctl.exits(0, &[PLAN, &["--context", "other"]].concat());
    other.assert_says("  user     bob\n");
    other.assert_says("  cluster  other (");

    let uid = plane.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"]);
    cluster_is(&repo, "context: testbed, identity: 00000000-0000-0000-0000-000000000000");
    let blocked = obsctl.exits(3, &[PLAN, &["--context", "other"]].concat());
    blocked.assert_says(&format!("context other reaches cluster {uid}"));
    blocked.assert_says("pinned to cluster 00000000-0000-0000-0000-000000000000");
    blocked.assert_says(&format!("    identity: {uid}\n"));
}

#[test]
fn missing_files_are_named() {
    let Some((plane, _)) = plane() else { return };
    let way = Way::to(plane).admin();
    let repo = repo("missing");
    let nowhere = way.path("nowhere").display().to_string();
    let obsctl = Obsctl::new(&repo, None).env("KUBECONFIG", &nowhere);
    obsctl.exits(1, PLAN).assert_says(&format!("kubeconfig: {nowhere} is missing"));
    let here = way.file().display().to_string();
    let flag = Obsctl::new(&repo, None).env("KUBECONFIG", &here);
    flag.exits(1, &[PLAN, &["--kubeconfig", &nowhere]].concat())
        .assert_says(&format!("{nowhere} is missing"));
    let both = Obsctl::new(&repo, None).env("KUBECONFIG", &format!("{nowhere}:{here}"));
    both.exits(0, PLAN);
    let unknown = both.exits(1, &[PLAN, &["--context", "nowhere"]].concat());
    unknown.assert_says("has no context \"nowhere\"; it has: testbed; missing files: ");
    unknown.assert_says(&nowhere);
    // Without KUBECONFIG it is the home directory's, which is empty here.
    Obsctl::new(&repo, None).exits(1, PLAN).assert_says("/.kube/config is missing");
}

#[test]
fn a_broken_file_is_told_by_line_and_shows_no_token() {
    let Some((plane, _)) = plane() else { return };
    let way = Way::to(plane).admin();
    let repo = repo("broken");
    for (text, place) in [
        ("apiVersion: v1\nkind: Config\nusers:\n- name: we\n  user: {token: hush-hush\n", ":5:"),
        (
            "apiVersion: v1\nkind: Config\nusers:\n- name: we\n  user: {token: hush-hush, as: [hush-hush]}\n",
            ":5:",
        ),
        ("apiVersion: v1\nclusters: 3\nusers: [{name: we, user: {token: hush-hush}}]\n", ":2:"),
    ] {
        let file = way.write("broken", text).display().to_string();
        let ran = Obsctl::new(&repo, None).env("KUBECONFIG", &file).exits(1, PLAN);
        ran.assert_says(&format!("{file}{place}"));
        assert!(!ran.stderr.contains("hush-hush"), "{}", ran.stderr);
        assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn a_context_that_names_what_is_not_there_is_refused() {
    let Some((plane, _)) = plane() else { return };
    let way = Way::to(plane).admin();
    let repo = repo("dangling");
    let whole = std::fs::read_to_string(way.file()).expect("it was written");
    for (old, new, words) in [
        ("\"name\":\"we\"", "\"name\":\"they\"", "names user \"we\", and no file has it"),
        ("\"name\":\"there\"", "\"name\":\"here\"", "names cluster \"there\", and no file has it"),
        ("\"server\":\"https://", "\"server\":\"", "is no URL such as https://"),
    ] {
        assert!(whole.contains(old), "{whole}");
        let file = way.write("dangling", &whole.replace(old, new)).display().to_string();
        Obsctl::new(&repo, None).env("KUBECONFIG", &file).exits(1, PLAN).assert_says(words);
    }
}
