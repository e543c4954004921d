//! Which files of the checkout a source means.

use std::{collections::BTreeSet, sync::Arc};

use globset::GlobBuilder;

use crate::model::{Checkout, Entry, Place, Placed, Problem};
use crate::syntax::did_you_mean;

/// Links that lead to links, at most.
const MOST_LINKS: usize = 8;

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Its path from the repository's root.
    pub(super) path: Arc<str>,
    /// Its bytes.
    pub(super) bytes: Arc<[u8]>,
}

/// Finds the files that paths of a source mean, sorted and each once; a folder means all files below it.
pub(super) fn find(
    folder: &str,
    paths: &[Placed<String>],
    checkout: &Checkout,
    problems: &mut Vec<Problem>,
) -> Vec<Found> {
    let mut found = BTreeSet::new();
    for path in paths {
        match find_one(folder, path, checkout) {
            Ok(files) => found.extend(files),
            Err(problem) => problems.push(problem),
        }
    }
    found.into_iter().collect()
}

fn find_one(folder: &str, written: &Placed<String>, checkout: &Checkout) -> Result<Vec<Found>, Problem> {
    let problem = |message: String| Problem::new(written.place.clone(), message);
    if written.value.starts_with('/') {
        let help = "write it relative to the folder of the stack";
        return Err(problem(format!("`{}` is an absolute path", written.value)).help(help));
    }
    let path = join(folder, &written.value).ok_or_else(|| {
        problem(format!("`{}` leaves the repository", written.value)).help("name a path inside it")
    })?;
    if path.contains(['*', '?', '[', '{']) {
        return matching(&path, written, checkout);
    }
    let files = below(&path, checkout, MOST_LINKS, &written.place)?;
    if files.is_empty() { Err(nothing_there(&path, written, checkout)) } else { Ok(files) }
}

/// Joins a path to a folder and takes `.` and `..` out; none where it leaves the root.
pub(super) fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

fn matching(pattern: &str, written: &Placed<String>, checkout: &Checkout) -> Result<Vec<Found>, Problem> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| {
        Problem::new(written.place.clone(), format!("`{}` is no pattern: {}", written.value, error.kind()))
    })?;
    let matcher = glob.compile_matcher();
    let paths: Vec<&Arc<str>> = checkout.files.keys().filter(|path| matcher.is_match(&***path)).collect();
    if paths.is_empty() {
        let message = format!("no file matches `{}`", written.value);
        return Err(
            Problem::new(written.place.clone(), message).help("correct the pattern, or remove the line")
        );
    }
    let mut found = Vec::new();
    for path in paths {
        found.extend(below(path, checkout, MOST_LINKS, &written.place)?);
    }
    Ok(found)
}

/// The file at a path, or all files below it; links are followed where they stay in the repository.
fn below(path: &str, checkout: &Checkout, links: usize, place: &Place) -> Result<Vec<Found>, Problem> {
    if let Some((key, entry)) = checkout.files.get_key_value(path) {
        return match entry {
            Entry::File(bytes) => Ok(vec![Found { path: Arc::clone(key), bytes: Arc::clone(bytes) }]),
            Entry::Symlink(goal) => follow(path, goal, checkout, links, place),
            Entry::Submodule => {
                let message = format!("`{path}` is a submodule, which is not read");
                Err(Problem::new(place.clone(), message).help("copy the files into the repository"))
            }
        };
    }
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let mut found = Vec::new();
    let inside = checkout
        .files
        .range::<str, _>((std::ops::Bound::Included(prefix.as_str()), std::ops::Bound::Unbounded));
    for (key, entry) in inside.take_while(|(key, _)| key.starts_with(&prefix)) {
        match entry {
            Entry::File(bytes) => found.push(Found { path: Arc::clone(key), bytes: Arc::clone(bytes) }),
            Entry::Symlink(goal) => found.extend(follow(key, goal, checkout, links, place)?),
            Entry::Submodule => {}
        }
    }
    Ok(found)
}

fn follow(
    link: &str,
    goal: &str,
    checkout: &Checkout,
    links: usize,
    place: &Place,
) -> Result<Vec<Found>, Problem> {
    let problem =
        |message: String| Err(Problem::new(place.clone(), message).help("copy the file into the repository"));
    let folder = link.rsplit_once('/').map_or("", |(folder, _)| folder);
    let inside = if goal.starts_with('/') { None } else { join(folder, goal) };
    let Some(path) = inside else {
        return problem(format!("the link `{link}` leads out of the repository, to `{goal}`"));
    };
    if links == 0 {
        return problem(format!("the link `{link}` leads in a circle"));
    }
    let found = below(&path, checkout, links - 1, place)?;
    if found.is_empty() {
        problem(format!("the link `{link}` leads to `{goal}`, where nothing is"))
    } else {
        Ok(found)
    }
}

fn nothing_there(path: &str, written: &Placed<String>, checkout: &Checkout) -> Problem {
    let problem = Problem::new(written.place.clone(), format!("there is no file or folder `{path}`"));
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut near: BTreeSet<&str> = BTreeSet::new();
    for key in checkout.files.keys() {
        let rest = key.strip_prefix(folder).map(|rest| rest.trim_start_matches('/'));
        near.extend(rest.and_then(|rest| rest.split('/').next()));
    }
    let last = path.rsplit('/').next().unwrap_or(path);
    match did_you_mean(last, near) {
        Some(name) => problem.help(format!("did you mean `{name}`?")),
        None => problem.help(format!("make it, or correct `{}`", written.value)),
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
