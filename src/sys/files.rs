//! Reading and writing files, with the path in each error.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It holds bytes that are no text.
    #[error("{} is not UTF-8: offset {offset}", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first byte that is wrong.
        offset: usize,
    },
}

/// The bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })
}

/// The text of a file.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    String::from_utf8(read(path)?).map_err(|error| FileError::NotText {
        path: path.to_owned(),
        offset: error.utf8_error().valid_up_to(),
    })
}

/// A file itself, or every file below a folder, in the order of their paths.
pub fn files_below(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    let wrap = |source| FileError::Read { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(wrap)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(wrap)? {
        entries.push(entry.map_err(wrap)?.path());
    }
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        // A link may lead back to where it stands.
        let linked = fs::symlink_metadata(&entry).map_err(wrap)?.is_symlink();
        if !(linked && entry.is_dir()) {
            files.extend(files_below(&entry)?);
        }
    }
    Ok(files)
}

/// Writes a file whole: a reader sees the old or the new content, never a part.
pub fn write(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let wrap = |source| FileError::Write { path: path.to_owned(), source };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    fs::write(&beside, content).map_err(wrap)?;
    fs::rename(&beside, path).map_err(|source| {
        fs::remove_file(&beside).ok();
        wrap(source)
    })
}

/// The nearest folder, from `start` upwards, that holds `environments/`.
pub fn find_root(start: &Path) -> Option<PathBuf> {
    let start = fs::canonicalize(start).ok()?;
    start.ancestors().find(|folder| folder.join("environments").is_dir()).map(Path::to_owned)
}

/// Adds to the end of a file, which is made where it is missing.
pub fn append(path: &Path, content: &str) -> Result<(), FileError> {
    use std::io::Write as _;
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(|source| FileError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_nearest_parent_with_environments() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let deep = folder.path().join("stacks/web/manifests");
        fs::create_dir_all(&deep).expect("made");
        assert_eq!(find_root(&deep), None);
        fs::create_dir(folder.path().join("environments")).expect("made");
        assert_eq!(find_root(&deep), Some(fs::canonicalize(folder.path()).expect("there")));
    }

    #[test]
    fn files_are_replaced_whole_and_errors_name_the_path() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("plan.json");
        write(&path, b"one").expect("written");
        write(&path, b"two").expect("written");
        assert_eq!(read_text(&path).expect("read"), "two");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
        let error = read(&folder.path().join("absent")).expect_err("absent");
        assert!(error.to_string().starts_with("cannot read /"), "{error}");
    }
}
