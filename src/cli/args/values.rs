//! Values of flags that are more than a word.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::ValueEnum;

/// Forms of a plan and of drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For comments of pull requests
    Markdown,
}

/// Forms of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TextOrJson {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// A further form of a result and the file it goes to, typed as `markdown=plan.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// In which form.
    pub format: Format,
    /// Into which file.
    pub file: PathBuf,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "write FORMAT=FILE, as in `markdown=plan.md`";
        let (format, file) = text.split_once('=').ok_or_else(|| form.to_owned())?;
        if file.is_empty() {
            return Err(form.to_owned());
        }
        let format = Format::from_str(format, false)
            .map_err(|_| format!("`{format}` is no format: write text, json or markdown"))?;
        Ok(Self { format, file: file.into() })
    }
}

/// What may be deleted, typed as `KIND`, `KIND/NAME`, `KIND/NS/NAME` or `stack/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowDelete {
    /// Objects.
    Object {
        /// Kind.
        kind: String,
        /// Namespace; any where none is given.
        namespace: Option<String>,
        /// Name; any where none is given.
        name: Option<String>,
    },
    /// A stack that the environment lists no more.
    Stack(String),
}

impl FromStr for AllowDelete {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "write KIND, KIND/NAME, KIND/NAMESPACE/NAME or stack/NAME";
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.trim().is_empty()) {
            return Err(form.to_owned());
        }
        let object = |kind: &str, namespace: Option<&str>, name: Option<&str>| Self::Object {
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
        };
        match parts.as_slice() {
            ["stack"] => Err("name the stack, as in `stack/mlops-monitoring`".to_owned()),
            ["stack", name] => Ok(Self::Stack((*name).to_owned())),
            [kind] => Ok(object(kind, None, None)),
            [kind, name] => Ok(object(kind, None, Some(name))),
            [kind, namespace, name] => Ok(object(kind, Some(namespace), Some(name))),
            _ => Err(form.to_owned()),
        }
    }
}

/// Where a rollback goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackTo {
    /// The number of a revision.
    Revision(u64),
    /// A commit id or the beginning of one.
    Commit(String),
}

impl FromStr for RollbackTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Git shortens ids to no less than seven characters.
        const SHORTEST_COMMIT: usize = 7;
        let commit = text.len() >= SHORTEST_COMMIT && text.chars().all(|c| c.is_ascii_hexdigit());
        match text.parse::<u64>() {
            Ok(0) => Err("revisions count from 1".to_owned()),
            Ok(number) if text.len() < SHORTEST_COMMIT => Ok(Self::Revision(number)),
            Ok(_) | Err(_) if commit => Ok(Self::Commit(text.to_ascii_lowercase())),
            Ok(_) | Err(_) => {
                Err("write the number of a revision, or at least seven characters of a commit id".to_owned())
            }
        }
    }
}

/// A duration such as `90s`, `5m`, `1h30m`, `500ms` or `0`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let form = || "write a number and a unit, as in `90s`, `5m` or `1h30m`".to_owned();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(form)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let number: u64 = number.parse().map_err(|_| form())?;
        let millis: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(form()),
        };
        let part = number.checked_mul(millis).map(Duration::from_millis);
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(form)?;
        rest = tail;
    }
    if text.is_empty() { Err(form()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("1m500ms"), Ok(Duration::from_millis(60_500)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for wrong in ["", "5", "m", "5 m", "-5m", "5d", "99999999999999999999s", "18446744073709551615h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn deletions_are_allowed_by_kind_name_or_stack() {
        let object = |kind: &str, namespace: Option<&str>, name: Option<&str>| AllowDelete::Object {
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
        };
        assert_eq!("Namespace".parse(), Ok(object("Namespace", None, None)));
        assert_eq!("Namespace/mlops".parse(), Ok(object("Namespace", None, Some("mlops"))));
        assert_eq!(
            "PersistentVolumeClaim/a/b".parse(),
            Ok(object("PersistentVolumeClaim", Some("a"), Some("b")))
        );
        assert_eq!("stack/base".parse(), Ok(AllowDelete::Stack("base".to_owned())));
        for wrong in ["", "/x", "Namespace/", "a/b/c/d", "stack"] {
            assert!(wrong.parse::<AllowDelete>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_rollback_goes_to_a_revision_or_a_commit() {
        assert_eq!("12".parse(), Ok(RollbackTo::Revision(12)));
        assert_eq!("3F2A91C".parse(), Ok(RollbackTo::Commit("3f2a91c".to_owned())));
        assert_eq!("1234567".parse(), Ok(RollbackTo::Commit("1234567".to_owned())));
        for wrong in ["0", "-1", "main", "abc", "zzzzzzz"] {
            assert!(wrong.parse::<RollbackTo>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_report_names_its_format_and_file() {
        let report = ReportFile { format: Format::Markdown, file: "a=b.md".into() };
        assert_eq!("markdown=a=b.md".parse(), Ok(report));
        for wrong in ["markdown", "pdf=x", "json="] {
            assert!(wrong.parse::<ReportFile>().is_err(), "{wrong}");
        }
    }
}
