//! The schemas of one document in a flat arena: a few dozen bytes a field, names kept once.

use std::collections::BTreeMap;

use indexmap::IndexSet;
use serde_json::Value;

use super::{
    builtin::{always_fields, omitted_fields},
    raw::{Additional, RawSchema},
};

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// No type is declared: anything goes.
    #[default]
    Any,
    /// A map.
    Object,
    /// A list.
    List,
    /// A string.
    String,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// A Kubernetes Quantity: a number or a string such as `1500m`.
    Quantity,
    /// An integer or a string.
    IntOrString,
}

/// How the items of a list merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListType {
    /// The list as a whole belongs to one manager.
    #[default]
    Atomic,
    /// Scalars, each of which has its own owners.
    Set,
    /// Maps told apart by key fields.
    Map,
}

/// How the keys of a map merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MapType {
    /// Each key has its own owners.
    #[default]
    Granular,
    /// The map as a whole belongs to one manager.
    Atomic,
}

/// Place of a node in the arena.
pub(super) type NodeId = u32;

/// One schema; ranges point into the arena's side tables.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one byte each, in an arena of many thousands")]
pub(super) struct Node {
    pub(super) sort: Sort,
    pub(super) list_type: ListType,
    pub(super) map_type: Option<MapType>,
    pub(super) preserve_unknown: bool,
    pub(super) embedded: bool,
    /// Whether it is a string of a format other than `byte`.
    pub(super) formatted: bool,
    /// Whether an empty value is the same as none.
    pub(super) omitted: bool,
    /// The component this node stands for, where it only adds a default or a map type to it.
    pub(super) target: Option<NodeId>,
    pub(super) items: Option<NodeId>,
    pub(super) additional: Option<NodeId>,
    fields: (u32, u32),
    keys: (u32, u32),
}

/// The arena.
#[derive(Debug, Default)]
pub(super) struct Document {
    names: IndexSet<Box<str>>,
    nodes: Vec<Node>,
    fields: Vec<(u32, NodeId)>,
    keys: Vec<u32>,
    defaults: Vec<(NodeId, Value)>,
    /// The fields that an empty struct of a component has, sorted by the component.
    always: Vec<(NodeId, u32, &'static Value)>,
}

impl Document {
    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The declared field of a node.
    pub(super) fn field(&self, node: &Node, name: &str) -> Option<NodeId> {
        let symbol = u32::try_from(self.names.get_index_of(name)?).ok()?;
        let fields = self.fields_of(node);
        let at = fields.binary_search_by_key(&symbol, |(name, _)| *name).ok()?;
        fields.get(at).map(|(_, id)| *id)
    }

    /// The names of all declared fields of a node.
    pub(super) fn names_of<'a>(&'a self, node: &Node) -> impl Iterator<Item = &'a str> {
        self.fields_of(node).iter().filter_map(|(symbol, _)| self.name(*symbol))
    }

    /// The key fields of a map-list.
    pub(super) fn keys_of<'a>(&'a self, node: &Node) -> impl Iterator<Item = &'a str> {
        let (start, end) = node.keys;
        let keys = self.keys.get(start as usize..end as usize).unwrap_or_default();
        keys.iter().filter_map(|symbol| self.name(*symbol))
    }

    /// The scalar default of a field.
    pub(super) fn default_of(&self, id: NodeId) -> Option<&Value> {
        let at = self.defaults.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.defaults.get(at).map(|(_, value)| value)
    }

    /// The fields that a component has even when it is empty, with what stands there.
    pub(super) fn always_of(&self, id: NodeId) -> impl Iterator<Item = (&str, &'static Value)> {
        let start = self.always.partition_point(|(owner, ..)| *owner < id);
        let rows = self.always.get(start..).unwrap_or_default().iter();
        let rows = rows.take_while(move |(owner, ..)| *owner == id);
        rows.filter_map(|(_, symbol, value)| Some((self.name(*symbol)?, *value)))
    }

    fn fields_of(&self, node: &Node) -> &[(u32, NodeId)] {
        let (start, end) = node.fields;
        self.fields.get(start as usize..end as usize).unwrap_or_default()
    }

    fn name(&self, symbol: u32) -> Option<&str> {
        self.names.get_index(symbol as usize).map(|name| &**name)
    }
}

/// Name of the component that stands for every object's `metadata` in CustomResourceDefinitions.
pub(super) const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const RAW_EXTENSION: &str = "io.k8s.apimachinery.pkg.runtime.RawExtension";

/// Fills a [`Document`].
#[derive(Debug, Default)]
pub(super) struct Builder {
    document: Document,
    components: BTreeMap<String, NodeId>,
}

impl Builder {
    /// Adds a named component, which others may have referred to before.
    pub(super) fn component(&mut self, name: &str, raw: &RawSchema<'_>) -> NodeId {
        let id = self.reserved(name);
        let mut node = self.converted(raw);
        match name {
            QUANTITY => node.sort = Sort::Quantity,
            RAW_EXTENSION => (node.sort, node.map_type) = (Sort::Any, Some(MapType::Atomic)),
            _ => {}
        }
        // Only nodes that belong to one field alone can say something of that field.
        let own = raw.properties.0.iter().filter(|(_, field)| field.component().is_none());
        for (field, _) in
            own.filter(|(field, _)| omitted_fields(name).iter().any(|omitted| *omitted == field.0))
        {
            let id = self.document.field(&node, &field.0);
            if let Some(field) = id.and_then(|id| self.document.nodes.get_mut(id as usize)) {
                field.omitted = true;
            }
        }
        if let Some(slot) = self.document.nodes.get_mut(id as usize) {
            *slot = node;
        }
        for (field, value) in always_fields(name) {
            let symbol = self.symbol(field);
            self.document.always.push((id, symbol, value));
        }
        id
    }

