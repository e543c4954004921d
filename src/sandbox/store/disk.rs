//! The file behind a store: opened, appended to, rewritten when it has grown, and brought to the disk.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    lock::{Holder, Lock},
    log,
    object::Key,
};

/// Below this a log is not worth rewriting.
const SMALL: u64 = 4 << 20;

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Another process holds it.
    #[error("another obsctl serves this sandbox{}", .0.pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    Held(Holder),
    /// The file holds something else than a log.
    #[error("{} is damaged at byte {offset}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: usize,
    },
    /// A file could not be read or written.
    #[error("cannot {what} {}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// The log of one environment, held by this process.
#[derive(Debug)]
pub(super) struct Disk {
    path: PathBuf,
    length: u64,
    shared: Arc<Shared>,
    _lock: Lock,
}

/// What writers wait on: several of them are served by one flush.
#[derive(Debug)]
struct Shared {
    file: Mutex<File>,
    appended: AtomicU64,
    flushed: AtomicU64,
}

/// A promise that a write will be on the disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Durable(Option<(Arc<Shared>, u64)>);

impl Durable {
    /// Waits until it is; blocks the thread for as long as the disk takes.
    pub(crate) fn wait(self) -> io::Result<()> {
        let Some((shared, number)) = self.0 else { return Ok(()) };
        let file = shared.file.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.flushed.load(Ordering::Acquire) >= number {
            return Ok(());
        }
        let covered = shared.appended.load(Ordering::Acquire);
        file.sync_data()?;
        shared.flushed.fetch_max(covered, Ordering::AcqRel);
        Ok(())
    }

    /// Whether there is nothing to wait for.
    pub(crate) fn is_done(&self) -> bool {
        self.0.as_ref().is_none_or(|(shared, number)| shared.flushed.load(Ordering::Acquire) >= *number)
    }
}

impl Disk {
    /// Takes the folder of an environment and gives the bytes of its log.
    pub(super) fn open(folder: &Path) -> Result<(Self, Vec<u8>), StoreError> {
        let error = |what, path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::File { what, path, source }
        };
        let lock = Lock::take(folder).map_err(error("lock", folder))?.map_err(StoreError::Held)?;
        let path = folder.join("state");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(source) if source.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(StoreError::File { what: "read", path, source }),
        };
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(error("open", &path))?;
        let shared =
            Shared { file: Mutex::new(file), appended: AtomicU64::new(0), flushed: AtomicU64::new(0) };
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok((Self { path, length, shared: Arc::new(shared), _lock: lock }, bytes))
    }

    pub(super) fn damaged(&self, damaged: log::Damaged) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), offset: damaged.offset }
    }

    /// The version that was last said to be settled; 0 where none was.
    pub(super) fn settled(&self) -> u64 {
        let text = crate::sys::read_text(&self.path.with_extension("settled")).unwrap_or_default();
        text.trim().parse().unwrap_or_default()
    }

    /// Says up to where the controllers are done. Where it is lost they look at everything again, and find it done.
    pub(super) fn settle(&self, version: u64) {
        crate::sys::write(&self.path.with_extension("settled"), format!("{version}\n").as_bytes()).ok();
    }

    /// Cuts off what is not whole, and begins an empty log.
    pub(super) fn keep(&mut self, whole: usize) -> Result<(), StoreError> {
        let whole = u64::try_from(whole).unwrap_or(u64::MAX);
        if whole < self.length {
            self.cut(whole)?;
        }
        if whole == 0 { self.append(log::FIRST_LINE) } else { Ok(()) }
    }

    /// Appends bytes as a whole or not at all.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.file().write_all(bytes);
        if let Err(source) = written {
            self.cut(self.length)?;
            return Err(StoreError::File { what: "write", path: self.path.clone(), source });
        }
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.shared.appended.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    fn cut(&mut self, length: u64) -> Result<(), StoreError> {
        let cut = self.file().set_len(length);
        cut.map_err(|source| StoreError::File { what: "truncate", path: self.path.clone(), source })?;
        self.length = length;
        Ok(())
    }

    fn file(&self) -> std::sync::MutexGuard<'_, File> {
        self.shared.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last append is waited for by.
    pub(super) fn durable(&self) -> Durable {
        Durable(Some((Arc::clone(&self.shared), self.shared.appended.load(Ordering::Acquire))))
    }

    /// Whether the log holds much more than what is alive.
    pub(super) fn is_bloated(&self, alive: u64) -> bool {
        self.length > SMALL && self.length > alive.saturating_mul(3)
    }

    /// Replaces the log by one of these objects alone: written beside it, then put in its place.
    pub(super) fn rewrite<'a>(
        &mut self,
        objects: impl Iterator<Item = (Key, u64, &'a str)>,
    ) -> Result<(), StoreError> {
        let beside = self.path.with_extension("new");
        let mut bytes = log::FIRST_LINE.to_vec();
        for (key, version, text) in objects {
            log::encode(&mut bytes, &key, version, Some(text));
        }
        let error = |source| StoreError::File { what: "rewrite", path: self.path.clone(), source };
        let replaced = (|| {
            let mut file = File::create(&beside)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)?;
            if let Some(folder) = self.path.parent() {
                File::open(folder)?.sync_all()?;
            }
            OpenOptions::new().append(true).open(&self.path)
        })();
        let file = replaced.map_err(error)?;
        *self.file() = file;
        self.length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let covered = self.shared.appended.load(Ordering::Acquire);
        self.shared.flushed.fetch_max(covered, Ordering::AcqRel);
        Ok(())
    }
}
