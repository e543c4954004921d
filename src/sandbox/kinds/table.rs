//! Tables of defaults: one line a default, read once.
//!
//! A line is `path = JSON`. The path walks from a given root and says by its marks what must be there:
//!
//! | mark | meaning |
//! |---|---|
//! | `a.b` | the map `a`, made if absent, as Go makes a struct held by value |
//! | `a?` | the map `a`, if present, as Go leaves a pointer |
//! | `a[]`, `a{}` | each item of the list, each value of the map, if present |
//! | `a\|b` | `a` as well as `b` |
//! | `a(k=v)`, `a(k)`, `a(!k)` | the map `a`, if present and its key `k` is the string `v`, is there, is absent |
//!
//! The last key gets the JSON value where it is absent; null, which is what Go prints for a list it always prints, also
//! where the list is empty.

use serde_json::{Map, Value};

/// Defaults of one sort of object.
#[derive(Debug, Default)]
pub(super) struct Table {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    steps: Vec<Step>,
    keys: Vec<&'static str>,
    value: Value,
}

#[derive(Debug)]
struct Step {
    names: Vec<&'static str>,
    reach: Reach,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Reach {
    Made,
    Present,
    Items,
    Values,
}

#[derive(Debug)]
enum Condition {
    Is(&'static str, &'static str),
    Present(&'static str),
    Absent(&'static str),
}

impl Table {
    /// Reads a table; a line that is none is left out, which the tests of the tables look for.
    pub(super) fn read(text: &'static str) -> Self {
        Self { lines: written(text).filter_map(line).collect() }
    }

    /// Fills in what is absent.
    pub(super) fn fill(&self, root: &mut Value) {
        for line in &self.lines {
            fill(&line.steps, line, root);
        }
    }
}

fn written(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn line(text: &'static str) -> Option<Line> {
    let (path, value) = text.split_once(" = ")?;
    let mut parts: Vec<&'static str> = path.split('.').collect();
    let keys = parts.pop()?.split('|').collect();
    let steps = parts.into_iter().map(step).collect::<Option<_>>()?;
    Some(Line { steps, keys, value: serde_json::from_str(value).ok()? })
}

fn step(text: &'static str) -> Option<Step> {
    let (head, conditions) = match text.split_once('(') {
        Some((head, rest)) => (head, rest.strip_suffix(')')?.split(")(").map(condition).collect()),
        None => (text, Vec::new()),
    };
    let (names, reach) = match head {
        _ if head.ends_with("[]") => (head.strip_suffix("[]")?, Reach::Items),
        _ if head.ends_with("{}") => (head.strip_suffix("{}")?, Reach::Values),
        _ if head.ends_with('?') => (head.strip_suffix('?')?, Reach::Present),
        _ if conditions.is_empty() => (head, Reach::Made),
        _ => (head, Reach::Present),
    };
    Some(Step { names: names.split('|').collect(), reach, conditions })
}

fn condition(text: &'static str) -> Condition {
    match text.split_once('=') {
        Some((key, value)) => Condition::Is(key, value),
        None => match text.strip_prefix('!') {
            Some(key) => Condition::Absent(key),
            None => Condition::Present(text),
        },
    }
}

fn fill(steps: &[Step], line: &Line, at: &mut Value) {
    let Value::Object(map) = at else { return };
    let Some((step, rest)) = steps.split_first() else {
        for key in &line.keys {
            let value = map.entry(*key).or_insert_with(|| line.value.clone());
            if line.value.is_null() && value.as_array().is_some_and(Vec::is_empty) {
                *value = Value::Null;
            }
        }
        return;
    };
    for name in &step.names {
        if step.reach == Reach::Made {
            map.entry(*name).or_insert_with(|| Value::Object(Map::new()));
        }
        let Some(child) = map.get_mut(*name) else { continue };
        let enter = |child: &mut Value| {
            if step.conditions.iter().all(|condition| condition.holds(child)) {
                fill(rest, line, child);
            }
        };
        match (step.reach, child) {
            (Reach::Items, Value::Array(items)) => items.iter_mut().for_each(enter),
            (Reach::Values, Value::Object(map)) => map.values_mut().for_each(enter),
            (Reach::Made | Reach::Present, child) => enter(child),
            (Reach::Items | Reach::Values, _) => {}
        }
    }
}

impl Condition {
    fn holds(&self, at: &Value) -> bool {
        match self {
            Self::Is(key, wanted) => at.get(key).and_then(Value::as_str) == Some(wanted),
            Self::Present(key) => at.get(key).is_some(),
            Self::Absent(key) => at.get(key).is_none(),
        }
    }
}

/// Fails for a line that cannot be read.
#[cfg(test)]
pub(super) fn assert_readable(text: &'static str) {
    for text in written(text) {
        assert!(line(text).is_some(), "{text}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &'static str, mut value: Value, filled: &Value) {
        assert_readable(text);
        Table::read(text).fill(&mut value);
        assert_eq!(value, *filled);
    }

    #[test]
    fn a_default_fills_only_what_is_absent() {
        check("a.b = 1", json!({}), &json!({"a": {"b": 1}}));
        check("a.b = 1", json!({"a": {"b": 2}}), &json!({"a": {"b": 2}}));
        check("a|b?.c = {}", json!({"b": {}}), &json!({"b": {"c": {}}}));
        check("a = null", json!({"a": []}), &json!({"a": null}));
    }

    #[test]
    fn marks_say_what_must_be_there() {
        check("a?.b = 1", json!({}), &json!({}));
        check("a[].b = 1", json!({"a": [{}, {"b": 2}]}), &json!({"a": [{"b": 1}, {"b": 2}]}));
        check("a{}.b = 1", json!({"a": {"x": {}}}), &json!({"a": {"x": {"b": 1}}}));
        check("a(t=x)(!u).b = 1", json!({"a": {"t": "x"}}), &json!({"a": {"t": "x", "b": 1}}));
        check("a(t=x)(!u).b = 1", json!({"a": {"t": "x", "u": 0}}), &json!({"a": {"t": "x", "u": 0}}));
        check("a[](t).b = 1", json!({"a": [{"t": 0}, {}]}), &json!({"a": [{"t": 0, "b": 1}, {}]}));
    }
}
