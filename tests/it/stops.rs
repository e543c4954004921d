//! Runs that do not come to a good end: what is told, what is turned back, and that the next run mends it.

use std::time::Duration;

use serde_json::json;

use crate::support::{
    ControlPlane, Obsctl, Repo, assert_inventory_is_what_we_own, lab_repo, owned, wait_until,
};

const APPLY: &[&str] = &["apply", "-e", "lab", "--auto-approve"];

/// What no node has.
const NOWHERE: &str = "{example.com/no-such: node}";

/// A repository with a Namespace, a ConfigMap that holds `word` and a Deployment for nodes with the given labels.
fn repo(name: &str, word: &str, nodes: &str) -> Repo {
    let repo = lab_repo(name);
    write(&repo, name, word, nodes);
    repo
}

fn write(repo: &Repo, name: &str, word: &str, nodes: &str) {
    let text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{word: {word}}}\n\
         ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\n\
         spec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
         metadata: {{labels: {{app: web}}}}\n    \
         spec: {{nodeSelector: {nodes}, containers: [{{name: web, image: example.com/web, envFrom: \
         [{{configMapRef: {{name: settings}}}}]}}]}}\n"
    );
    repo.write(&format!("stacks/{name}/manifests/all.yaml"), &text);
    repo.commit(word);
}

fn word(plane: &ControlPlane, namespace: &str) -> String {
    plane.kubectl(&["get", "configmap", "settings", "-n", namespace, "-o", "jsonpath={.data.word}"])
}

#[test]
fn a_failed_run_is_turned_back_to_the_revision_before() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = repo("turned", "good", "{}");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    obsctl.exits(0, APPLY);
    write(&repo, "turned", "bad", NOWHERE);
    let back = obsctl.exits(5, &[APPLY, &["--rollback-on-failure", "--timeout", "3s"]].concat());
    back.assert_says("turned back");
    assert_eq!(word(plane, "turned"), "good");
    let nodes = "jsonpath={.spec.template.spec.nodeSelector}";
    assert_eq!(plane.kubectl(&["get", "deployment", "web", "-n", "turned", "-o", nodes]), "");
    plane.kubectl(&["rollout", "status", "deployment/web", "-n", "turned", "--timeout=30s"]);
    assert_inventory_is_what_we_own(plane, "lab", "turned");

    obsctl.exits(3, APPLY).assert_says("turned-back");
    let history = obsctl.exits(0, &["history", "-e", "lab"]);
    history.assert_says("rollback to 1");
    history.assert_says("failed");
    write(&repo, "turned", "better", "{}");
    obsctl.exits(0, APPLY);
    assert_eq!(word(plane, "turned"), "better");
}

#[test]
fn what_cannot_be_turned_back_is_told_beside_what_failed() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = repo("halfway", "good", "{}");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    obsctl.exits(0, APPLY);
    let more = "apiVersion: v1\nkind: Namespace\nmetadata: {name: halfway-too}\n";
    repo.write("stacks/halfway/manifests/more.yaml", more);
    write(&repo, "halfway", "bad", NOWHERE);
    let failed = obsctl.exits(4, &[APPLY, &["--rollback-on-failure", "--timeout", "3s"]].concat());
    failed.assert_says("not ready   Deployment halfway/web");
    failed.assert_says("could not be turned back");
    failed.assert_says("--allow-delete Namespace/halfway-too");
}

#[test]
fn a_failed_first_run_takes_back_only_what_it_made() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "firsts"]);
    plane.kubectl(&["create", "configmap", "settings", "-n", "firsts", "--from-literal=word=old"]);
    plane.kubectl(&["create", "configmap", "bystander", "-n", "firsts"]);
    let repo = repo("firsts", "new", NOWHERE);
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    obsctl.exits(5, &[APPLY, &["--rollback-on-failure", "--timeout", "3s"]].concat());
    assert!(
        plane.try_kubectl(&["get", "deployment", "web", "-n", "firsts"]).is_err(),
        "it was made by the run"
    );
    plane.kubectl(&["get", "configmap", "bystander", "-n", "firsts"]);
    assert_eq!(word(plane, "firsts"), "old", "what was taken over is given back");
    assert!(owned(plane, "firsts").iter().all(|object| !object.contains("settings")));

    write(&repo, "firsts", "newer", "{}");
    obsctl.exits(0, APPLY);
    assert_eq!(word(plane, "firsts"), "newer");
    assert_inventory_is_what_we_own(plane, "lab", "firsts");
}

