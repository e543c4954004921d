//! Broken repositories: every mistake is told with its place and what to type.
//!
//! A case is a file of `tests/fixtures/broken`: what differs from `base.repo`, and the whole stderr of
//! `obsctl validate` beside it. `OBSCTL_ACCEPT=1` writes what is printed now; read the difference before keeping it.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a test reads the machine and stops at the first surprise"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// What stands at a path.
#[derive(Clone)]
enum Content {
    Bytes(Vec<u8>),
    Link(String),
}

type Files = BTreeMap<String, Content>;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/broken")
}

/// Reads `@file PATH`, `@remove PATH`, `@link PATH GOAL`, `@hex PATH BYTES` and `@repeat PATH TEXT COUNT` over `files`.
fn read(text: &str, files: &mut Files) {
    let mut current: Option<String> = None;
    for line in text.split_inclusive('\n') {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["@file", path] => {
                files.insert((*path).to_owned(), Content::Bytes(Vec::new()));
                current = Some((*path).to_owned());
            }
            ["@remove", path] => {
                files.remove(*path);
            }
            ["@link", path, goal] => {
                files.insert((*path).to_owned(), Content::Link((*goal).to_owned()));
            }
            ["@hex", path, hex] => {
                let bytes = (0..hex.len())
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"));
                files.insert((*path).to_owned(), Content::Bytes(bytes.collect()));
            }
            ["@repeat", path, text, count] => {
                let bytes = text.repeat(count.parse().expect("a count")).into_bytes();
                files.insert((*path).to_owned(), Content::Bytes(bytes));
            }
            _ => {
                let path = current.as_ref().expect("a line belongs to a file");
                if let Some(Content::Bytes(bytes)) = files.get_mut(path) {
                    bytes.extend_from_slice(line.as_bytes());
                }
            }
        }
    }
}

fn write(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("files have folders")).expect("makes folders");
        match content {
            Content::Bytes(bytes) => fs::write(&path, bytes).expect("writes"),
            Content::Link(goal) => symlink(goal, &path).expect("links"),
        }
    }
    folder
}

fn obsctl(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsctl"));
    command.env_clear().env("NO_COLOR", "1").arg("-C").arg(folder).args(args);
    command.output().expect("obsctl runs")
}

fn base() -> Files {
    let mut files = Files::new();
    read(&fs::read_to_string(fixtures().join("base.repo")).expect("base"), &mut files);
    files
}

fn cases() -> Vec<(String, Files)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(fixtures()).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "repo") && !path.ends_with("base.repo"));
    paths.sort();
    let case = |path: PathBuf| {
        let mut files = base();
        read(&fs::read_to_string(&path).expect("a case"), &mut files);
        (path.file_stem().expect("a name").to_string_lossy().into_owned(), files)
    };
    paths.into_iter().map(case).collect()
}

#[test]
fn the_base_of_all_cases_is_good() {
    let folder = write(&base());
    let output = obsctl(folder.path(), &["validate"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_mistake_is_told_as_expected() {
    let accept = std::env::var_os("OBSCTL_ACCEPT").is_some();
    let mut wrong = Vec::new();
    for (name, files) in cases() {
        let folder = write(&files);
        let output = obsctl(folder.path(), &["validate"]);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        let golden = fixtures().join(format!("{name}.stderr"));
        if accept {
            fs::write(&golden, &said).expect("writes");
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if output.status.code() != Some(65) || said != expected {
            wrong.push(format!("== {name}: exit {:?}\n{said}-- expected\n{expected}", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The golden files themselves keep the promise: a place and something to type for each mistake.
#[test]
fn every_mistake_has_a_place_and_something_to_type() {
    let mut classes = BTreeSet::new();
    let mut crowded = 0;
    for (name, _) in cases() {
        let said = fs::read_to_string(fixtures().join(format!("{name}.stderr"))).expect("a golden file");
        let mistakes = said.lines().filter(|line| line.starts_with("error: ")).count();
        let places: Vec<&str> =
            said.lines().filter_map(|line| line.trim_start().strip_prefix("--> ")).collect();
        let helps = said.lines().filter(|line| line.contains("= help: ")).count();
        assert!(mistakes > 0, "{name} tells nothing");
        assert_eq!(places.len(), mistakes, "{name}: a place for each mistake");
        assert!(helps >= mistakes, "{name}: something to type for each mistake\n{said}");
        let located =
            |place: &&&str| place.rsplitn(3, ':').take(2).all(|n| n.parse::<u32>().is_ok_and(|n| n > 0));
        assert_eq!(places.iter().filter(located).count(), mistakes, "{name}: file:line:column");
        let of_files: BTreeSet<&str> = places.iter().filter_map(|place| place.split(':').next()).collect();
        crowded += usize::from(mistakes >= 3 && of_files.len() >= 3);
        classes.insert(name.split('-').next().expect("a class").to_owned());
    }
    assert!(
        cases().len() >= 40 && classes.len() >= 20,
        "{} cases in {} classes",
        cases().len(),
        classes.len()
    );
    assert!(crowded >= 10, "{crowded} cases with three or more mistakes in different files");
}
