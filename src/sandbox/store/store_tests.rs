//! What a store keeps, forgets and survives.

use std::{fs, path::Path};

use serde_json::json;

use super::*;

fn key(name: &str) -> Key {
    Key::new("configmaps", Some("web"), name)
}

fn put(store: &mut Store, name: &str, value: &str) -> u64 {
    let tree = json!({"kind": "ConfigMap", "metadata": {"name": name, "labels": {"v": value}}, "data": {"a": value}});
    store.put(&key(name), tree).expect("written").version()
}

fn names(store: &Store) -> Vec<String> {
    store
        .list("configmaps", None)
        .map(|(place, object)| format!("{}={}", place.name, object.tree()["data"]["a"]))
        .collect()
}

/// Opens a store; another test that starts a program just now may hold the lock of the last one for a moment.
fn opened(folder: &Path) -> Store {
    for _ in 0..100 {
        match Store::open(folder) {
            Ok(store) => return store,
            Err(StoreError::Held(_)) => std::thread::sleep(std::time::Duration::from_millis(20)),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("nobody lets go of {}", folder.display());
}

#[test]
fn what_was_written_is_there_after_opening_again_and_the_counter_goes_on() {
    let folder = tempfile::tempdir().expect("folder");
    let mut store = opened(folder.path());
    put(&mut store, "one", "1");
    put(&mut store, "two", "1");
    put(&mut store, "one", "2");
    store.remove(&key("two")).expect("removed");
    let version = store.version();
    drop(store);
    let mut store = opened(folder.path());
    assert_eq!(names(&store), ["one=\"2\""]);
    assert_eq!(store.version(), version);
    assert_eq!(put(&mut store, "three", "1"), version + 1);
}

#[test]
fn a_torn_tail_is_dropped_at_every_length_and_what_stands_before_it_is_kept() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("state");
    let mut store = opened(folder.path());
    put(&mut store, "one", "1");
    drop(store);
    let whole = fs::read(&path).expect("read").len();
    let mut store = opened(folder.path());
    put(&mut store, "two", "1");
    drop(store);
    let bytes = fs::read(&path).expect("read");
    for length in whole..bytes.len() {
        fs::write(&path, &bytes[..length]).expect("written");
        let mut store = opened(folder.path());
        assert_eq!(names(&store), ["one=\"1\""], "{length}");
        put(&mut store, "three", "1");
        drop(store);
        let store = opened(folder.path());
        assert_eq!(names(&store).len(), 2, "{length}");
    }
}

#[test]
fn a_damaged_record_in_the_middle_is_told_and_not_dropped() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("state");
    let mut store = opened(folder.path());
    put(&mut store, "one", "1");
    put(&mut store, "two", "1");
    drop(store);
    let mut bytes = fs::read(&path).expect("read");
    bytes[40] ^= 1;
    fs::write(&path, bytes).expect("written");
    let error = Store::open(folder.path()).expect_err("damaged");
    assert!(error.to_string().ends_with("is damaged at byte 17"), "{error}");
}

#[test]
fn a_second_holder_is_told_the_pid_of_the_first() {
    let folder = tempfile::tempdir().expect("folder");
    let _first = opened(folder.path());
    let error = Store::open(folder.path()).expect_err("held");
    assert_eq!(error.to_string(), format!("another obsctl serves this sandbox (pid {})", std::process::id()));
}

#[test]
fn a_grown_log_is_rewritten_and_loses_neither_objects_nor_the_counter() {
    let folder = tempfile::tempdir().expect("folder");
    let mut store = opened(folder.path());
    let long = "x".repeat(20_000);
    put(&mut store, "kept", "1");
    for _ in 0..600 {
        put(&mut store, "big", &long);
    }
    store.remove(&key("big")).expect("removed");
    let version = store.version();
    drop(store);
    let length = fs::metadata(folder.path().join("state")).expect("there").len();
    assert!(length < 6 << 20, "{length}");
    let store = opened(folder.path());
    assert_eq!(names(&store), ["kept=\"1\""]);
    assert_eq!(store.version(), version);
    drop(store);
    assert_eq!(opened(folder.path()).version(), version);
}

#[test]
fn an_older_list_is_made_from_the_history_and_one_before_it_is_refused() {
    let mut store = Store::ephemeral();
    put(&mut store, "one", "1");
    let then = put(&mut store, "two", "1");
    put(&mut store, "one", "2");
    store.remove(&key("two")).expect("removed");
    put(&mut store, "three", "1");
    let old = store.list_at("configmaps", then).expect("kept");
    let old: Vec<_> =
        old.iter().map(|(place, object)| (place.name.as_str(), object.labels()["v"].as_str())).collect();
    assert_eq!(old, [("one", "1"), ("two", "1")]);
    let kinds: Vec<_> = store.since(then).expect("kept").map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Modified, ChangeKind::Deleted, ChangeKind::Added]);
    assert_eq!(store.list_at("configmaps", 0).expect_err("too old"), TooOld { floor: 1 });
}
