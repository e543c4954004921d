//! The controllers at work: what changed goes in, what they want written is written, until nothing is left to do.

use std::{
    collections::BTreeSet,
    sync::{Arc, Weak},
};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::task::yield_now;

use super::{
    api::{Ask, Engine, Form, Options, Target, Wanted, text},
    controllers::{Action, Key, View, Write, first_objects, react},
    faults::Faults,
    service::Shared,
    store, write,
};
use crate::model::Gvk;
use crate::sys;

/// Objects that are looked at before requests get a turn.
const AT_ONCE: usize = 20;

/// The store as controllers see it.
struct Sight<'e> {
    engine: &'e Engine,
    faults: &'e Faults,
}

impl Sight<'_> {
    fn collection(&self, group: &str, kind: &str) -> Option<&str> {
        self.engine.registry.stored_kind(group, kind).map(|resource| resource.collection.as_str())
    }
}

impl View for Sight<'_> {
    fn get(&self, key: &Key) -> Option<&Value> {
        let collection = self.collection(&key.group, &key.kind)?;
        let namespace = (!key.namespace.is_empty()).then_some(key.namespace.as_str());
        self.engine.store.get(&store::Key::new(collection, namespace, &key.name)).map(|object| object.tree())
    }

    fn list(&self, group: &str, kind: &str, namespace: &str) -> Vec<&Value> {
        let Some(collection) = self.collection(group, kind) else { return Vec::new() };
        let namespace = (!namespace.is_empty()).then(|| namespace.to_owned());
        let all = self.engine.store.list(collection, None);
        let wanted =
            all.filter(|(place, _)| namespace.as_ref().is_none_or(|wanted| place.namespace == *wanted));
        wanted.map(|(_, object)| object.tree()).collect()
    }

    fn kinds(&self) -> Vec<(String, String)> {
        let stored =
            self.engine.store.collections().filter_map(|name| self.engine.registry.of_collection(name));
        stored.map(|resource| (resource.gvk.group.clone(), resource.gvk.kind.clone())).collect()
    }

    fn never_ready(&self, pod: &Key) -> bool {
        self.faults.never_ready(&pod.name)
    }
}

/// Makes what stands in every new cluster.
pub(super) fn furnish(engine: &mut Engine, now: &str) {
    if engine.store.get(&store::Key::new("namespaces", None, "kube-system")).is_some() {
        return;
    }
    for object in first_objects(now) {
        let status = object.get("status").cloned();
        let made = Write { manager: "kube-apiserver", action: Action::Create(object.clone()) };
        carry(engine, made, now);
        // A new object has no status but the one that a controller writes.
        if let Some(status) = status {
            let mut object = object;
            if let Some(map) = object.as_object_mut() {
                map.insert("status".to_owned(), status);
            }
            carry(engine, Write { manager: "kubelet", action: Action::Status(object) }, now);
        }
    }
}

/// Works until the sandbox is gone.
pub(super) async fn work(shared: Weak<Shared>) {
    let Some(mut news) = shared.upgrade().map(|shared| shared.news().subscribe()) else { return };
    let mut seen = 0;
    let mut open: BTreeSet<Key> = BTreeSet::new();
    loop {
        {
            let Some(shared) = shared.upgrade() else { return };
            news.mark_unchanged();
            gather(&shared, &mut seen, &mut open);
            while !open.is_empty() {
                turn(&shared, &mut open);
                yield_now().await;
                gather(&shared, &mut seen, &mut open);
            }
            shared.engine().store.settle();
        }
        if news.changed().await.is_err() {
            return;
        }
    }
}

/// Adds what changed since it was last asked; everything there is where that is not known.
fn gather(shared: &Shared, seen: &mut u64, open: &mut BTreeSet<Key>) {
    let engine = shared.engine();
    let store = &engine.store;
    let key = |collection: &str, place: &store::Place| {
        let resource = engine.registry.of_collection(collection)?;
        Some(Key::new(&resource.gvk.group, &resource.gvk.kind, &place.namespace, &place.name))
    };
    if *seen == 0 && store.is_settled() {
        *seen = store.version();
    }
    match store.since(*seen) {
        Ok(changes) => {
            open.extend(changes.filter_map(|change| key(&change.key.collection, &change.key.place)));
        }
        Err(_) => {
            for collection in store.collections() {
                open.extend(store.list(collection, None).filter_map(|(place, _)| key(collection, place)));
            }
        }
    }
    *seen = store.version();
}

/// Looks at some of the open objects.
fn turn(shared: &Arc<Shared>, open: &mut BTreeSet<Key>) {
    let now = sys::now();
    let mut engine = shared.engine();
    let before = engine.store.version();
    for _ in 0..AT_ONCE {
        let Some(key) = open.pop_first() else { break };
        let faults = shared.faults();
        let writes = react(&Sight { engine: &engine, faults: &faults }, &key, &now);
        drop(faults);
        for write in writes {
            carry(&mut engine, write, &now);
        }
    }
    if engine.store.version() != before {
        shared.news().send_replace(engine.store.version());
    }
}

/// Carries out one write. One that comes too late is dropped: what made it late is a change, and is reacted to.
fn carry(engine: &mut Engine, write: Write, now: &str) {
    let Write { manager, action } = write;
    let hand = Hand { manager, now };
    match action {
        Action::Create(object) => {
            if let Some(ask) = hand.ask(engine, &Key::of(&object), None, &object) {
                let named = Ask { target: Target { name: None, ..ask.target.clone() }, ..ask };
                write::create(engine, &named).ok();
            }
        }
        Action::Update(object) => {
            if let Some(ask) = hand.ask(engine, &Key::of(&object), None, &object) {
                write::replace(engine, &ask).ok();
            }
            // What holds a namespace is no part of the object that an update writes.
            if text(&object, "/kind") == "Namespace"
                && let Some(ask) = hand.ask(engine, &Key::of(&object), Some("finalize"), &object)
            {
                write::replace(engine, &ask).ok();
            }
        }
        Action::Status(object) => {
            if let Some(ask) = hand.ask(engine, &Key::of(&object), Some("status"), &object) {
                write::replace(engine, &ask).ok();
            }
        }
        Action::Delete { key, uid } => {
            let options = json!({"preconditions": {"uid": uid}, "propagationPolicy": "Background"});
            if let Some(ask) = hand.ask(engine, &key, None, &options) {
                write::delete(engine, &ask).ok();
            }
        }
    }
}

/// Who writes when.
struct Hand<'a> {
    manager: &'a str,
    now: &'a str,
}

impl Hand<'_> {
    fn ask(&self, engine: &Engine, key: &Key, sub: Option<&str>, body: &Value) -> Option<Ask> {
        let resource = Arc::clone(engine.registry.stored_kind(&key.group, &key.kind)?);
        let Gvk { group, version, .. } = resource.gvk.clone();
        let namespace = (!key.namespace.is_empty()).then(|| key.namespace.clone());
        Some(Ask {
            target: Target {
                group,
                version,
                namespace,
                plural: resource.plural.clone(),
                name: Some(key.name.clone()),
                sub: sub.map(str::to_owned),
            },
            resource,
            options: Options::of("fieldValidation=Ignore"),
            wanted: Wanted { form: Form::Whole, yaml: false },
            body: Bytes::from(body.to_string()),
            content_type: "application/json".to_owned(),
            agent: self.manager.to_owned(),
            now: self.now.to_owned(),
        })
    }
}
