//! The files of one commit, or of the working tree, in memory.

use std::{collections::BTreeMap, sync::Arc};

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file's bytes.
    File(Arc<[u8]>),
    /// A symbolic link and its target as written.
    Symlink(String),
    /// A submodule, which is not read.
    Submodule,
}

/// Which state of the repository the files are of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commit {
    /// Full hexadecimal commit id; none outside git and before the first commit.
    pub id: Option<String>,
    /// Whether files that obsctl reads differ from that commit.
    pub dirty: bool,
    /// First line of the commit's message.
    pub summary: Option<String>,
}

impl Commit {
    /// Ten characters of the id and `-dirty`, or `no commit`.
    pub fn short(&self) -> String {
        let id = self.id.as_deref().map_or("no commit", |id| id.get(..10).unwrap_or(id));
        if self.dirty { format!("{id}-dirty") } else { id.to_owned() }
    }
}

/// The files of one commit or of the working tree; paths are relative to the repository's root, with `/`.
#[derive(Debug, Clone, Default)]
pub struct Checkout {
    /// Files, links and submodules below the root; `.git` and ignored files are left out.
    pub files: BTreeMap<Arc<str>, Entry>,
    /// The commit the files are of.
    pub commit: Commit,
    /// Id of git's root commit; none in a shallow clone and outside git.
    pub root_commit: Option<String>,
}
