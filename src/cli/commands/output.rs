//! Where results go: stdout, files, and the summary of a CI step.

use std::path::Path;

use crate::cli::{
    args::{Format, ReportFile},
    failure::{Failure, FailureKind},
    stdio::Stdio,
};
use crate::sys;

/// The same result in every form.
pub(super) struct Forms<'a> {
    /// For people.
    pub(super) text: &'a dyn Fn() -> String,
    /// For programs.
    pub(super) json: &'a dyn Fn() -> String,
    /// For pull requests.
    pub(super) markdown: &'a dyn Fn() -> String,
}

impl Forms<'_> {
    fn of(&self, format: Format) -> String {
        match format {
            Format::Text => (self.text)(),
            Format::Json => (self.json)(),
            Format::Markdown => (self.markdown)(),
        }
    }
}

/// Writes a result to stdout in one form and to files in others, and to the summary of a CI step.
pub(super) fn deliver(
    forms: &Forms<'_>,
    format: Format,
    reports: &[ReportFile],
    stdio: &mut Stdio<'_>,
) -> Result<(), Failure> {
    deliver_files(forms, reports)?;
    stdio.result(&forms.of(format))
}

/// The same without stdout.
pub(super) fn deliver_files(forms: &Forms<'_>, reports: &[ReportFile]) -> Result<(), Failure> {
    for report in reports {
        write(&report.file, &forms.of(report.format))?;
    }
    if let Some(file) = sys::step_summary() {
        sys::append(&file, &(forms.markdown)()).map_err(|error| Failure::of(FailureKind::Failed, &error))?;
    }
    Ok(())
}

/// Writes a file.
pub(super) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    sys::write(file, text.as_bytes()).map_err(|error| Failure::of(FailureKind::Failed, &error))
}
