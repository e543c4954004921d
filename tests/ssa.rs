//! The model of server-side apply against recorded answers of a real API server and the cases of its merge library.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "this test reads files and the environment, and prints what it counted"
)]

#[path = "ssa/library.rs"]
mod library;
#[path = "ssa/mutations.rs"]
mod mutations;
#[path = "ssa/real.rs"]
mod real;
#[path = "ssa/recorded.rs"]
mod recorded;

use std::{env, fs, path::PathBuf};

use obsctl::model::canonical;
use serde_json::Value;

/// The path of test data; none, visibly, where it is not there and need not be.
fn data(file: &str) -> Option<PathBuf> {
    let root = env::var("OBSCTL_TEST_DATA")
        .map_or_else(|_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = root.join(file);
    if path.exists() {
        return Some(path);
    }
    assert!(env::var_os("OBSCTL_REQUIRE_LIVE").is_none(), "{}: not there", path.display());
    eprintln!("SKIPPED: {}: not there", path.display());
    None
}

/// The rows of a table.
fn rows(file: &str) -> Option<Vec<Value>> {
    let text = fs::read_to_string(data(file)?).expect("test data is readable");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("rows are JSON")).collect())
}

/// `managedFields` less their times, in a fixed order.
fn timeless(managed: &Value) -> Vec<Value> {
    let mut entries: Vec<Value> = managed.as_array().cloned().unwrap_or_default();
    for entry in &mut entries {
        entry.as_object_mut().expect("an entry").remove("time");
    }
    entries.sort_by_key(canonical);
    entries
}
