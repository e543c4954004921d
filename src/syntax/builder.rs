//! Builds trees from the events of the YAML parser.

use std::{borrow::Cow, collections::BTreeMap, collections::BTreeSet, sync::Arc};

use serde_saphyr::granit_parser::{Event, ScalarStyle, Tag};

use super::{
    node::{Key, Node, NodeValue},
    scalar,
};
use crate::model::{Place, Problem};

/// Bytes that aliases of one file may expand to.
const MAX_ALIASED: usize = 16 << 20;
/// Maps larger than this look their keys up in a set.
const SMALL: usize = 16;

/// The file's aliases expand to too much; nothing more is read.
pub(crate) struct Bomb;

/// The trees under construction of one file.
pub(crate) struct Builder<'f> {
    file: &'f Arc<str>,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, (Node, usize)>,
    aliased: usize,
    /// What is wrong so far.
    pub(crate) problems: Vec<Problem>,
}

/// A list or map that has begun and not ended.
struct Open {
    line: u32,
    column: u32,
    anchor: usize,
    shape: Shape,
}

enum Shape {
    List(Vec<Node>),
    Map(OpenMap),
}

#[derive(Default)]
struct OpenMap {
    entries: Vec<(Key, Node)>,
    /// Names of `entries` once there are many.
    names: BTreeSet<String>,
    key: Option<PendingKey>,
    merges: Vec<(Place, Node)>,
}

enum PendingKey {
    Name(Key),
    Merge(Place),
    /// A key that was refused, or stands there already: its value is dropped.
    Refused,
}

impl<'f> Builder<'f> {
    /// Nothing built yet.
    pub(crate) fn new(file: &'f Arc<str>) -> Self {
        Self {
            file,
            open: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            aliased: 0,
            problems: Vec::new(),
        }
    }

    /// The tree of the document that just ended; none where it is empty.
    pub(crate) fn finish(&mut self) -> Option<Node> {
        self.anchors.clear();
        self.open.clear();
        self.root.take().filter(|node| node.value != NodeValue::Null)
    }

    /// Forgets the document under construction.
    pub(crate) fn abandon(&mut self) {
        self.finish();
    }

