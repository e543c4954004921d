//! Token files that somebody else writes anew.

use std::time::Duration;

use obsctl::cluster::{Cluster, Connect};
use serde_json::json;

use super::way::{APPLY, PLAN, Way, plane, repo, service_account};
use crate::{
    cluster::runtime,
    support::{ControlPlane, by_obsctl, lab_repo, wait_until},
};

#[test]
fn a_refused_token_is_read_anew_at_once() {
    let Some((plane, _)) = plane() else { return };
    let token = service_account(plane, "first-token");
    let way = Way::to(plane);
    // Editors and `echo` end a file with a line end.
    let file = way.write("token", &format!("{token}\n"));
    let way = way.user(json!({"tokenFile": file, "token": "not this"}));
    let connect = Connect { kubeconfig: vec![way.file()], ..Connect::default() };
    let runtime = runtime();
    let cluster = runtime.block_on(Cluster::connect(&connect)).expect("the token is good");
    assert_eq!(cluster.identity().user, "system:serviceaccount:default:first-token");

    plane.kubectl(&["delete", "serviceaccount", "first-token"]);
    let old = plane.kubeconfig_of_token("first-token", &token).display().to_string();
    wait_until("the server refuses the old token", Duration::from_secs(60), || {
        plane.try_kubectl(&["--kubeconfig", &old, "auth", "whoami"]).is_err()
    });
    // The old token is read last before it is replaced, so that it is the refusal that makes it look.
    runtime.block_on(cluster.types()).expect_err("both are refused");
    way.write("token", &service_account(plane, "second-token"));
    std::thread::sleep(Duration::from_secs(5));
    runtime.block_on(cluster.types()).expect("the second token is good");
}

#[test]
fn a_long_run_goes_on_with_the_token_of_the_hour() {
    let Some(plane) = ControlPlane::shared() else { return };
    let way = Way::to(plane);
    let file = way.write("token", "token-of-alice\n");
    let way = way.user(json!({"tokenFile": file}));
    let repo = lab_repo("rotating");
    let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: rotating}\n\
         ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n\
         spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    \
         spec: {nodeSelector: {example.com/no-such: node}, containers: [{name: web, image: example.com/web}]}\n";
    repo.write("stacks/rotating/manifests/all.yaml", text);
    repo.commit("A Deployment that finds no node");
    let mut running = way.obsctl(&repo).spawn(&[APPLY, &["--timeout", "25s"]].concat());
    wait_until("the run waits", Duration::from_secs(60), || {
        assert!(running.runs(), "{}", running.stderr());
        running.stderr().contains("waiting     Deployment rotating/web")
    });
    let from = jiff::Timestamp::now();
    way.write("token", "token-of-bob");
    let ran = running.wait();
    ran.assert_code(4, "apply, while the token is replaced");
    let requests = by_obsctl(&plane.requests(), from, jiff::Timestamp::MAX);
    let lease = |user: &str| {
        requests.iter().filter(|one| one.user == user && one.uri.contains("/leases/lab.rotating")).count()
    };
    assert!(lease("bob") > 0, "the lock was renewed with the new token");
    assert!(requests.iter().all(|request| request.code != 401));
}

#[test]
fn a_token_file_that_is_not_there_is_named() {
    let Some((plane, _)) = plane() else { return };
    let way = Way::to(plane).user(json!({"tokenFile": "nowhere"}));
    let lost = way.obsctl(&repo("tokenless")).exits(1, PLAN);
    lost.assert_says(&format!("token file {}: No such file", way.path("nowhere").display()));
}
