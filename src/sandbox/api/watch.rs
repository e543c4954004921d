//! Watches: what has been, what comes, and that nothing came.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    ask::Ask,
    convert::{view, viewed},
    denial::Denial,
    engine::Engine,
    form::Form,
    read::{includes, metadata_only, shown},
    select::Selector,
};
use crate::sandbox::store::{Change, ChangeKind, Object};

/// How long a watch lasts that names no end: an API server takes between 30 and 60 minutes.
const LASTS: u64 = 30 * 60;

/// A watch as it is asked for.
#[derive(Debug)]
pub(crate) struct WatchPlan {
    ask: Ask,
    selector: Selector,
    from: u64,
    first: VecDeque<String>,
    bookmarks: bool,
    /// When it ends.
    pub(crate) lasts: Duration,
}

/// What a watch has to say now.
pub(crate) struct Watching {
    /// Lines of JSON.
    pub(crate) lines: String,
    /// Whether it is over.
    pub(crate) ended: bool,
}

impl WatchPlan {
    /// Reads a request to watch.
    pub(crate) fn of(engine: &Engine, ask: &Ask) -> Result<Self, Denial> {
        let selector = match ask.target.name.as_deref() {
            Some(name) => Selector::named(name),
            None => Selector::of(
                ask.options.get("labelSelector"),
                ask.options.get("fieldSelector"),
                &ask.resource,
            )?,
        };
        let version = ask.options.number("resourceVersion")?;
        let initial = ask.options.is_set("sendInitialEvents");
        let current = engine.store.version();
        let mut plan = Self {
            selector,
            from: version.filter(|version| *version > 0 && !initial).unwrap_or(current),
            first: VecDeque::new(),
            bookmarks: ask.options.is_set("allowWatchBookmarks"),
            lasts: Duration::from_secs(ask.options.number("timeoutSeconds")?.unwrap_or(LASTS)),
            ask: ask.clone(),
        };
        if initial || version.is_none_or(|version| version == 0) {
            let objects = engine.store.list(&ask.resource.collection, ask.namespace());
            let objects: Vec<&Arc<Object>> =
                objects.map(|(_, object)| object).filter(|object| plan.takes(object)).collect();
            plan.first = objects.iter().map(|object| plan.line("ADDED", object)).collect();
        }
        if initial && plan.bookmarks {
            let bookmark = plan.bookmark(current, Some("k8s.io/initial-events-end"));
            plan.first.push_back(bookmark);
        }
        Ok(plan)
    }

    /// What came since it was last asked.
    pub(crate) fn next(&mut self, engine: &Engine) -> Watching {
        let mut lines: String = self.first.drain(..).collect();
        let changes = match engine.store.since(self.from) {
            Ok(changes) => changes,
            Err(old) => {
                let message = format!("too old resource version: {} ({})", self.from, old.floor);
                let status = Denial::expired(message).status();
                lines.push_str(&json!({"type": "ERROR", "object": status}).to_string());
                lines.push('\n');
                return Watching { lines, ended: true };
            }
        };
        for change in changes.filter(|change| change.key.collection == self.ask.resource.collection) {
            if self.ask.namespace().is_none_or(|namespace| change.key.place.namespace == namespace)
                && let Some(line) = self.event(change)
            {
                lines.push_str(&line);
            }
        }
        self.from = engine.store.version();
        Watching { lines, ended: false }
    }

    /// That nothing came up to a version; nothing where no bookmarks are wanted.
    pub(crate) fn quiet(&self) -> String {
        if self.bookmarks { self.bookmark(self.from, None) } else { String::new() }
    }

    fn takes(&self, object: &Object) -> bool {
        self.selector.takes_labels(object.labels()) && self.selector.takes_fields(|| object.tree())
    }

    /// One change as those see it who see only what they select.
    fn event(&self, change: &Change) -> Option<String> {
        let before = change.before.as_ref().filter(|before| self.takes(before));
        let after =
            (change.kind != ChangeKind::Deleted && self.takes(&change.object)).then_some(&change.object);
        match (before, after) {
            (None, Some(object)) => Some(self.line("ADDED", object)),
            (Some(_), Some(object)) => Some(self.line("MODIFIED", object)),
            (Some(_), None) if change.kind == ChangeKind::Deleted => {
                Some(self.line("DELETED", &change.object))
            }
            (Some(before), None) => Some(self.left(before, change.object.version())),
            (None, None) => None,
        }
    }

    /// An object that is no longer selected: its last selected state, with the version at which it left.
    fn left(&self, before: &Object, version: u64) -> String {
        let mut tree = view(before, &self.ask.resource);
        super::tree::set_meta(&mut tree, "resourceVersion", json!(version.to_string()));
        let text = tree.to_string();
        let text = if self.ask.wanted.form == Form::Metadata { metadata_only(&text) } else { text };
        format!("{{\"type\":\"DELETED\",\"object\":{text}}}\n")
    }

    fn line(&self, sort: &str, object: &Object) -> String {
        match self.ask.wanted.form {
            Form::Whole | Form::Aggregated => {
                format!("{{\"type\":\"{sort}\",\"object\":{}}}\n", viewed(object, &self.ask.resource))
            }
            Form::Metadata | Form::Table => {
                format!("{{\"type\":\"{sort}\",\"object\":{}}}\n", shown(object, &self.ask))
            }
        }
    }

    fn bookmark(&self, version: u64, mark: Option<&str>) -> String {
        let resource = &self.ask.resource;
        let mut metadata = json!({"resourceVersion": version.to_string(), "creationTimestamp": Value::Null});
        if let (Some(map), Some(mark)) = (metadata.as_object_mut(), mark) {
            map.insert("annotations".to_owned(), json!({mark: "true"}));
        }
        let mut object = json!({"kind": resource.gvk.kind, "apiVersion": resource.gvk.api_version(), "metadata": metadata});
        if self.ask.wanted.form == Form::Table {
            let rows = crate::sandbox::table::table(resource, &[object], &includes(&self.ask), &self.ask.now);
            object = rows;
        }
        format!("{}\n", json!({"type": "BOOKMARK", "object": object}))
    }
}
