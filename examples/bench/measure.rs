//! Time and peak memory of a process and its children.

use std::{
    fs::File,
    process::{Command, Stdio},
    thread::{sleep, spawn},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use wait4::Wait4 as _;

use crate::Outcome;

/// No command is waited for longer.
const LIMIT: Duration = Duration::from_secs(600);

/// What a run took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Peak {
    /// From start to end.
    pub(crate) time: Duration,
    /// Processor time of it and its children.
    pub(crate) processor: Duration,
    /// Largest resident set, in bytes.
    pub(crate) memory: u64,
}

impl Peak {
    /// One after the other.
    pub(crate) fn plus(self, next: Self) -> Self {
        Self {
            time: self.time + next.time,
            processor: self.processor + next.processor,
            memory: self.memory.max(next.memory),
        }
    }
}

/// The quickest of several runs, with the largest peak of all.
pub(crate) fn best(runs: Vec<Peak>) -> Outcome<Peak> {
    let memory = runs.iter().map(|run| run.memory).max().ok_or("nothing ran")?;
    let quickest = runs.into_iter().min_by_key(|run| run.time).ok_or("nothing ran")?;
    Ok(Peak { memory, ..quickest })
}

/// Runs a command to its end; a failure, or a run over the limit, ends the measurement.
pub(crate) fn run(command: &mut Command) -> Outcome<Peak> {
    let errors = tempfile::NamedTempFile::new()?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(errors.path())?);
    let began = Instant::now();
    let mut child = command.spawn()?;
    let id = Pid::from_raw(i32::try_from(child.id())?).ok_or("no process id")?;
    let (done, ended) = std::sync::mpsc::channel::<()>();
    let watch = spawn(move || {
        if ended.recv_timeout(LIMIT).is_err() {
            kill_process(id, Signal::KILL).ok();
            // Until it is gone its id is not used again: only then do we return.
            sleep(Duration::from_millis(100));
        }
    });
    let usage = child.wait4()?;
    let time = began.elapsed();
    done.send(()).ok();
    watch.join().map_err(|_| "the watch failed")?;
    if !usage.status.success() {
        let said = std::fs::read_to_string(errors.path())?;
        let program = command.get_program().to_string_lossy().into_owned();
        return Err(format!("{program} ended with {} after {time:?}:\n{said}", usage.status).into());
    }
    Ok(Peak { time, processor: usage.rusage.utime + usage.rusage.stime, memory: usage.rusage.maxrss })
}