#[test]
fn ctrl_c_ends_the_wait_and_the_next_run_goes_on() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = repo("stopped", "one", NOWHERE);
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    let mut running = obsctl.spawn(APPLY);
    wait_until("the run waits", Duration::from_secs(60), || {
        assert!(running.runs(), "{}", running.stderr());
        running.stderr().contains("waiting     Deployment stopped/web")
    });
    running.interrupt();
    let ran = running.wait();
    ran.assert_code(130, "apply, interrupted");
    obsctl.exits(0, &["status", "-e", "lab"]);
    write(&repo, "stopped", "two", "{}");
    obsctl.exits(0, APPLY);
    obsctl.exits(0, &["plan", "-e", "lab", "--detailed-exitcode"]).assert_says("No changes");
    assert_eq!(word(plane, "stopped"), "two");
    assert_inventory_is_what_we_own(plane, "lab", "stopped");
}

#[test]
fn a_wait_that_fails_tells_why() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = repo("failing", "one", NOWHERE);
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    let failed = obsctl.exits(4, &[APPLY, &["--timeout", "3s"]].concat());
    failed.assert_says("Deployment failing/web");
    failed.assert_says("FailedScheduling");
    failed.assert_says("node affinity/selector");
    failed.assert_says("condition Available is False: MinimumReplicasUnavailable");
    failed.assert_says("finds no node");

    // A container's own reason; it is terminal, so nobody waits for five minutes.
    let mut running = obsctl.spawn(APPLY);
    let name = ["get", "pods", "-n", "failing", "-o", "jsonpath={.items[0].metadata.name}"];
    wait_until("the run waits", Duration::from_secs(60), || {
        assert!(running.runs(), "{}", running.stderr());
        running.stderr().contains("waiting")
    });
    let waiting =
        json!({"reason": "ImagePullBackOff", "message": "Back-off pulling image \"example.com/web\""});
    let container = json!({"name": "web", "image": "example.com/web", "imageID": "", "ready": false,
        "restartCount": 0, "state": {"waiting": waiting}});
    let status = json!({"status": {"phase": "Pending", "containerStatuses": [container]}}).to_string();
    let pod = plane.kubectl(&name);
    plane.kubectl(&["patch", "pod", &pod, "-n", "failing", "--subresource=status", "-p", &status]);
    let failed = running.wait();
    failed.assert_code(4, "apply with an image that cannot be pulled");
    failed.assert_says("ImagePullBackOff");
    failed.assert_says("example.com/web");
}

#[test]
fn unlock_shows_who_holds_the_lock_and_asks() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = repo("locked", "one", NOWHERE);
    let alice = Obsctl::new(&repo, Some(&plane.kubeconfig("alice")));
    let bob = Obsctl::new(&repo, Some(&plane.kubeconfig("bob")));
    let mut running = alice.spawn(APPLY);
    wait_until("the run waits", Duration::from_secs(60), || {
        assert!(running.runs(), "{}", running.stderr());
        running.stderr().contains("waiting     Deployment locked/web")
    });
    bob.exits(0, &["status", "-e", "lab"]).assert_says("alice");
    let asked = bob.exits(3, &["unlock", "-e", "lab", "-s", "locked"]);
    asked.assert_says("alice");
    asked.assert_says("--auto-approve");
    assert!(running.runs(), "nothing was taken away yet");
    bob.exits(0, &["unlock", "-e", "lab", "-s", "locked", "--auto-approve"]).assert_says("taken away");
    running.kill();
    write(&repo, "locked", "two", "{}");
    bob.exits(0, &[APPLY, &["--lock-timeout", "0"]].concat());
    bob.exits(0, &["unlock", "-e", "lab", "-s", "locked"]).assert_says("nobody holds the lock");
    assert!(!owned(plane, "locked").is_empty());
}
