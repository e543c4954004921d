//! A place in the schemas, walked field by field.

use serde_json::Value;

use super::document::{Document, ListType, MapType, Node, NodeId, Sort};

/// What is declared of one value; cheap to copy.
#[derive(Clone, Copy)]
pub struct Schema<'a> {
    document: &'a Document,
    id: NodeId,
    node: &'a Node,
    map_type: Option<MapType>,
    status: Option<bool>,
}

/// A key field of a map-list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key<'a> {
    /// Its name.
    pub name: &'a str,
    /// What the key is where an item does not say.
    pub default: Option<&'a Value>,
}

impl<'a> Schema<'a> {
    /// The schema at a node, aliases followed.
    pub(super) fn at(document: &'a Document, mut id: NodeId, status: Option<bool>) -> Option<Self> {
        let mut node = document.node(id)?;
        let mut map_type = node.map_type;
        // An alias names a component, which is never an alias of an alias for long: the bound only guards against a loop.
        for _ in 0..8 {
            let Some(target) = node.target else { break };
            id = target;
            node = document.node(target)?;
            map_type = map_type.or(node.map_type);
        }
        Some(Self { document, id, node, map_type, status })
    }

    fn step(self, id: NodeId) -> Option<Self> {
        Self::at(self.document, id, None)
    }

    /// The schema of a map key: of the declared field, else of any additional key.
    pub fn field(self, name: &str) -> Option<Self> {
        let declared = self.document.field(self.node, name);
        declared.or(self.node.additional).and_then(|id| self.step(id))
    }

    /// The schema of a map key, and whether it is a declared field: [`Schema::field`] and [`Schema::declares`] at once.
    pub fn key(self, name: &str) -> (Option<Self>, bool) {
        let declared = self.document.field(self.node, name);
        (declared.or(self.node.additional).and_then(|id| self.step(id)), declared.is_some())
    }

    /// Whether the map key is a declared field.
    pub fn declares(self, name: &str) -> bool {
        self.document.field(self.node, name).is_some()
    }

    /// The names of the declared fields.
    pub fn names(self) -> impl Iterator<Item = &'a str> {
        self.document.names_of(self.node)
    }

    /// The fields that the server's type has even when it is empty, with what stands there; known for built-in
    /// components.
    pub fn always(self) -> impl Iterator<Item = (&'a str, &'static Value)> {
        self.document.always_of(self.id)
    }

    /// The schema of additional map keys.
    pub fn additional(self) -> Option<Self> {
        self.node.additional.and_then(|id| self.step(id))
    }

    /// The schema of list items.
    pub fn items(self) -> Option<Self> {
        self.node.items.and_then(|id| self.step(id))
    }

    /// What the value may be.
    pub fn sort(self) -> Sort {
        self.node.sort
    }

    /// How the items of the list merge.
    pub fn list_type(self) -> ListType {
        self.node.list_type
    }

    /// The key fields of a map-list.
    pub fn keys(self) -> impl Iterator<Item = Key<'a>> {
        let items = self.items();
        self.document.keys_of(self.node).map(move |name| {
            let field = items.and_then(|items| items.document.field(items.node, name));
            Key { name, default: field.and_then(|id| self.document.default_of(id)) }
        })
    }

    /// How the keys of the map merge.
    pub fn map_type(self) -> MapType {
        self.map_type.unwrap_or_default()
    }

    /// Whether the value is a Quantity of a built-in kind.
    pub fn is_quantity(self) -> bool {
        self.node.sort == Sort::Quantity
    }

    /// Whether the value is a string of some format, as `date-time`: such fields take any scalar when they are applied.
    pub fn is_formatted(self) -> bool {
        self.node.formatted
    }

    /// Whether the value is an integer or a string.
    pub fn is_int_or_string(self) -> bool {
        self.node.sort == Sort::IntOrString
    }

    /// Whether map keys that are not declared are kept.
    pub fn preserves_unknown(self) -> bool {
        self.node.preserve_unknown
    }

    /// Whether the value is a whole object of its own.
    pub fn is_embedded_resource(self) -> bool {
        self.node.embedded
    }

    /// Whether the server takes an empty value of this field for none: it is held by value and left out when empty.
    ///
    /// Known for built-in components, whose Go types were recorded.
    pub fn is_omitted_when_empty(self) -> bool {
        self.node.omitted
    }

    /// Whether the kind has a `status` subresource; none where that is not known, and below the root.
    pub fn has_status(self) -> Option<bool> {
        self.status
    }
}
