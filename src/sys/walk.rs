//! Reads the files that obsctl reads, from the disk or from a git tree.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use git2::{ObjectType, Repository, Tree};

use super::git::CheckoutError;
use crate::model::Entry;

/// Files and folders below the root that obsctl reads.
pub(super) const READ: [&str; 4] = ["obsctl.yaml", "stacks", "environments", "schemas"];

/// What stands at each path.
pub(super) type Files = BTreeMap<Arc<str>, Entry>;

/// Says of a path below the root whether it is left out, or a submodule.
pub(super) struct Rules<'r> {
    pub(super) ignored: &'r dyn Fn(&str) -> bool,
    pub(super) submodule: &'r dyn Fn(&str) -> bool,
}

/// Reads from the disk.
pub(super) fn of_disk(root: &Path, rules: &Rules<'_>) -> Result<Files, CheckoutError> {
    let mut files = Files::new();
    for name in READ {
        if fs::symlink_metadata(root.join(name)).is_ok() {
            disk_entry(root, name, rules, &mut files)?;
        }
    }
    Ok(files)
}

fn disk_entry(root: &Path, path: &str, rules: &Rules<'_>, files: &mut Files) -> Result<(), CheckoutError> {
    let full = root.join(path);
    let wrap = |source| CheckoutError::Read { path: full.clone(), source };
    let sort = fs::symlink_metadata(&full).map_err(wrap)?.file_type();
    if sort.is_dir() {
        if (rules.submodule)(path) || full.join(".git").exists() {
            files.insert(path.into(), Entry::Submodule);
            return Ok(());
        }
        if (rules.ignored)(&format!("{path}/")) {
            return Ok(());
        }
        for entry in fs::read_dir(&full).map_err(wrap)? {
            let name = entry.map_err(wrap)?.file_name();
            let Some(name) = name.to_str() else {
                return Err(CheckoutError::OddName(full.join(name)));
            };
            disk_entry(root, &format!("{path}/{name}"), rules, files)?;
        }
        return Ok(());
    }
    if (rules.ignored)(path) {
        return Ok(());
    }
    if sort.is_symlink() {
        let target = fs::read_link(&full).map_err(wrap)?;
        files.insert(path.into(), Entry::Symlink(target.to_string_lossy().into_owned()));
    } else if sort.is_file() {
        files.insert(path.into(), Entry::File(fs::read(&full).map_err(wrap)?.into()));
    }
    Ok(())
}

/// Reads from a git tree; `prefix` is the root's folder inside the repository.
pub(super) fn of_tree(
    repository: &Repository,
    tree: &Tree<'_>,
    prefix: &Path,
) -> Result<Files, CheckoutError> {
    let mut files = Files::new();
    let root = if prefix.as_os_str().is_empty() {
        tree.clone()
    } else {
        let entry = tree.get_path(prefix).map_err(CheckoutError::Git)?;
        entry.to_object(repository).and_then(|object| object.peel_to_tree()).map_err(CheckoutError::Git)?
    };
    for entry in &root {
        if entry.name().is_ok_and(|name| READ.contains(&name)) {
            tree_entry(repository, &entry, "", &mut files)?;
        }
    }
    Ok(files)
}

fn tree_entry(
    repository: &Repository,
    entry: &git2::TreeEntry<'_>,
    folder: &str,
    files: &mut Files,
) -> Result<(), CheckoutError> {
    let name = entry.name().map_err(|_| {
        CheckoutError::OddName(Path::new(folder).join(&*String::from_utf8_lossy(entry.name_bytes())))
    })?;
    let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    match entry.kind() {
        Some(ObjectType::Tree) => {
            let tree = repository.find_tree(entry.id()).map_err(CheckoutError::Git)?;
            for entry in &tree {
                tree_entry(repository, &entry, &path, files)?;
            }
        }
        Some(ObjectType::Blob) => {
            let blob = repository.find_blob(entry.id()).map_err(CheckoutError::Git)?;
            let link = entry.filemode() == i32::from(git2::FileMode::Link);
            let entry = if link {
                Entry::Symlink(String::from_utf8_lossy(blob.content()).into_owned())
            } else {
                Entry::File(blob.content().into())
            };
            files.insert(path.into(), entry);
        }
        Some(ObjectType::Commit) => {
            files.insert(path.into(), Entry::Submodule);
        }
        Some(ObjectType::Any | ObjectType::Tag) | None => {}
    }
    Ok(())
}
