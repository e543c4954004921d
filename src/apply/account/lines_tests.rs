//! Accounts of failures as people read them.

use serde_json::{Value, json};

use super::*;
use crate::apply::account::{deletion, newest_hash, newest_pods, refused_pods, terminal};
use crate::model::Readiness;

fn pod(status: &Value) -> PodFacts {
    PodFacts::of(&Body::new(json!({"metadata": {"name": "grafana-1"}, "status": status})))
}

fn waits(reason: &str, restarts: i64) -> PodFacts {
    pod(&json!({"phase": "Pending", "containerStatuses": [
        {"name": "sidecar", "ready": true},
        {"name": "grafana", "ready": false, "restartCount": restarts,
         "state": {"waiting": {"reason": reason, "message": "no such tag"}},
         "lastState": {"terminated": {"reason": "Error", "exitCode": 2}}}]}))
}

fn event(time: &str, sort: &str, message: &str) -> EventFacts {
    EventFacts {
        time: time.to_owned(),
        warning: sort == "Warning",
        reason: "Because".to_owned(),
        message: message.to_owned(),
        count: 3,
        about: "Pod p".to_owned(),
    }
}

#[test]
fn tells_state_container_events_and_log_in_this_order() {
    let report =
        ReadyReport { readiness: Readiness::InProgress, message: "0 of 1 replicas are ready".to_owned() };
    let facts = Facts {
        events: vec![
            event("2026-01-01T00:00:01Z", "Warning", "old"),
            event("2026-01-01T00:00:09Z", "Normal", "normal"),
            event("2026-01-01T00:00:05Z", "Warning", "new"),
        ],
        pods: vec![waits("CrashLoopBackOff", 4)],
        logs: vec![LogTail {
            pod: "grafana-1".to_owned(),
            container: "grafana".to_owned(),
            lines: vec!["panic: no database".to_owned()],
        }],
        unread: vec![],
    };
    let live = Body::new(json!({"status": {"conditions": [
        {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "m"},
        {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}]}}));
    let lines = account(&report, Some("not ready after 5m"), Some(&live), &facts);
    expect_test::expect![[r"
        not ready after 5m
        0 of 1 replicas are ready
        condition Available is False: MinimumReplicasUnavailable, m
        pod grafana-1: container grafana waits: CrashLoopBackOff, no such tag (ended last with code 2, Error; 4 restarts)
        event Because on Pod p: new (3 times)
        event Because on Pod p: old (3 times)
        log of pod grafana-1, container grafana:
          panic: no database"]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn gives_up_early_only_for_what_will_not_pass() {
    assert!(terminal(&waits("CrashLoopBackOff", 2), 600).is_none());
    let said = terminal(&waits("CrashLoopBackOff", 3), 1).unwrap();
    assert_eq!(said, "container grafana of pod grafana-1: CrashLoopBackOff: no such tag");
    assert!(terminal(&waits("InvalidImageName", 0), 0).is_some());
    assert!(terminal(&waits("ImagePullBackOff", 0), 5).is_none());
    assert!(terminal(&waits("ImagePullBackOff", 0), 10).is_some());
    assert!(terminal(&waits("ErrImagePull", 0), 10).is_none(), "a registry may have a bad moment");
    assert!(terminal(&waits("CreateContainerConfigError", 0), 29).is_none(), "a Secret may be on its way");
    assert!(terminal(&waits("ContainerCreating", 0), 600).is_none());
}

#[test]
fn a_pod_without_a_node_is_given_up_after_a_while() {
    let lonely = pod(&json!({"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}]}));
    assert!(terminal(&lonely, 60).is_none());
    assert_eq!(terminal(&lonely, 90).unwrap(), "pod grafana-1 finds no node: 0/3 nodes");
}

#[test]
fn refused_pods_are_told_from_events() {
    let mut refusal = event("2026-01-01T00:00:01Z", "Warning", "exceeded quota");
    refusal.reason = "FailedCreate".to_owned();
    assert!(refused_pods(std::slice::from_ref(&refusal), 0, 5).is_none());
    assert!(refused_pods(std::slice::from_ref(&refusal), 1, 50).is_none());
    assert_eq!(refused_pods(&[refusal], 0, 50).unwrap(), "no pod can be made: exceeded quota");
}

#[test]
fn old_pods_are_not_to_blame() {
    let pod = |name: &str, hash: &str, time: &str| {
        Body::new(json!({"metadata": {"name": name, "creationTimestamp": time,
            "labels": {"pod-template-hash": hash}}}))
    };
    let pods = [
        pod("a", "old", "2026-01-01T00:00:00Z"),
        pod("b", "new", "2026-01-01T00:01:00Z"),
        pod("c", "new", "2026-01-01T00:00:30Z"),
    ];
    let names: Vec<_> = newest_pods(&pods, None).iter().map(|pod| pod.id().name).collect();
    assert_eq!(names, ["b", "c"]);
    let set = |hash: &str, revision: &str| {
        Body::new(json!({"metadata": {"labels": {"pod-template-hash": hash},
            "annotations": {"deployment.kubernetes.io/revision": revision}}}))
    };
    let sets = [set("old", "10"), set("new", "9")];
    let deployment = Body::default();
    let hash = newest_hash(&deployment, &sets);
    let names: Vec<_> = newest_pods(&pods, hash).iter().map(|pod| pod.id().name).collect();
    assert_eq!(names, ["a"], "a rollback makes an old ReplicaSet the newest");
}

#[test]
fn a_deletion_that_hangs_names_finalizers_and_who_takes_them_off() {
    let claim = Body::new(json!({"kind": "PersistentVolumeClaim", "metadata": {"deletionTimestamp": "t",
        "finalizers": ["kubernetes.io/pvc-protection", "example.com/hold"]}}));
    assert_eq!(
        deletion(&claim),
        [
            "finalizer kubernetes.io/pvc-protection: taken off by the PVC protection controller, once no pod mounts the claim",
            "finalizer example.com/hold: taken off by the controller of example.com",
        ]
    );
}
