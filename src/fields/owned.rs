//! Which fields an applied object owns: what the server writes into `managedFields`.

use serde_json::{Map, Value};

use super::{element::Element, set::FieldSet};
use crate::schema::{ListType, MapType, Schema};

/// Fields of `metadata` that say which object it is, or that only the server writes.
const SERVER_METADATA: &[&str] = &[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "selfLink",
    "managedFields",
    "clusterName",
];

/// Whether a field of the root belongs to what is applied.
fn counts(name: &str, schema: Option<Schema<'_>>) -> bool {
    match name {
        "apiVersion" | "kind" => false,
        "status" => schema.and_then(Schema::has_status) == Some(false),
        _ => true,
    }
}

/// One part of an object that counts when it is applied.
pub(super) struct Part<'a> {
    /// Whether it stands in `metadata`; else at the root.
    pub(super) in_metadata: bool,
    pub(super) name: &'a str,
    pub(super) value: &'a Value,
    /// The schema of the map it stands in.
    pub(super) around: Option<Schema<'a>>,
}

/// The parts of an object that count; `metadata` is taken apart, less what the server writes.
pub(super) fn parts<'a>(body: &'a Value, schema: Option<Schema<'a>>) -> Vec<Part<'a>> {
    let mut found = Vec::new();
    for (name, value) in body.as_object().into_iter().flatten().filter(|(name, _)| counts(name, schema)) {
        if name != "metadata" {
            found.push(Part { in_metadata: false, name, value, around: schema });
            continue;
        }
        let around = schema.and_then(|schema| schema.field("metadata"));
        let fields = value.as_object().into_iter().flatten();
        let kept = fields.filter(|(name, _)| !SERVER_METADATA.contains(&&***name));
        found.extend(kept.map(|(name, value)| Part { in_metadata: true, name, value, around }));
    }
    found
}

/// An object less what does not count when it is applied: identity, server's metadata, `status` where it is a subresource.
pub fn content(body: &Value, schema: Option<Schema<'_>>) -> Value {
    let (mut root, mut metadata) = (Map::new(), Map::new());
    for part in parts(body, schema) {
        let map = if part.in_metadata { &mut metadata } else { &mut root };
        map.insert(part.name.to_owned(), part.value.clone());
    }
    if !metadata.is_empty() {
        root.shift_insert(0, "metadata".to_owned(), Value::Object(metadata));
    }
    Value::Object(root)
}

/// The fields that applying the object owns; without a schema maps are granular and lists atomic.
pub fn owned(body: &Value, schema: Option<Schema<'_>>) -> FieldSet {
    let (mut root, mut metadata) = (Vec::new(), Vec::new());
    for part in parts(body, schema) {
        let children = if part.in_metadata { &mut metadata } else { &mut root };
        children.extend(child(part.name, part.value, part.around));
    }
    if !metadata.is_empty() {
        root.push((Element::field("metadata"), FieldSet::of_children(metadata)));
    }
    FieldSet::of_children(root)
}

/// One map key: itself a member where it is null, empty or no declared field.
fn child(name: &str, value: &Value, around: Option<Schema<'_>>) -> Option<(Element, FieldSet)> {
    let (schema, declared) = around.map_or((None, false), |schema| schema.key(name));
    let mut set = fields(value, schema);
    set.member |= is_member(value, declared);
    (!set.is_empty()).then(|| (Element::field(name), set))
}

#[expect(clippy::fn_params_excessive_bools, reason = "one fact about a field")]
fn is_member(value: &Value, declared: bool) -> bool {
    !declared || value.is_null() || value.as_object().is_some_and(Map::is_empty)
}

/// The fields of a value.
pub(super) fn fields(value: &Value, schema: Option<Schema<'_>>) -> FieldSet {
    match value {
        Value::Object(map) => {
            if schema.is_some_and(|schema| schema.map_type() == MapType::Atomic) {
                return FieldSet::leaf();
            }
            let children = map.iter().filter_map(|(name, value)| child(name, value, schema));
            FieldSet::of_children(children.collect())
        }
        Value::Array(items) => match schema {
            Some(schema) if schema.list_type() != ListType::Atomic => of_items(items, schema),
            _ => FieldSet::leaf(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => FieldSet::leaf(),
    }
}

/// The items of a map-list or set; of items that stand there twice only the item itself.
fn of_items(items: &[Value], schema: Schema<'_>) -> FieldSet {
    let mut children: Vec<(Element, FieldSet)> = Vec::with_capacity(items.len());
    for item in items {
        let Some(element) = Element::of_item(schema, item) else { continue };
        let mut set = fields(item, schema.items());
        set.member = true;
        children.push((element, set));
    }
    children.sort_by(|a, b| a.0.cmp(&b.0));
    children.dedup_by(|later, first| {
        let same = later.0 == first.0;
        if same {
            first.1 = FieldSet::leaf();
        }
        same
    });
    FieldSet::of_children(children)
}

/// Whether a set is exactly what [`owned`] gives, without making that.
pub(super) fn owns_exactly(set: &FieldSet, body: &Value, schema: Option<Schema<'_>>) -> bool {
    let empty = FieldSet::default();
    let metadata = set.field("metadata").unwrap_or(&empty);
    let (mut in_root, mut in_metadata) = (0, 0);
    for part in parts(body, schema) {
        let (set, count) = if part.in_metadata { (metadata, &mut in_metadata) } else { (set, &mut in_root) };
        match child_equals(set, part.name, part.value, part.around) {
            Some(owned) => *count += usize::from(owned),
            None => return false,
        }
    }
    in_root += usize::from(in_metadata > 0);
    let plain = !set.member && !metadata.member;
    plain && in_root == set.children.len() && in_metadata == metadata.children.len()
}

/// Whether a map key owns what the set says of it: `Some(true)` where that is something, `None` where it is not so.
fn child_equals(set: &FieldSet, name: &str, value: &Value, around: Option<Schema<'_>>) -> Option<bool> {
    let (schema, declared) = around.map_or((None, false), |schema| schema.key(name));
    let child = set.field(name);
    let member = child.is_some_and(|child| child.member);
    equals(child, value, schema, (member, is_member(value, declared)))?;
    Some(child.is_some())
}

/// Whether a node of a set is what a value owns; `members` says whether it is one and whether its place makes it one.
fn equals(
    set: Option<&FieldSet>,
    value: &Value,
    schema: Option<Schema<'_>>,
    members: (bool, bool),
) -> Option<()> {
    let empty = FieldSet::default();
    let (is, placed) = members;
    let children = set.map_or(0, |set| set.children.len());
    let set = set.unwrap_or(&empty);
    let (leaf, found) = match (value, schema) {
        (Value::Object(_), Some(schema)) if schema.map_type() == MapType::Atomic => (true, 0),
        (Value::Object(map), _) => {
            let mut found = 0;
            for (name, value) in map {
                found += usize::from(child_equals(set, name, value, schema)?);
            }
            (false, found)
        }
        (Value::Array(items), Some(schema)) if schema.list_type() != ListType::Atomic => {
            for item in items {
                let child = set.child(&Element::of_item(schema, item)?)?;
                equals(Some(child), item, schema.items(), (child.member, true))?;
            }
            (false, items.len())
        }
        _ => (true, 0),
    };
    (is == (leaf || placed) && found == children).then_some(())
}
