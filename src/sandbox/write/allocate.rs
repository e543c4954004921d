//! What new objects need of the cluster: free addresses and ports, classes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::sandbox::{
    api::{Engine, list, text},
    kinds::{Allocate, Priority},
};

/// Services get addresses of 10.96.0.0/12, as kubeadm has it; the first ones are left to the cluster's own.
const FIRST_ADDRESS: u32 = 0x0A60_0010;
const LAST_ADDRESS: u32 = 0x0A6F_FFFF;
/// The usual range of node ports.
const PORTS: std::ops::RangeInclusive<u16> = 30_000..=32_767;

/// What is taken, and what is there to be referred to.
pub(super) struct Cluster<'e> {
    engine: &'e Engine,
    addresses: BTreeSet<String>,
    ports: BTreeSet<u16>,
}

impl<'e> Cluster<'e> {
    /// What the Services of a sandbox have taken.
    pub(super) fn of(engine: &'e Engine, kind: &str) -> Self {
        let mut cluster = Self { engine, addresses: BTreeSet::new(), ports: BTreeSet::new() };
        if kind != "Service" {
            return cluster;
        }
        for (_, service) in engine.store.list("services", None) {
            let tree = service.tree();
            let addresses = list(tree, "/spec/clusterIPs").iter().filter_map(Value::as_str);
            cluster.addresses.extend(addresses.map(str::to_owned));
            let ports = list(tree, "/spec/ports").iter().filter_map(|port| port.get("nodePort")?.as_u64());
            cluster.ports.extend(ports.filter_map(|port| u16::try_from(port).ok()));
        }
        cluster
    }

    fn class(&self, collection: &str, wanted: impl Fn(&Value) -> bool) -> Option<&'e Value> {
        let mut classes = self.engine.store.list(collection, None).map(|(_, class)| class.tree());
        classes.find(|class| wanted(class))
    }
}

impl Allocate for Cluster<'_> {
    fn cluster_ip(&mut self) -> String {
        let free = (FIRST_ADDRESS..LAST_ADDRESS)
            .map(|number| std::net::Ipv4Addr::from(number).to_string())
            .find(|address| !self.addresses.contains(address))
            .unwrap_or_default();
        self.addresses.insert(free.clone());
        free
    }

    fn claim_cluster_ip(&mut self, ip: &str) {
        self.addresses.insert(ip.to_owned());
    }

    fn node_port(&mut self) -> u16 {
        let free = PORTS.into_iter().find(|port| !self.ports.contains(port)).unwrap_or_default();
        self.ports.insert(free);
        free
    }

    fn claim_node_port(&mut self, port: u16) {
        self.ports.insert(port);
    }

    fn priority(&self, class: &str) -> Option<Priority> {
        let wanted = |found: &Value| {
            if class.is_empty() {
                found.get("globalDefault") == Some(&Value::Bool(true))
            } else {
                text(found, "/metadata/name") == class
            }
        };
        let found = self.class("priorityclasses.scheduling.k8s.io", wanted)?;
        let preemption = text(found, "/preemptionPolicy");
        Some(Priority {
            class: text(found, "/metadata/name").to_owned(),
            value: found.get("value").and_then(Value::as_i64).unwrap_or_default(),
            preemption: if preemption.is_empty() { "PreemptLowerPriority" } else { preemption }.to_owned(),
        })
    }

    fn default_storage_class(&self) -> Option<String> {
        let marked = |class: &Value| {
            text(class, "/metadata/annotations/storageclass.kubernetes.io~1is-default-class") == "true"
        };
        let class = self.class("storageclasses.storage.k8s.io", marked)?;
        Some(text(class, "/metadata/name").to_owned())
    }
}
