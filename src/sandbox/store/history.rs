//! The last changes, from which watches resume and older lists are made.

use std::{collections::VecDeque, sync::Arc};

use super::object::{Key, Object};

/// Changes that are kept. A watch that fell further behind starts anew, as with an API server whose history was
/// compacted; an apply of a thousand objects with its pods makes some ten thousand.
const KEPT: usize = 20_000;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// It was made.
    Added,
    /// It was changed.
    Modified,
    /// It is gone.
    Deleted,
}

/// One change; its number is the resourceVersion of `object`.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// What happened.
    pub(crate) kind: ChangeKind,
    /// Which object.
    pub(crate) key: Key,
    /// The object after it, or its last state with the version of the deletion.
    pub(crate) object: Arc<Object>,
    /// The object before it.
    pub(crate) before: Option<Arc<Object>>,
}

/// A version that lies before the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOld {
    /// The oldest version that can still be resumed from.
    pub(crate) floor: u64,
}

/// The bounded list of changes.
#[derive(Debug, Default)]
pub(super) struct History {
    floor: u64,
    changes: VecDeque<Change>,
}

impl History {
    /// A history that begins at a version.
    pub(super) fn beginning_at(floor: u64) -> Self {
        Self { floor, changes: VecDeque::new() }
    }

    pub(super) fn push(&mut self, change: Change) {
        self.changes.push_back(change);
        if self.changes.len() > KEPT
            && let Some(oldest) = self.changes.pop_front()
        {
            self.floor = oldest.object.version();
        }
    }

    /// The changes after a version, oldest first.
    pub(super) fn since(&self, version: u64) -> Result<impl DoubleEndedIterator<Item = &Change>, TooOld> {
        if version < self.floor {
            return Err(TooOld { floor: self.floor });
        }
        let at = self.changes.partition_point(|change| change.object.version() <= version);
        Ok(self.changes.range(at..))
    }
}
