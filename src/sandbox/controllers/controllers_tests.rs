//! What a cluster comes to after something was done to it.

use serde_json::{Value, json};

use super::{Key, bench::Bench, view::View};
use crate::sandbox::kinds::value::{at, items, text};

fn deployment(image: &str, replicas: i64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"a": "b"}}, "template": template(image)}})
}

fn template(image: &str) -> Value {
    json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [
        {"name": "c", "image": image, "ports": [{"name": "http", "containerPort": 80}]}]}})
}

fn stateful_set(image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "default"},
        "spec": {"replicas": 2, "serviceName": "db", "selector": {"matchLabels": {"a": "b"}}, "template": template(image),
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}})
}

fn images(bench: &Bench) -> Vec<&str> {
    let pods = bench.list("", "Pod", "");
    pods.into_iter().map(|pod| text(items(pod, "spec.containers").first().expect("one"), "image")).collect()
}

fn condition<'a>(object: &'a Value, sort: &str) -> &'a str {
    let found = items(object, "status.conditions").iter().find(|it| text(it, "type") == sort);
    found.map_or("", |it| text(it, "status"))
}

#[test]
fn a_namespace_has_an_account_and_an_authority_from_the_beginning() {
    let mut bench = Bench::new();
    bench.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}));
    bench.one("", "ServiceAccount", "new", "default");
    bench.one("", "ConfigMap", "new", "kube-root-ca.crt");
    assert_eq!(text(bench.one("", "Namespace", "", "new"), "status.phase"), "Active");
    bench.delete(&Key::new("", "ServiceAccount", "new", "default"), None);
    bench.one("", "ServiceAccount", "new", "default");
}

#[test]
fn a_deployment_becomes_ready_pods() {
    let mut bench = Bench::new();
    bench.apply(deployment("one", 3));
    assert_eq!(images(&bench), ["one", "one", "one"]);
    let web = bench.one("apps", "Deployment", "default", "web");
    assert_eq!(at(web, "status.availableReplicas"), Some(&json!(3)));
    assert_eq!(at(web, "status.observedGeneration"), Some(&json!(1)));
    assert_eq!((condition(web, "Available"), condition(web, "Progressing")), ("True", "True"));
    bench.apply(deployment("one", 1));
    assert_eq!(images(&bench), ["one"]);
}

#[test]
fn a_new_template_replaces_the_old_pods_and_keeps_the_old_set_empty() {
    let mut bench = Bench::new();
    bench.apply(deployment("one", 3));
    bench.apply(deployment("two", 3));
    assert_eq!(images(&bench), ["two", "two", "two"]);
    let sets = bench.list("apps", "ReplicaSet", "default");
    let mut sizes: Vec<_> = sets.iter().filter_map(|set| at(set, "spec.replicas")?.as_i64()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 3]);
    // Back again: the old set is taken up, not made anew.
    bench.apply(deployment("one", 3));
    assert_eq!(images(&bench), ["one", "one", "one"]);
    assert_eq!(bench.names("apps", "ReplicaSet").len(), 2);
    let web = bench.one("apps", "Deployment", "default", "web");
    assert_eq!(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "3");
}

#[test]
fn history_beyond_its_limit_goes() {
    let mut bench = Bench::new();
    for image in ["one", "two", "three", "four"] {
        let mut wanted = deployment(image, 1);
        wanted["spec"]["revisionHistoryLimit"] = json!(1);
        bench.apply(wanted);
    }
    assert_eq!(bench.names("apps", "ReplicaSet").len(), 2);
}

#[test]
fn a_rollout_stops_where_new_pods_never_become_ready() {
    let mut bench = Bench::new();
    bench.break_image("bad");
    bench.apply(deployment("good", 4));
    bench.apply(deployment("bad", 4));
    let mut all = images(&bench);
    all.sort_unstable();
    // A quarter more and a quarter less than wished.
    assert_eq!(all, ["bad", "bad", "good", "good", "good"]);
    let web = bench.one("apps", "Deployment", "default", "web");
    assert_eq!(condition(web, "Available"), "True");
    assert_eq!(at(web, "status.updatedReplicas"), Some(&json!(2)));
    bench.apply(deployment("good", 4));
    assert_eq!(images(&bench), ["good"; 4]);
}

#[test]
fn recreate_takes_all_old_pods_away_before_new_ones_come() {
    let mut bench = Bench::new();
    let recreate = |image: &str| {
        let mut wanted = deployment(image, 2);
        wanted["spec"]["strategy"] = json!({"type": "Recreate"});
        wanted
    };
    bench.break_image("bad");
    bench.apply(recreate("good"));
    bench.apply(recreate("bad"));
    assert_eq!(images(&bench), ["bad", "bad"]);
    assert_eq!(condition(bench.one("apps", "Deployment", "default", "web"), "Available"), "False");
}

