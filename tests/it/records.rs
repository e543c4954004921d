//! Locks and records on a real API server.

use std::{
    collections::BTreeMap,
    process::Command,
    time::{Duration, Instant},
};

use obsctl::{
    cluster::{Claimant, LedgerError, LockError},
    model::{
        Body, Digest, Holder, InventoryItem, Ledger, ObjectId, Revision, RevisionState, RunSort, TargetId,
    },
    sys,
    wire::Content,
};
use serde_json::{Value, json};

use crate::{
    cluster::{reach, runtime},
    support::ControlPlane,
};

fn target(stack: &str) -> TargetId {
    TargetId { repository: Some("repo".to_owned()), environment: "dev".to_owned(), stack: stack.to_owned() }
}

fn claimant(change: impl FnOnce(&mut Holder)) -> Claimant {
    let mut holder = sys::holder("jane", "apply", None);
    change(&mut holder);
    Claimant { holder, is_dead: sys::is_dead, boottime: sys::boottime }
}

/// A holder of which nothing can be known: it is on another machine.
fn elsewhere() -> Claimant {
    claimant(|holder| "another-boot".clone_into(&mut holder.boot))
}

#[test]
fn a_lock_excludes_and_names_its_holder_until_it_is_let_go() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "locks-a"]);
    runtime().block_on(async {
        let cluster = reach(plane, "admin").await;
        let target = target("one");
        assert_eq!(cluster.lock_holder("locks-a", &target).await.expect("readable"), None);
        let (first, second) = (claimant(|_| {}), claimant(|_| {}));
        let lock = cluster.lock("locks-a", &target, &first, Duration::ZERO).await.expect("it is free");
        lock.still_mine().expect("it was just taken");
        let held = cluster.lock("locks-a", &target, &second, Duration::ZERO).await.expect_err("it is held");
        let LockError::Held { holder, .. } = held else { panic!("{held}") };
        assert!(holder.starts_with("jane on ") && holder.contains("obsctl apply"), "{holder}");
        let waiting = {
            let (cluster, target) = (cluster.clone(), target.clone());
            tokio::spawn(
                async move { cluster.lock("locks-a", &target, &second, Duration::from_secs(20)).await },
            )
        };
        tokio::time::sleep(Duration::from_millis(300)).await;
        lock.release().await;
        let lock = waiting.await.expect("no panic").expect("the waiter gets it");
        assert!(cluster.unlock("locks-a", &target).await.expect("we may"));
        let lost = async {
            while lock.still_mine().is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), lost).await.expect("a forced unlock is noticed");
        lock.release().await;
        assert_eq!(cluster.lock_holder("locks-a", &target).await.expect("readable"), None);
    });
}

#[test]
fn a_dead_process_of_this_machine_is_taken_over_at_once() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "locks-b"]);
    let mut child = Command::new("true").spawn().expect("`true` runs");
    let pid = child.id();
    child.wait().expect("it ends");
    runtime().block_on(async {
        let cluster = reach(plane, "admin").await;
        let dead = claimant(|holder| holder.pid = pid);
        let lock = cluster.lock("locks-b", &target("one"), &dead, Duration::ZERO).await.expect("it is free");
        let began = Instant::now();
        let mine = claimant(|_| {});
        let taken = cluster.lock("locks-b", &target("one"), &mine, Duration::ZERO).await;
        taken.expect("its process is gone").still_mine().expect("it is ours now");
        assert!(began.elapsed() < Duration::from_secs(2));
        drop(lock);
    });
}

#[test]
fn a_silent_holder_elsewhere_keeps_its_lock_until_it_ran_out() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "locks-c"]);
    runtime().block_on(async {
        let cluster = reach(plane, "admin").await;
        let target = target("one");
        let lively = cluster.lock("locks-c", &target, &elsewhere(), Duration::ZERO).await.expect("free");
        let mine = claimant(|_| {});
        // Twenty seconds are longer than the lease lives: only renewals keep it.
        let renewed = cluster.lock("locks-c", &target, &mine, Duration::from_secs(20)).await;
        assert!(matches!(renewed, Err(LockError::Held { .. })), "{renewed:?}");
        lively.still_mine().expect("it was renewed");
        lively.release().await;
        // A lease that nobody renews, as a killed run on another machine leaves it.
        let holder = serde_json::to_string(&elsewhere().holder).expect("it is plain");
        let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": "dev.two", "namespace": "locks-c", "annotations": {"obsctl.dev/holder": holder}},
            "spec": {"holderIdentity": "x", "leaseDurationSeconds": 15, "renewTime": "2050-01-01T00:00:00.000000Z"}});
        plane.apply(&lease.to_string());
        let began = Instant::now();
        let two = TargetId { stack: "two".to_owned(), ..target };
        let taken = cluster.lock("locks-c", &two, &mine, Duration::from_secs(40)).await.expect("it runs out");
        assert!(began.elapsed() > Duration::from_secs(14), "taken after {:?}", began.elapsed());
        taken.release().await;
    });
}

fn object(name: &str, content: &str) -> (ObjectId, Value) {
    let tree = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}, "data": {"a": content}});
    (Body::new(tree.clone()).id(), tree)
}

