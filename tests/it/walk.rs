//! Hand-made plans walked on a real control plane.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use obsctl::{
    apply::{Run, drive},
    cluster::{Cluster, Connect},
    model::{
        Action, Body, Dependency, Event, Execution, LockDoubt, Outcome, Plan, Precondition, Propagation,
        Step, Strength, TargetId, Until, Wait, Write,
    },
};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::support::ControlPlane;

async fn connect(plane: &ControlPlane) -> Cluster {
    let connect = Connect { kubeconfig: vec![plane.kubeconfig("admin")], ..Connect::default() };
    Cluster::connect(&connect).await.unwrap()
}

fn step(tree: Value, wait: Wait) -> Step {
    let body = Body::new(tree);
    Step {
        action: Action::Create,
        object: body.id(),
        api_version: body.api_version().to_owned(),
        origin: None,
        reason: "new".to_owned(),
        estimated: None,
        fields: vec![],
        write: Write::Apply {
            body,
            precondition: Precondition::Absent,
            force: false,
            manager: "obsctl".to_owned(),
            ownership_edits: vec![],
        },
        wait,
        depends_on: vec![],
        effects: vec![],
        digest: None,
        uid: None,
        pre_image: None,
    }
}

fn after(mut step: Step, on: usize, until: Until) -> Step {
    step.depends_on.push(Dependency { on, until, strength: Strength::Hard, because: "test".to_owned() });
    step
}

fn config_map(namespace: &str, name: &str) -> Step {
    let meta = json!({"name": name, "namespace": namespace});
    step(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "b"}}), Wait::Exists)
}

fn workload(kind: &str, namespace: &str, name: &str, selector: &Value) -> Step {
    let labels = json!({"app": name});
    let pod = json!({"metadata": {"labels": labels}, "spec": {"nodeSelector": selector,
        "containers": [{"name": "main", "image": "example.com/main:1"}]}});
    step(
        json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": namespace},
            "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod}}),
        Wait::Ready,
    )
}

fn namespace(name: &str) -> Step {
    step(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}), Wait::Ready)
}

fn widgets() -> (Step, Value) {
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema":
                {"type": "object", "properties": {"spec": {"type": "object",
                    "x-kubernetes-preserve-unknown-fields": true}}}}}]}});
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget",
        "metadata": {"name": "w", "namespace": "walk"}, "spec": {"size": 1}});
    (step(crd, Wait::Ready), widget)
}

fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        target: TargetId { repository: None, environment: "dev".to_owned(), stack: "walk".to_owned() },
        revision: None,
        steps,
        holds: vec![],
        unchanged: vec![],
        digests: std::collections::BTreeMap::default(),
        findings: vec![],
        left: std::collections::BTreeMap::default(),
        notes: vec![],
    }
}

fn run(timeout: u64) -> Run {
    Run {
        revision: 1,
        wait: true,
        timeout: Duration::from_secs(timeout),
        parallelism: 8,
        still_mine: Arc::new(|| Ok(())),
    }
}

/// Walks a plan, calling `meanwhile` with each event.
async fn walk(
    cluster: &Cluster,
    plan: &Plan,
    run: &Run,
    mut meanwhile: impl FnMut(&Event, &watch::Sender<u8>),
) -> (Execution, Vec<Event>) {
    let (sender, mut events) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(0);
    let began = Instant::now();
    let mut all = vec![];
    let walking = drive(plan, cluster, run, sender, stopped);
    let listening = async {
        while let Some(event) = events.recv().await {
            eprintln!("{:6} ms {event:?}", began.elapsed().as_millis());
            meanwhile(&event, &stop);
            all.push(event);
        }
    };
    let (execution, ()) = tokio::join!(walking, listening);
    (execution, all)
}

fn words(execution: &Execution) -> Vec<&'static str> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Done => "done",
        Outcome::Written => "written",
        Outcome::NotWritten { stale: true, .. } => "stale",
        Outcome::NotWritten { .. } => "not written",
        Outcome::NotReady { .. } => "not ready",
        Outcome::Skipped { .. } => "skipped",
        Outcome::Unsure { .. } => "unsure",
    };
    execution.outcomes.iter().map(word).collect()
}

