//! `metadata.managedFields` read, changed and written.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::fields::set::FieldSet;

/// What one manager owns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) manager: String,
    pub(super) apply: bool,
    pub(super) api_version: String,
    pub(super) subresource: String,
    pub(super) time: Option<String>,
    pub(super) fields: FieldSet,
}

impl Entry {
    /// What tells one entry from another: of an Apply the version does not count.
    pub(super) fn id(&self) -> String {
        let mut id = Map::new();
        let mut put = |name: &str, value: &str| {
            if !value.is_empty() {
                id.insert(name.to_owned(), value.into());
            }
        };
        put("manager", &self.manager);
        put("operation", if self.apply { "Apply" } else { "Update" });
        put("apiVersion", if self.apply { "" } else { &self.api_version });
        put("subresource", &self.subresource);
        Value::Object(id).to_string()
    }

    fn to_json(&self) -> Value {
        let mut entry = Map::new();
        let mut put = |name: &str, value: &str| {
            if !value.is_empty() {
                entry.insert(name.to_owned(), value.into());
            }
        };
        put("manager", &self.manager);
        put("operation", if self.apply { "Apply" } else { "Update" });
        put("apiVersion", &self.api_version);
        put("time", self.time.as_deref().unwrap_or_default());
        put("fieldsType", "FieldsV1");
        entry.insert("fieldsV1".to_owned(), self.fields.to_json());
        if !self.subresource.is_empty() {
            entry.insert("subresource".to_owned(), self.subresource.as_str().into());
        }
        Value::Object(entry)
    }
}

/// All entries of an object, each under what tells it from others.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Managers(pub(super) BTreeMap<String, Entry>);

impl Managers {
    /// Reads the entries of an object; of two that cannot be told apart the later counts.
    pub(super) fn of(object: &Value) -> Result<Self, String> {
        let list = object.pointer("/metadata/managedFields").and_then(Value::as_array);
        let mut managers = Self::default();
        for (index, entry) in list.into_iter().flatten().enumerate() {
            managers.put(read(entry, index)?);
        }
        Ok(managers)
    }

    /// Adds an entry, or puts it in the place of the one it cannot be told from.
    pub(super) fn put(&mut self, entry: Entry) {
        self.0.insert(entry.id(), entry);
    }

    /// The entries as the server orders them: applies first, each by time, manager, version and subresource.
    pub(super) fn in_order(&self) -> Vec<Entry> {
        in_order(self.0.values().cloned().collect())
    }

    /// Writes the entries into an object; without any there is no list.
    pub(super) fn write_to(&self, object: &mut Value) {
        let Some(root) = object.as_object_mut() else { return };
        if self.0.is_empty() {
            clear(object);
            return;
        }
        let metadata = root.entry("metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert("managedFields".to_owned(), list_of(self.in_order()));
        }
    }

    /// More than ten updaters are too many: the oldest of each version become one entry.
    pub(super) fn cap(&mut self) {
        const MOST: usize = 10;
        let updates = self.0.iter().filter(|(_, entry)| !entry.apply);
        let mut oldest: Vec<_> = updates.map(|(id, entry)| (entry.time.clone(), id.clone())).collect();
        let mut count = oldest.len();
        oldest.sort();
        // By version, the first entry that was met: it is spared until there is another to join it with.
        let mut first: BTreeMap<String, String> = BTreeMap::new();
        for (_, id) in oldest {
            if count <= MOST {
                return;
            }
            let Some(entry) = self.0.get(&id).cloned() else { continue };
            let Some(kept) = first.get(&entry.api_version) else {
                first.insert(entry.api_version, id);
                continue;
            };
            let bucket = Entry {
                manager: "ancient-changes".to_owned(),
                subresource: String::new(),
                fields: FieldSet::default(),
                ..entry.clone()
            };
            let bucket_id = bucket.id();
            if !self.0.contains_key(&bucket_id) {
                let fields = self.0.remove(kept).map(|kept| kept.fields).unwrap_or_default();
                self.0.insert(bucket_id.clone(), Entry { fields, ..bucket });
            }
            self.0.remove(&id);
            if let Some(bucket) = self.0.get_mut(&bucket_id) {
                bucket.fields = bucket.fields.union(&entry.fields);
                bucket.time = entry.time;
            }
            count -= 1;
        }
    }
}

fn in_order(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by(|a, b| {
        let key = |e: &Entry| (!e.apply, e.time.clone().unwrap_or_default());
        key(a).cmp(&key(b)).then_with(|| {
            (&a.manager, &a.api_version, &a.subresource).cmp(&(&b.manager, &b.api_version, &b.subresource))
        })
    });
    entries
}

/// Entries as a `managedFields` list, in the server's order.
pub(super) fn list_of(entries: Vec<Entry>) -> Value {
    in_order(entries).iter().map(Entry::to_json).collect()
}

fn read(entry: &Value, index: usize) -> Result<Entry, String> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let apply = match &*text("operation") {
        "Apply" => true,
        "Update" => false,
        _ => return Err("operation must be `Apply` or `Update`".to_owned()),
    };
    if text("apiVersion").is_empty() {
        return Err("apiVersion must not be empty".to_owned());
    }
    match &*text("fieldsType") {
        "FieldsV1" => {}
        "" => return Err(format!("missing fieldsType in managed fields entry {index}")),
        other => return Err(format!("invalid fieldsType {other:?} in managed fields entry {index}")),
    }
    let fields = entry.get("fieldsV1").map(Value::to_string);
    let fields = fields.map(|fields| FieldSet::parse(&fields)).transpose();
    Ok(Entry {
        manager: text("manager"),
        apply,
        api_version: text("apiVersion"),
        subresource: text("subresource"),
        time: entry.get("time").and_then(Value::as_str).map(str::to_owned),
        fields: fields.map_err(|error| error.to_string())?.unwrap_or_default(),
    })
}

/// Takes `metadata.managedFields` away.
pub(super) fn clear(object: &mut Value) {
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(metadata) = metadata {
        metadata.shift_remove("managedFields");
    }
}
