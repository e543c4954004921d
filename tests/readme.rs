//! What the documents promise, held against the program.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "this test reads the tree, runs the program, and stops at the first surprise"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use obsctl::cli::Exit;

fn text(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The rows of the table below the line that begins with `head`.
fn rows<'a>(text: &'a str, head: &str) -> Vec<Vec<&'a str>> {
    let below = text.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let rows: Vec<Vec<&str>> = below
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(!rows.is_empty(), "no table {head}");
    rows
}

/// The words in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn the_readme_names_every_command_and_no_other() {
    let readme = text("README.md");
    let named: BTreeSet<&str> =
        rows(&readme, "| command |").iter().flat_map(|row| quoted(row.first().expect("a cell"))).collect();
    let said = Command::new(env!("CARGO_BIN_EXE_obsctl")).arg("--help").output().expect("it was built");
    let said = String::from_utf8(said.stdout).expect("help is text");
    let commands = said.lines().skip_while(|line| *line != "Commands:").skip(1);
    let there: BTreeSet<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert_eq!(named, there);
}

#[test]
fn exit_codes_of_both_documents_are_those_of_the_program() {
    let all = [
        Exit::Done,
        Exit::Changes,
        Exit::Failed,
        Exit::BadCall,
        Exit::Locked,
        Exit::Stale,
        Exit::Blocked,
        Exit::Mistakes,
        Exit::RolledBack,
        Exit::Partial,
        Exit::Interrupted,
        Exit::Bug,
    ];
    let mut gravest_first = all;
    gravest_first.sort_by(|a, b| b.cmp(a));
    let codes: BTreeSet<String> = all.iter().map(|exit| exit.code().to_string()).collect();
    for file in ["README.md", "docs/errors.md"] {
        let text = text(file);
        let named: BTreeSet<String> =
            rows(&text, "| code |").iter().filter_map(|row| row.first()).map(|&cell| cell.into()).collect();
        assert_eq!(named, codes, "{file}");
    }
    let order: Vec<String> = gravest_first.iter().map(|exit| exit.code().to_string()).collect();
    let said = format!("the gravest counts: {}.", order.join(", "));
    assert!(text("docs/errors.md").contains(&said), "docs/errors.md does not say {said:?}");
}

#[test]
fn the_table_of_rooms_is_that_of_the_check() {
    let check = text("tests/tidy.rs");
    let table = check.split("const ROOMS").nth(1).and_then(|rest| rest.split("];\n").next()).expect("ROOMS");
    let mut rooms: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in table.split_once("= &[").expect("a slice").1.split("&[").collect::<Vec<_>>().windows(2) {
        let [before, after] = row else { continue };
        let name = before.rsplit('"').nth(1).expect("a name stands before its imports");
        let imports = after.split(']').next().unwrap_or_default();
        rooms.insert(name, imports.split('"').skip(1).step_by(2).collect());
    }
    let architecture = text("ARCHITECTURE.md");
    let mut above: BTreeSet<&str> = BTreeSet::new();
    for row in rows(&architecture, "| room |") {
        let name = quoted(row.first().expect("a room")).next().expect("its name");
        let imports = row.last().expect("a cell").trim_end_matches(" |");
        let said: BTreeSet<&str> = match imports {
            "nothing" => BTreeSet::new(),
            "all above but report" => above.iter().copied().filter(|room| *room != "report").collect(),
            names => names.split(", ").collect(),
        };
        assert_eq!(Some(&said), rooms.get(name), "{name}");
        above.insert(name);
    }
    assert_eq!(above, rooms.keys().copied().collect());
}

#[test]
fn the_reference_names_every_key_of_the_policy() {
    let source = text("src/repo/policy.rs");
    let keys = source.split("const KEYS").nth(1).and_then(|rest| rest.split("];").next()).expect("KEYS");
    let keys: BTreeSet<&str> = keys.split('"').skip(1).step_by(2).collect();
    let reference = text("docs/repository-format.md");
    let policy = reference.split("### policy").nth(1).expect("a section of its own");
    let named: BTreeSet<&str> =
        rows(policy, "| key |").iter().flat_map(|row| quoted(row.first().expect("a cell"))).collect();
    assert_eq!(named, keys);
}
