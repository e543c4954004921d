//! Two applies at once: the lock lets one write, the other waits or says who holds it.

use std::time::Duration;

use jiff::Timestamp;

use crate::support::{ControlPlane, Obsctl, by_obsctl, fleet_repo, wait_until, write_fleet, writes};

const APPLY: &[&str] = &["apply", "-e", "lab", "--auto-approve"];

/// Waits until `user`'s obsctl wrote an object since `from`: it holds the lock.
#[track_caller]
fn wait_for_write(plane: &ControlPlane, user: &str, from: Timestamp) {
    wait_until("the first apply writes", Duration::from_secs(60), || {
        let requests = by_obsctl(&plane.requests(), from, Timestamp::MAX);
        writes(&requests).iter().any(|request| request.user == user && request.resource == "configmaps")
    });
}

/// The users of all writes since `from` but the lock's, in order, repetitions taken out.
fn turns(plane: &ControlPlane, from: Timestamp) -> Vec<String> {
    let requests = by_obsctl(&plane.requests(), from, Timestamp::MAX);
    let mut users: Vec<_> = writes(&requests).iter().map(|request| request.user.clone()).collect();
    users.dedup();
    users
}

#[test]
fn the_second_gives_up_or_waits_and_finds_nothing_to_do() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = fleet_repo("writers");
    let alice = Obsctl::new(&repo, Some(&plane.kubeconfig("alice")));
    let bob = Obsctl::new(&repo, Some(&plane.kubeconfig("bob")));
    let from = Timestamp::now();
    let mut first = alice.spawn(APPLY);
    wait_for_write(plane, "alice", from);

    let refused = bob.exits(7, &["apply", "-e", "lab", "--auto-approve", "--lock-timeout", "0"]);
    refused.assert_says("alice");
    assert!(first.runs(), "the first ended before the second was refused: the test shows nothing");
    let second = bob.spawn(APPLY);
    first.wait().assert_code(0, "apply by alice");
    let second = second.wait();
    second.assert_code(0, "apply by bob");
    second.assert_says("No changes");
    assert_eq!(turns(plane, from), ["alice"]);
}

#[test]
fn writes_of_two_applies_never_interleave() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (one, other) = (fleet_repo("rivals"), fleet_repo("rivals"));
    write_fleet(&other, "rivals", 1);
    let alice = Obsctl::new(&one, Some(&plane.kubeconfig("alice")));
    let bob = Obsctl::new(&other, Some(&plane.kubeconfig("bob")));
    alice.exits(0, APPLY);
    write_fleet(&one, "rivals", 2);

    let from = Timestamp::now();
    let (first, second) = (alice.spawn(APPLY), bob.spawn(APPLY));
    first.wait().assert_code(0, "apply by alice");
    second.wait().assert_code(0, "apply by bob");
    let turns = turns(plane, from);
    assert!(turns == ["alice", "bob"] || turns == ["bob", "alice"], "{turns:?}");
}
