//! What a write came to.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::sandbox::{
    api::{Ask, Form, details, shown},
    resources::Resource,
    store::Object,
    table,
};

/// What is shown of a write.
#[derive(Debug)]
enum Result {
    Stored(Arc<Object>),
    /// Of a dry-run, or of another kind than was stored.
    Tree(Value),
}

/// A write that was accepted.
#[derive(Debug)]
pub(crate) struct Written {
    result: Result,
    /// Whether the object is new.
    pub(crate) created: bool,
    /// Warnings about the body.
    pub(crate) warnings: Vec<String>,
}

impl Written {
    /// An object that is stored.
    pub(super) fn stored(object: Arc<Object>) -> Self {
        Self { result: Result::Stored(object), created: false, warnings: Vec::new() }
    }

    /// What a dry-run came to, or an answer of another kind.
    pub(super) fn tree(tree: Value) -> Self {
        Self { result: Result::Tree(tree), created: false, warnings: Vec::new() }
    }

    /// That an object is gone.
    pub(super) fn success(resource: &Resource, name: &str, uid: &str) -> Self {
        let mut details = details(resource, name);
        if let Some(map) = details.as_object_mut() {
            map.insert("uid".to_owned(), json!(uid));
        }
        Self::tree(json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details,
        }))
    }

    /// The same as one that made something.
    pub(super) fn anew(mut self) -> Self {
        self.created = true;
        self
    }

    /// The same with warnings.
    pub(super) fn warning(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// The tree of a dry-run.
    pub(super) fn dry(&self) -> Option<&Value> {
        match &self.result {
            Result::Stored(_) => None,
            Result::Tree(tree) => Some(tree),
        }
    }

    /// The answer's body.
    pub(crate) fn text(&self, ask: &Ask) -> String {
        match &self.result {
            Result::Stored(object) => shown(object, ask),
            Result::Tree(tree) => {
                let own = tree.get("kind").and_then(Value::as_str) == Some(&ask.resource.gvk.kind);
                match ask.wanted.form {
                    Form::Table if own => {
                        let include = ask.options.get("includeObject").unwrap_or("Metadata");
                        table::table(&ask.resource, std::slice::from_ref(tree), include, &ask.now).to_string()
                    }
                    Form::Metadata if own => json!({
                        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                        "metadata": tree.get("metadata"),
                    })
                    .to_string(),
                    Form::Whole | Form::Metadata | Form::Table | Form::Aggregated => tree.to_string(),
                }
            }
        }
    }
}
