//! Ctrl-C: once, twice, before a run, at a question, and where the server says nothing any more.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::way::{APPLY, Way, plane};
use crate::support::{
    ControlPlane, Obsctl, Relay, Repo, Running, Speech, assert_inventory_is_what_we_own, by_obsctl, lab_repo,
    owned, wait_until,
};

/// For what takes no time on an idle machine.
const AT_ONCE: Duration = Duration::from_secs(6);
const LONG: Duration = Duration::from_secs(60);

/// A Namespace, a ConfigMap whose creation is slow, and one that comes after it.
fn slow_repo(name: &str) -> Repo {
    let repo = lab_repo(name);
    let text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: first, labels: {{slow: {name}}}}}\ndata: {{word: one}}\n\
         ---\napiVersion: v1\nkind: ConfigMap\n\
         metadata: {{name: second, annotations: {{obsctl.dev/depends-on: ConfigMap/first}}}}\ndata: {{word: one}}\n"
    );
    repo.write(&format!("stacks/{name}/manifests/all.yaml"), &text);
    repo.commit("Slow");
    repo
}

/// An admission webhook that takes connections and says nothing, so that a write takes eight seconds; counts them.
fn slow_webhook(plane: &ControlPlane, name: &str) -> Arc<AtomicUsize> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let url = format!("https://{}/", listener.local_addr().expect("it is bound"));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    thread::spawn(move || {
        let mut held = Vec::new();
        for connection in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            held.push(connection);
        }
    });
    let webhook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name}, "webhooks": [{"name": "slow.example.com", "clientConfig": {"url": url},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
            "objectSelector": {"matchLabels": {"slow": name}}, "timeoutSeconds": 8, "failurePolicy": "Ignore",
            "sideEffects": "None", "admissionReviewVersions": ["v1"]}]});
    plane.apply(&webhook.to_string());
    // The server hears of it by a watch: what it lets through at once came too early.
    let probe = format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: probe-{name}, namespace: default, labels: {{slow: {name}}}}}}}"
    );
    let file = tempfile::NamedTempFile::new().expect("the machine has a folder for temporary files");
    std::fs::write(file.path(), probe).expect("the file is ours");
    wait_until("the webhook is asked", LONG, || {
        let path = file.path().display().to_string();
        plane.try_kubectl(&["create", "--dry-run=server", "-f", &path]).ok();
        count.load(Ordering::SeqCst) > 0
    });
    count.store(0, Ordering::SeqCst);
    count
}

/// Starts an apply and waits until its slow write is under way.
fn amid_the_write(plane: &ControlPlane, obsctl: &Obsctl, name: &str) -> Running {
    let asked = slow_webhook(plane, name);
    let mut running = obsctl.spawn(APPLY);
    wait_until("the write is under way", LONG, || {
        assert!(running.runs(), "{}", running.stderr());
        asked.load(Ordering::SeqCst) > 0
    });
    running
}

/// Fails unless a plain apply brings everything, and nothing is left to do.
fn assert_converges(plane: &ControlPlane, obsctl: &Obsctl, name: &str) {
    plane.kubectl(&["delete", "validatingwebhookconfiguration", name]);
    obsctl.exits(0, APPLY);
    obsctl.exits(0, &["plan", "-e", "lab", "--detailed-exitcode"]).assert_says("No changes");
    assert_inventory_is_what_we_own(plane, "lab", name);
    assert_eq!(owned(plane, name).len(), 2);
}

#[test]
fn the_first_ctrl_c_ends_the_write_that_is_under_way_and_begins_no_other() {
    let Some((plane, _)) = plane() else { return };
    let repo = slow_repo("once");
    let stack = "apiVersion: obsctl.dev/v1alpha1\nkind: Stack\nmetadata: {name: later}\n\
         spec:\n  namespace: once\n  dependsOn: [{stack: once}]\n  sources:\n    - manifests: [all.yaml]\n";
    repo.write("stacks/later/stack.yaml", stack);
    repo.write("stacks/later/all.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: third}\n");
    repo.edit("environments/lab/environment.yaml", "{name: once}", "{name: once}, {name: later}");
    repo.commit("Another stack");
    let way = Way::to(plane).admin();
    let obsctl = way.obsctl(&repo);
    let mut running = amid_the_write(plane, &obsctl, "once");
    running.interrupt();
    wait_until("it tells what happens now", AT_ONCE, || {
        running.stderr().contains("running steps end, no new ones begin")
    });
    assert!(running.runs(), "the write is awaited");
    let ran = running.wait();
    ran.assert_code(130, "apply, interrupted once");
    ran.assert_says("ConfigMap once/first");
    ran.assert_says("lab/later: not begun, because you asked to stop.");
    let there: Vec<_> = owned(plane, "once").into_iter().collect();
    assert_eq!(there, ["/ConfigMap once/first"], "it was written, and the next was not begun");
    let unlock = obsctl.exits(0, &["unlock", "-e", "lab", "-s", "once", "--auto-approve"]);
    unlock.assert_says("nobody holds the lock");
    assert_converges(plane, &obsctl, "once");
}

