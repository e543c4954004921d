//! The API server goes away in the middle of an apply and comes back.

use std::time::Duration;

use jiff::Timestamp;

use crate::support::{
    ControlPlane, Obsctl, assert_inventory_is_what_we_own, by_obsctl, fleet_repo, object_writes, wait_until,
};

#[test]
fn an_apply_outlives_a_restart_of_the_api_server_or_says_what_became_of_it() {
    let Some(plane) = ControlPlane::start() else { return };
    let repo = fleet_repo("restarts");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    let apply = ["apply", "-e", "lab", "--auto-approve"];
    let from = Timestamp::now();
    let mut running = obsctl.spawn(&apply);
    wait_until("the apply writes objects", Duration::from_secs(60), || {
        !object_writes(&by_obsctl(&plane.requests(), from, Timestamp::MAX)).is_empty()
    });
    assert!(running.runs(), "the apply ended before the restart: the test shows nothing");
    plane.restart_api_server();

    let ran = running.wait();
    assert!([0, 1, 4].contains(&ran.code), "exit code {}\n{}", ran.code, ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    if ran.code != 0 {
        ran.assert_says("127.0.0.1");
    }
    obsctl.exits(0, &apply);
    obsctl.exits(0, &["plan", "-e", "lab", "--detailed-exitcode"]);
    assert_inventory_is_what_we_own(&plane, "lab", "restarts");
}
