//! Two applies at once: the lock lets one write, the other waits or says who holds it.

use std::time::Duration;

use jiff::Timestamp;

use crate::support::{ControlPlane, Obsctl, Request, by_obsctl, fleet_repo, wait_until, write_fleet, writes};

const APPLY: &[&str] = &["apply", "-e", "lab", "--auto-approve"];

/// Whether a request is about a stack's objects or records; other tests write to the same control plane.
fn is_of(request: &Request, stack: &str) -> bool {
    request.namespace == stack || request.name == stack || request.name.starts_with(&format!("lab.{stack}."))
}

/// Waits until `user`'s obsctl wrote an object since `from`: it holds the lock.
#[track_caller]
fn wait_for_write(plane: &ControlPlane, stack: &str, user: &str, from: Timestamp) {
    wait_until("the first apply writes", Duration::from_secs(60), || {
        let requests = by_obsctl(&plane.requests(), from, Timestamp::MAX);
        writes(&requests)
            .iter()
            .any(|request| request.user == user && request.resource == "configmaps" && is_of(request, stack))
    });
}

/// The users of all writes since `from` but the lock's, in order, repetitions taken out.
fn turns(plane: &ControlPlane, stack: &str, from: Timestamp) -> Vec<String> {
    let requests = by_obsctl(&plane.requests(), from, Timestamp::MAX);
    let ours = writes(&requests).into_iter().filter(|request| is_of(request, stack));
    let mut users: Vec<_> = ours.map(|request| request.user.clone()).collect();
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
    wait_for_write(plane, "writers", "alice", from);

    let refused = bob.exits(7, &["apply", "-e", "lab", "--auto-approve", "--lock-timeout", "0"]);
    refused.assert_says("alice");
    assert!(first.runs(), "the first ended before the second was refused: the test shows nothing");
    let second = bob.spawn(APPLY);
    first.wait().assert_code(0, "apply by alice");
    let second = second.wait();
    second.assert_code(0, "apply by bob");
    second.assert_says("No changes");
    assert_eq!(turns(plane, "writers", from), ["alice"]);
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
    let turns = turns(plane, "rivals", from);
    assert!(turns == ["alice", "bob"] || turns == ["bob", "alice"], "{turns:?}");
}
