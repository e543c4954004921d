//! A cluster in memory for the tests of controllers: writes are carried out, and what they change is reacted to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

use super::{Action, Key, View, Write, first_objects, react};
use crate::model::Gvk;
use crate::sandbox::kinds::{
    self, Allocate, Priority,
    value::{at, items, remove, set, text},
};

pub(super) const NOW: &str = "2030-01-01T00:00:00Z";

/// More reactions than any of the tests needs: who needs more goes in circles.
const MOST_REACTIONS: usize = 20_000;

#[derive(Default)]
pub(super) struct Bench {
    objects: BTreeMap<Key, Value>,
    stuck: BTreeSet<String>,
    count: u64,
    changed: VecDeque<Key>,
}

impl View for Bench {
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

    fn never_ready(&self, pod: &Key) -> bool {
        self.stuck.iter().any(|image| {
            self.get(pod).is_some_and(|pod| {
                items(pod, "spec.containers").iter().any(|container| text(container, "image") == image)
            })
        })
    }
}

impl Allocate for Bench {
    fn cluster_ip(&mut self) -> String {
        self.count += 1;
        format!("10.96.1.{}", self.count)
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
        Some("standard".to_owned())
    }
}

fn gvk(object: &Value) -> Gvk {
    Gvk::new(text(object, "apiVersion"), text(object, "kind"))
}

impl Bench {
    /// A cluster as it is before anybody writes to it.
    pub(super) fn new() -> Self {
        let mut bench = Self::default();
        for object in first_objects(NOW) {
            bench.create(object);
        }
        bench.settle();
        bench
    }

    /// Pods with this image never become ready.
    pub(super) fn break_image(&mut self, image: &str) {
        self.stuck.insert(image.to_owned());
    }

    /// Makes or replaces an object as a user would, and lets the controllers finish.
    pub(super) fn apply(&mut self, object: Value) {
        let key = Key::of(&object);
        match self.objects.get(&key).cloned() {
            None => self.create(object),
            Some(old) => {
                let mut new = object;
                kinds::default(&mut new, &gvk(&old));
                for path in [
                    "metadata.uid",
                    "metadata.creationTimestamp",
                    "metadata.annotations",
                    "metadata.finalizers",
                ] {
                    if let Some(kept) = at(&old, path).cloned() {
                        set(&mut new, path, kept);
                    }
                }
                self.replace(new);
            }
        }
        self.settle();
    }

    /// Deletes an object, with a finalizer for the propagation or none, and lets the controllers finish.
    pub(super) fn delete(&mut self, key: &Key, finalizer: Option<&str>) {
        if let (Some(name), Some(object)) = (finalizer, self.objects.get_mut(key)) {
            let mut all = items(object, "metadata.finalizers").to_vec();
            all.push(json!(name));
            set(object, "metadata.finalizers", all);
        }
        self.remove(key);
        self.settle();
    }

    /// Takes all finalizers of an object away, and lets the controllers finish.
    pub(super) fn release(&mut self, key: &Key) {
        if let Some(mut object) = self.objects.get(key).cloned() {
            remove(&mut object, "metadata.finalizers");
            self.store(key.clone(), object);
        }
        self.settle();
    }

    /// The names of the objects of a kind.
    pub(super) fn names(&self, group: &str, kind: &str) -> Vec<&str> {
        self.list(group, kind, "").into_iter().map(|object| text(object, "metadata.name")).collect()
    }

    /// One object.
    pub(super) fn one(&self, group: &str, kind: &str, namespace: &str, name: &str) -> &Value {
        self.get(&Key::new(group, kind, namespace, name)).expect("it is there")
    }

    /// Reacts to every object once more and fails where anybody still wants to write.
    pub(super) fn assert_settled(&self) {
        for key in self.objects.keys() {
            assert_eq!(react(self, key, "2031-01-01T00:00:00Z"), [], "{key:?}");
        }
    }

    fn create(&mut self, mut object: Value) {
        self.count += 1;
        set(&mut object, "metadata.uid", format!("uid-{}", self.count));
        set(
            &mut object,
            "metadata.creationTimestamp",
            format!("2030-01-01T00:{:02}:{:02}Z", self.count / 60 % 60, self.count % 60),
        );
        let gvk = gvk(&object);
        kinds::default(&mut object, &gvk);
        kinds::prepare_create(&mut object, &gvk, self);
        assert_eq!(kinds::validate(None, &object, &gvk), [], "{object}");
        if gvk.group == super::operator::GROUP {
            set(&mut object, "metadata.generation", 1);
        }
        let key = Key::of(&object);
        let old = self.objects.insert(key.clone(), object);
        assert_eq!(old, None, "{key:?} is made twice");
        self.changed.push_back(key);
    }

    fn replace(&mut self, mut new: Value) {
        let key = Key::of(&new);
        let Some(old) = self.objects.get(&key) else { return };
        let gvk = gvk(&new);
        kinds::default(&mut new, &gvk);
        kinds::prepare_update(old, &mut new, &gvk);
        self.store(key, new);
    }

    fn store(&mut self, key: Key, new: Value) {
        let done = at(&new, "metadata.deletionTimestamp").is_some()
            && items(&new, "metadata.finalizers").is_empty()
            && items(&new, "spec.finalizers").is_empty();
        if done {
            self.objects.remove(&key);
        } else {
            self.objects.insert(key.clone(), new);
        }
        self.changed.push_back(key);
    }

    fn remove(&mut self, key: &Key) {
        let Some(mut object) = self.objects.get(key).cloned() else { return };
        set(&mut object, "metadata.deletionTimestamp", NOW);
        self.store(key.clone(), object);
    }

    fn carry_out(&mut self, write: Write) {
        match write.action {
            Action::Create(object) => {
                if !self.objects.contains_key(&Key::of(&object)) {
                    self.create(object);
                }
            }
            Action::Update(object) if text(&object, "kind") == "Namespace" => {
                self.store(Key::of(&object), object);
            }
            Action::Update(object) => self.replace(object),
            Action::Status(object) => {
                let key = Key::of(&object);
                let Some(old) = self.objects.get(&key).cloned() else { return };
                let mut new = old.clone();
                for path in ["metadata.annotations"] {
                    if let Some(changed) = at(&object, path) {
                        set(&mut new, path, changed.clone());
                    }
                }
                match object.get("status") {
                    Some(status) => set(&mut new, "status", status.clone()),
                    None => {
                        remove(&mut new, "status");
                    }
                }
                kinds::default(&mut new, &gvk(&old));
                if new != old {
                    self.store(key, new);
                }
            }
            Action::Delete { key, uid } => {
                if self.objects.get(&key).is_some_and(|object| text(object, "metadata.uid") == uid) {
                    self.remove(&key);
                }
            }
        }
    }

    fn settle(&mut self) {
        for _ in 0..MOST_REACTIONS {
            let Some(key) = self.changed.pop_front() else {
                self.assert_settled();
                return;
            };
            for write in react(self, &key, NOW) {
                self.carry_out(write);
            }
        }
        panic!("the controllers do not come to rest: {:?}", self.changed.front());
    }
}
