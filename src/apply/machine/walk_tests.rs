//! Scenarios of walks, told as inputs and actions, and random ones.

use proptest::prelude::*;

use super::*;
use crate::model::{
    Action, Body, Dependency, ObjectId, Precondition, Propagation, Step, Strength, Until, Wait, Write,
};

const OPTIONS: Options = Options { wait: true, timeout: 1_000, parallelism: 8 };

fn object(kind: &str, name: &str) -> ObjectId {
    let group = match kind {
        "CustomResourceDefinition" => "apiextensions.k8s.io",
        "Deployment" => "apps",
        _ => "",
    };
    ObjectId { group: group.to_owned(), kind: kind.to_owned(), namespace: None, name: name.to_owned() }
}

fn step(kind: &str, name: &str, wait: Wait) -> Step {
    Step {
        action: Action::Create,
        object: object(kind, name),
        api_version: "v1".to_owned(),
        origin: None,
        reason: String::new(),
        estimated: None,
        fields: Vec::new(),
        write: Write::Apply {
            body: Body::default(),
            precondition: Precondition::Absent,
            force: false,
            manager: "obsctl".to_owned(),
            ownership_edits: Vec::new(),
        },
        wait,
        depends_on: Vec::new(),
        effects: Vec::new(),
        digest: None,
        uid: None,
        pre_image: None,
    }
}

fn prune(name: &str, wait: Wait) -> Step {
    Step {
        action: Action::Prune,
        write: Write::Delete { precondition: Precondition::Absent, propagation: Propagation::Background },
        ..step("ConfigMap", name, wait)
    }
}

fn after(mut step: Step, on: usize, until: Until) -> Step {
    step.depends_on.push(Dependency { on, until, strength: Strength::Hard, because: String::new() });
    step
}

fn written(step: usize) -> Input {
    answered(step, Readiness::InProgress)
}

fn answered(step: usize, readiness: Readiness) -> Input {
    let report = report(readiness, "0 of 1");
    Input::WriteAnswered { step, answer: WriteAnswer::Written { uid: Some(format!("uid-{step}")), report } }
}

fn refused(step: usize) -> Input {
    let answer = WriteAnswer::Refused { error: "no".to_owned(), stale: false };
    Input::WriteAnswered { step, answer }
}

fn said(step: usize, readiness: Readiness) -> Input {
    Input::Reported { step, report: report(readiness, "1 of 1") }
}

fn explained(step: usize) -> Input {
    Input::Explained { step, account: vec!["why".to_owned()] }
}

/// The actions that reach out, in a few words.
fn deeds(todo: &[Do]) -> String {
    let word = |action: &Do| match action {
        Do::Write(step) => Some(format!("write {step}")),
        Do::Watch { step, .. } => Some(format!("watch {step}")),
        Do::StopWatching(step) => Some(format!("stop {step}")),
        Do::Explain { step, .. } => Some(format!("explain {step}")),
        Do::Finish => Some("finish".to_owned()),
        Do::Emit(_) => None,
    };
    todo.iter().filter_map(word).collect::<Vec<_>>().join(", ")
}

/// Tells a fresh machine one input after another and gives what it wanted each time.
fn walk(steps: &[Step], options: Options, inputs: Vec<Input>) -> (Vec<String>, Machine) {
    let mut machine = Machine::new(steps, options);
    let mut said = vec![deeds(&machine.next(0, Input::Start))];
    for (n, input) in inputs.into_iter().enumerate() {
        said.push(deeds(&machine.next(n as u64 + 1, input)));
    }
    (said, machine)
}

fn words(machine: &Machine) -> Vec<&'static str> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Done => "done",
        Outcome::Written => "written",
        Outcome::NotWritten { .. } => "not written",
        Outcome::NotReady { .. } => "not ready",
        Outcome::Skipped { .. } => "skipped",
        Outcome::Unsure { .. } => "unsure",
    };
    machine.execution().outcomes.iter().map(word).collect()
}

#[test]
fn an_empty_plan_is_finished_at_once() {
    let (did, machine) = walk(&[], OPTIONS, vec![]);
    assert_eq!(did, ["finish"]);
    assert!(machine.is_finished() && machine.execution().is_good());
}