#[test]
fn a_stateful_set_numbers_its_pods_and_keeps_their_claims() {
    let mut bench = Bench::new();
    bench.apply(stateful_set("one"));
    assert_eq!(bench.names("", "Pod"), ["db-0", "db-1"]);
    assert_eq!(bench.names("", "PersistentVolumeClaim"), ["data-db-0", "data-db-1"]);
    assert_eq!(bench.names("", "PersistentVolume").len(), 2);
    bench.apply(stateful_set("two"));
    assert_eq!(images(&bench), ["two", "two"]);
    let db = bench.one("apps", "StatefulSet", "default", "db");
    assert_eq!(at(db, "status.currentRevision"), at(db, "status.updateRevision"));
    assert_eq!(at(db, "status.updatedReplicas"), Some(&json!(2)));
    assert_eq!(bench.names("apps", "ControllerRevision").len(), 2);
    bench.delete(&Key::new("apps", "StatefulSet", "default", "db"), None);
    assert!(bench.names("", "Pod").is_empty());
    assert_eq!(bench.names("", "PersistentVolumeClaim").len(), 2);
}

#[test]
fn a_stateful_set_waits_for_the_pod_before() {
    let mut bench = Bench::new();
    bench.break_image("bad");
    bench.apply(stateful_set("bad"));
    assert_eq!(bench.names("", "Pod"), ["db-0"]);
    let mut parallel = stateful_set("bad");
    parallel["metadata"]["name"] = json!("all");
    parallel["spec"]["podManagementPolicy"] = json!("Parallel");
    bench.apply(parallel);
    assert_eq!(bench.names("", "Pod"), ["all-0", "all-1", "db-0"]);
}

#[test]
fn a_daemon_set_runs_on_each_node_that_it_asks_for() {
    let mut bench = Bench::new();
    let daemon = |image: &str| {
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "d", "namespace": "default"},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template(image)}})
    };
    bench.apply(daemon("one"));
    assert_eq!(images(&bench), ["one"]);
    bench.apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "second"}}));
    assert_eq!(images(&bench), ["one", "one"]);
    bench.apply(daemon("two"));
    assert_eq!(images(&bench), ["two", "two"]);
    let status = &bench.one("apps", "DaemonSet", "default", "d")["status"];
    assert_eq!(status["numberReady"], 2);
    assert_eq!(status["updatedNumberScheduled"], 2);
}

#[test]
fn a_job_runs_to_its_end() {
    let mut bench = Bench::new();
    bench.apply(
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "default"},
        "spec": {"completions": 3, "parallelism": 2, "template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "c", "image": "one"}]}}}}),
    );
    let job = bench.one("batch", "Job", "default", "j");
    assert_eq!(condition(job, "Complete"), "True");
    assert_eq!(at(job, "status.succeeded"), Some(&json!(3)));
    assert_eq!(bench.names("", "Pod").len(), 3);
}

#[test]
fn a_job_goes_with_its_pods_once_it_has_been_kept_long_enough() {
    let mut bench = Bench::new();
    bench.apply(
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "default"},
        "spec": {"ttlSecondsAfterFinished": 0, "template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "c", "image": "one"}]}}}}),
    );
    assert!(bench.names("batch", "Job").is_empty() && bench.names("", "Pod").is_empty());
}

#[test]
fn a_claim_is_bound_and_kept_while_a_pod_uses_it() {
    let mut bench = Bench::new();
    let claim = Key::new("", "PersistentVolumeClaim", "default", "c");
    bench.apply(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c", "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}));
    assert_eq!(text(bench.get(&claim).expect("there"), "status.phase"), "Bound");
    bench.apply(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": {
        "containers": [{"name": "c", "image": "one"}], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}}));
    bench.delete(&claim, None);
    assert!(bench.get(&claim).is_some());
    bench.delete(&Key::new("", "Pod", "default", "p"), None);
    assert!(bench.get(&claim).is_none());
    assert!(bench.names("", "PersistentVolume").is_empty());
}

#[test]
fn a_pod_waits_for_a_claim_that_is_not_there() {
    let mut bench = Bench::new();
    bench.apply(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": {
        "containers": [{"name": "c", "image": "one"}], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}}));
    assert_eq!(text(bench.one("", "Pod", "default", "p"), "status.phase"), "Pending");
    bench.apply(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c", "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}));
    assert_eq!(text(bench.one("", "Pod", "default", "p"), "status.phase"), "Running");
}

#[test]
fn a_service_leads_to_the_pods_it_selects() {
    let mut bench = Bench::new();
    bench.apply(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "default"},
        "spec": {"selector": {"a": "b"}, "ports": [{"port": 8080, "targetPort": "http"}]}}),
    );
    bench.apply(deployment("one", 2));
    let subsets = |bench: &Bench| bench.one("", "Endpoints", "default", "s").get("subsets").cloned();
    let listed = subsets(&bench).expect("some");
    assert_eq!(listed[0]["addresses"].as_array().map(Vec::len), Some(2));
    assert_eq!(listed[0]["ports"], json!([{"port": 80, "protocol": "TCP"}]));
    assert_eq!(bench.list("discovery.k8s.io", "EndpointSlice", "default").len(), 1);
    bench.apply(deployment("one", 0));
    assert_eq!(subsets(&bench), None);
    bench.delete(&Key::new("", "Service", "default", "s"), None);
    assert!(bench.names("discovery.k8s.io", "EndpointSlice").is_empty());
    assert!(bench.names("", "Endpoints").is_empty());
}

