//! `kill -9` at any moment, then a plain apply: it converges, nothing is orphaned.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::{
    kube_prometheus::kube_prometheus_repo,
    support::{
        ControlPlane, Obsctl, Operator, assert_inventory_is_what_we_own, by_obsctl, fleet_repo, inventory,
        object_writes, write_fleet,
    },
};

const APPLY: &[&str] = &["apply", "-e", "lab", "--auto-approve"];
const SEED: u64 = 20_260_823;

/// A number from the environment, by which `tests/soak` does more of the same.
fn number<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The share of an undisturbed run after which run `turn` of `of` is killed: seeded, one in each `of`th of the time.
fn moment(turn: u32, of: u32) -> f64 {
    // splitmix64 of the seed and the turn.
    let seed = number("OBSCTL_KILL_SEED", SEED);
    let mut bits = seed.wrapping_add(u64::from(turn + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let within = f64::from(u16::try_from((bits ^ (bits >> 31)) >> 48).expect("sixteen bits")) / 65_536.0;
    (f64::from(turn) + within) / f64::from(of)
}

/// What is killed: a target, and how long its apply takes undisturbed.
struct Victim<'a> {
    plane: &'a ControlPlane,
    obsctl: &'a Obsctl,
    stack: &'a str,
    undisturbed: Duration,
}

impl Victim<'_> {
    /// Kills an apply at a share of its time, applies again, and says whether the kill fell between object writes.
    fn kill_at(&self, share: f64) -> bool {
        let from = Timestamp::now();
        let running = self.obsctl.spawn(APPLY);
        sleep(self.undisturbed.mul_f64(share));
        running.kill();
        // What was under way at the server ends.
        sleep(Duration::from_millis(300));
        let killed = Timestamp::now();

        self.obsctl.exits(0, APPLY);
        let recovered = Timestamp::now();
        let requests = self.plane.requests();
        let before = object_writes(&by_obsctl(&requests, from, killed)).len();
        let after = object_writes(&by_obsctl(&requests, killed, recovered)).len();
        eprintln!(
            "{}: killed at {share:.2} of the time, {before} object writes before, {after} after",
            self.stack
        );

        self.obsctl.exits(0, &["plan", "-e", "lab", "--detailed-exitcode"]);
        assert_inventory_is_what_we_own(self.plane, "lab", self.stack);
        before > 0 && after > 0
    }
}

#[test]
fn kill_9_leaves_nothing_that_a_plain_apply_does_not_mend() {
    let Some(plane) = ControlPlane::start() else { return };
    let mut within = forty_objects(&plane);
    if let Some(found) = kube_prometheus() {
        within += found;
    }
    let kills = rounds() + 2;
    assert!(
        within * 20 >= kills * 12,
        "only {within} of {kills} kills fell after the first and before the last write"
    );
}

/// Kills on the stack of forty objects.
fn rounds() -> u32 {
    number("OBSCTL_KILLS", 18)
}

/// Kills on forty objects, every apply going from one edition to the next.
fn forty_objects(plane: &ControlPlane) -> u32 {
    let repo = fleet_repo("kills");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    obsctl.exits(0, APPLY);
    assert_eq!(inventory(plane, "lab", "kills").len(), 40);
    write_fleet(&repo, "kills", 1);
    let begin = Instant::now();
    obsctl.exits(0, APPLY);
    let victim = Victim { plane, obsctl: &obsctl, stack: "kills", undisturbed: begin.elapsed() };
    let mut within = 0;
    for turn in 0..rounds() {
        write_fleet(&repo, "kills", 2 + usize::try_from(turn).expect("small"));
        within += u32::from(victim.kill_at(moment(turn, rounds())));
    }
    within
}

/// Two kills on first applies of kube-prometheus, each on a cluster of its own.
fn kube_prometheus() -> Option<u32> {
    let repo = kube_prometheus_repo()?;
    let on_new_cluster = |then: &mut dyn FnMut(&ControlPlane, &Obsctl)| {
        let plane = ControlPlane::start()?;
        let _operator = Operator::start(&plane);
        let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
        then(&plane, &obsctl);
        Some(())
    };
    let mut undisturbed = Duration::ZERO;
    on_new_cluster(&mut |_, obsctl| {
        let begin = Instant::now();
        obsctl.exits(0, APPLY);
        undisturbed = begin.elapsed();
    })?;
    let mut within = 0;
    for turn in 0..2 {
        on_new_cluster(&mut |plane, obsctl| {
            let victim = Victim { plane, obsctl, stack: "kube-prometheus", undisturbed };
            within += u32::from(victim.kill_at(moment(turn, 2)));
        })?;
    }
    Some(within)
}