#[test]
fn whatever_may_run_in_parallel_does() {
    let steps = [
        step("ConfigMap", "a", Wait::None),
        step("ConfigMap", "b", Wait::None),
        after(step("ConfigMap", "c", Wait::None), 0, Until::Written),
    ];
    let (did, machine) = walk(&steps, OPTIONS, vec![written(0), written(2), written(1)]);
    assert_eq!(did, ["write 0, write 1", "write 2", "", "finish"]);
    assert_eq!(words(&machine), ["written", "written", "written"]);
    assert_eq!(machine.execution().uids[1].as_deref(), Some("uid-1"));
}

#[test]
fn no_more_writes_run_than_allowed() {
    let steps = [0, 1, 2].map(|n| step("ConfigMap", &n.to_string(), Wait::None));
    let options = Options { parallelism: 2, ..OPTIONS };
    let (did, _) = walk(&steps, options, vec![written(1), written(0), written(2)]);
    assert_eq!(did, ["write 0, write 1", "write 2", "", "finish"]);
}

#[test]
fn written_before_does_not_wait_for_ready() {
    let steps = [
        step("Deployment", "a", Wait::Ready),
        after(step("Deployment", "b", Wait::Ready), 0, Until::Written),
    ];
    let inputs = vec![written(0), written(1), said(1, Readiness::Ready), said(0, Readiness::Ready)];
    let (did, machine) = walk(&steps, OPTIONS, inputs);
    assert_eq!(did, ["write 0", "watch 0, write 1", "watch 1", "stop 1", "stop 0, finish"]);
    assert_eq!(words(&machine), ["done", "done"]);
}

#[test]
fn ready_before_waits_even_where_the_step_itself_does_not() {
    let steps = [
        step("CustomResourceDefinition", "a", Wait::None),
        after(step("Prometheus", "b", Wait::None), 0, Until::Ready),
    ];
    let inputs = vec![written(0), said(0, Readiness::InProgress), said(0, Readiness::Ready), written(1)];
    let (did, machine) = walk(&steps, OPTIONS, inputs);
    assert_eq!(did, ["write 0", "watch 0", "", "stop 0, write 1", "finish"]);
    assert_eq!(words(&machine), ["done", "written"]);
}

#[test]
fn without_waiting_only_crds_and_namespaces_hold_back() {
    let steps = [
        step("Namespace", "a", Wait::Ready),
        after(step("Deployment", "b", Wait::Ready), 0, Until::Ready),
        after(step("Deployment", "c", Wait::Ready), 1, Until::Ready),
    ];
    let options = Options { wait: false, ..OPTIONS };
    let inputs = vec![written(0), said(0, Readiness::Ready), written(1), written(2)];
    let (did, machine) = walk(&steps, options, inputs);
    assert_eq!(did, ["write 0", "watch 0", "stop 0, write 1", "write 2", "finish"]);
    assert_eq!(words(&machine), ["done", "written", "written"]);
}

#[test]
fn an_answer_that_shows_readiness_needs_no_watch() {
    let steps = [step("Deployment", "a", Wait::Ready), step("Widget", "b", Wait::Ready)];
    let inputs = vec![answered(0, Readiness::Ready), answered(1, Readiness::Unknown)];
    let (did, machine) = walk(&steps, OPTIONS, inputs);
    assert_eq!(did, ["write 0, write 1", "", "finish"]);
    assert_eq!(words(&machine), ["done", "written"]);
}

