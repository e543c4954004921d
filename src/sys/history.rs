//! What git did between two commits.

use std::path::Path;

use git2::{Commit, Oid};

use super::{
    git::{CheckoutError, find_commit, open},
    walk::READ,
};

/// How many commits in `to` and not in `from` changed files that obsctl reads.
pub fn commits_between(root: &Path, from: &str, to: &str) -> Result<usize, CheckoutError> {
    let Some((repository, prefix)) = open(root)? else {
        return Err(CheckoutError::NotGit { root: root.to_owned(), revision: to.to_owned() });
    };
    let (from, to) = (find_commit(&repository, from)?, find_commit(&repository, to)?);
    let mut walk = repository.revwalk().map_err(CheckoutError::Git)?;
    walk.push(to.id()).and_then(|()| walk.hide(from.id())).map_err(CheckoutError::Git)?;
    let mut count = 0;
    for id in walk {
        let commit = id.and_then(|id| repository.find_commit(id)).map_err(CheckoutError::Git)?;
        count += usize::from(touches(&commit, &prefix));
    }
    Ok(count)
}

/// Whether a commit differs from each of its parents in what obsctl reads.
fn touches(commit: &Commit<'_>, prefix: &Path) -> bool {
    let own = state(commit, prefix);
    commit.parents().all(|parent| state(&parent, prefix) != own)
}

fn state(commit: &Commit<'_>, prefix: &Path) -> Vec<Option<Oid>> {
    let tree = commit.tree().ok();
    let of = |name: &&str| Some(tree.as_ref()?.get_path(&prefix.join(name)).ok()?.id());
    READ.iter().map(of).collect()
}
