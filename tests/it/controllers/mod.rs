//! The controllers of the embedded API against those of a real cluster: the same objects, faring alike, from the same input.

mod cluster;
mod picture;

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use cluster::Cluster;
use picture::{KINDS, picture};
use serde_json::{Value, json};

use crate::mlops::own_repo;
use crate::support::{ControlPlane, Obsctl, Operator, test_data, wait_until};

/// Workloads of each kind, and what looks at them.
const SMALL: &str = include_str!("workloads.yaml");

/// Lines that may differ, by a part of them, with the reason.
const KNOWN: &[(&str, &str)] = &[
    ("monitoring/of Service node-exporter", "kwok's nodes have no address, and so their own pods neither"),
    ("Endpoints monitoring/node-exporter", "the same"),
];

fn documents(text: &str) -> Vec<Value> {
    let options = serde_saphyr::options! { budget: None };
    let all: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options).expect("readable YAML");
    let parts = |object: Value| match object.get("items").and_then(Value::as_array) {
        Some(items) => items.clone(),
        None => vec![object],
    };
    all.into_iter().flat_map(parts).collect()
}

fn below(folder: &Path) -> Vec<Value> {
    let mut files: Vec<_> = fs::read_dir(folder).expect("a folder").flatten().map(|it| it.path()).collect();
    files.sort();
    files.retain(|path| path.is_file());
    files
        .iter()
        .flat_map(|path| {
            documents(&fs::read_to_string(path).expect("readable").replace("- =\n", "- \"=\"\n"))
        })
        .collect()
}

/// All objects of the kinds that are compared.
fn seen(plane: &ControlPlane) -> Vec<Value> {
    let served = plane.kubectl(&["api-resources", "-o", "name"]);
    let served: Vec<&str> = served.lines().collect();
    let kinds: Vec<&str> = KINDS.iter().copied().filter(|kind| served.contains(kind)).collect();
    let said = plane.kubectl(&["get", &kinds.join(","), "-A", "-o", "json"]);
    let list: Value = serde_json::from_str(&said).expect("JSON");
    list["items"].as_array().cloned().expect("items")
}

fn apply(plane: &ControlPlane, objects: &[Value]) {
    plane.apply(&json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string());
}

/// What stands in one picture only, or there another number of times.
fn differences(ours: &BTreeMap<String, usize>, theirs: &BTreeMap<String, usize>) -> Vec<String> {
    let mut found = Vec::new();
    for line in ours.keys().chain(theirs.keys()) {
        let of = |picture: &BTreeMap<String, usize>| picture.get(line).copied().unwrap_or(0);
        let shown = format!("ours {}, theirs {}: {line}", of(ours), of(theirs));
        if of(ours) != of(theirs)
            && !found.contains(&shown)
            && !KNOWN.iter().any(|(part, _)| line.contains(part))
        {
            found.push(shown);
        }
    }
    found.sort_by_key(|line| line.split_once(": ").map(|(_, line)| line.to_owned()));
    found
}

/// Waits until the real cluster has come to where ours is.
#[track_caller]
fn assert_ends_alike(plane: &ControlPlane, cluster: &Cluster) {
    let ours = picture(&cluster.all());
    let mut left = Vec::new();
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_secs(60) {
        left = differences(&ours, &picture(&seen(plane)));
        if left.is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    panic!("{} differences:\n{}", left.len(), left.join("\n"));
}

#[test]
fn controllers_end_where_those_of_a_cluster_do() {
    let Some(folder) = test_data("kube-prometheus/manifests") else { return };
    let Some(plane) = ControlPlane::start() else { return };
    // As the real one, with two nodes.
    let second = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "second", "labels": {"kubernetes.io/os": "linux"}}});
    let mut cluster = Cluster::new();
    cluster.apply(&[second]);
    let setup = below(&folder.join("setup"));
    apply(&plane, &setup);
    let _operator = Operator::start(&plane);
    let mut objects = below(&folder);
    // It would be asked by every client, and answers nobody.
    objects.retain(|object| object["kind"] != "APIService");
    let small = documents(SMALL);
    objects.extend(small.iter().cloned());
    wait_until("the kinds of the operator are served", Duration::from_secs(30), || {
        plane.try_kubectl(&["get", "prometheuses,alertmanagers", "-A"]).is_ok()
    });
    apply(&plane, &objects);
    cluster.apply(&setup);
    cluster.apply(&objects);
    assert_ends_alike(&plane, &cluster);

    let mut changed = small;
    for object in &mut changed {
        if let Some(image) = object.pointer_mut("/spec/template/spec/containers/0/image") {
            *image = json!("second");
        }
    }
    changed.retain(|object| object["kind"] != "Job");
    apply(&plane, &changed);
    cluster.apply(&changed);
    assert_ends_alike(&plane, &cluster);
}

/// The repository's own stack as an environment has it.
fn rendered(environment: &str) -> Vec<Value> {
    let repo = own_repo();
    let mut objects = documents(&Obsctl::new(&repo, None).exits(0, &["render", "-e", environment]).stdout);
    objects.iter_mut().for_each(unseal);
    objects
}

/// Leaves out, on both sides, what is not shown.
fn unseal(value: &mut Value) {
    let shown = |value: &Value| value.as_str() != Some("‹sealed›");
    match value {
        Value::Array(items) => {
            items.retain(shown);
            items.iter_mut().for_each(unseal);
        }
        Value::Object(map) => {
            map.retain(|_, value| shown(value));
            map.values_mut().for_each(unseal);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Room for a claim, which without a provisioner only a volume gives.
fn volume(number: usize) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": format!("room-{number}")},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Ti"},
            "hostPath": {"path": format!("/room/{number}")},
        },
    })
}

#[test]
fn the_stack_ends_alike_from_dev_to_prod() {
    let Some(plane) = ControlPlane::start() else { return };
    let mut cluster = Cluster::new();
    let volumes: Vec<Value> = (0..3).map(volume).collect();
    apply(&plane, &volumes);
    cluster.apply(&volumes);
    for environment in ["dev", "prod", "dev"] {
        let mut objects = rendered(environment);
        // The custom kinds of the operator are not there.
        objects.retain(|object| object["kind"] != "ServiceMonitor");
        objects.sort_by_key(|object| object["kind"] != "Namespace");
        apply(&plane, &objects);
        cluster.apply(&objects);
        assert_ends_alike(&plane, &cluster);
    }
}