#[test]
fn a_step_that_is_late_fails_with_its_ready_dependents_and_nothing_else() {
    let steps = [
        step("Deployment", "late", Wait::Ready),
        after(step("ConfigMap", "needs it ready", Wait::None), 0, Until::Ready),
        after(step("ConfigMap", "needs it written", Wait::None), 0, Until::Written),
        after(step("ConfigMap", "needs the second", Wait::None), 1, Until::Written),
        step("ConfigMap", "stranger", Wait::None),
    ];
    let inputs = vec![written(0), Input::DeadlinePassed { step: 0 }, written(2), explained(0), written(4)];
    let (did, machine) = walk(&steps, OPTIONS, inputs);
    assert_eq!(did, ["write 0, write 4", "watch 0, write 2", "stop 0, explain 0", "", "", "finish"]);
    assert_eq!(words(&machine), ["not ready", "skipped", "written", "skipped", "written"]);
    let Outcome::Skipped { because } = &machine.execution().outcomes[1] else { panic!() };
    assert_eq!(because, "Deployment late is not ready");
    let Outcome::Skipped { because } = &machine.execution().outcomes[3] else { panic!() };
    assert_eq!(because, "ConfigMap needs it ready was skipped");
}

#[test]
fn a_deadline_counts_from_the_steps_own_write() {
    let steps =
        [step("Namespace", "a", Wait::Ready), after(step("Deployment", "b", Wait::Ready), 0, Until::Ready)];
    let mut machine = Machine::new(&steps, OPTIONS);
    machine.next(0, Input::Start);
    machine.next(900, answered(0, Readiness::Ready));
    let todo = machine.next(905, written(1));
    assert!(todo.contains(&Do::Watch { step: 1, deadline: 1_905 }), "{todo:?}");
}

#[test]
fn a_failed_write_takes_all_its_dependents_along() {
    let steps = [
        step("ConfigMap", "a", Wait::None),
        after(step("Deployment", "b", Wait::Ready), 0, Until::Written),
        after(step("Service", "c", Wait::None), 1, Until::Ready),
    ];
    let (did, machine) = walk(&steps, OPTIONS, vec![refused(0)]);
    assert_eq!(did, ["write 0", "finish"]);
    assert_eq!(words(&machine), ["not written", "skipped", "skipped"]);
    assert!(!machine.execution().wrote());
}

#[test]
fn deletions_come_after_everything_and_only_if_all_is_well() {
    let steps = [
        prune("old", Wait::Exists),
        step("Deployment", "new", Wait::Ready),
        after(prune("older", Wait::None), 0, Until::Ready),
    ];
    let inputs =
        vec![written(1), said(1, Readiness::Ready), written(0), said(0, Readiness::Ready), written(2)];
    let (did, machine) = walk(&steps, OPTIONS, inputs);
    assert_eq!(did, ["write 1", "watch 1", "stop 1, write 0", "watch 0", "stop 0, write 2", "finish"]);
    assert_eq!(words(&machine), ["done", "done", "written"]);

    let inputs = vec![written(1), said(1, Readiness::Failed), explained(1)];
    let (did, machine) = walk(&steps, OPTIONS, inputs);
    assert_eq!(did, ["write 1", "watch 1", "stop 1, explain 1", "finish"]);
    assert_eq!(words(&machine), ["skipped", "not ready", "skipped"]);
}

#[test]
fn a_deletion_that_an_apply_depends_on_goes_before_it() {
    let steps = [
        prune("old", Wait::Exists),
        after(step("Service", "new", Wait::None), 0, Until::Ready),
        prune("older", Wait::None),
    ];
    let inputs = vec![written(0), said(0, Readiness::Ready), written(1), written(2)];
    let (did, _) = walk(&steps, OPTIONS, inputs);
    assert_eq!(did, ["write 0", "watch 0", "stop 0, write 1", "write 2", "finish"]);
}

#[test]
fn a_plan_of_deletions_only_begins_with_them() {
    let (did, _) = walk(&[prune("a", Wait::None), prune("b", Wait::None)], OPTIONS, vec![]);
    assert_eq!(did, ["write 0, write 1"]);
}

#[test]
fn what_an_earlier_run_wrote_is_only_waited_for() {
    let awaited = Step { action: Action::Await, write: Write::None, ..step("Deployment", "a", Wait::Ready) };
    let (did, machine) = walk(&[awaited], OPTIONS, vec![said(0, Readiness::Ready)]);
    assert_eq!(did, ["watch 0", "stop 0, finish"]);
    assert_eq!(words(&machine), ["done"]);
}

