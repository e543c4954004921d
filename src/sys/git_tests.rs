//! Working trees and revisions of real repositories.

use std::{fs, path::Path, process::Command};

use super::*;
use crate::model::Entry;

fn git(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(root)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

fn put(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("parent")).expect("made");
    fs::write(path, content).expect("written");
}

fn repository(format: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    git(folder.path(), &["init", "-q", "-b", "main", &format!("--object-format={format}")]);
    put(folder.path(), "stacks/web/stack.yaml", "one");
    put(folder.path(), "environments/dev/environment.yaml", "env");
    put(folder.path(), "src/other.txt", "other");
    put(folder.path(), ".gitignore", "*.tmp\ncache/\n");
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "First\n\nbody"]);
    folder
}

fn paths(checkout: &crate::model::Checkout) -> Vec<&str> {
    checkout.files.keys().map(AsRef::as_ref).collect()
}

#[test]
fn only_files_that_obsctl_reads_are_read_and_only_they_make_it_dirty() {
    let folder = repository("sha1");
    let root = folder.path();
    put(root, "src/other.txt", "changed");
    put(root, "stacks/web/a.tmp", "ignored");
    put(root, "stacks/cache/b.yaml", "ignored");
    let checkout = checkout_working_tree(root).expect("read");
    assert_eq!(paths(&checkout), ["environments/dev/environment.yaml", "stacks/web/stack.yaml"]);
    assert!(!checkout.commit.dirty);
    assert_eq!(checkout.commit.summary.as_deref(), Some("First"));
    assert_eq!(checkout.commit.id, Some(git(root, &["rev-parse", "HEAD"])));
    assert_eq!(checkout.root_commit, checkout.commit.id);
    put(root, "stacks/web/new.yaml", "new");
    assert!(checkout_working_tree(root).expect("read").commit.dirty);
}

#[test]
fn a_revision_is_read_without_touching_the_tree() {
    let folder = repository("sha256");
    let root = folder.path();
    put(root, "stacks/web/stack.yaml", "two");
    git(root, &["commit", "-qam", "Second"]);
    put(root, "stacks/web/stack.yaml", "three");
    let old = checkout_revision(root, "HEAD~1").expect("read");
    assert_eq!(old.files.get("stacks/web/stack.yaml"), Some(&Entry::File(b"one".as_slice().into())));
    assert!(!old.commit.dirty);
    assert_eq!(fs::read(root.join("stacks/web/stack.yaml")).expect("there"), b"three");
    assert!(checkout_working_tree(root).expect("read").commit.dirty);
    let error = checkout_revision(root, "v9").expect_err("absent");
    assert_eq!(error.to_string(), "there is no revision `v9`");
}

#[test]
fn links_and_submodules_are_told_apart_and_not_followed() {
    let (folder, inner) = (repository("sha1"), repository("sha1"));
    let root = folder.path();
    std::os::unix::fs::symlink("../../src/other.txt", root.join("stacks/web/link.yaml")).expect("linked");
    git(root, &["submodule", "--quiet", "add", &inner.path().display().to_string(), "stacks/vendored"]);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "Links"]);
    for checkout in
        [checkout_working_tree(root).expect("read"), checkout_revision(root, "HEAD").expect("read")]
    {
        assert_eq!(checkout.files.get("stacks/vendored"), Some(&Entry::Submodule));
        assert_eq!(
            checkout.files.get("stacks/web/link.yaml"),
            Some(&Entry::Symlink("../../src/other.txt".to_owned()))
        );
        assert_eq!(checkout.files.len(), 4);
    }
}

#[test]
fn a_folder_outside_git_has_files_and_no_commit() {
    let folder = tempfile::tempdir().expect("temporary folder");
    put(folder.path(), "environments/dev/environment.yaml", "env");
    let checkout = checkout_working_tree(folder.path()).expect("read");
    assert_eq!(paths(&checkout), ["environments/dev/environment.yaml"]);
    assert_eq!((checkout.commit.short(), checkout.root_commit), ("no commit".to_owned(), None));
    let error = checkout_revision(folder.path(), "HEAD").expect_err("no git");
    assert!(error.to_string().contains("not in a git repository"), "{error}");
}

#[test]
fn a_root_below_the_repository_has_paths_of_its_own() {
    let folder = tempfile::tempdir().expect("temporary folder");
    git(folder.path(), &["init", "-q", "-b", "main"]);
    put(folder.path(), "deploy/stacks/a/stack.yaml", "a");
    put(folder.path(), "stacks/b/stack.yaml", "b");
    let root = folder.path().join("deploy");
    let checkout = checkout_working_tree(&root).expect("read before the first commit");
    assert_eq!((paths(&checkout), checkout.commit.id.as_deref()), (vec!["stacks/a/stack.yaml"], None));
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "First"]);
    assert_eq!(paths(&checkout_revision(&root, "main").expect("read")), ["stacks/a/stack.yaml"]);
    put(folder.path(), "stacks/b/stack.yaml", "other");
    assert!(!checkout_working_tree(&root).expect("read").commit.dirty);
}

#[test]
fn commits_between_counts_those_that_touch_what_is_read() {
    let folder = repository("sha1");
    let root = folder.path();
    put(root, "stacks/web/stack.yaml", "two");
    git(root, &["commit", "-qam", "Counts"]);
    put(root, "src/other.txt", "two");
    git(root, &["commit", "-qam", "Does not"]);
    assert_eq!(commits_between(root, "HEAD~2", "HEAD").expect("walked"), 1);
    assert_eq!(commits_between(root, "HEAD", "HEAD").expect("walked"), 0);
}

#[test]
fn a_shallow_clone_has_no_root_commit() {
    let (folder, clone) = (repository("sha1"), tempfile::tempdir().expect("temporary folder"));
    put(folder.path(), "stacks/web/stack.yaml", "two");
    git(folder.path(), &["commit", "-qam", "Second"]);
    let from = format!("file://{}", folder.path().display());
    git(clone.path(), &["clone", "-q", "--depth", "1", &from, "c"]);
    let checkout = checkout_working_tree(&clone.path().join("c")).expect("read");
    assert_eq!(checkout.root_commit, None);
    let error = checkout_revision(&clone.path().join("c"), "HEAD~1").expect_err("absent");
    assert!(error.to_string().contains("shallow"), "{error}");
}