fn revision(number: u64, items: &BTreeMap<ObjectId, Value>) -> Revision {
    let item = |(object, tree): (&ObjectId, &Value)| InventoryItem {
        object: object.clone(),
        version: "v1".to_owned(),
        uid: None,
        digest: Some(Digest::of_tree(tree)),
        pack: Some(format!("r{number}")),
        created: true,
        done: false,
        pre_image: false,
    };
    Revision {
        number,
        parent: number.checked_sub(1).filter(|number| *number > 0),
        state: RevisionState::Pending,
        sort: RunSort::Apply,
        commit: None,
        summary: None,
        dirty: true,
        rolled_back_to: None,
        plan: Digest::of(b"plan"),
        user: "jane".to_owned(),
        ci_run: None,
        started: "2026-11-21T00:00:00Z".to_owned(),
        finished: None,
        inventory: items.iter().map(item).collect(),
    }
}

fn contents(items: &BTreeMap<ObjectId, Value>) -> Vec<Content> {
    let content = |(object, tree): (&ObjectId, &Value)| Content {
        object: object.clone(),
        pre_image: false,
        tree: tree.clone(),
    };
    items.iter().map(content).collect()
}

#[test]
fn records_survive_the_round_trip_and_two_writers_are_told_apart() {
    let Some(plane) = ControlPlane::shared() else { return };
    runtime().block_on(async {
        let cluster = reach(plane, "admin").await;
        let (namespace, target) = ("records-a", target("big"));
        let key =
            cluster.ensure_state(namespace, &[7; 32]).await.expect("the namespace and the key are made");
        assert_eq!(cluster.ensure_state(namespace, &[8; 32]).await.expect("they are there"), key);
        // 3.9 MB that hardly shrink, and a million zeros that do.
        let noise = || (0..120_000).map(|_| uuid::Uuid::new_v4().to_string()).collect::<String>();
        let items: BTreeMap<_, _> =
            (0..30).map(|n| object(&format!("o{n}"), &noise()[n..n + 130_000])).collect();
        let whole: usize = items.values().map(|tree| tree.to_string().len()).sum();
        assert!(whole > 3_700_000, "{whole} bytes");
        let first = revision(1, &items);
        let empty = Ledger::default();
        let begun = cluster.begin((namespace, &target), &empty, first.clone(), &contents(&items)).await;
        let begun = begun.expect("all is stored");
        let raced = cluster.begin((namespace, &target), &empty, first.clone(), &[]).await;
        assert!(matches!(raced, Err(LedgerError::Raced)), "the head is there already");
        let pending = cluster.ledgers(namespace, "dev").await.expect("readable");
        assert_eq!(pending["big"].pending().map(|revision| revision.number), Some(1));
        let done = Revision { state: RevisionState::Complete, ..first.clone() };
        cluster.finish(begun.clone(), done.clone(), Vec::new()).await.expect("the head is ours");
        let late = cluster.finish(begun, done.clone(), Vec::new()).await;
        assert!(matches!(late, Err(LedgerError::Raced)), "the head moved: {late:?}");
        let ledger = cluster.ledgers(namespace, "dev").await.expect("readable").remove("big").expect("there");
        assert_eq!(ledger.revisions, std::slice::from_ref(&done));
        assert_eq!(ledger.head.as_ref().and_then(|head| head.good), Some(1));
        let back = cluster.contents(namespace, &target, &done).await.expect("the packs are whole");
        let back: BTreeMap<_, _> = back.into_iter().map(|(id, body)| (id, body.into_tree())).collect();
        assert!(back == items, "every object came back");
        let parts = plane.kubectl(&["get", "secrets", "-n", namespace, "-o", "name"]);
        assert!(parts.lines().filter(|name| name.contains("pack")).count() > 3, "{parts}");
        // Three more revisions; two are kept, and the good one.
        let mut ledger = ledger;
        for number in 2..=4 {
            let few: BTreeMap<_, _> = [object("o1", &number.to_string())].into();
            let next = revision(number, &few);
            let begun = cluster.begin((namespace, &target), &ledger, next.clone(), &contents(&few)).await;
            let state = RevisionState::Unverified;
            let ended = Revision { state, ..next };
            cluster.finish(begun.expect("stored"), ended, Vec::new()).await.expect("the head is ours");
            ledger = cluster.ledgers(namespace, "dev").await.expect("readable").remove("big").expect("there");
        }
        cluster.collect(namespace, &target, &ledger, 2).await.expect("old records go");
        let ledger = cluster.ledgers(namespace, "dev").await.expect("readable").remove("big").expect("there");
        assert_eq!(ledger.revisions.iter().map(|r| r.number).collect::<Vec<_>>(), [1, 3, 4]);
        cluster.contents(namespace, &target, &done).await.expect("the good revision's pack is kept");
        assert!(
            cluster.contents(namespace, &target, &revision(2, &items)).await.is_err(),
            "this one is gone"
        );
        cluster.purge(namespace, &target, &ledger).await.expect("all goes");
        assert!(cluster.ledgers(namespace, "dev").await.expect("readable").is_empty());
        let left = plane.kubectl(&[
            "get",
            "secrets,configmaps",
            "-n",
            namespace,
            "-l",
            "obsctl.dev/record-stack",
            "-o",
            "name",
        ]);
        assert_eq!(left.trim(), "");
    });
}
