//! A cluster in memory, in which the controllers of the embedded API work.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use obsctl::{
    model::Gvk,
    sandbox::{
        controllers::{Action, Key, View, Write, first_objects, react},
        kinds::{self, Allocate, Priority},
    },
};
use serde_json::{Value, json};

const NOW: &str = "2030-01-01T00:00:00Z";

/// Who needs more goes in circles.
const MOST_REACTIONS: usize = 100_000;

/// The objects, and the keys of those that changed.
#[derive(Default)]
pub(super) struct Cluster {
    objects: BTreeMap<Key, Value>,
    changed: VecDeque<Key>,
    count: u64,
}

impl View for Cluster {
    fn get(&self, key: &Key) -> Option<&Value> {
        self.objects.get(key)
    }

    fn list(&self, group: &str, kind: &str, namespace: &str) -> Vec<&Value> {
        let of = |key: &Key| {
            key.group == group && key.kind == kind && (namespace.is_empty() || key.namespace == namespace)
        };
        self.objects.iter().filter(|(key, _)| of(key)).map(|(_, object)| object).collect()
    }

    fn kinds(&self) -> Vec<(String, String)> {
        let all: BTreeSet<_> = self.objects.keys().map(|key| (key.group.clone(), key.kind.clone())).collect();
        all.into_iter().collect()
    }

    fn never_ready(&self, _: &Key) -> bool {
        false
    }
}

impl Allocate for Cluster {
    fn cluster_ip(&mut self) -> String {
        self.count += 1;
        format!("10.96.{}.{}", self.count / 250, self.count % 250 + 1)
    }
    fn claim_cluster_ip(&mut self, _: &str) {}
    fn node_port(&mut self) -> u16 {
        30000
    }
    fn claim_node_port(&mut self, _: u16) {}
    fn priority(&self, _: &str) -> Option<Priority> {
        None
    }
    fn default_storage_class(&self) -> Option<String> {
        None
    }
}

fn gvk(object: &Value) -> Gvk {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    Gvk::new(text("apiVersion"), text("kind"))
}

fn is_custom(gvk: &Gvk) -> bool {
    !obsctl::schema::builtin_types().iter().any(|known| known.gvk == *gvk)
}

impl Cluster {
    /// A cluster before anybody writes to it.
    pub(super) fn new() -> Self {
        let mut cluster = Self::default();
        for object in first_objects(NOW) {
            cluster.create(object);
        }
        cluster.settle();
        cluster
    }

    /// Makes or replaces objects, and lets the controllers finish.
    pub(super) fn apply(&mut self, objects: &[Value]) {
        for object in objects {
            match self.objects.get(&Key::of(object)).cloned() {
                None => self.create(object.clone()),
                Some(old) => {
                    let mut new = object.clone();
                    let annotations = old["metadata"].get("annotations").cloned();
                    new["metadata"]["uid"] = old["metadata"]["uid"].clone();
                    if let Some(annotations) = annotations {
                        new["metadata"]["annotations"] = annotations;
                    }
                    self.replace(new);
                }
            }
        }
        self.settle();
    }

    /// Everything there is.
    pub(super) fn all(&self) -> Vec<Value> {
        self.objects.values().cloned().collect()
    }

    fn create(&mut self, mut object: Value) {
        self.count += 1;
        object["metadata"]["uid"] = json!(format!("uid-{}", self.count));
        object["metadata"]["creationTimestamp"] = json!(format!(
            "2030-01-01T{:02}:{:02}:{:02}Z",
            self.count / 3600,
            self.count / 60 % 60,
            self.count % 60
        ));
        let gvk = gvk(&object);
        kinds::default(&mut object, &gvk);
        kinds::prepare_create(&mut object, &gvk, self);
        if is_custom(&gvk) {
            object["metadata"]["generation"] = json!(1);
        }
        assert_eq!(kinds::validate(None, &object, &gvk), [], "{object}");
        let key = Key::of(&object);
        self.objects.insert(key.clone(), object);
        self.changed.push_back(key);
    }

    fn replace(&mut self, mut new: Value) {
        let key = Key::of(&new);
        let Some(old) = self.objects.get(&key) else { return };
        let gvk = gvk(&new);
        kinds::default(&mut new, &gvk);
        kinds::prepare_update(old, &mut new, &gvk);
        let refused = kinds::validate(Some(old), &new, &gvk);
        assert_eq!(refused, [], "{new}");
        self.store(key, new);
    }

    fn store(&mut self, key: Key, new: Value) {
        if self.objects.get(&key) != Some(&new) {
            self.objects.insert(key.clone(), new);
            self.changed.push_back(key);
        }
    }

    fn carry_out(&mut self, write: Write) {
        match write.action {
            Action::Create(object) => {
                if !self.objects.contains_key(&Key::of(&object)) {
                    self.create(object);
                }
            }
            Action::Update(object) => self.replace(object),
            Action::Status(object) => {
                let key = Key::of(&object);
                let Some(mut new) = self.objects.get(&key).cloned() else { return };
                new["status"] = object["status"].clone();
                if let Some(annotations) = object["metadata"].get("annotations") {
                    new["metadata"]["annotations"] = annotations.clone();
                }
                kinds::default(&mut new, &gvk(&object));
                self.store(key, new);
            }
            Action::Delete { key, uid } => {
                if self.objects.get(&key).is_some_and(|object| object["metadata"]["uid"] == *uid) {
                    self.objects.remove(&key);
                    self.changed.push_back(key);
                }
            }
        }
    }

    fn settle(&mut self) {
        for _ in 0..MOST_REACTIONS {
            let Some(key) = self.changed.pop_front() else { return };
            for write in react(self, &key, NOW) {
                self.carry_out(write);
            }
        }
        panic!("the controllers do not come to rest: {:?}", self.changed.front());
    }
}
