//! One file of ours: one document with apiVersion, kind, metadata and spec.

use std::sync::Arc;

use super::fields::Taker;
use crate::model::{Entry, Place, Problem};
use crate::syntax::{Node, NodeValue, decode, parse_yaml};

const API_VERSION: &str = "obsctl.dev/v1alpha1";
/// Longest name of a repository, stack or environment (rules 4).
const LONGEST_NAME: usize = 40;

/// One parsed file.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// Its path.
    pub(super) file: Arc<str>,
    /// Its name.
    pub(super) name: String,
    /// Its `spec`; an empty map where there is none.
    pub(super) spec: Node,
}

/// Reads a file of a kind; its name must be the folder's, where one is given.
pub(super) fn read(
    file: &Arc<str>,
    entry: &Entry,
    kind: &str,
    folder: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Option<Written> {
    let bytes = match entry {
        Entry::File(bytes) => bytes,
        Entry::Symlink(goal) => {
            let message = format!("it is a link to `{goal}`, and links are not read here");
            problems.push(Problem::new(Place::file(Arc::clone(file)), message).help("write the file itself"));
            return None;
        }
        Entry::Submodule => return None,
    };
    let documents =
        decode(file, bytes).map_err(|problem| vec![problem]).and_then(|text| parse_yaml(file, text));
    let documents = documents.map_err(|found| problems.extend(found)).ok()?;
    let mut documents = documents.into_iter();
    let Some(document) = documents.next() else {
        let help = format!("begin with `apiVersion: {API_VERSION}` and `kind: {kind}`");
        problems.push(Problem::new(Place::file(Arc::clone(file)), "the file is empty").help(help));
        return None;
    };
    if let Some(second) = documents.next() {
        let message = format!("a second document: a file holds one {kind}");
        problems
            .push(Problem::new(second.place(file), message).help("take everything from this `---` on away"));
    }
    let mut taker = Taker { file: Arc::clone(file), problems };
    if !taker.map(&document, "the file", &["apiVersion", "kind", "metadata", "spec"]) {
        return None;
    }
    exactly(&mut taker, &document, "apiVersion", API_VERSION);
    exactly(&mut taker, &document, "kind", kind);
    let name = name(&mut taker, &document, folder)?;
    let empty = Node { value: NodeValue::Map(Vec::new()), line: document.line, column: document.column };
    let spec = document.get("spec").filter(|spec| spec.value != NodeValue::Null).cloned().unwrap_or(empty);
    Some(Written { file: Arc::clone(file), name, spec })
}

fn exactly(taker: &mut Taker<'_>, node: &Node, key: &str, wanted: &str) {
    if let Some(text) = taker.needed_text(node, key, &format!("{key}: {wanted}"))
        && text.value != wanted
    {
        let message = format!("`{key}` is `{}`", text.value);
        taker.problems.push(Problem::new(text.place, message).help(format!("write `{key}: {wanted}`")));
    }
}

fn name(taker: &mut Taker<'_>, document: &Node, folder: Option<&str>) -> Option<String> {
    let example = folder.unwrap_or("my-monitoring");
    let Some(metadata) = document.get("metadata") else {
        taker.wrong(document, "`metadata` is missing", format!("add `metadata: {{name: {example}}}`"));
        return None;
    };
    taker.map(metadata, "`metadata`", &["name", "labels", "annotations"]);
    let name = taker.needed_text(metadata, "name", &format!("name: {example}"))?;
    if !is_label(&name.value) {
        let message = format!("`{}` cannot be a name", name.value);
        let help = "take at most 40 small letters, digits and `-`, with a letter or digit at both ends";
        taker.problems.push(Problem::new(name.place.clone(), message).help(help));
    } else if folder.is_some_and(|folder| folder != name.value) {
        let message = format!("its name is `{}`, and its folder `{example}`", name.value);
        taker.problems.push(
            Problem::new(name.place, message).help(format!("write `name: {example}`, or rename the folder")),
        );
    }
    Some(name.value)
}

fn is_label(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= LONGEST_NAME
        && name.starts_with(plain)
        && name.ends_with(plain)
        && name.chars().all(|c| plain(c) || c == '-')
}
