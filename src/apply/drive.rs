//! Carrying out what the machine asks for, over a cluster.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{
    StreamExt as _,
    future::{AbortHandle, abortable},
    stream::FuturesUnordered,
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout_at},
};

use super::{
    evidence,
    machine::{Do, Input, Machine, Options},
    readback, waiting,
};
use crate::cluster::Cluster;
use crate::model::{Event, Execution, LockDoubt, Plan, ReadyReport, Step};

/// Says whether the lock is still ours, or why it may not be.
pub type StillMine = Arc<dyn Fn() -> Result<(), LockDoubt> + Send + Sync>;

/// How a plan is carried out.
#[derive(Clone)]
pub struct Run {
    /// Number of the revision being made.
    pub revision: u64,
    /// Whether readiness is waited for.
    pub wait: bool,
    /// Time after its own write in which a step must be ready.
    pub timeout: Duration,
    /// Most writes under way at once.
    pub parallelism: usize,
    /// Asked before each write is sent.
    pub still_mine: StillMine,
}

/// Longest time for finding out why a step is not ready.
const EXPLAIN: Duration = Duration::from_secs(10);

/// Walks an approved plan and gives the outcome of each step.
///
/// Events go to `events`; `stop` holds how often the user asked to stop: at 1 what runs is finished and nothing is
/// begun, at 2 all ends at once. Dropping the future leaves writes in an unknown state.
pub async fn drive(
    plan: &Plan,
    cluster: &Cluster,
    run: &Run,
    events: mpsc::UnboundedSender<Event>,
    mut stop: watch::Receiver<u8>,
) -> Execution {
    let cluster = cluster.clone().telling(events.clone());
    let (inputs, mut inbox) = mpsc::unbounded_channel();
    let stopping = AtomicBool::new(false);
    let scene = Scene {
        plan,
        cluster: &cluster,
        run,
        events: &events,
        inputs,
        began: Instant::now(),
        stopping: &stopping,
    };
    let mut walk = Walk::new(&scene);
    scene.tell(Event::RunBegan {
        target: plan.target.clone(),
        revision: run.revision,
        steps: plan.steps.len(),
    });
    walk.hear(Input::Start);
    let mut heard = 0;
    let mut listening = true;
    while !walk.machine.is_finished() {
        let asked = *stop.borrow_and_update();
        if heard < asked {
            heard += 1;
            stopping.store(true, Ordering::Relaxed);
            walk.hear(Input::Interrupted);
            continue;
        }
        tokio::select! {
            biased;
            changed = stop.changed(), if listening => listening = changed.is_ok(),
            Some(input) = inbox.recv() => walk.hear(input),
            Some(()) = walk.tasks.next(), if !walk.tasks.is_empty() => {}
            else => break,
        }
    }
    scene.tell(Event::RunEnded { target: plan.target.clone(), millis: scene.now() });
    walk.machine.execution()
}

/// What every task of a run sees.
pub(super) struct Scene<'a> {
    /// The plan that is walked.
    pub(super) plan: &'a Plan,
    /// The cluster.
    pub(super) cluster: &'a Cluster,
    /// How.
    pub(super) run: &'a Run,
    events: &'a mpsc::UnboundedSender<Event>,
    inputs: mpsc::UnboundedSender<Input>,
    began: Instant,
    /// Whether nothing is to be tried again.
    stopping: &'a AtomicBool,
}

impl Scene<'_> {
    /// Tells the world.
    pub(super) fn tell(&self, event: Event) {
        // Nobody listens any more: then nobody misses it.
        self.events.send(event).ok();
    }

    /// Tells the machine.
    pub(super) fn input(&self, input: Input) {
        // The inbox lives as long as the walk.
        self.inputs.send(input).ok();
    }

    /// Tells the machine how an object is.
    pub(super) fn report(&self, step: usize, report: &ReadyReport) {
        self.input(Input::Reported { step, report: self.cleaned(report) });
    }

    /// A report without secret values: a controller may repeat what it was given.
    pub(super) fn cleaned(&self, report: &ReadyReport) -> ReadyReport {
        ReadyReport { message: self.cluster.clean(&report.message), readiness: report.readiness }
    }

    /// Milliseconds since the run began.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether the user asked to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

type Task<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The machine with the tasks that it asked for.
struct Walk<'a> {
    scene: &'a Scene<'a>,
    machine: Machine,
    tasks: FuturesUnordered<Task<'a>>,
    watches: Vec<Option<AbortHandle>>,
}

impl<'a> Walk<'a> {
    fn new(scene: &'a Scene<'a>) -> Self {
        let run = scene.run;
        let options = Options {
            wait: run.wait,
            timeout: u64::try_from(run.timeout.as_millis()).unwrap_or(u64::MAX),
            parallelism: run.parallelism,
        };
        Self {
            scene,
            machine: Machine::new(&scene.plan.steps, options),
            tasks: FuturesUnordered::new(),
            watches: vec![None; scene.plan.steps.len()],
        }
    }

    fn hear(&mut self, input: Input) {
        for action in self.machine.next(self.scene.now(), input) {
            self.carry_out(action);
        }
    }

    fn step(&self, index: usize) -> Option<&'a Step> {
        self.scene.plan.steps.get(index)
    }

    fn carry_out(&mut self, action: Do) {
        let scene = self.scene;
        match action {
            Do::Write(index) => {
                let Some(step) = self.step(index) else { return };
                self.tasks.push(Box::pin(async move {
                    let answer = readback::write(scene, step).await;
                    scene.input(Input::WriteAnswered { step: index, answer });
                }));
            }
            Do::Watch { step: index, deadline } => self.watch(index, deadline),
            Do::StopWatching(index) => {
                if let Some(handle) = self.watches.get_mut(index).and_then(Option::take) {
                    handle.abort();
                }
            }
            Do::Explain { step: index, report, ending } => {
                let Some(step) = self.step(index) else { return };
                self.tasks.push(Box::pin(async move {
                    let deadline = Instant::now() + EXPLAIN;
                    let found = timeout_at(deadline, evidence::explain(scene, step, &report, ending)).await;
                    let account = found.unwrap_or_else(|_| vec![report.message.clone()]);
                    scene.input(Input::Explained { step: index, account });
                }));
            }
            Do::Emit(event) => scene.tell(event),
            Do::Finish => {}
        }
    }

    fn watch(&mut self, index: usize, deadline: u64) {
        let scene = self.scene;
        let (Some(step), Some(slot)) = (self.step(index), self.watches.get_mut(index)) else { return };
        let end = scene.began.checked_add(Duration::from_millis(deadline));
        let (follow, handle) = abortable(waiting::follow(scene, index, step));
        *slot = Some(handle);
        self.tasks.push(Box::pin(async move {
            let late = if let Some(end) = end {
                timeout_at(end, follow).await.is_err()
            } else {
                follow.await.ok();
                false
            };
            if late {
                scene.input(Input::DeadlinePassed { step: index });
            }
        }));
    }
}
