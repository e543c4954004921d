//! Child processes that never outlive the test binary, however it ends.
//!
//! A static's `Drop` does not run at exit and a killed test runs nothing at all. So a small shell, the reaper, reads a
//! pipe that only this process holds open: when the pipe ends it ends what is still listed.

use std::{
    ffi::OsStr,
    fs::File,
    io::Write,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Mutex, OnceLock},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Reads `start PID`, `end PID` and `folder PATH` lines; at the end of its input it ends the processes and the folders.
const REAPER: &str = r#"
trap '' HUP INT TERM
pids=' '
folders=
while read -r word rest; do
  case $word in
    start) pids="$pids$rest " ;;
    end) pids="${pids%% "$rest" *} ${pids#* "$rest" }" ;;
    folder) folders="$folders$rest
" ;;
  esac
done
for pid in $pids; do kill "$pid" 2>/dev/null; done
for turn in 1 2 3 4 5 6 7 8 9 10; do
  left=
  for pid in $pids; do if kill -0 "$pid" 2>/dev/null; then left=1; fi; done
  [ -z "$left" ] && break
  sleep 0.2
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
printf '%s' "$folders" | while read -r folder; do rm -rf "$folder"; done
"#;

/// The pipe to this process's reaper, started at first use.
#[expect(clippy::zombie_processes, reason = "it ends after us")]
fn reaper() -> &'static Mutex<ChildStdin> {
    static REAPER_INPUT: OnceLock<Mutex<ChildStdin>> = OnceLock::new();
    REAPER_INPUT.get_or_init(|| {
        let mut shell = Command::new("sh")
            .args(["-c", REAPER])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh starts");
        Mutex::new(shell.stdin.take().expect("the pipe was asked for"))
    })
}

fn tell_reaper(line: &str) {
    let mut input = reaper().lock().expect("no writer panicked");
    writeln!(input, "{line}").expect("the reaper reads until we end");
}

/// Has `folder` removed when this process ends.
pub(crate) fn remove_at_exit(folder: &Path) {
    tell_reaper(&format!("folder {}", folder.display()));
}

/// A child process that is ended on drop, and by the reaper where no drop runs.
#[derive(Debug)]
pub(crate) struct Guarded {
    child: Child,
}

impl Guarded {
    /// Starts `program`, both its outputs going to the file `log`.
    pub(crate) fn start<S: AsRef<OsStr>>(program: &Path, args: &[S], log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("the log can be written");
        let mut command = Command::new(program);
        command.args(args).env_clear().env("PATH", "/usr/bin:/bin");
        command.env("HOME", log.parent().unwrap_or(log));
        command.stdout(file.try_clone().expect("a handle can be doubled")).stderr(file);
        Self::spawn(&mut command)
    }

    /// Starts a command in a process group of its own, so that Ctrl-C at the terminal reaches the reaper's turn first.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).process_group(0).spawn().unwrap_or_else(|error| {
            panic!("{} does not start: {error}", command.get_program().display());
        });
        tell_reaper(&format!("start {}", child.id()));
        Self { child }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its exit status, if it ended.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our own child can be asked")
    }

    /// Sends a signal, if it still runs.
    pub(crate) fn signal(&mut self, signal: Signal) {
        if self.ended().is_none() {
            let id = i32::try_from(self.child.id()).expect("process ids are small");
            kill_process(Pid::from_raw(id).expect("never zero"), signal).expect("it is our own child");
        }
    }

    /// Waits for its end; `None` where it still runs after `limit`.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            if begin.elapsed() > limit {
                return None;
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Ends it: asks first, and kills it where it does not listen for five seconds.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::TERM);
        if self.wait(Duration::from_secs(5)).is_none() {
            self.signal(Signal::KILL);
            self.wait(Duration::from_secs(5));
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop();
        tell_reaper(&format!("end {}", self.child.id()));
    }
}