#[test]
fn the_second_ctrl_c_ends_all_at_once_and_says_what_is_unknown() {
    let Some((plane, _)) = plane() else { return };
    let repo = slow_repo("twice");
    let way = Way::to(plane).admin();
    let obsctl = way.obsctl(&repo);
    let mut running = amid_the_write(plane, &obsctl, "twice");
    running.interrupt();
    wait_until("it heard the first", AT_ONCE, || running.stderr().contains("! interrupted:"));
    running.interrupt();
    let began = Instant::now();
    let ran = running.wait();
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    ran.assert_code(130, "apply, interrupted twice");
    ran.assert_says("interrupted again: stopping at once; what was just sent may have been written");
    ran.assert_says("ConfigMap twice/first");
    assert!(!ran.stdout.contains("created     ConfigMap twice/first"), "{}", ran.stdout);
    assert_converges(plane, &obsctl, "twice");
}

#[test]
fn a_silent_server_does_not_keep_those_who_want_to_stop() {
    let Some((plane, _)) = plane() else { return };
    let repo = slow_repo("mute");
    let relay = Relay::start(Speech::None, "127.0.0.1", &plane.server());
    let through = Way::to(plane).admin().cluster("server", format!("https://{}", relay.address()));
    let mut running = amid_the_write(plane, &through.obsctl(&repo), "mute");
    relay.fall_silent();
    running.interrupt();
    wait_until("it heard the first", AT_ONCE, || running.stderr().contains("! interrupted:"));
    running.interrupt();
    let began = Instant::now();
    let ran = running.wait();
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    ran.assert_code(130, "apply, interrupted twice before a silent server");
    ran.assert_says("how it ended could not be recorded; the next apply finds out");
    // The lock is still held: by a process of this machine that is gone, which the next run sees.
    let direct = Way::to(plane).admin();
    assert_converges(plane, &direct.obsctl(&repo), "mute");
}

#[test]
fn ctrl_c_while_waiting_for_the_lock_ends_the_wait() {
    let Some((plane, _)) = plane() else { return };
    let repo = slow_repo("queue");
    let way = Way::to(plane).admin();
    let obsctl = way.obsctl(&repo);
    let first = amid_the_write(plane, &obsctl, "queue");
    let from = jiff::Timestamp::now();
    let bob = Way::to(plane).user(json!({"token": "token-of-bob"}));
    let mut second = bob.obsctl(&repo).spawn(APPLY);
    wait_until("the second waits", LONG, || {
        assert!(second.runs(), "{}", second.stderr());
        second.stderr().contains("waiting") || second.stderr().contains("held by")
    });
    second.interrupt();
    let began = Instant::now();
    let ran = second.wait();
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    ran.assert_code(130, "apply, interrupted while it waits for the lock");
    ran.assert_says("error: stopped before anything was written");
    let requests = by_obsctl(&plane.requests(), from, jiff::Timestamp::MAX);
    assert!(!requests.iter().any(|one| one.user == "bob" && one.is_done_write()), "bob wrote nothing");
    first.wait().assert_code(0, "the apply that held the lock");
    assert_converges(plane, &obsctl, "queue");
}

#[test]
fn ctrl_c_at_the_question_is_a_no() {
    let Some((plane, _)) = plane() else { return };
    let repo = slow_repo("asked");
    let way = Way::to(plane).admin();
    let Some((code, text)) = way.at_terminal(&repo, "apply -e lab", ("Type `yes`", "\\003")) else { return };
    assert_eq!(code, 130, "{text}");
    assert!(text.contains("Type `yes` to go on") && text.contains("stopped, nothing was written"), "{text}");
    assert!(owned(plane, "asked").is_empty());
}
