//! `obsctl init`: a small repository that works.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{
    args::InitArgs,
    failure::{Failure, FailureKind},
    stdio::Stdio,
};

/// Files of the starter repository.
const FILES: &[(&str, &str)] = &[
    ("obsctl.yaml", include_str!("starter/obsctl.yaml")),
    ("stacks/example/stack.yaml", include_str!("starter/stack.yaml")),
    ("stacks/example/manifests/namespace.yaml", include_str!("starter/namespace.yaml")),
    ("stacks/example/manifests/prometheus.yaml", include_str!("starter/prometheus.yaml")),
    ("stacks/example/config/prometheus.yml", include_str!("starter/prometheus.yml")),
    ("stacks/example/rules/example.yml", include_str!("starter/rules.yml")),
    ("environments/dev/environment.yaml", include_str!("starter/environment.yaml")),
];

/// Longest name of a repository, as of environments and stacks (rules 4).
const LONGEST_NAME: usize = 40;

/// Writes the starter repository; a file that is there is never overwritten.
pub(super) fn init(args: &InitArgs, stdio: &mut Stdio<'_>) -> Result<(), Failure> {
    let name = match &args.name {
        Some(name) if is_label(name) => name.clone(),
        Some(name) => {
            let message = format!("`{name}` cannot name a repository");
            return Err(Failure::new(FailureKind::BadCall, message).hint(
                "take at most 40 lower-case letters, digits and `-`, with a letter or digit at both ends",
            ));
        }
        None => name_of(&args.target),
    };
    let there: Vec<&str> = FILES
        .iter()
        .map(|(path, _)| *path)
        .filter(|path| fs::symlink_metadata(args.target.join(path)).is_ok())
        .collect();
    if !there.is_empty() {
        let failure = Failure::new(FailureKind::Failed, "files are there already, nothing was written");
        let failure = there.iter().fold(failure, |failure, path| failure.cause(shown(&args.target, path)));
        return Err(failure.hint("name another folder: `obsctl init DIR`"));
    }
    for (path, text) in FILES {
        let file = args.target.join(path);
        write_new(&file, &text.replace("REPOSITORY", &name)).map_err(|error| {
            Failure::new(FailureKind::Failed, format!("cannot write `{}`", file.display()))
                .cause(error.to_string())
        })?;
        stdio.say(&format!("wrote {}\n", shown(&args.target, path)));
    }
    stdio.say(&format!("Next: `obsctl -C {} plan`.\n", args.target.display()));
    Ok(())
}

fn shown(folder: &Path, path: &str) -> String {
    if folder == Path::new(".") { path.to_owned() } else { folder.join(path).display().to_string() }
}

fn write_new(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes())
}

/// A name made of the folder's, `monitoring` where nothing of it can be kept.
fn name_of(folder: &Path) -> String {
    let whole: PathBuf = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let base = whole.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let cleaned: String = base.chars().map(plain).take(LONGEST_NAME).collect();
    let name = cleaned.trim_matches('-');
    if name.is_empty() { "monitoring".to_owned() } else { name.to_owned() }
}

fn is_label(name: &str) -> bool {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(fine)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::Terminal;

    fn start(target: &Path, name: Option<&str>) -> (Result<(), Failure>, String) {
        let mut talk = Vec::new();
        let mut stdio = Stdio {
            out: &mut io::sink(),
            talk: &mut talk,
            input: &mut io::empty(),
            terminal: Terminal::default(),
            reader_gone: false,
        };
        let args = InitArgs { target: target.to_owned(), name: name.map(str::to_owned) };
        let done = init(&args, &mut stdio);
        (done, String::from_utf8(talk).unwrap())
    }

    #[test]
    fn a_starter_repository_is_named_after_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("My_Shop");
        let (done, talk) = start(&target, None);
        assert_eq!(done, Ok(()));
        assert_eq!(talk.lines().count(), FILES.len() + 1);
        let written = fs::read(target.join("obsctl.yaml")).unwrap();
        assert!(String::from_utf8(written).unwrap().ends_with("  name: my-shop\n"));
    }

    #[test]
    fn nothing_is_written_where_one_file_is_there_already() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("obsctl.yaml"), "mine").unwrap();
        let (done, _) = start(folder.path(), None);
        assert_eq!(done.unwrap_err().causes.len(), 1);
        assert_eq!(fs::read(folder.path().join("obsctl.yaml")).unwrap(), b"mine");
        assert!(!folder.path().join("stacks").exists());
    }

    #[test]
    fn a_name_that_clusters_cannot_hold_is_a_bad_call() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "Shop", "-a", "a-", &"a".repeat(41)] {
            let (done, _) = start(folder.path(), Some(name));
            assert_eq!(done.unwrap_err().kind, FailureKind::BadCall, "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn starter_files_are_well_formed() {
        for (path, text) in FILES {
            for document in text.split("\n---\n") {
                let tree: Result<serde_json::Value, _> = serde_saphyr::from_str(document);
                assert!(tree.is_ok(), "{path}: {tree:?}");
            }
        }
    }
}
