//! The test bed itself: what the other tests rely on.

use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};

use crate::support::{
    ControlPlane, Guarded, Obsctl, Operator, Repo, binaries, owned, redact, test_data, wait_until,
};

const DEPLOYMENT: &str = "\
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: bed, labels: {obsctl.dev/stack: bed}}, spec: {
  replicas: 2, selector: {matchLabels: {app: web}},
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: example.com/web}]}}}}
";

#[test]
fn a_deployment_rolls_out_and_the_requests_are_recorded() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "bed"]);
    plane.apply(DEPLOYMENT);
    plane.kubectl(&["rollout", "status", "deployment/web", "-n", "bed", "--timeout=60s"]);
    let requests = plane.requests();
    let write = requests.iter().find(|r| r.is_write() && r.resource == "deployments" && r.namespace == "bed");
    let write = write.expect("the apply was recorded");
    assert_eq!((write.verb.as_str(), write.name.as_str(), write.user.as_str()), ("patch", "web", "admin"));
    assert_eq!(write.code, 201);
    assert!(write.user_agent.starts_with("kubectl"), "{}", write.user_agent);
    assert!(write.began < write.ended);
    assert!(write.uri.starts_with("/apis/apps/v1/namespaces/bed/deployments/web?"), "{}", write.uri);
    assert!(owned(plane, "bed").is_empty(), "the label is kubectl's");
}

#[test]
fn a_service_account_gets_in_and_may_nothing() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "serviceaccount", "guest"]);
    let config = plane.kubeconfig_of_service_account("default", "guest").display().to_string();
    let who = plane.kubectl(&["--kubeconfig", &config, "auth", "whoami"]);
    assert!(who.contains("system:serviceaccount:default:guest"), "{who}");
    let refused =
        plane.try_kubectl(&["--kubeconfig", &config, "get", "secrets"]).expect_err("it has no Role");
    assert!(refused.contains("forbidden"), "{refused}");
}

#[test]
fn the_api_server_restarts_at_its_address_with_what_is_stored() {
    let Some(plane) = ControlPlane::start_api(&[]) else { return };
    plane.kubectl(&["create", "configmap", "kept", "--from-literal=a=b"]);
    let before = plane.requests().len();
    plane.restart_api_server();
    assert_eq!(plane.kubectl(&["get", "configmap", "kept", "-o", "jsonpath={.data.a}"]), "b");
    assert!(plane.requests().len() > before, "the log goes on after a restart");
}

#[test]
fn the_operator_makes_prometheus_available() {
    let Some(data) = test_data("kube-prometheus/manifests") else { return };
    let Some(plane) = ControlPlane::start() else { return };
    let operator = Operator::start(&plane);
    assert_eq!(operator.starts(), 0, "without CRDs it stops at once");
    plane.kubectl(&["apply", "--server-side", "-f", &data.join("setup").display().to_string()]);
    operator.wait_for_start();
    for file in ["prometheus-serviceAccount.yaml", "prometheus-prometheus.yaml"] {
        plane.kubectl(&["apply", "--server-side", "-f", &data.join(file).display().to_string()]);
    }
    wait_until("Prometheus is Available", Duration::from_secs(60), || {
        let query = "jsonpath={.status.conditions[?(@.type==\"Available\")].status}";
        plane
            .try_kubectl(&["get", "prometheus", "k8s", "-n", "monitoring", "-o", query])
            .is_ok_and(|it| it == "True")
    });
    plane.kubectl(&["rollout", "status", "statefulset/prometheus-k8s", "-n", "monitoring", "--timeout=60s"]);
    plane.kubectl(&["delete", "crd", "probes.monitoring.coreos.com"]);
}

#[test]
fn the_program_runs_in_an_empty_environment_and_can_be_ended() {
    let repo = Repo::of(&[("a/b.txt", "one")]);
    repo.edit("a/b.txt", "one", "two");
    let first = repo.commit("Second");
    repo.remove("a/b.txt");
    assert_ne!(first, repo.commit("Third"));
    let obsctl = Obsctl::new(&repo, None).env("OBSCTL_ENV", "lab");
    assert!(obsctl.run(&["--version"]).code != -1);
    let mut running = obsctl.spawn(&["--version"]);
    running.interrupt();
    running.wait();
    obsctl.spawn(&["--version"]).kill();
}

/// Run by the next test in a process of its own: leaves a process behind and waits to be killed.
#[test]
fn left_behind() {
    let Some(file) = env::var_os("OBSCTL_BED_LEAVES_BEHIND") else { return };
    let folder = std::path::PathBuf::from(file);
    let sleeper = Guarded::start("/bin/sleep".as_ref(), &["600"], &folder.join("log"));
    std::fs::write(folder.join("new"), sleeper.id().to_string()).expect("the folder is ours");
    std::fs::rename(folder.join("new"), folder.join("id")).expect("the folder is ours");
    std::thread::sleep(Duration::from_secs(120));
}

#[test]
fn nothing_outlives_a_killed_test_binary() {
    let folder = tempfile::TempDir::new().expect("the machine has a folder for temporary files");
    let mut command = Command::new(env::current_exe().expect("we run"));
    command.args(["--exact", "bed::left_behind"]).env("OBSCTL_BED_LEAVES_BEHIND", folder.path());
    let mut test = command.stdout(std::process::Stdio::null()).spawn().expect("we run once more");
    let id = || std::fs::read_to_string(folder.path().join("id")).unwrap_or_default();
    wait_until("the process is there", Duration::from_secs(20), || !id().is_empty());
    let process = std::path::Path::new("/proc").join(id());
    assert!(process.exists());
    test.kill().expect("it is our own child");
    test.wait().expect("it is our own child");
    wait_until("the process is gone", Duration::from_secs(10), || {
        let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    });
}

#[test]
fn a_control_plane_is_ready_soon() {
    if binaries().is_none() {
        return;
    }
    let begin = Instant::now();
    let plane = ControlPlane::start().expect("the programs are there");
    assert_eq!(plane.kubectl(&["get", "--raw", "/readyz"]), "ok");
    // About five seconds where nothing else runs; the limit leaves room for busy machines.
    assert!(begin.elapsed() < Duration::from_secs(45), "{:?}", begin.elapsed());
    eprintln!("a control plane was ready after {:?}", begin.elapsed());
}

#[test]
fn what_differs_from_run_to_run_is_taken_out() {
    let text = "pod 5e0c9a0e-1b2c-4d3e-8f90-123456789abc at 2026-11-21T04:19:06.123456Z took 1.25s, \
                https://127.0.0.1:41233/api in /tmp/x1/repo, commit 97f4875. limits 500m of 8080";
    let shown = redact(text, &[("/tmp/x1", "DIR")]);
    assert_eq!(
        shown,
        "pod UID at TIME took DURATION, https://127.0.0.1:PORT/api in DIR/repo, commit COMMIT. limits DURATION of 8080"
    );
}