#[test]
fn the_first_interrupt_lets_writes_finish_and_begins_nothing() {
    let steps = [
        step("Deployment", "waits", Wait::Ready),
        step("ConfigMap", "writes", Wait::None),
        after(step("ConfigMap", "follows", Wait::None), 1, Until::Written),
    ];
    let inputs = vec![written(0), Input::Interrupted, written(1)];
    let (did, machine) = walk(&steps, OPTIONS, inputs);
    assert_eq!(did, ["write 0, write 1", "watch 0", "stop 0", "finish"]);
    assert_eq!(words(&machine), ["written", "written", "skipped"]);
    assert!(!machine.execution().is_good(), "an interrupted run is not a good one");
}

#[test]
fn the_second_interrupt_ends_at_once_and_says_what_is_unknown() {
    let steps = [step("ConfigMap", "a", Wait::None), step("Deployment", "b", Wait::Ready)];
    let inputs = vec![
        written(1),
        Input::DeadlinePassed { step: 1 },
        Input::Interrupted,
        Input::Interrupted,
        written(0),
    ];
    let (did, machine) = walk(&steps, OPTIONS, inputs);
    assert_eq!(did, ["write 0, write 1", "watch 1", "stop 1, explain 1", "", "finish", ""]);
    assert_eq!(words(&machine), ["unsure", "not ready"]);
    assert_eq!(machine.execution().interrupts, 2);
}

#[test]
fn a_lost_lock_begins_nothing_more() {
    let steps =
        [step("ConfigMap", "a", Wait::None), after(step("ConfigMap", "b", Wait::None), 0, Until::Written)];
    let lost = Input::LockLost { because: "the lock was lost".to_owned() };
    let (did, machine) = walk(&steps, OPTIONS, vec![lost, written(0)]);
    assert_eq!(did, ["write 0", "", "finish"]);
    assert_eq!(words(&machine), ["written", "skipped"]);
}

#[test]
fn a_dependency_on_a_later_step_is_refused_rather_than_forgotten() {
    let steps =
        [after(step("ConfigMap", "a", Wait::None), 1, Until::Written), step("ConfigMap", "b", Wait::None)];
    let (did, machine) = walk(&steps, OPTIONS, vec![written(1)]);
    assert_eq!(did, ["write 1", "finish"]);
    assert_eq!(words(&machine), ["skipped", "written"]);
}

#[test]
fn waiting_is_told_again_only_when_the_message_changes() {
    let steps = [step("Deployment", "a", Wait::Ready)];
    let mut machine = Machine::new(&steps, OPTIONS);
    machine.next(0, Input::Start);
    machine.next(1, written(0));
    let tells = |todo: Vec<Do>| todo.iter().filter(|it| matches!(it, Do::Emit(_))).count();
    assert_eq!(tells(machine.next(2, said(0, Readiness::InProgress))), 1);
    assert_eq!(tells(machine.next(3, said(0, Readiness::InProgress))), 0);
}

/// A random plan: for each step a kind, a wait, and edges to earlier steps.
fn plans() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop_oneof![Just("ConfigMap"), Just("Deployment"), Just("Namespace"), Just("prune")];
    let wait = prop_oneof![Just(Wait::None), Just(Wait::Exists), Just(Wait::Ready)];
    let edges = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..4);
    prop::collection::vec((kind, wait, edges), 0..24).prop_map(|parts| {
        let plan = parts.into_iter().enumerate().map(|(n, (kind, wait, edges))| {
            let name = n.to_string();
            let bare = if kind == "prune" { prune(&name, wait) } else { step(kind, &name, wait) };
            edges.into_iter().filter(|_| n > 0).fold(bare, |step, (on, ready)| {
                after(step, on.index(n), if ready { Until::Ready } else { Until::Written })
            })
        });
        plan.collect()
    })
}

/// What the world does to a machine, picked by chance from what it may answer.
struct World {
    writing: Vec<usize>,
    watching: Vec<usize>,
    explaining: Vec<usize>,
    began: Vec<bool>,
    released: Vec<Option<bool>>,
    ended: Vec<u8>,
    bad: Vec<bool>,
    most: usize,
}

