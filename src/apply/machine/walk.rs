//! The machine itself.

use std::collections::BTreeSet;

use super::{
    graph::{Node, nodes},
    input::{Do, Ending, Input, Options, WriteAnswer},
};
use crate::model::{Event, Execution, Outcome, Readiness, ReadyReport, Step, Until};

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Held back by others, or by the number of writes under way.
    Blocked,
    /// Its write is under way.
    Writing,
    /// Its object is watched; the last thing said of it.
    Watching(ReadyReport),
    /// It failed, and why is being found out.
    Explaining(ReadyReport),
    /// It has its outcome.
    Ended(Outcome),
}

/// A walk through the steps of a plan.
///
/// Whatever is told in whatever order, each step gets exactly one outcome, and none begins before its dependencies.
#[derive(Debug, Clone)]
pub struct Machine {
    nodes: Vec<Node>,
    options: Options,
    states: Vec<State>,
    began: Vec<u64>,
    uids: Vec<Option<String>>,
    /// Steps that may begin, least index first.
    queue: BTreeSet<usize>,
    /// Steps that go last wait for these.
    open: usize,
    /// The first step that did not come to a good end.
    failed: Option<usize>,
    writing: usize,
    ended: usize,
    /// Whether nothing more begins.
    stopped: bool,
    interrupts: u8,
    finished: bool,
}

impl Machine {
    /// A walk that has not begun.
    pub fn new(steps: &[Step], options: Options) -> Self {
        let nodes = nodes(steps, options);
        Self {
            open: nodes.iter().filter(|node| !node.last).count(),
            states: vec![State::Blocked; nodes.len()],
            began: vec![0; nodes.len()],
            uids: vec![None; nodes.len()],
            nodes,
            options,
            queue: BTreeSet::new(),
            failed: None,
            writing: 0,
            ended: 0,
            stopped: false,
            interrupts: 0,
            finished: false,
        }
    }

    /// Tells the machine one thing, at a time in milliseconds, and gives what is to be done.
    ///
    /// What comes too late (a report about a step that ended) changes nothing.
    pub fn next(&mut self, now: u64, input: Input) -> Vec<Do> {
        let mut todo = Vec::new();
        match input {
            Input::Start => self.start(now, &mut todo),
            Input::WriteAnswered { step, answer } => self.answered(now, step, answer, &mut todo),
            Input::Reported { step, report } => self.reported(now, step, report, &mut todo),
            Input::DeadlinePassed { step } => self.deadline_passed(step, &mut todo),
            Input::Explained { step, account } => self.explained(now, step, account, &mut todo),
            Input::Interrupted => self.interrupted(now, &mut todo),
            Input::LockLost { because } => self.stop(now, &because, &mut todo),
        }
        self.begin_what_may(now, &mut todo);
        if self.ended == self.nodes.len() && !self.finished {
            self.finished = true;
            todo.push(Do::Finish);
        }
        todo
    }

    /// Whether every step has its outcome.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// The outcomes so far; steps without one count as not begun.
    pub fn execution(&self) -> Execution {
        let outcome = |state: &State| match state {
            State::Ended(outcome) => outcome.clone(),
            State::Writing => Outcome::Unsure { error: "the write was not answered".to_owned() },
            State::Watching(_) | State::Explaining(_) => Outcome::Written,
            State::Blocked => Outcome::Skipped { because: "the run ended before its turn".to_owned() },
        };
        Execution {
            outcomes: self.states.iter().map(outcome).collect(),
            uids: self.uids.clone(),
            interrupts: self.interrupts,
        }
    }

    fn start(&mut self, now: u64, todo: &mut Vec<Do>) {
        for step in 0..self.nodes.len() {
            if self.nodes.get(step).is_some_and(|node| node.malformed) {
                let because = "the plan names a dependency that is no earlier step".to_owned();
                self.end(now, step, Outcome::Skipped { because }, todo);
            }
        }
        self.queue = (0..self.nodes.len()).filter(|step| self.may_begin(*step)).collect();
    }

    fn may_begin(&self, step: usize) -> bool {
        self.is_blocked(step)
            && self.nodes.get(step).is_some_and(|node| node.missing == 0 && (!node.last || self.open == 0))
    }

    fn is_blocked(&self, step: usize) -> bool {
        self.states.get(step) == Some(&State::Blocked)
    }

    fn begin_what_may(&mut self, now: u64, todo: &mut Vec<Do>) {
        while !self.stopped && self.writing < self.options.parallelism.max(1) {
            let Some(step) = self.queue.pop_first() else { return };
            if self.is_blocked(step) {
                self.begin(now, step, todo);
            }
        }
    }

    fn begin(&mut self, now: u64, step: usize, todo: &mut Vec<Do>) {
        let Some(node) = self.nodes.get(step) else { return };
        todo.push(Do::Emit(Event::StepBegan { step, action: node.action, object: node.object.clone() }));
        if let Some(began) = self.began.get_mut(step) {
            *began = now;
        }
        if node.writes {
            self.writing += 1;
            self.set(step, State::Writing);
            todo.push(Do::Write(step));
        } else {
            let report = report(Readiness::InProgress, "not looked at yet");
            self.written(now, step, report, todo);
        }
    }