    /// Takes in one event.
    pub(crate) fn take(&mut self, event: Event<'_>, line: u32, column: u32) -> Result<(), Bomb> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the other events carry no data, and may grow")]
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar((text, style), tag.as_deref(), (line, column), anchor);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "seq", line, column);
                self.begin(Shape::List(Vec::new()), line, column, anchor);
            }
            Event::MappingStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "map", line, column);
                self.begin(Shape::Map(OpenMap::default()), line, column, anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, line, column)?,
            _ => {}
        }
        Ok(())
    }

    fn problem(&mut self, line: u32, column: u32, message: String) -> &mut Problem {
        let place = self.place(line, column);
        self.problems.push(Problem::new(place, message));
        let last = self.problems.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "it was pushed just before")]
        &mut self.problems[last]
    }

    fn place(&self, line: u32, column: u32) -> Place {
        Place { file: Arc::clone(self.file), line, column }
    }

    fn begin(&mut self, shape: Shape, line: u32, column: u32, anchor: usize) {
        self.open.push(Open { line, column, anchor, shape });
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let value = match open.shape {
            Shape::List(items) => NodeValue::List(items),
            Shape::Map(map) => NodeValue::Map(self.merged(map)),
        };
        let node = Node { value, line: open.line, column: open.column };
        self.anchored(open.anchor, &node);
        self.add(node);
    }

    fn anchored(&mut self, anchor: usize, node: &Node) {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), weight(node)));
        }
    }

    fn scalar(
        &mut self,
        (text, style): (Cow<'_, str>, ScalarStyle),
        tag: Option<&Tag>,
        (line, column): (u32, u32),
        anchor: usize,
    ) {
        if anchor == 0 && self.wants_key() {
            let merge = style == ScalarStyle::Plain && tag.is_none() && text == "<<";
            return if merge {
                self.merge_key(line, column);
            } else {
                self.key(Key { name: text.into_owned(), line, column });
            };
        }
        let value = self.scalar_value((text, style), tag, (line, column));
        let node = Node { value, line, column };
        self.anchored(anchor, &node);
        self.add(node);
    }

    fn scalar_value(
        &mut self,
        (text, style): (Cow<'_, str>, ScalarStyle),
        tag: Option<&Tag>,
        (line, column): (u32, u32),
    ) -> NodeValue {
        let wanted = tag.map(|tag| (tag.core_suffix(), tag.original()));
        let value = match wanted {
            None if style != ScalarStyle::Plain => return NodeValue::String(text.into_owned()),
            Some((Some("str"), _)) => return NodeValue::String(text.into_owned()),
            Some((None, name)) if name == "!" => return NodeValue::String(text.into_owned()),
            None | Some((Some(_), _)) => scalar::plain(&text),
            Some((None, name)) => {
                self.unknown_tag(&name, line, column);
                return NodeValue::String(text.into_owned());
            }
        };
        let value = match value {
            Ok(value) => value,
            Err(unusable) => {
                let problem = self.problem(line, column, format!("`{text}` {}", unusable.0));
                problem.help = Some(format!("quote it if it is a text: \"{text}\""));
                return NodeValue::String(text.into_owned());
            }
        };
        if let Some((Some(name), _)) = wanted {
            let fits = match name {
                "int" | "float" => matches!(value, NodeValue::Number(_)),
                "bool" => matches!(value, NodeValue::Bool(_)),
                "null" => value == NodeValue::Null,
                _ => false,
            };
            if !fits {
                self.problem(line, column, format!("`{text}` is no `!!{name}`"));
            }
        }
        value
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, own: &str, line: u32, column: u32) {
        let Some(tag) = tag else { return };
        if tag.core_suffix() != Some(own) {
            self.unknown_tag(&tag.original(), line, column);
        }
    }

    fn unknown_tag(&mut self, name: &str, line: u32, column: u32) {
        self.problem(line, column, format!("tag `{name}` has no meaning here")).help =
            Some("remove the tag: Kubernetes objects are plain texts, numbers, lists and maps".to_owned());
    }

    fn alias(&mut self, anchor: usize, line: u32, column: u32) -> Result<(), Bomb> {
        let Some((node, weight)) = self.anchors.get(&anchor) else {
            self.problem(line, column, "this alias stands inside the value it refers to".to_owned());
            self.add(Node { value: NodeValue::Null, line, column });
            return Ok(());
        };
        self.aliased += weight;
        if self.aliased > MAX_ALIASED {
            let message = "the aliases of this file expand to more than 16 MiB".to_owned();
            self.problem(line, column, message).help =
                Some("write the values out, or split the file".to_owned());
            return Err(Bomb);
        }
        let node = Node { line, column, ..node.clone() };
        self.add(node);
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { shape: Shape::Map(map), .. }) if map.key.is_none())
    }

    fn merge_key(&mut self, line: u32, column: u32) {
        let place = self.place(line, column);
        if let Some(Open { shape: Shape::Map(map), .. }) = self.open.last_mut() {
            map.key = Some(PendingKey::Merge(place));
        }
    }

    fn key(&mut self, key: Key) {
        let place = self.place(key.line, key.column);
        let Some(Open { shape: Shape::Map(map), .. }) = self.open.last_mut() else { return };
        match map.twin(&key.name) {
            None => map.key = Some(PendingKey::Name(key)),
            Some(first) => {
                let message = format!("key `{}` stands twice in this map", key.name);
                map.key = Some(PendingKey::Refused);
                self.problems.push(
                    Problem::new(place, message)
                        .help(format!("remove one of them: the first stands in line {first}")),
                );
            }
        }
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, node: Node) {
        let (line, column) = (node.line, node.column);
        match self.open.last_mut().map(|open| &mut open.shape) {
            None => self.root = Some(node),
            Some(Shape::List(items)) => items.push(node),
            Some(Shape::Map(map)) => match map.key.take() {
                Some(PendingKey::Name(key)) => map.push(key, node),
                Some(PendingKey::Merge(place)) => map.merges.push((place, node)),
                Some(PendingKey::Refused) => {}
                None => {
                    if let Some(name) = key_text(node.value) {
                        self.key(Key { name, line, column });
                    } else {
                        map.key = Some(PendingKey::Refused);
                        self.problem(line, column, "a key must be a text".to_owned());
                    }
                }
            },
        }
    }

    /// The entries of a map, those of `<<` added where the map itself has no such key.
    fn merged(&mut self, map: OpenMap) -> Vec<(Key, Node)> {
        let mut own = map.entries;
        for (place, node) in map.merges {
            let parts = match node.value {
                NodeValue::List(items) => items,
                NodeValue::Null
                | NodeValue::Bool(_)
                | NodeValue::Number(_)
                | NodeValue::String(_)
                | NodeValue::Map(_) => vec![node],
            };
            for part in parts {
                let NodeValue::Map(entries) = part.value else {
                    self.problems.push(
                        Problem::new(place.clone(), "`<<` merges maps, and this is none".to_owned())
                            .help("write `<<: *name` with the anchor of a map, or quote \"<<\""),
                    );
                    continue;
                };
                for (key, value) in entries {
                    if own.iter().all(|(mine, _)| mine.name != key.name) {
                        own.push((key, value));
                    }
                }
            }
        }
        own
    }
}

impl OpenMap {
    /// The line of an earlier key of the same name.
    fn twin(&self, name: &str) -> Option<u32> {
        let present = self.entries.len() <= SMALL || self.names.contains(name);
        let found = || self.entries.iter().find(|(key, _)| key.name == name).map(|(key, _)| key.line);
        if present { found() } else { None }
    }

    fn push(&mut self, key: Key, node: Node) {
        if self.entries.len() == SMALL {
            self.names.extend(self.entries.iter().map(|(key, _)| key.name.clone()));
        }
        if self.entries.len() >= SMALL {
            self.names.insert(key.name.clone());
        }
        self.entries.push((key, node));
    }
}

fn key_text(value: NodeValue) -> Option<String> {
    match value {
        NodeValue::String(text) => Some(text),
        NodeValue::Bool(value) => Some(value.to_string()),
        NodeValue::Number(value) => Some(value.to_string()),
        NodeValue::Null | NodeValue::List(_) | NodeValue::Map(_) => None,
    }
}

/// About how many bytes a copy of a tree takes.
fn weight(node: &Node) -> usize {
    64 + match &node.value {
        NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) => 0,
        NodeValue::String(text) => text.len(),
        NodeValue::List(items) => items.iter().map(weight).sum(),
        NodeValue::Map(entries) => entries.iter().map(|(key, node)| 32 + key.name.len() + weight(node)).sum(),
    }
}