impl World {
    fn new(steps: usize) -> Self {
        Self {
            writing: vec![],
            watching: vec![],
            explaining: vec![],
            began: vec![false; steps],
            released: vec![None; steps],
            ended: vec![0; steps],
            bad: vec![false; steps],
            most: 0,
        }
    }

    /// Takes in what the machine wants, checking every promise on the way.
    fn hear(&mut self, steps: &[Step], todo: Vec<Do>) -> bool {
        let mut finished = false;
        for action in todo {
            match action {
                Do::Write(step) => {
                    assert!(!self.began[step], "step {step} is written twice");
                    for edge in &steps[step].depends_on {
                        assert!(self.released[edge.on].is_some(), "step {step} before {}", edge.on);
                        assert_ne!(self.released[edge.on], Some(false), "step {step} after a failed write");
                    }
                    let nodes = nodes(steps, OPTIONS);
                    if nodes[step].last {
                        let others = (0..steps.len()).filter(|other| !nodes[*other].last);
                        assert!(others.into_iter().all(|other| self.ended[other] == 1 && !self.bad[other]));
                    }
                    self.began[step] = true;
                    self.writing.push(step);
                    self.most = self.most.max(self.writing.len());
                }
                Do::Watch { step, .. } => self.watching.push(step),
                Do::StopWatching(step) => self.watching.retain(|it| *it != step),
                Do::Explain { step, .. } => self.explaining.push(step),
                Do::Finish => finished = true,
                Do::Emit(Event::StepWritten { step, .. }) => self.released[step] = Some(true),
                Do::Emit(Event::StepEnded { step, outcome, .. }) => {
                    self.ended[step] += 1;
                    self.bad[step] = !outcome.is_good();
                    self.released[step] = Some(outcome.is_good() || self.released[step] == Some(true));
                    if matches!(outcome, Outcome::NotReady { .. }) {
                        self.released[step] = Some(true);
                    }
                }
                Do::Emit(_) => {}
            }
        }
        finished
    }

    /// One thing that may happen now.
    fn chance(&mut self, dice: u32) -> Option<Input> {
        let pick = (dice / 16) as usize;
        let open = self.writing.len() + self.watching.len() + self.explaining.len();
        let at = pick.checked_rem(open)?;
        if dice.is_multiple_of(97) {
            return Some(Input::Interrupted);
        }
        if at < self.writing.len() {
            let step = self.writing.remove(at);
            return Some(match dice % 16 {
                0 => refused(step),
                1 => Input::WriteAnswered { step, answer: WriteAnswer::Unsure { error: String::new() } },
                2 => answered(step, Readiness::Failed),
                3..=5 => answered(step, Readiness::Ready),
                _ => written(step),
            });
        }
        let at = at - self.writing.len();
        if at < self.watching.len() {
            let step = self.watching[at];
            return Some(match dice % 8 {
                0 => Input::DeadlinePassed { step },
                1 => said(step, Readiness::Failed),
                2 => said(step, Readiness::Unknown),
                3 => said(step, Readiness::InProgress),
                _ => said(step, Readiness::Ready),
            });
        }
        Some(explained(self.explaining.remove(at - self.watching.len())))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_walk_keeps_its_promises(
        steps in plans(),
        wait in any::<bool>(),
        parallelism in 1usize..5,
        dice in prop::collection::vec(any::<u32>(), 400),
    ) {
        let mut machine = Machine::new(&steps, Options { wait, timeout: 10, parallelism });
        let mut world = World::new(steps.len());
        let mut finished = world.hear(&steps, machine.next(0, Input::Start));
        for (now, roll) in dice.into_iter().enumerate() {
            let Some(input) = world.chance(roll) else { break };
            prop_assert!(!finished || matches!(input, Input::Interrupted) || machine.execution().interrupts > 1);
            finished |= world.hear(&steps, machine.next(now as u64, input));
        }
        prop_assert!(finished && machine.is_finished(), "the walk never ended: {machine:?}");
        prop_assert!(world.ended.iter().all(|times| *times == 1), "{:?}", world.ended);
        prop_assert!(world.most <= parallelism);
        prop_assert_eq!(machine.execution().outcomes.len(), steps.len());
    }
}
