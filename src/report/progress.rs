//! What an apply does right now, folded from its events.
//!
//! [`Progress::fold`] answers with lines that stay; [`Progress::frame`] is the block below them that a
//! terminal redraws; [`Progress::summary`] tells the end. Milliseconds come from the caller.

use std::collections::BTreeMap;

use crate::model::{Action, Event, GateReport, ObjectId, Outcome, Plan, TargetId, Until};

use super::{
    gates::gate_line,
    style::{Paint, Style, count, harmless},
    time::elapsed,
};

/// Milliseconds after which a changed message of a waiting step is told again.
const REMIND_AFTER: u64 = 10_000;

/// What a run does, as far as its events tell.
#[derive(Debug, Clone)]
pub struct Progress {
    pub(super) style: Style,
    pub(super) runs: Vec<Run>,
    /// The run whose events arrive.
    current: Option<usize>,
    /// When the first event came.
    pub(super) began: Option<u64>,
    /// Gates that ended.
    pub(super) gates: Vec<GateReport>,
    /// Gates that are asked again, with what was seen.
    pub(super) asked: BTreeMap<String, String>,
    /// How often requests were tried again, by message.
    retries: BTreeMap<String, usize>,
}

/// The run of one target.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) target: TargetId,
    pub(super) revision: Option<u64>,
    pub(super) began: Option<u64>,
    pub(super) ended: Option<u64>,
    pub(super) steps: Vec<StepState>,
}

/// One step of a run.
#[derive(Debug, Clone)]
pub(super) struct StepState {
    pub(super) action: Action,
    pub(super) object: ObjectId,
    /// Steps that go first, and until when they hold this one back.
    pub(super) after: Vec<(usize, Until)>,
    pub(super) stage: Stage,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stage {
    /// Not begun.
    Queued,
    /// Being written.
    Writing { since: u64 },
    /// Written, waiting for its object.
    Waiting { since: u64, message: String, told: u64 },
    /// Ended.
    Ended { outcome: Outcome, millis: u64 },
}

impl Progress {
    /// Nothing has happened to these plans yet.
    pub fn new(plans: &[Plan], style: Style) -> Self {
        let runs = plans.iter().map(|plan| Run {
            target: plan.target.clone(),
            revision: None,
            began: None,
            ended: None,
            steps: plan.steps.iter().map(StepState::new).collect(),
        });
        Self {
            style,
            runs: runs.collect(),
            current: None,
            began: None,
            gates: Vec::new(),
            asked: BTreeMap::new(),
            retries: BTreeMap::new(),
        }
    }

    /// Takes in an event; gives the lines that a reader should keep.
    pub fn fold(&mut self, event: &Event, now_ms: u64) -> Vec<String> {
        let began = *self.began.get_or_insert(now_ms);
        let lines = match event {
            Event::RunBegan { target, revision, steps } => self.run_began(target, *revision, *steps, now_ms),
            Event::StepBegan { step, action, object } => {
                self.enter(*step, object, *action, Stage::Writing { since: now_ms });
                Vec::new()
            }
            Event::StepWritten { .. } => Vec::new(),
            Event::StepWaits { step, object, message } => self.step_waits(*step, object, message, now_ms),
            Event::StepEnded { step, action, object, outcome, millis } => {
                let stage = Stage::Ended { outcome: outcome.clone(), millis: *millis };
                self.enter(*step, object, *action, stage);
                vec![ended_line(*action, object, outcome, *millis, &self.style)]
            }
            Event::Retrying { message } => self.retrying(message),
            Event::Interrupted { .. } => vec![interrupted(event).to_owned()],
            Event::Warned { message } => {
                let word = self.style.paint(Paint::Changed, "! warning");
                vec![format!("{word}  {}", harmless(message))]
            }
            Event::GateWaits { name, evidence } => {
                self.asked.insert(name.clone(), evidence.clone());
                let word = self.style.paint(Paint::Faint, &format!("{:<12}", "… waiting"));
                vec![format!("{word}  gate {}  ({})", harmless(name), harmless(evidence))]
            }
            Event::GateEnded { report } => {
                self.asked.remove(&report.name);
                self.gates.push(report.clone());
                vec![format!("gate {}", gate_line(report, &self.style))]
            }
            Event::RunEnded { target, millis } => self.run_ended(target, *millis, now_ms),
        };
        let at = elapsed(now_ms.saturating_sub(began));
        lines.into_iter().map(|line| format!("{at:>7}  {line}")).collect()
    }

    fn run_began(&mut self, target: &TargetId, revision: u64, steps: usize, now_ms: u64) -> Vec<String> {
        let index = self.runs.iter().position(|run| run.target == *target);
        self.current = index;
        if let Some(run) = index.and_then(|index| self.runs.get_mut(index)) {
            run.revision = Some(revision);
            run.began = Some(now_ms);
        }
        let steps = count(steps, "step", "steps");
        vec![self.style.paint(Paint::Strong, &format!("{target}: revision {revision}, {steps}"))]
    }

    fn run_ended(&mut self, target: &TargetId, millis: u64, now_ms: u64) -> Vec<String> {
        let Some(run) = self.runs.iter_mut().find(|run| run.target == *target) else { return Vec::new() };
        run.ended = Some(now_ms);
        vec![format!("{target}: {} in {}", run.tally(), elapsed(millis))]
    }

