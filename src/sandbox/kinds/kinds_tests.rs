//! What comes of small objects.

use serde_json::{Value, json};

use super::*;
use crate::model::Gvk;

/// Gives out addresses and ports one after the other.
#[derive(Default)]
struct Counting {
    given: u16,
}

impl Allocate for Counting {
    fn cluster_ip(&mut self) -> String {
        self.given += 1;
        format!("10.96.0.{}", self.given)
    }
    fn claim_cluster_ip(&mut self, _: &str) {}
    fn node_port(&mut self) -> u16 {
        self.given += 1;
        30000 + self.given
    }
    fn claim_node_port(&mut self, _: u16) {}
    fn priority(&self, _: &str) -> Option<Priority> {
        None
    }
    fn default_storage_class(&self) -> Option<String> {
        None
    }
}

fn created(mut object: Value) -> Value {
    let text = |key: &str| object[key].as_str().expect("typed").to_owned();
    let gvk = Gvk::new(&text("apiVersion"), &text("kind"));
    default(&mut object, &gvk);
    prepare_create(&mut object, &gvk, &mut Counting::default());
    object
}

#[test]
fn a_service_gets_addresses_and_ports() {
    let service = created(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
        "spec": {"type": "NodePort", "selector": {"a": "b"}, "ports": [{"port": 80}]}}));
    assert_eq!(service["spec"]["clusterIP"], "10.96.0.1");
    assert_eq!(service["spec"]["clusterIPs"], json!(["10.96.0.1"]));
    assert_eq!(
        service["spec"]["ports"],
        json!([{"port": 80, "protocol": "TCP", "targetPort": 80, "nodePort": 30002}])
    );
}

#[test]
fn plain_text_of_a_secret_is_folded_into_its_data() {
    let secret = created(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"},
        "stringData": {"a": "b"}, "data": {"a": "eA==", "c": "eA=="}}));
    assert_eq!(secret["data"], json!({"a": "Yg==", "c": "eA=="}));
    assert_eq!(secret["type"], "Opaque");
    assert!(secret.get("stringData").is_none());
}

#[test]
fn only_a_changed_spec_counts_as_a_generation() {
    let gvk = Gvk::new("apps/v1", "Deployment");
    let old = created(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [{"name": "a", "image": "a"}]}}}}));
    let mut new = old.clone();
    new["metadata"]["labels"] = json!({"x": "y"});
    new["status"] = json!({"replicas": 7});
    prepare_update(&old, &mut new, &gvk);
    assert_eq!(new["metadata"]["generation"], 1);
    assert_eq!(new["status"], old["status"]);
    new["spec"]["replicas"] = json!(2);
    prepare_update(&old, &mut new, &gvk);
    assert_eq!(new["metadata"]["generation"], 2);
}

#[test]
fn an_immutable_config_map_stays_as_it_is() {
    let gvk = Gvk::new("v1", "ConfigMap");
    let old = json!({"metadata": {"name": "a"}, "data": {"a": "b"}, "immutable": true});
    let new = json!({"metadata": {"name": "a"}, "data": {"a": "c"}, "immutable": true});
    assert_eq!(validate(Some(&old), &old, &gvk), []);
    let causes = validate(Some(&old), &new, &gvk);
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0].message, "Forbidden: field is immutable when `immutable` is set");
}