    fn answered(&mut self, now: u64, step: usize, answer: WriteAnswer, todo: &mut Vec<Do>) {
        if self.states.get(step) != Some(&State::Writing) {
            return;
        }
        self.writing = self.writing.saturating_sub(1);
        match answer {
            WriteAnswer::Written { uid, report } => {
                if let Some(slot) = self.uids.get_mut(step) {
                    *slot = uid;
                }
                if let Some(node) = self.nodes.get(step) {
                    todo.push(Do::Emit(Event::StepWritten { step, object: node.object.clone() }));
                }
                self.written(now, step, report, todo);
            }
            WriteAnswer::Refused { error, stale } => {
                self.end(now, step, Outcome::NotWritten { error, stale }, todo);
            }
            WriteAnswer::NotSent { because } => self.end(now, step, Outcome::Skipped { because }, todo),
            WriteAnswer::Unsure { error } => self.end(now, step, Outcome::Unsure { error }, todo),
        }
    }

    /// A step is written: lets those go on that wait for no more, then waits or ends.
    fn written(&mut self, now: u64, step: usize, report: ReadyReport, todo: &mut Vec<Do>) {
        let Some(node) = self.nodes.get(step) else { return };
        let (watched, existence) = (node.watched, node.existence);
        self.release(step, Until::Written);
        if !watched || self.stopped {
            let outcome = if existence && !self.deletes(step) { Outcome::Done } else { Outcome::Written };
            return self.end(now, step, outcome, todo);
        }
        self.set(step, State::Watching(report.clone()));
        if let Some(outcome) = good_end(&report) {
            return self.end(now, step, outcome, todo);
        }
        self.tell_waiting(step, &report, todo);
        if report.readiness == Readiness::Failed {
            return self.explain(step, report, Ending::Hopeless, todo);
        }
        todo.push(Do::Watch { step, deadline: now.saturating_add(self.options.timeout) });
    }

    fn reported(&mut self, now: u64, step: usize, report: ReadyReport, todo: &mut Vec<Do>) {
        let Some(State::Watching(before)) = self.states.get(step) else { return };
        if let Some(outcome) = good_end(&report) {
            todo.push(Do::StopWatching(step));
            return self.end(now, step, outcome, todo);
        }
        if *before != report {
            self.tell_waiting(step, &report, todo);
        }
        if report.readiness == Readiness::Failed {
            todo.push(Do::StopWatching(step));
            return self.explain(step, report, Ending::Hopeless, todo);
        }
        self.set(step, State::Watching(report));
    }

    fn deadline_passed(&mut self, step: usize, todo: &mut Vec<Do>) {
        let Some(State::Watching(report)) = self.states.get(step) else { return };
        let report = report.clone();
        todo.push(Do::StopWatching(step));
        self.explain(step, report, Ending::Late, todo);
    }

    fn explain(&mut self, step: usize, report: ReadyReport, ending: Ending, todo: &mut Vec<Do>) {
        self.set(step, State::Explaining(report.clone()));
        todo.push(Do::Explain { step, report, ending });
    }

    fn explained(&mut self, now: u64, step: usize, account: Vec<String>, todo: &mut Vec<Do>) {
        if matches!(self.states.get(step), Some(State::Explaining(_))) {
            self.end(now, step, Outcome::NotReady { account }, todo);
        }
    }

    fn interrupted(&mut self, now: u64, todo: &mut Vec<Do>) {
        self.interrupts = self.interrupts.saturating_add(1);
        todo.push(Do::Emit(Event::Interrupted { second: self.interrupts > 1 }));
        if self.interrupts == 1 {
            return self.stop(now, "interrupted", todo);
        }
        for step in 0..self.states.len() {
            let outcome = match self.states.get(step) {
                Some(State::Writing) => Outcome::Unsure {
                    error: "interrupted before the API server answered: it may have been written".to_owned(),
                },
                Some(State::Explaining(report)) => {
                    Outcome::NotReady { account: vec![report.message.clone()] }
                }
                Some(State::Blocked | State::Watching(_) | State::Ended(_)) | None => continue,
            };
            self.end(now, step, outcome, todo);
        }
    }

    /// Begins nothing more and waits no longer; writes that are under way are let finish.
    fn stop(&mut self, now: u64, because: &str, todo: &mut Vec<Do>) {
        if self.stopped {
            return;
        }
        self.stopped = true;
        for step in 0..self.states.len() {
            match self.states.get(step) {
                Some(State::Watching(_)) => {
                    todo.push(Do::StopWatching(step));
                    self.end(now, step, Outcome::Written, todo);
                }
                Some(State::Blocked) => {
                    self.end(now, step, Outcome::Skipped { because: because.to_owned() }, todo);
                }
                Some(State::Writing | State::Explaining(_) | State::Ended(_)) | None => {}
            }
        }
    }

