//! A thousand slips of the pen in good repositories: nothing panics, and nothing is swallowed.
//!
//! A mutated repository must be refused, or declare something else, or hold a file that any YAML reader understands
//! as before. `OBSCTL_MUTATIONS` sets the number, `OBSCTL_SEED` the seed.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test reads the machine and stops at the first surprise"
)]

use std::{collections::BTreeMap, fmt::Write as _, fs, panic, path::Path, sync::Arc};

use obsctl::model::{Checkout, Entry};
use obsctl::render::{cross_check, desired_state};
use obsctl::repo::load;
use serde_json::Value;

type Files = BTreeMap<String, Vec<u8>>;

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("fits") % sides.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

fn add(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            add(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(&path).expect("a file"));
        }
    }
}

/// The project's own repository.
fn own() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Files::new();
    add(&root.join("stacks"), "stacks/", &mut files);
    add(&root.join("environments"), "environments/", &mut files);
    files.insert("obsctl.yaml".to_owned(), fs::read(root.join("obsctl.yaml")).expect("a file"));
    files
}

/// The small repository of the broken ones.
fn small() -> Files {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/broken/base.repo");
    let mut files = Files::new();
    let mut current = String::new();
    for line in fs::read_to_string(path).expect("a fixture").split_inclusive('\n') {
        match line.strip_prefix("@file ") {
            Some(name) => name.trim().clone_into(&mut current),
            None => files.entry(current.clone()).or_default().extend_from_slice(line.as_bytes()),
        }
    }
    files
}

/// What a repository declares, or that it is refused.
#[derive(PartialEq)]
enum Verdict {
    Refused,
    Declares(String),
}

fn judge(files: &Files) -> Verdict {
    let entries =
        files.iter().map(|(path, bytes)| (Arc::from(path.as_str()), Entry::File(Arc::from(&bytes[..]))));
    let checkout = Checkout { files: entries.collect(), ..Checkout::default() };
    let loaded = load(&checkout);
    if !loaded.problems.is_empty() {
        return Verdict::Refused;
    }
    let mut declared = without_places(&format!("{:?}", loaded.repo));
    for environment in loaded.repo.environments.values() {
        let states: Result<Vec<_>, _> =
            environment.targets.iter().map(|target| desired_state(target, &checkout)).collect();
        let Ok(states) = states else { return Verdict::Refused };
        if !cross_check(&states.iter().collect::<Vec<_>>()).is_empty() {
            return Verdict::Refused;
        }
        for (id, wanted) in states.iter().flat_map(|state| &state.objects) {
            write!(declared, "{id} {}", wanted.body.tree()).expect("writes");
        }
        let findings = states.iter().flat_map(|state| &state.findings);
        findings.for_each(|finding| write!(declared, "{} {}", finding.id, finding.message).expect("writes"));
    }
    Verdict::Declares(declared)
}

/// A slip may move lines without changing what they say.
fn without_places(text: &str) -> String {
    let mut parts = text.split("Place {");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    kept
}

/// One slip of the pen; its name.
fn slip(text: &mut Vec<u8>, dice: &mut Dice) -> &'static str {
    let mut lines: Vec<Vec<u8>> = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let at = dice.roll(lines.len());
    let byte = dice.roll(text.len());
    let name = match dice.roll(11) {
        0 => {
            lines.remove(at);
            "a line is lost"
        }
        1 => {
            lines.insert(at, lines[at].clone());
            "a line stands twice"
        }
        2 => {
            lines[at].splice(0..0, *dice.pick(&[*b"  ", *b"\t "]));
            "a line is indented"
        }
        3 => {
            let less = lines[at].iter().take(2).filter(|byte| **byte == b' ').count();
            lines[at].drain(..less);
            "a line is indented less"
        }
        4 => {
            let other = dice.roll(lines.len());
            lines.swap(at, other);
            "two lines are swapped"
        }
        5 => {
            text.truncate(byte);
            return "the end is lost";
        }
        6 => {
            text.remove(byte);
            return "a character is lost";
        }
        7 => {
            text.insert(byte, *dice.pick(b":-{}[]\"'#&*!|>%@,"));
            return "a sign is put in";
        }
        8 => {
            text.insert(byte, *dice.pick(&[0_u8, 0xff, 0xc3, 0x1b, 0x7f]));
            return "an odd byte is put in";
        }
        9 => {
            text[byte] = *dice.pick(b"abcxyz0129_");
            return "a character is another";
        }
        _ => {
            text.insert(byte, *dice.pick(b"aeiou019"));
            return "a character is put in";
        }
    };
    *text = lines.concat();
    name
}

/// Whether two texts of a file say the same to a reader that is not ours, less what only the schema of values says.
fn means_the_same(path: &str, before: &[u8], after: &[u8]) -> bool {
    let read = |bytes: &[u8]| -> Option<Vec<Value>> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut documents: Vec<Value> = serde_saphyr::from_multiple(text).ok()?;
        documents.retain(|document| !document.is_null());
        if path.ends_with("stack.yaml") {
            documents.iter_mut().filter_map(|d| d.get_mut("spec")?.as_object_mut()).for_each(|spec| {
                spec.shift_remove("values");
            });
        }
        Some(documents)
    };
    before == after || read(before).is_some_and(|known| read(after) == Some(known))
}

/// Files that neither environment reads: notes and tests beside a stack, and ways of telling that nobody chose.
fn is_read(path: &str) -> bool {
    let unread = ["/tests/", "/operator/", "/dev-secrets/", "/alertmanager/email/", "/alertmanager/slack/"];
    !path.ends_with("README.md") && unread.iter().all(|part| !path.contains(part))
}

#[test]
fn no_slip_of_the_pen_is_swallowed() {
    let number =
        |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (count, seed) = (number("OBSCTL_MUTATIONS", 1_000), number("OBSCTL_SEED", 7));
    eprintln!("mutations: {count} with seed {seed}");
    let mut dice = Dice(seed);
    let repositories = [small(), own()].map(|files| {
        let verdict = judge(&files);
        assert!(verdict != Verdict::Refused, "a good repository is refused");
        (files, verdict)
    });
    let (mut refused, mut different, mut same) = (0, 0, 0);
    let mut swallowed = Vec::new();
    for turn in 0..count {
        let (files, good) = dice.pick(&repositories);
        let paths: Vec<&String> =
            files.keys().filter(|path| is_read(path) && !files[*path].is_empty()).collect();
        let path = (*dice.pick(&paths)).clone();
        let mut mutated = files.clone();
        let text = mutated.get_mut(&path).expect("the file");
        let name = slip(text, &mut dice);
        let verdict = panic::catch_unwind(|| judge(&mutated));
        let Ok(verdict) = verdict else {
            swallowed.push(format!("turn {turn}: {path}: {name}: panics"));
            continue;
        };
        match verdict {
            Verdict::Refused => refused += 1,
            Verdict::Declares(_) if verdict != *good => different += 1,
            Verdict::Declares(_) if means_the_same(&path, &files[&path], &mutated[&path]) => same += 1,
            Verdict::Declares(_) => swallowed
                .push(format!("turn {turn}: {path}: {name}:\n{}", String::from_utf8_lossy(&mutated[&path]))),
        }
    }
    eprintln!("mutations: {refused} refused, {different} declare something else, {same} mean the same");
    assert!(swallowed.is_empty(), "{} swallowed:\n{}", swallowed.len(), swallowed.join("\n\n"));
    assert!(refused * 5 > count && different * 5 > count, "the slips are too tame: the test shows nothing");
}
