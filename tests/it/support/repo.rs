//! Git repositories made for a test.

use std::{fs, path::Path};

use git2::{IndexAddOption, Repository, Signature, Time};
use tempfile::TempDir;

/// A git repository in a folder of its own, removed on drop.
#[derive(Debug)]
pub(crate) struct Repo {
    folder: TempDir,
}

impl Repo {
    /// A repository of the given (path, text) pairs, committed.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("the machine has a folder for temporary files");
        Repository::init(folder.path()).expect("git2 makes a repository");
        let repo = Self { folder };
        for (path, text) in files {
            repo.write(path, text);
        }
        repo.commit("First");
        repo
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, uncommitted.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().expect("files have folders")).expect("the folder is ours");
        fs::write(file, text).expect("the folder is ours");
    }

    /// Replaces `old`, which must be there, in a file; uncommitted.
    pub(crate) fn edit(&self, path: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path().join(path)).expect("the file is there");
        assert!(text.contains(old), "{path} does not contain {old:?}");
        self.write(path, &text.replace(old, new));
    }

    /// Removes a file, uncommitted.
    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path().join(path)).expect("the file is there");
    }

    /// Copies all files of a folder of the machine, folders below it too; uncommitted.
    pub(crate) fn copy(&self, from: &Path, to: &str) {
        for entry in fs::read_dir(from).expect("the folder is there") {
            let entry = entry.expect("the folder can be read");
            let to = format!("{to}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                self.copy(&entry.path(), &to);
            } else {
                self.write(&to, &fs::read_to_string(entry.path()).expect("test data is text"));
            }
        }
    }

    /// Commits the whole working tree and returns the commit's id, which depends on nothing but the files and messages.
    pub(crate) fn commit(&self, message: &str) -> String {
        let git = Repository::open(self.path()).expect("it was made here");
        let mut index = git.index().expect("every repository has one");
        index.add_all(["*"], IndexAddOption::DEFAULT, None).expect("files can be added");
        index.update_all(["*"], None).expect("removed files can be taken out");
        index.write().expect("the folder is ours");
        let tree = git.find_tree(index.write_tree().expect("a tree can be written")).expect("just written");
        let parent = git.head().ok().and_then(|head| head.peel_to_commit().ok());
        let second = parent.as_ref().map_or(1_700_000_000, |commit| commit.time().seconds() + 60);
        let author =
            Signature::new("Tess Ter", "tess@example.com", &Time::new(second, 0)).expect("a plain name");
        let parents: Vec<_> = parent.iter().collect();
        let id = git.commit(Some("HEAD"), &author, &author, message, &tree, &parents);
        id.expect("a commit can be written").to_string()
    }
}
