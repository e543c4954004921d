//! Sets of fields as `managedFields` keeps them, and their algebra.

use std::{cmp::Ordering, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value, json};

use super::element::Element;
use crate::model::{FieldPath, PathElement};

/// Why a text is no FieldsV1 set.
#[derive(Debug, thiserror::Error)]
#[error("not a FieldsV1 set: {0}")]
pub struct FieldsError(#[from] serde_json::Error);

/// A set of fields: a tree whose nodes may be members themselves; children are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldSet {
    pub(super) member: bool,
    pub(super) children: Vec<(Element, FieldSet)>,
}

impl FieldSet {
    /// The set of one field: the root itself.
    pub(super) fn leaf() -> Self {
        Self { member: true, children: Vec::new() }
    }

    /// A set of children in any order, each named once.
    pub(super) fn of_children(mut children: Vec<(Element, Self)>) -> Self {
        if !children.is_sorted_by(|a, b| a.0 < b.0) {
            children.sort_by(|a, b| a.0.cmp(&b.0));
            children.dedup_by(|later, first| {
                let same = later.0 == first.0;
                if same {
                    first.1 = first.1.union(&later.1);
                }
                same
            });
        }
        Self { member: false, children }
    }

    /// Reads the JSON text of a `fieldsV1`.
    pub fn parse(text: &str) -> Result<Self, FieldsError> {
        Ok(serde_json::from_str(text)?)
    }

    /// The set as a `fieldsV1` tree.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        if self.member && !self.children.is_empty() {
            map.insert(".".to_owned(), json!({}));
        }
        map.extend(self.children.iter().map(|(element, child)| (element.text(), child.to_json())));
        Value::Object(map)
    }

    /// Whether there is no field in it.
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// Whether exactly this field is a member.
    pub fn contains(&self, path: &FieldPath) -> bool {
        self.at(&path.0).is_some_and(|set| set.member)
    }

    /// Whether the field is a member, stands inside a member that has no parts of its own, or has members below it.
    pub fn touches(&self, path: &FieldPath) -> bool {
        let mut set = self;
        for element in &path.0 {
            match set.child(&Element::from(element)) {
                Some(child) => set = child,
                None => return set.member && set.children.is_empty(),
            }
        }
        !set.is_empty()
    }

    /// Every member.
    pub fn paths(&self) -> Vec<FieldPath> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        usize::from(self.member) + self.children.iter().map(|(_, child)| child.len()).sum::<usize>()
    }

    /// Adds one field.
    pub fn insert(&mut self, path: &FieldPath) {
        let mut set = self;
        for element in &path.0 {
            let element = Element::from(element);
            let at = match set.children.binary_search_by(|(name, _)| name.cmp(&element)) {
                Ok(at) => at,
                Err(at) => {
                    set.children.insert(at, (element, Self::default()));
                    at
                }
            };
            let Some((_, child)) = set.children.get_mut(at) else { return };
            set = child;
        }
        set.member = true;
    }

    /// The fields of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combined(other, |a, b| a || b)
    }

    /// The fields of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combined(other, |a, b| a && b)
    }

    /// The fields of this set that the other lacks.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combined(other, |a, b| a && !b)
    }

    /// This set less a field and all below it.
    #[must_use]
    pub fn without(&self, path: &FieldPath) -> Self {
        self.pruned(&path.0).unwrap_or_default()
    }

    pub(super) fn child(&self, element: &Element) -> Option<&Self> {
        let at = self.children.binary_search_by(|(name, _)| name.cmp(element)).ok()?;
        self.children.get(at).map(|(_, child)| child)
    }

    /// The child of a map key, found without an allocation.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        let order = |element: &Element| match element {
            Element::Field(other) => (**other).cmp(name),
            Element::Key(_) | Element::Value(_) | Element::Index(_) => Ordering::Greater,
        };
        let at = self.children.binary_search_by(|(element, _)| order(element)).ok()?;
        self.children.get(at).map(|(_, child)| child)
    }

    fn at(&self, path: &[PathElement]) -> Option<&Self> {
        path.iter().try_fold(self, |set, element| set.child(&Element::from(element)))
    }

    fn collect(&self, path: &mut Vec<PathElement>, found: &mut Vec<FieldPath>) {
        if self.member {
            found.push(FieldPath(path.clone()));
        }
        for (element, child) in &self.children {
            path.push(PathElement::from(element));
            child.collect(path, found);
            path.pop();
        }
    }

    fn combined(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Self {
        let empty = Self::default();
        let mut children = Vec::new();
        let (mut ours, mut theirs) = (self.children.iter().peekable(), other.children.iter().peekable());
        loop {
            let order = match (ours.peek(), theirs.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.0.cmp(&b.0),
            };
            let mine = if order.is_le() { ours.next() } else { None };
            let other = if order.is_ge() { theirs.next() } else { None };
            let Some((element, _)) = mine.or(other) else { break };
            let a = mine.map_or(&empty, |(_, set)| set);
            let b = other.map_or(&empty, |(_, set)| set);
            let child = a.combined(b, keep);
            if !child.is_empty() {
                children.push((element.clone(), child));
            }
        }
        Self { member: keep(self.member, other.member), children }
    }

    fn pruned(&self, path: &[PathElement]) -> Option<Self> {
        let (first, rest) = path.split_first()?;
        let first = Element::from(first);
        let children = self.children.iter().filter_map(|(element, child)| {
            let child = if *element == first { child.pruned(rest)? } else { child.clone() };
            (!child.is_empty()).then(|| (element.clone(), child))
        });
        Some(Self { member: self.member, children: children.collect() })
    }
}

impl<'de> Deserialize<'de> for FieldSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SetVisitor;
        impl<'de> Visitor<'de> for SetVisitor {
            type Value = FieldSet;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a FieldsV1 map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FieldSet, A::Error> {
                let (mut member, mut children) = (false, Vec::new());
                while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    if name == "." {
                        map.next_value::<IgnoredAny>()?;
                        member = true;
                        continue;
                    }
                    let element = Element::parse(&name)
                        .ok_or_else(|| A::Error::custom(format!("unknown path element `{name}`")))?;
                    let mut child: FieldSet = map.next_value()?;
                    child.member |= child.children.is_empty();
                    children.push((element, child));
                }
                Ok(FieldSet { member, ..FieldSet::of_children(children) })
            }
        }
        deserializer.deserialize_map(SetVisitor)
    }
}
