//! The shape of the source tree, checked as an ordinary test.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "this test reads the source tree and stops at the first surprise"
)]

use std::{fs, path::Path};

/// Each room with the rooms it may import, in reading order.
///
/// A room may name only rooms that stand above it, so a cycle cannot be written down.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("syntax", &["model"]),
    ("schema", &["model"]),
    ("fields", &["model", "schema"]),
    ("secrets", &["model"]),
    ("repo", &["model", "syntax"]),
    ("render", &["model", "syntax", "schema", "fields", "secrets"]),
    ("plan", &["model", "schema", "fields", "secrets"]),
    ("report", &["model"]),
    ("wire", &["model"]),
    ("sys", &["model"]),
    ("cluster", &["model", "schema", "fields", "secrets", "wire"]),
    ("sandbox", &["model", "schema", "fields", "sys"]),
    ("apply", &["model", "cluster"]),
    (
        "ops",
        &[
            "model", "syntax", "schema", "fields", "secrets", "repo", "render", "plan", "wire", "sys",
            "cluster", "sandbox", "apply",
        ],
    ),
    ("cli", &["model", "report", "sys", "cluster", "ops"]),
];

/// Rooms that only compute: no waiting, no machine, no network.
const PURE: &[&str] =
    &["model", "syntax", "schema", "fields", "secrets", "repo", "render", "plan", "report", "wire"];

const MAX_FILE_LINES: usize = 500;

#[test]
fn rooms_name_only_rooms_above_them() {
    for (i, (room, imports)) in ROOMS.iter().enumerate() {
        for import in *imports {
            let above = ROOMS[..i].iter().any(|(name, _)| name == import);
            assert!(above, "`{room}` may not import `{import}`: it does not stand above it");
        }
    }
}

#[test]
fn source_keeps_to_the_room_table() {
    let mut wrong = Vec::new();
    for (room, allowed) in ROOMS {
        for (path, text) in sources(&Path::new("src").join(room)) {
            for (n, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if code.contains("super::super") || (path.ends_with("mod.rs") && code.contains("super::")) {
                    wrong.push(format!("{path}:{}: name the room from `crate::`", n + 1));
                }
                for (at, _) in code.match_indices("crate::") {
                    let rest = &code[at + "crate::".len()..];
                    let name: String =
                        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    let fine = name == *room || allowed.contains(&name.as_str());
                    if !fine {
                        wrong.push(format!("{path}:{}: `{room}` reaches for `{name}`", n + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "see the room table in ARCHITECTURE.md\n{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_never_wait() {
    let mut wrong = Vec::new();
    for room in PURE {
        for (path, text) in sources(&Path::new("src").join(room)) {
            for (n, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if ["async ", ".await", "tokio::", "kube::"].iter().any(|word| code.contains(word)) {
                    wrong.push(format!("{path}:{}: `{room}` is pure", n + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_table_and_every_file_opens_with_its_purpose() {
    let mut wrong = Vec::new();
    for entry in fs::read_dir("src").expect("src is readable").flatten() {
        let name = entry.file_name().into_string().expect("room names are plain text");
        if entry.path().is_dir() && ROOMS.iter().all(|(room, _)| *room != name) {
            wrong.push(format!("src/{name}: not in the room table"));
        }
    }
    for (path, text) in sources(Path::new("src")) {
        if !text.starts_with("//!") {
            wrong.push(format!("{path}: no module documentation"));
        }
        if text.lines().count() > MAX_FILE_LINES && !path.ends_with("_tests.rs") {
            wrong.push(format!("{path}: longer than {MAX_FILE_LINES} lines"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_source_file_is_forgotten() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests/it"] {
        for (path, _) in sources(Path::new(folder)) {
            let path = Path::new(&path);
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let (folder, stem) = match (&*stem, path.parent()) {
                ("lib" | "main", _) => continue,
                ("mod", Some(room)) => {
                    (room.parent(), room.file_name().unwrap_or_default().to_string_lossy())
                }
                (_, folder) => (folder, stem),
            };
            let neighbours = fs::read_dir(folder.expect("files have folders")).expect("readable");
            let named = neighbours.flatten().filter(|entry| entry.path() != path).any(|entry| {
                let text = fs::read_to_string(entry.path()).unwrap_or_default();
                text.contains(&format!("mod {stem};")) || text.contains(&format!("\"{stem}.rs\""))
            });
            if !named {
                wrong.push(format!("{}: no `mod {stem};` compiles it", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All Rust files under `dir`, as (path, text), in a stable order.
fn sources(dir: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(dir).expect("room exists").flatten().collect();
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).expect("source is readable");
            found.push((path.display().to_string(), text));
        }
    }
    found
}
