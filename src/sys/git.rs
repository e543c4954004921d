//! The files of the working tree or of any revision, without touching the tree.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use git2::{ErrorClass, ErrorCode, Repository, RepositoryOpenFlags, Status, StatusOptions};

use super::walk::{self, READ, Rules};
use crate::model::{Checkout, Commit};

/// Why the files of a repository could not be had.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The folder is not there.
    #[error("{} is no folder", .0.display())]
    NoFolder(PathBuf),
    /// A revision was asked for outside git.
    #[error("{} is not in a git repository, so there is no revision `{revision}`", root.display())]
    NotGit {
        /// Where.
        root: PathBuf,
        /// The revision asked for.
        revision: String,
    },
    /// No such revision.
    #[error("there is no revision `{0}`{hint}", hint = if *.1 { ": this clone is shallow, so older commits are absent" } else { "" })]
    NoRevision(String, bool),
    /// Git refuses a repository of another user.
    #[error("git does not trust {}, which belongs to another user: run git config --global --add safe.directory {}", .0.display(), .0.display())]
    Owner(PathBuf),
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file's name is no UTF-8.
    #[error("the name of {} is not UTF-8", .0.display())]
    OddName(PathBuf),
    /// Anything else that libgit2 says.
    #[error("git failed")]
    Git(#[source] git2::Error),
}

/// The repository that holds a folder and the folder's path inside it; none outside git.
pub(super) fn open(root: &Path) -> Result<Option<(Repository, PathBuf)>, CheckoutError> {
    let root = fs::canonicalize(root).map_err(|_| CheckoutError::NoFolder(root.to_owned()))?;
    let flags = RepositoryOpenFlags::empty();
    let repository = match Repository::open_ext(&root, flags, std::iter::empty::<&Path>()) {
        Ok(repository) => repository,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) if error.code() == ErrorCode::Owner => return Err(CheckoutError::Owner(root)),
        Err(error) => return Err(CheckoutError::Git(error)),
    };
    let Some(workdir) = repository.workdir() else { return Ok(None) };
    let workdir = fs::canonicalize(workdir).unwrap_or_else(|_| workdir.to_owned());
    let prefix = root.strip_prefix(&workdir).map(Path::to_owned).unwrap_or_default();
    Ok(Some((repository, prefix)))
}

/// The files of the working tree below `root`, as they are on disk; ignored ones are left out.
pub fn checkout_working_tree(root: &Path) -> Result<Checkout, CheckoutError> {
    if !root.is_dir() {
        return Err(CheckoutError::NoFolder(root.to_owned()));
    }
    let Some((repository, prefix)) = open(root)? else {
        let rules = Rules { ignored: &|_| false, submodule: &|_| false };
        return Ok(Checkout { files: walk::of_disk(root, &rules)?, ..Checkout::default() });
    };
    let index = repository.index().map_err(CheckoutError::Git)?;
    let (tracked, submodules) = tracked(&index, &prefix);
    let ignored = |path: &str| {
        let known = if let Some(folder) = path.strip_suffix('/') {
            let begin = format!("{folder}/");
            tracked.range(begin.clone()..).next().is_some_and(|first| first.starts_with(&begin))
        } else {
            tracked.contains(path)
        };
        !known && repository.is_path_ignored(prefix.join(path)).unwrap_or(false)
    };
    let rules = Rules { ignored: &ignored, submodule: &|path| submodules.contains(path) };
    let files = walk::of_disk(root, &rules)?;
    let head = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let commit = Commit {
        id: head.as_ref().map(|commit| commit.id().to_string()),
        dirty: dirty(&repository, &prefix)?,
        summary: head.as_ref().and_then(|commit| commit.summary().ok().flatten()).map(str::to_owned),
    };
    let root_commit = root_commit(&repository, head.as_ref(), &files);
    Ok(Checkout { files, commit, root_commit })
}

/// The files of a revision below `root`: a branch, tag, commit or anything that git understands.
pub fn checkout_revision(root: &Path, revision: &str) -> Result<Checkout, CheckoutError> {
    let Some((repository, prefix)) = open(root)? else {
        return Err(CheckoutError::NotGit { root: root.to_owned(), revision: revision.to_owned() });
    };
    let commit = find_commit(&repository, revision)?;
    let tree = commit.tree().map_err(CheckoutError::Git)?;
    let files = walk::of_tree(&repository, &tree, &prefix)?;
    let root_commit = root_commit(&repository, Some(&commit), &files);
    let commit = Commit {
        id: Some(commit.id().to_string()),
        dirty: false,
        summary: commit.summary().ok().flatten().map(str::to_owned),
    };
    Ok(Checkout { files, commit, root_commit })
}

pub(super) fn find_commit<'r>(
    repository: &'r Repository,
    revision: &str,
) -> Result<git2::Commit<'r>, CheckoutError> {
    let found = repository.revparse_single(revision).and_then(|object| object.peel_to_commit());
    found.map_err(|error| match (error.code(), error.class()) {
        (ErrorCode::NotFound | ErrorCode::InvalidSpec | ErrorCode::Peel, _) | (_, ErrorClass::Invalid) => {
            CheckoutError::NoRevision(revision.to_owned(), repository.is_shallow())
        }
        _ => CheckoutError::Git(error),
    })
}

/// Tracked files and submodules below the prefix, as paths from there.
fn tracked(index: &git2::Index, prefix: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut files, mut submodules) = (BTreeSet::new(), BTreeSet::new());
    for entry in index.iter() {
        let Ok(path) = std::str::from_utf8(&entry.path) else { continue };
        let Ok(path) = Path::new(path).strip_prefix(prefix) else { continue };
        let path = path.to_string_lossy().into_owned();
        if entry.mode == u32::from(git2::FileMode::Commit) {
            submodules.insert(path);
        } else {
            files.insert(path);
        }
    }
    (files, submodules)
}

/// Whether a file that obsctl reads differs from the commit.
fn dirty(repository: &Repository, prefix: &Path) -> Result<bool, CheckoutError> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(false);
    options.disable_pathspec_match(true).update_index(false);
    for name in READ {
        options.pathspec(prefix.join(name));
    }
    let statuses = repository.statuses(Some(&mut options)).map_err(CheckoutError::Git)?;
    Ok(statuses.iter().any(|entry| !entry.status().intersects(Status::IGNORED) && !entry.status().is_empty()))
}

/// The first commit along first parents; not looked for where `obsctl.yaml` names the repository.
fn root_commit(
    repository: &Repository,
    from: Option<&git2::Commit<'_>>,
    files: &walk::Files,
) -> Option<String> {
    if repository.is_shallow() || files.contains_key("obsctl.yaml") {
        return None;
    }
    let mut walk = repository.revwalk().ok()?;
    walk.simplify_first_parent().ok()?;
    walk.push(from?.id()).ok()?;
    walk.last()?.ok().map(|id| id.to_string())
}
