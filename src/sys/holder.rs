//! Who we are among the processes of this machine.

use std::{fs, process};

use crate::model::Holder;

/// Facts of this process, to be written into a lock.
pub fn holder(user: &str, command: &str, ci_run: Option<String>) -> Holder {
    let pid = process::id();
    Holder {
        user: user.to_owned(),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        command: command.to_owned(),
        ci_run,
        machine: read("/etc/machine-id"),
        boot: read("/proc/sys/kernel/random/boot_id"),
        pid_namespace: pid_namespace(),
        pid,
        start: start_of(pid).unwrap_or_default(),
        nonce: uuid::Uuid::new_v4().to_string(),
    }
}

/// Whether the holder is a process of this machine, this boot and this PID namespace that has ended.
///
/// Of any other process nothing can be said: false.
pub fn is_dead(holder: &Holder) -> bool {
    let here = holder.machine == read("/etc/machine-id")
        && holder.boot == read("/proc/sys/kernel/random/boot_id")
        && holder.pid_namespace == pid_namespace()
        && !holder.boot.is_empty()
        && !holder.pid_namespace.is_empty();
    here && start_of(holder.pid) != Some(holder.start)
}

/// Milliseconds since boot, time asleep included: Rust's own clock stands still in suspend.
pub fn boottime() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let millis = time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000);
    u64::try_from(millis).unwrap_or_default()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default()
}

fn pid_namespace() -> String {
    fs::read_link("/proc/self/ns/pid").map(|link| link.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Start time of a process: the 22nd field of its `stat`; none where there is no such process, or only its corpse.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets, which may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_process_is_not_dead_and_one_that_ended_is() {
        let me = holder("me", "apply", None);
        assert!(!is_dead(&me));
        assert!(is_dead(&Holder { start: me.start + 1, ..me.clone() }), "its number was given to another");
        let mut child = process::Command::new("true").spawn().expect("`true` runs");
        let gone = Holder { pid: child.id(), ..me.clone() };
        child.wait().expect("ends");
        assert!(is_dead(&gone));
        assert!(!is_dead(&Holder { boot: "other".to_owned(), ..gone }), "nothing is known of another boot");
    }
}
