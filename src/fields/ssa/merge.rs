//! Laying an applied object over a live one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::shape::{Shape, below, list, map};
use crate::fields::element::Element;
use crate::schema::{ListType, Schema};

/// The live value with the applied one laid over it: leaves of `over` win, maps and keyed lists are united.
///
/// Both fit the schema. A `null` laid over a filled map or keyed list leaves it as it is; ownership decides what goes.
pub(super) fn merged(
    under: Option<&Value>,
    over: Option<&Value>,
    schema: Option<Schema<'_>>,
) -> Option<Value> {
    match Shape::of(schema, over.or(under)) {
        Shape::Map { atomic: false } => match (map(under), map(over)) {
            (under, over) if filled(under.map(Map::len)) || filled(over.map(Map::len)) => {
                merged_map(under, over, schema)
            }
            _ => over.or(under).cloned(),
        },
        Shape::List(ListType::Map | ListType::Set) => match (schema, list(under), list(over)) {
            (Some(schema), under, over) if filled(under.map(<[_]>::len)) || filled(over.map(<[_]>::len)) => {
                Some(Zip::of(schema, under.unwrap_or_default(), over.unwrap_or_default()).run())
            }
            _ => over.or(under).cloned(),
        },
        Shape::Map { atomic: true } | Shape::List(ListType::Atomic) | Shape::Scalar(_) => {
            over.or(under).cloned()
        }
    }
}

fn filled(length: Option<usize>) -> bool {
    length.is_some_and(|length| length > 0)
}

fn merged_map(
    under: Option<&Map<String, Value>>,
    over: Option<&Map<String, Value>>,
    schema: Option<Schema<'_>>,
) -> Option<Value> {
    let empty = Map::new();
    let (under, over) = (under.unwrap_or(&empty), over.unwrap_or(&empty));
    let mut out = Map::new();
    let added = over.keys().filter(|name| !under.contains_key(*name));
    for name in under.keys().chain(added) {
        let value = merged(under.get(name), over.get(name), below(schema, name));
        out.extend(value.map(|value| (name.clone(), value)));
    }
    (!out.is_empty()).then_some(Value::Object(out))
}

/// Two keyed lists on their way to one: the applied order holds, others' items keep their place around it.
struct Zip<'a> {
    schema: Schema<'a>,
    under: Vec<(Element, &'a Value)>,
    over: Vec<(Element, &'a Value)>,
    /// The live item of each element; none where it stands there more than once.
    live: BTreeMap<Element, Option<&'a Value>>,
    applied: BTreeSet<Element>,
    /// What stands in both lists and was not taken yet, in the applied order.
    shared: VecDeque<Element>,
    taken: BTreeSet<Element>,
    out: Vec<Value>,
}

impl<'a> Zip<'a> {
    fn of(schema: Schema<'a>, under: &'a [Value], over: &'a [Value]) -> Self {
        let keyed = |items: &'a [Value]| -> Vec<(Element, &'a Value)> {
            items.iter().filter_map(|item| Some((Element::of_item(schema, item)?, item))).collect()
        };
        let (under, over) = (keyed(under), keyed(over));
        let mut live = BTreeMap::new();
        for (element, item) in &under {
            live.entry(element.clone()).and_modify(|item| *item = None).or_insert(Some(*item));
        }
        let shared = over.iter().map(|(element, _)| element).filter(|element| live.contains_key(element));
        Self {
            schema,
            shared: shared.cloned().collect(),
            applied: over.iter().map(|(element, _)| element.clone()).collect(),
            under,
            over,
            live,
            taken: BTreeSet::new(),
            out: Vec::new(),
        }
    }

    fn run(mut self) -> Value {
        let (under, over) = (std::mem::take(&mut self.under), std::mem::take(&mut self.over));
        let (mut below, mut above) = (under.iter().peekable(), over.iter().peekable());
        loop {
            let (ours, theirs) = (above.peek().copied(), below.peek().copied());
            if let (Some((theirs, _)), Some((ours, item))) = (theirs, ours) {
                if theirs == ours {
                    self.take(ours, item);
                    self.shared.pop_front();
                    below.next();
                    above.next();
                    continue;
                }
                // A shared item whose turn has not come: it is written when the applied list names it.
                let waits = self.shared.front().is_some_and(|next| next != theirs);
                if waits && self.applied.contains(theirs) {
                    below.next();
                    continue;
                }
            }
            if let Some((element, item)) = theirs {
                if !self.applied.contains(element) {
                    self.out.extend(merged(Some(item), None, self.schema.items()));
                    below.next();
                    continue;
                }
                if self.taken.contains(element) {
                    below.next();
                }
            }
            match above.next() {
                Some((element, item)) => {
                    self.take(element, item);
                    if self.shared.front() == Some(element) {
                        self.shared.pop_front();
                    }
                }
                None if below.peek().is_none() => break,
                // What is left of the live list was either taken or is not applied: the next rounds see to it.
                None => {}
            }
        }
        Value::Array(self.out)
    }

    fn take(&mut self, element: &Element, item: &Value) {
        let live = self.live.get(element).copied().flatten();
        self.out.extend(merged(live, Some(item), self.schema.items()));
        self.taken.insert(element.clone());
    }
}
