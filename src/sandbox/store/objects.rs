//! All objects, their one counter, and what changed last.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use serde_json::{Value, json};

use super::{
    disk::{Disk, Durable, StoreError},
    history::{Change, ChangeKind, History, TooOld},
    log,
    object::{Key, Object, Place},
};

/// The version before the first write; no object has it, so that it can stand for "absent" in preconditions.
const FIRST_VERSION: u64 = 1;

type Collection = BTreeMap<Place, Arc<Object>>;

/// The objects of one sandbox.
#[derive(Debug)]
pub(crate) struct Store {
    collections: BTreeMap<String, Collection>,
    version: u64,
    /// Bytes of all texts.
    alive: u64,
    history: History,
    disk: Option<Disk>,
    /// The version up to which controllers have nothing left to do.
    settled: u64,
}

impl Store {
    /// A store that ends with the process.
    pub(crate) fn ephemeral() -> Self {
        Self {
            collections: BTreeMap::new(),
            version: FIRST_VERSION,
            alive: 0,
            history: History::beginning_at(FIRST_VERSION),
            disk: None,
            settled: 0,
        }
    }

    /// The store of a folder, which is made where it is missing.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let (mut disk, bytes) = Disk::open(folder)?;
        let mut store = Self::ephemeral();
        let whole = log::decode(&bytes, |record| store.replay(&record)).map_err(|at| disk.damaged(at))?;
        disk.keep(whole)?;
        store.alive = store.texts().map(|(_, _, text)| size(text)).sum();
        store.history = History::beginning_at(store.version);
        store.settled = disk.settled();
        store.disk = Some(disk);
        store.shrink()?;
        Ok(store)
    }

    /// Whether controllers have nothing left to do.
    pub(crate) fn is_settled(&self) -> bool {
        self.settled == self.version
    }

    /// Remembers that they have not, so that the next process need not look at everything.
    pub(crate) fn settle(&mut self) {
        if self.settled != self.version {
            self.settled = self.version;
            if let Some(disk) = &self.disk {
                disk.settle(self.version);
            }
        }
    }

    fn replay(&mut self, record: &log::Record<'_>) {
        self.version = self.version.max(record.version);
        let Key { collection, place } = &record.key;
        match record.text {
            Some(text) => {
                let object = Arc::new(Object::read(record.version, text));
                self.collections.entry(collection.clone()).or_default().insert(place.clone(), object);
            }
            None => {
                self.collections.get_mut(collection).and_then(|objects| objects.remove(place));
            }
        }
    }

    /// The newest resourceVersion.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// One object.
    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Object>> {
        self.collections.get(&key.collection)?.get(&key.place)
    }

    /// The objects of a collection by place, in one namespace or in all.
    pub(crate) fn list<'a>(
        &'a self,
        collection: &str,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Place, &'a Arc<Object>)> {
        let from = Place { namespace: namespace.unwrap_or_default().to_owned(), name: String::new() };
        let objects = self.collections.get(collection).map(|objects| objects.range(from..));
        let all = objects.into_iter().flatten();
        all.take_while(move |(place, _)| namespace.is_none_or(|wanted| place.namespace == wanted))
    }

    /// The names of the collections that hold something.
    pub(crate) fn collections(&self) -> impl Iterator<Item = &str> {
        self.collections.iter().filter(|(_, objects)| !objects.is_empty()).map(|(name, _)| name.as_str())
    }

    /// A collection as it was at a version.
    pub(crate) fn list_at(&self, collection: &str, version: u64) -> Result<Collection, TooOld> {
        let mut objects = self.collections.get(collection).cloned().unwrap_or_default();
        for change in self.history.since(version)?.rev().filter(|c| c.key.collection == collection) {
            match &change.before {
                Some(before) => objects.insert(change.key.place.clone(), Arc::clone(before)),
                None => objects.remove(&change.key.place),
            };
        }
        Ok(objects)
    }

    /// The changes after a version.
    pub(crate) fn since(&self, version: u64) -> Result<impl Iterator<Item = &Change>, TooOld> {
        self.history.since(version)
    }

    /// Writes an object under the next version, which its metadata then carries.
    pub(crate) fn put(&mut self, key: &Key, mut tree: Value) -> Result<Arc<Object>, StoreError> {
        let object = self.stamped(&mut tree);
        self.record(key, object.version(), Some(object.text()))?;
        self.version = object.version();
        let objects = self.collections.entry(key.collection.clone()).or_default();
        let before = objects.insert(key.place.clone(), Arc::clone(&object));
        self.alive += size(object.text());
        self.alive -= before.as_ref().map_or(0, |before| size(before.text()));
        let kind = if before.is_some() { ChangeKind::Modified } else { ChangeKind::Added };
        self.history.push(Change { kind, key: key.clone(), object: Arc::clone(&object), before });
        self.shrink()?;
        Ok(object)
    }

    /// Removes an object; what leaves is its last state, with the version of the deletion.
    pub(crate) fn remove(&mut self, key: &Key) -> Result<Option<Arc<Object>>, StoreError> {
        let Some(before) = self.get(key).cloned() else { return Ok(None) };
        let object = self.stamped(&mut before.tree().clone());
        self.record(key, object.version(), None)?;
        self.version = object.version();
        if let Some(objects) = self.collections.get_mut(&key.collection) {
            objects.remove(&key.place);
        }
        self.alive -= size(before.text());
        self.history.push(Change {
            kind: ChangeKind::Deleted,
            key: key.clone(),
            object: Arc::clone(&object),
            before: Some(before),
        });
        Ok(Some(object))
    }

    /// What a writer waits for before it answers.
    pub(crate) fn durable(&self) -> Durable {
        self.disk.as_ref().map(Disk::durable).unwrap_or_default()
    }

    fn stamped(&self, tree: &mut Value) -> Arc<Object> {
        let version = self.version + 1;
        if let Some(metadata) = tree.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("resourceVersion".to_owned(), json!(version.to_string()));
        }
        Arc::new(Object::written(version, tree.take()))
    }

    fn record(&mut self, key: &Key, version: u64, text: Option<&str>) -> Result<(), StoreError> {
        let Some(disk) = &mut self.disk else { return Ok(()) };
        let mut bytes = Vec::new();
        log::encode(&mut bytes, key, version, text);
        disk.append(&bytes)
    }

    fn texts(&self) -> impl Iterator<Item = (Key, u64, &str)> {
        self.collections.iter().flat_map(|(collection, objects)| {
            objects.iter().map(|(place, object)| {
                let key = Key { collection: collection.clone(), place: place.clone() };
                (key, object.version(), object.text())
            })
        })
    }

    /// Rewrites the log where it holds much more than the objects.
    fn shrink(&mut self) -> Result<(), StoreError> {
        let Some(mut disk) = self.disk.take_if(|disk| disk.is_bloated(self.alive)) else { return Ok(()) };
        // The newest version must outlive the log even where it was a deletion's.
        let counter = (Key::new("", None, ""), self.version, "");
        let rewritten = disk.rewrite(std::iter::once(counter).chain(self.texts()));
        self.disk = Some(disk);
        rewritten
    }
}

fn size(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}