#[test]
fn an_owner_takes_what_it_owns_along() {
    let mut bench = Bench::new();
    bench.apply(deployment("one", 2));
    let web = Key::new("apps", "Deployment", "default", "web");
    bench.delete(&web, Some("foregroundDeletion"));
    assert!(
        bench.get(&web).is_none()
            && bench.names("apps", "ReplicaSet").is_empty()
            && bench.names("", "Pod").is_empty()
    );
    bench.apply(deployment("one", 2));
    bench.delete(&web, None);
    assert!(bench.names("apps", "ReplicaSet").is_empty() && bench.names("", "Pod").is_empty());
    bench.apply(deployment("one", 2));
    bench.delete(&web, Some("orphan"));
    assert!(bench.get(&web).is_none());
    assert_eq!(bench.names("", "Pod").len(), 2);
    assert!(bench.list("apps", "ReplicaSet", "default")[0]["metadata"].get("ownerReferences").is_none());
}

#[test]
fn a_namespace_is_emptied_before_it_goes() {
    let mut bench = Bench::new();
    bench.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}));
    let mut web = deployment("one", 2);
    web["metadata"]["namespace"] = json!("new");
    bench.apply(web);
    bench.apply(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "held", "namespace": "new", "finalizers": ["a.b/c"]}}));
    let new = Key::new("", "Namespace", "", "new");
    bench.delete(&new, None);
    assert!(bench.get(&new).is_some());
    assert_eq!(bench.names("", "Pod").len(), 0);
    bench.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "free", "namespace": "default"}}));
    let held = Key::new("", "ConfigMap", "new", "held");
    bench.release(&held);
    assert!(bench.get(&held).is_none() && bench.get(&new).is_none());
}

#[test]
fn budgets_and_autoscalers_see_their_pods() {
    let mut bench = Bench::new();
    bench.apply(json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "p", "namespace": "default"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}}));
    bench.apply(deployment("one", 1));
    bench.apply(json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h", "namespace": "default"},
        "spec": {"minReplicas": 3, "maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}));
    assert_eq!(images(&bench).len(), 3);
    let status = &bench.one("policy", "PodDisruptionBudget", "default", "p")["status"];
    assert_eq!((&status["currentHealthy"], &status["disruptionsAllowed"]), (&json!(3), &json!(2)));
    let status = &bench.one("autoscaling", "HorizontalPodAutoscaler", "default", "h")["status"];
    assert_eq!(status["currentReplicas"], 3);
}

#[test]
fn resources_of_the_prometheus_operator_become_available() {
    let mut bench = Bench::new();
    let resource = |kind: &str| {
        json!({"apiVersion": "monitoring.coreos.com/v1", "kind": kind, "metadata": {"name": "m", "namespace": "default"},
            "spec": {"replicas": 2, "version": "1.2.3"}})
    };
    for (kind, set) in [
        ("Prometheus", "prometheus-m"),
        ("Alertmanager", "alertmanager-m"),
        ("ThanosRuler", "thanos-ruler-m"),
    ] {
        bench.apply(resource(kind));
        let made = bench.one("monitoring.coreos.com", kind, "default", "m");
        assert_eq!((condition(made, "Available"), condition(made, "Reconciled")), ("True", "True"), "{kind}");
        assert_eq!(made["status"]["conditions"][0]["observedGeneration"], 1);
        assert_eq!(bench.one("apps", "StatefulSet", "default", set)["status"]["readyReplicas"], 2);
        bench.delete(&Key::new("monitoring.coreos.com", kind, "default", "m"), None);
        assert!(bench.names("apps", "StatefulSet").is_empty());
    }
}

#[test]
fn an_api_that_pods_would_serve_is_not_available() {
    let mut bench = Bench::new();
    bench.apply(json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.a.io"},
        "spec": {"group": "a.io", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1,
            "service": {"name": "s", "namespace": "default"}}}));
    let reason = |bench: &Bench| {
        let api = bench.one("apiregistration.k8s.io", "APIService", "", "v1.a.io");
        text(&items(api, "status.conditions")[0], "reason").to_owned()
    };
    assert_eq!(reason(&bench), "ServiceNotFound");
    bench.apply(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "default"},
        "spec": {"ports": [{"port": 443}]}}),
    );
    assert_eq!(reason(&bench), "FailedDiscoveryCheck");
}

#[test]
fn a_pod_on_the_network_of_its_node_has_its_address() {
    let mut bench = Bench::new();
    bench.apply(
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": {
        "hostNetwork": true, "containers": [{"name": "c", "image": "one"}]}}),
    );
    assert_eq!(text(bench.one("", "Pod", "default", "p"), "status.podIP"), "172.18.0.2");
}