    /// Gives a step its outcome, and those that cannot begin any more theirs.
    fn end(&mut self, now: u64, step: usize, outcome: Outcome, todo: &mut Vec<Do>) {
        let mut endings = vec![(step, outcome)];
        while let Some((step, outcome)) = endings.pop() {
            if matches!(self.states.get(step), Some(State::Ended(_)) | None) {
                continue;
            }
            self.tell_ended(now, step, &outcome, todo);
            self.set(step, State::Ended(outcome.clone()));
            self.ended += 1;
            if outcome.is_good() {
                self.release(step, Until::Ready);
            } else {
                self.failed = self.failed.or(Some(step));
                endings.extend(self.lost_with(step, &outcome));
            }
            endings.extend(self.close(step));
        }
    }

    /// Dependents of a step that failed, with the reason why they are skipped.
    fn lost_with(&self, step: usize, outcome: &Outcome) -> Vec<(usize, Outcome)> {
        let Some(node) = self.nodes.get(step) else { return Vec::new() };
        let because = format!("{} {}", node.object, verdict(outcome));
        let lost = |(dependent, until): &(usize, Until)| {
            let hit = self.is_blocked(*dependent)
                && (*until == Until::Ready || !matches!(outcome, Outcome::NotReady { .. }));
            hit.then(|| (*dependent, Outcome::Skipped { because: because.clone() }))
        };
        node.dependents.iter().rev().filter_map(lost).collect()
    }

    /// Counts a step that ended; when it was the last apply, deletions may begin, or are skipped.
    fn close(&mut self, step: usize) -> Vec<(usize, Outcome)> {
        if self.nodes.get(step).is_none_or(|node| node.last) {
            return Vec::new();
        }
        self.open = self.open.saturating_sub(1);
        if self.open > 0 {
            return Vec::new();
        }
        let last: Vec<usize> = (0..self.nodes.len())
            .filter(|step| self.is_blocked(*step) && self.nodes.get(*step).is_some_and(|node| node.last))
            .collect();
        let Some(node) = self.failed.and_then(|failed| self.nodes.get(failed)) else {
            let ready: Vec<usize> = last.into_iter().filter(|step| self.may_begin(*step)).collect();
            self.queue.extend(ready);
            return Vec::new();
        };
        let because = format!("deletions come last, and {} failed", node.object);
        last.into_iter().rev().map(|step| (step, Outcome::Skipped { because: because.clone() })).collect()
    }

    /// Takes edges off the dependents of a step; those without any more may begin.
    fn release(&mut self, step: usize, kind: Until) {
        let Some(node) = self.nodes.get(step) else { return };
        let freed: Vec<usize> =
            node.dependents.iter().filter(|(_, until)| *until == kind).map(|(step, _)| *step).collect();
        for dependent in freed {
            if let Some(node) = self.nodes.get_mut(dependent) {
                node.missing = node.missing.saturating_sub(1);
            }
            if self.may_begin(dependent) {
                self.queue.insert(dependent);
            }
        }
    }

    fn set(&mut self, step: usize, state: State) {
        if let Some(slot) = self.states.get_mut(step) {
            *slot = state;
        }
    }

    fn deletes(&self, step: usize) -> bool {
        self.nodes.get(step).is_some_and(|node| node.deletes)
    }

    fn tell_waiting(&self, step: usize, report: &ReadyReport, todo: &mut Vec<Do>) {
        if let Some(node) = self.nodes.get(step) {
            let (object, message) = (node.object.clone(), report.message.clone());
            todo.push(Do::Emit(Event::StepWaits { step, object, message }));
        }
    }

    fn tell_ended(&self, now: u64, step: usize, outcome: &Outcome, todo: &mut Vec<Do>) {
        let Some(node) = self.nodes.get(step) else { return };
        let sent = if self.is_blocked(step) { None } else { self.began.get(step).copied() };
        let millis = sent.map_or(0, |sent| now.saturating_sub(sent));
        let (action, object) = (node.action, node.object.clone());
        todo.push(Do::Emit(Event::StepEnded { step, action, object, outcome: outcome.clone(), millis }));
    }
}

/// The outcome of a step whose object is looked at no more because it is well.
fn good_end(report: &ReadyReport) -> Option<Outcome> {
    match report.readiness {
        Readiness::Ready => Some(Outcome::Done),
        Readiness::Unknown => Some(Outcome::Written),
        Readiness::InProgress | Readiness::Failed => None,
    }
}

/// What a bad end is called when dependents are skipped for it.
fn verdict(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::NotWritten { .. } => "was not written",
        Outcome::NotReady { .. } => "is not ready",
        Outcome::Skipped { .. } => "was skipped",
        Outcome::Unsure { .. } => "may not have been written",
        Outcome::Done | Outcome::Written => "ended",
    }
}

fn report(readiness: Readiness, message: &str) -> ReadyReport {
    ReadyReport { readiness, message: message.to_owned() }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