/// Every sort of step, one that never becomes ready, and one whose namespace is missing.
fn twenty_steps() -> Vec<Step> {
    let (crd, widget) = widgets();
    let nowhere = json!({"nobody": "has-this"});
    let ready = |step| after(step, 0, Until::Ready);
    let rbac = |kind: &str, rest: Value| {
        let mut tree = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
            "metadata": {"name": "r", "namespace": "walk"}});
        tree.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        ready(step(tree, Wait::Exists))
    };
    let role = json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]});
    let binding = json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "s", "namespace": "walk"}]});
    let plain = |kind: &str, rest: Value| {
        let mut tree =
            json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "s", "namespace": "walk"}});
        tree.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        ready(step(tree, Wait::Exists))
    };
    vec![
        namespace("walk"),
        crd,
        after(ready(step(widget, Wait::Ready)), 1, Until::Ready),
        ready(config_map("walk", "a")),
        ready(config_map("walk", "b")),
        ready(config_map("walk", "c")),
        plain("ServiceAccount", json!({})),
        plain("Secret", json!({"data": {"k": "dg=="}})),
        plain("Service", json!({"spec": {"selector": {"app": "good"}, "ports": [{"port": 80}]}})),
        rbac("Role", role),
        after(rbac("RoleBinding", binding), 9, Until::Written),
        after(ready(workload("Deployment", "walk", "good", &json!({}))), 3, Until::Written),
        ready(workload("StatefulSet", "walk", "set", &json!({}))),
        ready(workload("Deployment", "walk", "stuck", &nowhere)),
        after(config_map("walk", "after-good"), 11, Until::Ready),
        after(config_map("walk", "after-stuck"), 13, Until::Ready),
        after(config_map("walk", "beside-stuck"), 13, Until::Written),
        after(config_map("walk", "far-behind"), 15, Until::Written),
        after(ready(config_map("nowhere", "lost")), 3, Until::Written),
        Step {
            action: Action::Prune,
            write: Write::Delete {
                precondition: Precondition::Uid("x".to_owned()),
                propagation: Propagation::Background,
            },
            ..config_map("walk", "a")
        },
    ]
}

/// What depends on what never becomes ready is skipped, all else is done.
async fn walks_twenty_steps(plane: &ControlPlane, cluster: &Cluster) {
    let (execution, events) = walk(cluster, &plan(twenty_steps()), &run(15), |_, _| {}).await;
    let expected = [
        "done",
        "done",
        "written",
        "done",
        "done",
        "done",
        "done",
        "done",
        "done",
        "done",
        "done",
        "done",
        "done",
        "not ready",
        "done",
        "skipped",
        "done",
        "skipped",
        "not written",
        "skipped",
    ];
    assert_eq!(words(&execution), expected, "{execution:#?}");
    let Outcome::NotReady { account } = &execution.outcomes[13] else { unreachable!() };
    let account = account.join("\n");
    assert!(account.contains("not ready within 15s"), "{account}");
    assert!(account.contains("0 of 2 updated replicas are available"), "{account}");
    assert!(account.contains("finds no node"), "{account}");
    assert!(account.contains("FailedScheduling"), "{account}");
    assert!(execution.uids[0].is_some() && execution.uids[15].is_none());
    assert!(matches!(events.first(), Some(Event::RunBegan { steps: 20, .. })));
    assert!(matches!(events.last(), Some(Event::RunEnded { .. })));
    plane.kubectl(&["-n", "walk", "get", "widget/w", "cm/after-good"]);
}

/// What is there already is not overwritten by a creation, and says so.
async fn refuses_what_moved(cluster: &Cluster) {
    let steps = vec![config_map("walk", "a"), config_map("walk", "fresh")];
    let (execution, _) = walk(cluster, &plan(steps), &run(5), |_, _| {}).await;
    assert_eq!(words(&execution), ["stale", "done"]);
}

