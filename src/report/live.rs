//! The block that a terminal redraws during an apply, and the account at its end.

use crate::model::{GateOutcome, Outcome, Until};

use super::{
    gates::gate_line,
    progress::{Progress, Run, Stage, StepState, ended_line},
    style::{Paint, Style, action_paint, cut, glyph, harmless},
    time::elapsed,
};

/// Lines of a frame that name queued steps.
const MOST_QUEUED: usize = 3;

impl Progress {
    /// What runs and what waits for what, in at most `height` lines that fit the terminal's width.
    pub fn frame(&self, now_ms: u64, height: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for run in self.runs.iter().filter(|run| run.began.is_some() && run.ended.is_none()) {
            run_lines(run, now_ms, &self.style, &mut lines);
        }
        for (name, evidence) in &self.asked {
            let text = format!("  gate {}: {}", harmless(name), harmless(evidence));
            lines.push(self.style.paint(Paint::Changed, &cut(&text, self.style.width)));
        }
        if lines.len() > height {
            let hidden = lines.len() - height.saturating_sub(1);
            lines.truncate(height.saturating_sub(1));
            if height > 0 {
                lines.push(format!("  … {hidden} more lines"));
            }
        }
        lines
    }

    /// The end of all runs: counts, and every failure with its account.
    pub fn summary(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for run in self.runs.iter().filter(|run| run.began.is_some()) {
            let revision = run.revision.map_or(String::new(), |number| format!(" (revision {number})"));
            let head = format!("{}{revision}: {}.", run.target, run.tally());
            lines.push(self.style.paint(Paint::Strong, &head));
            for step in &run.steps {
                failure_lines(step, &self.style, &mut lines);
            }
        }
        for report in self.gates.iter().filter(|report| report.outcome != GateOutcome::Passed) {
            lines.push(format!("  gate {}  ({})", gate_line(report, &self.style), report.place));
        }
        lines
    }
}

fn run_lines(run: &Run, now_ms: u64, style: &Style, lines: &mut Vec<String>) {
    let ended = run.steps.iter().filter(|step| matches!(step.stage, Stage::Ended { .. })).count();
    let since = run.began.map_or(0, |began| now_ms.saturating_sub(began));
    let head = format!("{}  {ended} of {} steps ended, {}", run.target, run.steps.len(), elapsed(since));
    lines.push(style.paint(Paint::Strong, &cut(&head, style.width)));
    for step in &run.steps {
        let (since, doing) = match &step.stage {
            Stage::Writing { since } => (*since, "being written"),
            Stage::Waiting { since, message, .. } => (*since, message.as_str()),
            Stage::Queued | Stage::Ended { .. } => continue,
        };
        let took = elapsed(now_ms.saturating_sub(since));
        let text = format!("  {:<3} {} {took}: {}", glyph(step.action), step.object, harmless(doing));
        lines.push(style.paint(action_paint(step.action), &cut(&text, style.width)));
    }
    queued_lines(run, style, lines);
}

fn queued_lines(run: &Run, style: &Style, lines: &mut Vec<String>) {
    let queued: Vec<&StepState> = run.steps.iter().filter(|step| step.stage == Stage::Queued).collect();
    for step in queued.iter().take(MOST_QUEUED) {
        let text = match blocker(run, step) {
            Some((first, until)) => format!("  ·   {} waits until {} is {until}", step.object, first.object),
            None => format!("  ·   {} comes next", step.object),
        };
        lines.push(style.paint(Paint::Faint, &cut(&text, style.width)));
    }
    if queued.len() > MOST_QUEUED {
        let text = format!("  ·   {} more wait", queued.len() - MOST_QUEUED);
        lines.push(style.paint(Paint::Faint, &text));
    }
}

/// The step that holds another back: what runs is named before what is queued itself.
fn blocker<'a>(run: &'a Run, step: &StepState) -> Option<(&'a StepState, &'static str)> {
    let holds = |(on, until): &(usize, Until)| {
        let first = run.steps.get(*on)?;
        match (&first.stage, until) {
            (Stage::Ended { .. }, _) | (Stage::Waiting { .. }, Until::Written) => None,
            (_, Until::Written) => Some((first, "written")),
            (_, Until::Ready) => Some((first, "ready")),
        }
    };
    let blockers: Vec<_> = step.after.iter().filter_map(holds).collect();
    let running = blockers.iter().find(|(first, _)| first.stage != Stage::Queued);
    running.or_else(|| blockers.first()).copied()
}

fn failure_lines(step: &StepState, style: &Style, lines: &mut Vec<String>) {
    match &step.stage {
        Stage::Ended { outcome, millis } if !outcome.is_good() => {
            let line = ended_line(step.action, &step.object, outcome, *millis, style);
            lines.push(format!("  {line}"));
            if let Outcome::NotReady { account } = outcome {
                lines.extend(account.iter().skip(1).map(|line| format!("      {}", harmless(line))));
            }
        }
        Stage::Writing { .. } | Stage::Waiting { .. } => {
            let word = style.paint(Paint::Bad, "? unsure     ");
            lines.push(format!("  {word} {}  (the run stopped before it ended)", step.object));
        }
        Stage::Queued | Stage::Ended { .. } => {}
    }
}
