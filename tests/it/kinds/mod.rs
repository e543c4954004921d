//! What the embedded API makes of objects of the built-in kinds, against dry-runs of a real API server.

mod cases;
mod differences;
mod server;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use cases::{Case, bases, collection, gvk, namespace, objects, updates};
use differences::Differences;
use http::Method;
use obsctl::sandbox::kinds::{self, Allocate, Priority};
use serde_json::{Value, json};
use server::{Answer, Ask, Server};

use crate::support::wait_until;

/// Gives each the same: what is given out is masked where it is compared.
struct Same;

impl Allocate for Same {
    fn cluster_ip(&mut self) -> String {
        "10.96.0.1".to_owned()
    }
    fn claim_cluster_ip(&mut self, _: &str) {}
    fn node_port(&mut self) -> u16 {
        30000
    }
    fn claim_node_port(&mut self, _: u16) {}
    fn priority(&self, class: &str) -> Option<Priority> {
        let value = match class {
            "system-node-critical" => 2_000_001_000,
            "system-cluster-critical" => 2_000_000_000,
            _ => return None,
        };
        Some(Priority { class: class.to_owned(), value, preemption: "PreemptLowerPriority".to_owned() })
    }
    fn default_storage_class(&self) -> Option<String> {
        None
    }
}

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// The object as we would store it, and what we would refuse in it.
fn created(object: &Value, answer: &Answer) -> (Value, Vec<Value>) {
    let gvk = gvk(object);
    let mut object = object.clone();
    object["metadata"]["uid"] = json!(NOBODY);
    for key in ["uid", "creationTimestamp", "namespace", "name"] {
        if let Some(value) = answer.body["metadata"].get(key) {
            object["metadata"][key] = value.clone();
        }
    }
    kinds::default(&mut object, &gvk);
    kinds::prepare_create(&mut object, &gvk, &mut Same);
    let causes = kinds::validate(None, &object, &gvk);
    (object, told(&causes))
}

fn told(causes: &[obsctl::model::Cause]) -> Vec<Value> {
    let one = |cause: &obsctl::model::Cause| json!({"reason": cause.reason, "field": cause.field, "message": cause.message});
    causes.iter().map(one).collect()
}

/// Objects without a namespace where their kind has none.
fn placed(mut object: Value) -> Value {
    let namespaced = cases::resource(&object).expect("a built-in kind").namespaced;
    if !namespaced {
        object["metadata"].as_object_mut().expect("metadata").shift_remove("namespace");
    }
    object
}

fn compare_creates(server: &Server, differences: &mut Differences) {
    let objects: Vec<Value> = objects().into_iter().map(placed).collect();
    let namespaces: BTreeSet<String> = objects.iter().map(namespace).collect();
    for name in namespaces {
        server.send(Method::POST, "/api/v1/namespaces", json!({"metadata": {"name": name}}));
    }
    let ask = |object: &Value| Ask {
        method: Method::POST,
        path: format!("{}?dryRun=All&fieldManager=test", collection(object)),
        body: object.clone(),
    };
    let answers = server.send_all(objects.iter().map(ask).collect());
    for (object, answer) in objects.iter().zip(&answers) {
        let (ours, causes) = created(object, answer);
        match answer.code {
            201 => differences.compare(object, (&ours, &causes), &answer.body),
            422 => differences.compare_causes(object, &causes, &answer.body),
            // Not what it is about: bodies that are no object of the kind, and what other plugins refuse.
            _ => {}
        }
    }
}

fn compare_updates(server: &Server, differences: &mut Differences) {
    let bases = bases();
    let mut live: BTreeMap<String, Value> = BTreeMap::new();
    for (number, case) in updates().iter().enumerate() {
        let stored = live
            .entry(case.base.clone())
            .or_insert_with(|| stored(server, placed(bases[&case.base].clone()), number));
        let path = format!("{}/{}", collection(stored), stored["metadata"]["name"].as_str().expect("a name"));
        let (mut wanted, mut answer) = put(server, &path, case, stored);
        // The server's own controllers came between.
        if answer.code == 409
            && answer.body["message"].as_str().is_some_and(|it| it.contains("has been modified"))
        {
            *stored = server.send(Method::GET, &path, Value::Null).body;
            (wanted, answer) = put(server, &path, case, stored);
        }
        let gvk = gvk(stored);
        let mut ours = wanted.clone();
        kinds::default(&mut ours, &gvk);
        kinds::prepare_update(stored, &mut ours, &gvk);
        kinds::allocate_update(&mut ours, &gvk, &mut Same);
        let causes = told(&kinds::validate(Some(stored), &ours, &gvk));
        match answer.code {
            200 => differences.compare(&wanted, (&ours, &causes), &answer.body),
            422 => differences.compare_causes(&wanted, &causes, &answer.body),
            _ => {}
        }
    }
}

/// Sends a stored object with changes, as a dry-run.
fn put(server: &Server, path: &str, case: &Case, stored: &Value) -> (Value, Answer) {
    let mut wanted = case.applied(stored);
    wanted["metadata"].as_object_mut().expect("metadata").shift_remove("managedFields");
    let answer = server.send(Method::PUT, &format!("{path}?dryRun=All&fieldManager=test"), wanted.clone());
    (wanted, answer)
}

/// A base object in the server, under a name of its own where its kind leaves the choice.
fn stored(server: &Server, mut object: Value, number: usize) -> Value {
    let path = collection(&object);
    // Webhooks of a server that runs nothing would refuse all pods.
    let fixed =
        ["CustomResourceDefinition", "APIService"].contains(&object["kind"].as_str().unwrap_or_default());
    if !fixed {
        object["metadata"]["name"] = json!(format!("u{number}"));
    }
    let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
    let answer = server.send(Method::POST, &path, object);
    // Two bases of one fixed name are one object.
    assert!(answer.code == 201 || fixed && answer.code == 409, "{}", answer.body);
    let place = format!("{path}/{name}");
    if fixed {
        // Until then it is changed under our hands.
        wait_until("the server has looked at it", Duration::from_secs(20), || {
            let seen = server.send(Method::GET, &place, Value::Null).body["status"]["conditions"].clone();
            let seen = seen.as_array().cloned().unwrap_or_default();
            seen.iter()
                .any(|condition| condition["type"] == "Established" || condition["type"] == "Available")
        });
    }
    server.send(Method::GET, &place, Value::Null).body
}

#[test]
fn kinds_agree_with_the_server() {
    let Some(server) = Server::start() else { return };
    let mut differences = Differences::default();
    compare_creates(&server, &mut differences);
    let made = differences.compared;
    compare_updates(&server, &mut differences);
    eprintln!(
        "{made} objects made and {} updated, {} known differences",
        differences.compared - made,
        differences.known()
    );
    differences.assert_none();
    assert!(made >= 1_000 && differences.compared - made >= 250, "too few were compared");
}