    /// The finished arena.
    pub(super) fn finish(mut self) -> Document {
        self.document.defaults.sort_by_key(|(id, _)| *id);
        self.document.always.sort_by_key(|(id, symbol, _)| (*id, *symbol));
        self.document.names.shrink_to_fit();
        self.document.nodes.shrink_to_fit();
        self.document.fields.shrink_to_fit();
        self.document.keys.shrink_to_fit();
        self.document.defaults.shrink_to_fit();
        self.document.always.shrink_to_fit();
        self.document
    }

    fn reserved(&mut self, name: &str) -> NodeId {
        if let Some(id) = self.components.get(name) {
            return *id;
        }
        let id = self.push(Node::default());
        self.components.insert(name.to_owned(), id);
        id
    }

    fn push(&mut self, node: Node) -> NodeId {
        let id = length(&self.document.nodes);
        self.document.nodes.push(node);
        id
    }

    fn symbol(&mut self, name: &str) -> u32 {
        let known = self.document.names.get_index_of(name);
        let index = known.unwrap_or_else(|| self.document.names.insert_full(name.into()).0);
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// A nested schema: the component it names, or a node of its own.
    fn nested(&mut self, raw: &RawSchema<'_>) -> NodeId {
        let default = raw.default.as_ref().filter(|value| !value.is_object() && !value.is_array());
        let plain = raw.map_type.is_none() && default.is_none();
        let id = match raw.component().map(|name| self.reserved(name)) {
            Some(target) if plain => return target,
            Some(target) => {
                let map_type = map_type(raw);
                self.push(Node { target: Some(target), map_type, ..Node::default() })
            }
            None => {
                let node = self.converted(raw);
                self.push(node)
            }
        };
        if let Some(default) = default {
            self.document.defaults.push((id, default.clone()));
        }
        id
    }

    fn converted(&mut self, raw: &RawSchema<'_>) -> Node {
        let (list_type, keys) = list_type(raw);
        let mut fields: Vec<_> = (raw.properties.0.iter())
            .map(|(name, field)| (self.symbol(&name.0), self.nested(field)))
            .collect();
        if raw.embedded {
            fields.extend(self.embedded_fields(&fields));
        }
        fields.sort_unstable_by_key(|(symbol, _)| *symbol);
        let items = raw.items.as_ref().map(|items| self.nested(items));
        let additional = match &raw.additional {
            Some(Additional::Schema(schema)) => Some(self.nested(schema)),
            Some(Additional::Allowed) | None => None,
        };
        let keys: Vec<_> = keys.into_iter().map(|key| self.symbol(key)).collect();
        Node {
            sort: sort(raw),
            list_type,
            map_type: map_type(raw),
            preserve_unknown: raw.preserve_unknown,
            embedded: raw.embedded,
            formatted: is_formatted(raw),
            omitted: false,
            target: None,
            items,
            additional,
            fields: extended(&mut self.document.fields, fields),
            keys: extended(&mut self.document.keys, keys),
        }
    }

    /// What an embedded resource has beside what its schema names.
    fn embedded_fields(&mut self, present: &[(u32, NodeId)]) -> Vec<(u32, NodeId)> {
        let scalar = self.push(Node { sort: Sort::String, ..Node::default() });
        let metadata = self.reserved(OBJECT_META);
        let wanted = [("apiVersion", scalar), ("kind", scalar), ("metadata", metadata)];
        let named = wanted.map(|(name, id)| (self.symbol(name), id));
        named.into_iter().filter(|(new, _)| present.iter().all(|(symbol, _)| symbol != new)).collect()
    }
}

fn extended<T>(table: &mut Vec<T>, more: Vec<T>) -> (u32, u32) {
    let start = length(table);
    table.extend(more);
    (start, length(table))
}

fn length<T>(table: &[T]) -> u32 {
    u32::try_from(table.len()).unwrap_or(u32::MAX)
}

fn sort(raw: &RawSchema<'_>) -> Sort {
    if raw.int_or_string || raw.format.as_ref().is_some_and(|format| format.0 == "int-or-string") {
        return Sort::IntOrString;
    }
    match raw.sort.as_ref().map(|sort| &*sort.0) {
        Some("object") => Sort::Object,
        Some("array") => Sort::List,
        Some("string") => Sort::String,
        Some("integer") => Sort::Integer,
        Some("number") => Sort::Number,
        Some("boolean") => Sort::Boolean,
        Some(_) | None => Sort::Any,
    }
}

fn is_formatted(raw: &RawSchema<'_>) -> bool {
    sort(raw) == Sort::String && raw.format.as_ref().is_some_and(|format| !matches!(&*format.0, "" | "byte"))
}

fn map_type(raw: &RawSchema<'_>) -> Option<MapType> {
    raw.map_type.as_ref().map(|sort| if sort.0 == "atomic" { MapType::Atomic } else { MapType::Granular })
}

/// How a list merges: by the list type, else by the patch strategy of older kinds.
fn list_type<'a>(raw: &'a RawSchema<'_>) -> (ListType, Vec<&'a str>) {
    match raw.list_type.as_ref().map(|sort| &*sort.0) {
        Some("map") => (ListType::Map, raw.list_keys.iter().map(|key| &*key.0).collect()),
        Some("set") => (ListType::Set, Vec::new()),
        Some(_) => (ListType::Atomic, Vec::new()),
        None => match (raw.patch_strategy.as_ref().map(|strategy| &*strategy.0), &raw.patch_key) {
            (Some("merge" | "merge,retainKeys"), Some(key)) => (ListType::Map, vec![&*key.0]),
            (Some("merge" | "merge,retainKeys"), None) => (ListType::Set, Vec::new()),
            _ => (ListType::Atomic, Vec::new()),
        },
    }
}