    fn step_waits(&mut self, step: usize, object: &ObjectId, message: &str, now_ms: u64) -> Vec<String> {
        let Some(state) = self.find(step, object) else { return Vec::new() };
        let (since, told, known) = match &state.stage {
            Stage::Waiting { since, told, message } => (*since, Some(*told), message.clone()),
            Stage::Writing { since } => (*since, None, String::new()),
            Stage::Queued | Stage::Ended { .. } => (now_ms, None, String::new()),
        };
        let tell = told.is_none_or(|told| known != message && now_ms.saturating_sub(told) >= REMIND_AFTER);
        let told = if tell { now_ms } else { told.unwrap_or(now_ms) };
        state.stage = Stage::Waiting { since, message: message.to_owned(), told };
        if !tell {
            return Vec::new();
        }
        let word = self.style.paint(Paint::Faint, &format!("{:<12}", "… waiting"));
        vec![format!("{word}  {object}  ({})", harmless(message))]
    }

    fn retrying(&mut self, message: &str) -> Vec<String> {
        let times = self.retries.entry(message.to_owned()).or_default();
        *times += 1;
        // The first, the second, the fourth…: a server that is down for minutes must not fill the screen.
        if times.is_power_of_two() || self.style.verbose {
            vec![format!("↻ again       {} ({})", harmless(message), count(*times, "time", "times"))]
        } else {
            Vec::new()
        }
    }

    fn enter(&mut self, step: usize, object: &ObjectId, action: Action, stage: Stage) {
        if let Some(state) = self.find(step, object) {
            state.action = action;
            state.stage = stage;
        }
    }

    /// The step an event is about; runs of several targets may overlap, so the object must agree.
    fn find(&mut self, step: usize, object: &ObjectId) -> Option<&mut StepState> {
        let fits = |run: &Run| run.steps.get(step).is_some_and(|state| state.object == *object);
        let current = self.current.filter(|index| self.runs.get(*index).is_some_and(fits));
        let open = |run: &Run| run.began.is_some() && run.ended.is_none() && fits(run);
        let index = current.or_else(|| self.runs.iter().position(open))?;
        self.runs.get_mut(index)?.steps.get_mut(step)
    }
}

impl StepState {
    fn new(step: &crate::model::Step) -> Self {
        Self {
            action: step.action,
            object: step.object.clone(),
            after: step.depends_on.iter().map(|edge| (edge.on, edge.until)).collect(),
            stage: Stage::Queued,
        }
    }
}

impl Run {
    /// `3 done, 1 failed, 2 skipped`.
    pub(super) fn tally(&self) -> String {
        let mut tally = [(0, "done"), (0, "failed"), (0, "skipped"), (0, "not begun")];
        let [done, failed, skipped, queued] = &mut tally;
        for step in &self.steps {
            match &step.stage {
                Stage::Ended { outcome: Outcome::Skipped { .. }, .. } => skipped.0 += 1,
                Stage::Ended { outcome, .. } if outcome.is_good() => done.0 += 1,
                Stage::Ended { .. } => failed.0 += 1,
                Stage::Queued | Stage::Writing { .. } | Stage::Waiting { .. } => queued.0 += 1,
            }
        }
        let told: Vec<String> =
            tally.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        if told.is_empty() { "nothing to do".to_owned() } else { told.join(", ") }
    }
}

fn interrupted(event: &Event) -> &'static str {
    if *event == (Event::Interrupted { second: true }) {
        "! interrupted again: stopping at once; what was just sent may have been written"
    } else {
        "! interrupted: running steps end, no new ones begin; once more stops at once"
    }
}

/// What a good step did.
fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Patch => "changed",
        Action::Ownership => "owned",
        Action::Replace => "replaced",
        Action::Adopt => "adopted",
        Action::Handover => "handed over",
        Action::Prune => "pruned",
        Action::Release => "released",
        Action::Await => "awaited",
    }
}

/// One line about the end of a step.
pub(super) fn ended_line(
    action: Action,
    object: &ObjectId,
    outcome: &Outcome,
    millis: u64,
    style: &Style,
) -> String {
    let took = elapsed(millis);
    let (paint, word, remark) = match outcome {
        Outcome::Done if action == Action::Prune => {
            (Paint::Good, format!("✓ {}", past(action)), format!("gone in {took}"))
        }
        Outcome::Done => (Paint::Good, format!("✓ {}", past(action)), format!("ready in {took}")),
        Outcome::Written => (Paint::Good, format!("✓ {}", past(action)), format!("written in {took}")),
        Outcome::NotWritten { error, stale } => {
            let why = if *stale { "it moved since the plan was made: " } else { "" };
            (Paint::Bad, "✗ not written".to_owned(), format!("{why}{error}"))
        }
        Outcome::NotReady { account } => {
            let first = account.first().map_or("", String::as_str);
            (Paint::Bad, "✗ not ready".to_owned(), format!("after {took}: {first}"))
        }
        Outcome::Skipped { because } => (Paint::Changed, "– skipped".to_owned(), because.clone()),
        Outcome::Unsure { error } => {
            (Paint::Bad, "? unsure".to_owned(), format!("it may have been written: {error}"))
        }
    };
    let word = style.paint(paint, &format!("{word:<13}"));
    format!("{word} {object}  ({})", harmless(remark.trim_end_matches([':', ' '])))
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