/// A deletion is waited for; one that a finalizer holds says who takes it off.
async fn prunes_and_names_finalizers(plane: &ControlPlane, cluster: &Cluster) {
    plane.kubectl(&[
        "-n",
        "walk",
        "patch",
        "cm",
        "b",
        "-p",
        r#"{"metadata":{"finalizers":["example.com/hold"]}}"#,
    ]);
    let mut steps = vec![];
    for name in ["a", "b"] {
        let mut step = config_map("walk", name);
        let live = cluster.get("v1", &step.object).await.unwrap().unwrap();
        step.action = Action::Prune;
        step.uid = Some(live.uid.clone());
        step.write = Write::Delete {
            precondition: Precondition::Exact {
                uid: live.uid.clone(),
                resource_version: live.resource_version.clone(),
            },
            propagation: Propagation::Background,
        };
        steps.push(step);
    }
    let (execution, _) = walk(cluster, &plan(steps), &run(3), |_, _| {}).await;
    assert_eq!(words(&execution), ["done", "not ready"]);
    let Outcome::NotReady { account } = &execution.outcomes[1] else { unreachable!() };
    assert_eq!(
        account,
        &["not gone within 3s", "finalizer example.com/hold: taken off by the controller of example.com"]
    );
}

/// One interrupt stops waiting and begins nothing more.
async fn hears_an_interrupt(cluster: &Cluster) {
    let stuck = workload("Deployment", "walk", "forever", &json!({"nobody": "has-this"}));
    let steps = vec![stuck, after(config_map("walk", "never"), 0, Until::Ready)];
    let began = Instant::now();
    let (execution, _) = walk(cluster, &plan(steps), &run(120), |event, stop| {
        if matches!(event, Event::StepWaits { .. }) {
            stop.send_replace(1);
        }
    })
    .await;
    assert_eq!(words(&execution), ["written", "skipped"]);
    assert_eq!(execution.interrupts, 1);
    assert!(began.elapsed() < Duration::from_secs(10));
}

/// Losing the lock begins nothing more.
async fn writes_only_while_the_lock_is_ours(cluster: &Cluster) {
    let mut run = run(5);
    run.still_mine = Arc::new(|| Err(LockDoubt::Lost("the lock was lost".to_owned())));
    let (execution, _) = walk(cluster, &plan(vec![config_map("walk", "unlocked")]), &run, |_, _| {}).await;
    assert_eq!(words(&execution), ["skipped"]);
    assert!(cluster.get("v1", &config_map("walk", "unlocked").object).await.unwrap().is_none());
}

/// An API server that goes away for some seconds in the middle delays the run and does not fail it.
async fn survives_a_restart_of_the_api_server(plane: &Arc<ControlPlane>, cluster: &Cluster) {
    let plane = Arc::clone(plane);
    let mut steps = vec![namespace("restart")];
    for n in 0..60 {
        steps.push(after(config_map("restart", &format!("c{n}")), n, Until::Ready));
    }
    let written = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let plan = plan(steps);
    let run = run(60);
    let walking = walk(cluster, &plan, &run, move |event, _| {
        if matches!(event, Event::StepWritten { .. }) {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    });
    let restarting = async {
        while written.load(std::sync::atomic::Ordering::Relaxed) < 20 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let restart = move || {
            plane.stop_api_server();
            std::thread::sleep(Duration::from_secs(6));
            plane.restart_api_server();
        };
        tokio::task::spawn_blocking(restart).await.unwrap();
    };
    let ((execution, events), ()) = tokio::join!(walking, restarting);
    assert!(execution.is_good(), "{:?}", words(&execution));
    assert!(events.iter().any(|event| matches!(event, Event::Retrying { .. })), "the restart was noticed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_are_walked_on_a_real_control_plane() {
    let Some(plane) = ControlPlane::start() else { return };
    let plane = Arc::new(plane);
    let cluster = connect(&plane).await;
    walks_twenty_steps(&plane, &cluster).await;
    refuses_what_moved(&cluster).await;
    prunes_and_names_finalizers(&plane, &cluster).await;
    hears_an_interrupt(&cluster).await;
    writes_only_while_the_lock_is_ours(&cluster).await;
    // The plane must outlive the run: whoever drops it last ends it.
    survives_a_restart_of_the_api_server(&plane, &cluster).await;
}
