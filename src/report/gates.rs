//! Gates as one line each, and as JSON.

use serde::Serialize;

use crate::model::{GateOutcome, GateReport};

use super::style::{Paint, Style, harmless};

/// `passed prometheus-answers: HTTP 200`.
pub(super) fn gate_line(report: &GateReport, style: &Style) -> String {
    let paint = match report.outcome {
        GateOutcome::Passed => Paint::Good,
        GateOutcome::Failed => Paint::Bad,
        GateOutcome::Manual => Paint::Changed,
    };
    let word = style.paint(paint, report.outcome.word());
    let evidence = report.evidence.lines().next().unwrap_or_default();
    format!("{word} {}: {}", harmless(&report.name), harmless(evidence))
}

/// One gate.
#[derive(Debug, Serialize)]
pub(super) struct GateJson<'a> {
    name: &'a str,
    outcome: &'static str,
    evidence: &'a str,
    file: &'a str,
    line: u32,
}

impl<'a> From<&'a GateReport> for GateJson<'a> {
    fn from(report: &'a GateReport) -> Self {
        Self {
            name: &report.name,
            outcome: report.outcome.word(),
            evidence: &report.evidence,
            file: &report.place.file,
            line: report.place.line,
        }
    }
}
