//! Environment `local`: everything a newcomer does in the first minutes, without a cluster.

use obsctl::sandbox::Sandbox;
use serde_json::json;

use super::hand::{Hand, Local};

const MAP: &str = "/api/v1/namespaces/mlops/configmaps/prometheus-config";

fn opened(local: &Local) -> Hand {
    Hand(Sandbox::open(&local.state(), "1.36").expect("no command is at work"))
}

#[test]
fn plan_apply_change_drift_rollback_and_destroy_need_no_cluster() {
    let local = Local::monitoring();
    let first = local.obsctl(0, &["plan", "-e", "local"]);
    assert!(first.contains("Plan: 23 to create"), "{first}");
    let applied = local.obsctl(0, &["apply", "-e", "local", "--auto-approve", "--timeout", "60s"]);
    assert!(applied.contains("23 done.") && applied.contains("Everything is as declared."), "{applied}");
    let second = local.obsctl(0, &["plan", "-e", "local", "--detailed-exitcode"]);
    assert!(second.contains("No changes. 23 unchanged, 0 held."), "{second}");

    local.edit(
        "environments/local/environment.yaml",
        "grafanaAnonymous: true",
        "grafanaAnonymous: true\n        retention: 3d",
    );
    local.commit("Keep three days");
    let change = local.obsctl(2, &["plan", "-e", "local", "--detailed-exitcode"]);
    assert!(change.contains("Deployment mlops/prometheus") && change.contains("1 to change"), "{change}");
    local.obsctl(0, &["apply", "-e", "local", "--auto-approve", "--timeout", "60s"]);
    local.obsctl(0, &["drift", "-e", "local"]);

    tokio::runtime::Runtime::new().expect("threads").block_on(async {
        let hand = opened(&local);
        hand.patch(
            "merge",
            &format!("{MAP}?fieldManager=kubectl-edit"),
            &json!({"data": {"prometheus.yml": "global: {}"}}),
        )
        .await
        .was(200);
    });
    let drift = local.obsctl(2, &["drift", "-e", "local"]);
    assert!(drift.contains("ConfigMap mlops/prometheus-config") && drift.contains("kubectl-edit"), "{drift}");
    local.obsctl(0, &["rollback", "-e", "local", "--to", "1", "--auto-approve", "--timeout", "60s"]);
    let history = local.obsctl(0, &["history", "-e", "local"]);
    assert!(history.contains("rollback"), "{history}");
    let status = local.obsctl(0, &["status", "-e", "local"]);
    assert!(status.contains("23 ready"), "{status}");

    local.obsctl(0, &["destroy", "-e", "local", "--auto-approve", "--timeout", "60s"]);
    tokio::runtime::Runtime::new().expect("threads").block_on(async {
        opened(&local).get("/api/v1/namespaces/mlops").await.was(404);
    });
}

#[test]
fn while_an_environment_is_served_its_commands_talk_to_the_server_and_a_second_one_is_refused() {
    let local = Local::monitoring();
    local.obsctl(0, &["apply", "-e", "local", "--auto-approve", "--timeout", "60s"]);
    let served = local.serve();
    let plan = local.obsctl(0, &["plan", "-e", "local"]);
    assert!(plan.contains("No changes.") && plan.contains(&served.address), "{plan}");
    let refused = local.obsctl(1, &["sandbox", "-e", "local", "--listen", "127.0.0.1:0"]);
    let pid = served.process.id();
    assert!(refused.contains(&format!("another obsctl serves this sandbox (pid {pid})")), "{refused}");
    drop(served);
    // The killed server's file is still there, and nobody is fooled by it.
    assert!(local.state().join("server").exists());
    assert!(local.obsctl(0, &["plan", "-e", "local"]).contains("in this process"));
}

#[test]
fn a_server_that_is_asked_to_stop_ends_well_and_takes_its_file_away() {
    let local = Local::monitoring();
    let mut served = local.serve();
    assert!(local.state().join("server").exists());
    let pid = rustix::process::Pid::from_child(&served.process);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("signalled");
    assert_eq!(served.process.wait().expect("it ends").code(), Some(0));
    assert!(!local.state().join("server").exists());
}

#[test]
fn a_sandbox_is_asked_for_by_its_right_name_and_address() {
    let local = Local::monitoring();
    let wrong = local.obsctl(1, &["sandbox", "--ephemeral", "--listen", "0.0.0.0:0"]);
    assert!(wrong.contains("not a loopback address"), "{wrong}");
    local.edit("environments/local/environment.yaml", "sandbox: {}", "context: somewhere");
    let other = local.obsctl(64, &["sandbox", "-e", "local"]);
    assert!(other.contains("of another cluster than the sandbox"), "{other}");
}
