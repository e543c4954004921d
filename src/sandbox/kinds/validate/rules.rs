//! Tables of rules: one line a rule, read once.
//!
//! A line is `path: check arguments`. Of the path, `a[]` means each item, `a{}` each value of a map, `a|b` both. A check of
//! an absent value passes, but for `required`, which wants the map it stands in to be there.

use serde_json::Value;

use super::{
    object::{Causes, Path},
    selector, words,
};

/// Rules of one sort of object.
#[derive(Debug)]
pub(super) struct Rules {
    lines: Vec<(Vec<Step>, Check)>,
}

#[derive(Debug)]
struct Step {
    names: Vec<&'static str>,
    reach: Reach,
}

#[derive(Debug, Clone, Copy)]
enum Reach {
    One,
    Items,
    Values,
}

type Words = fn(&str) -> Vec<String>;

#[derive(Debug)]
enum Check {
    Required(&'static str),
    Least(i64),
    Between(i64, i64),
    Positive,
    Port,
    PortOrName,
    CountOrShare,
    OneOf(Vec<&'static str>),
    Text(Words),
    Labels,
    Annotations,
    Selector,
    Mode,
}

impl Rules {
    /// Reads a table; a line that is none is left out, which the tests of the tables look for.
    pub(super) fn read(text: &'static str) -> Self {
        Self { lines: written(text).filter_map(line).collect() }
    }

    /// Notes what an object breaks, whose own path is `path`.
    pub(super) fn check(&self, value: &Value, path: &Path, causes: &mut Causes) {
        for (steps, check) in &self.lines {
            walk(steps, value, path, &mut |found, path| check.apply(found, path, causes));
        }
    }
}

fn written(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn line(text: &'static str) -> Option<(Vec<Step>, Check)> {
    let (path, rest) = text.split_once(": ")?;
    Some((path.split('.').map(step).collect(), check(rest)?))
}

fn step(text: &'static str) -> Step {
    let (names, reach) = match (text.strip_suffix("[]"), text.strip_suffix("{}")) {
        (Some(names), _) => (names, Reach::Items),
        (_, Some(names)) => (names, Reach::Values),
        (None, None) => (text, Reach::One),
    };
    Step { names: names.split('|').collect(), reach }
}

fn check(text: &'static str) -> Option<Check> {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let number = |text: &str| text.parse::<i64>().ok();
    Some(match name {
        "required" => Check::Required(rest),
        "least" => Check::Least(number(rest)?),
        "between" => {
            let (low, high) = rest.split_once(' ')?;
            Check::Between(number(low)?, number(high)?)
        }
        "positive" => Check::Positive,
        "port" => Check::Port,
        "port-or-name" => Check::PortOrName,
        "count-or-share" => Check::CountOrShare,
        "one-of" => Check::OneOf(rest.split(' ').map(|it| if it == "''" { "" } else { it }).collect()),
        "labels" => Check::Labels,
        "annotations" => Check::Annotations,
        "selector" => Check::Selector,
        "mode" => Check::Mode,
        _ => Check::Text(format_named(name)?),
    })
}

fn format_named(name: &str) -> Option<Words> {
    Some(match name {
        "label" => words::label,
        "label-1035" => words::label_1035,
        "mixed-label" => words::mixed_label,
        "subdomain" => words::subdomain,
        "subdomain-or-empty" => words::subdomain_or_empty,
        "underscored" => words::underscored,
        "qualified" => words::qualified,
        "config-key" => words::config_key,
        "environment" => words::environment,
        "header" => words::header,
        "port-name" => words::port_name,
        "ip" => words::ip,
        "segment" => words::path_segment,
        _ => return None,
    })
}

fn walk(steps: &[Step], value: &Value, path: &Path, visit: &mut dyn FnMut(Option<&Value>, &Path)) {
    let (Some((step, rest)), Value::Object(map)) = (steps.split_first(), value) else { return };
    for name in &step.names {
        let path = if path.is_empty() { Path::root(name) } else { path.child(name) };
        let found = map.get(*name);
        let mut enter = |value: &Value, path: &Path| {
            if rest.is_empty() { visit(Some(value), path) } else { walk(rest, value, path, visit) }
        };
        match (step.reach, found) {
            (Reach::Items, Some(Value::Array(items))) => {
                items.iter().enumerate().for_each(|(at, item)| enter(item, &path.index(at)));
            }
            (Reach::Values, Some(Value::Object(map))) => {
                map.iter().for_each(|(key, value)| enter(value, &path.key(key)));
            }
            (Reach::One, Some(value)) => enter(value, &path),
            (Reach::One, None) if rest.is_empty() => visit(None, &path),
            _ => {}
        }
    }
}

impl Check {
    fn apply(&self, found: Option<&Value>, path: &Path, causes: &mut Causes) {
        let Some(value) = found.filter(|it| !it.is_null()) else {
            if let Self::Required(detail) = self {
                causes.required(path, detail);
            }
            return;
        };
        match self {
            Self::Required(detail) => {
                if is_empty(value) {
                    causes.required(path, detail);
                }
            }
            Self::Least(least) => number(value, *least..=i64::MAX, path, causes, || {
                format!("must be greater than or equal to {least}")
            }),
            Self::Between(low, high) => number(value, *low..=*high, path, causes, || {
                format!("must be between {low} and {high}, inclusive")
            }),
            Self::Positive => {
                number(value, 1..=i64::MAX, path, causes, || "must be greater than zero".to_owned());
            }
            Self::Mode => number(value, 0..=0o777, path, causes, || {
                "must be a number between 0 and 0777 (octal), both inclusive".to_owned()
            }),
            Self::Port => port(value, path, causes),
            Self::PortOrName => match value.as_str() {
                Some(text) => said(text, words::port_name, path, causes),
                None => port(value, path, causes),
            },
            Self::CountOrShare => count_or_share(value, path, causes),
            Self::OneOf(known) => {
                let text = value.as_str().unwrap_or_default();
                if !known.contains(&text) {
                    causes.not_supported(path, text, known);
                }
            }
            Self::Text(words) => said(value.as_str().unwrap_or_default(), *words, path, causes),
            Self::Labels => selector::labels(value, path, causes),
            Self::Annotations => selector::annotations(value, path, causes),
            Self::Selector => selector::label_selector(value, path, causes),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Null | Value::Bool(_) => false,
    }
}

fn number(
    value: &Value,
    allowed: std::ops::RangeInclusive<i64>,
    path: &Path,
    causes: &mut Causes,
    words: impl Fn() -> String,
) {
    if value.as_i64().is_some_and(|number| !allowed.contains(&number)) {
        causes.invalid(path, value, &words());
    }
}

/// A port number.
pub(super) fn port(value: &Value, path: &Path, causes: &mut Causes) {
    number(value, 1..=65535, path, causes, || words::PORT.to_owned());
}

/// Notes what is wrong with a text.
pub(super) fn said(text: &str, words: Words, path: &Path, causes: &mut Causes) {
    for words in words(text) {
        causes.invalid(path, &Value::from(text), &words);
    }
}

/// A number of pods, or a share of them.
pub(super) fn count_or_share(value: &Value, path: &Path, causes: &mut Causes) {
    match value.as_str() {
        Some(text) => {
            let words = words::percent(text);
            let share = text.trim_end_matches('%').parse::<i64>().unwrap_or_default();
            if words.is_empty() && share > 100 {
                causes.invalid(path, value, "must not be greater than 100%");
            }
            for words in words {
                causes.invalid(path, value, &words);
            }
        }
        None => number(value, 0..=i64::MAX, path, causes, || "must be greater than or equal to 0".to_owned()),
    }
}

/// Fails for a line that cannot be read.
#[cfg(test)]
pub(super) fn assert_readable(text: &'static str) {
    for text in written(text) {
        assert!(line(text).is_some(), "{text}");
    }
}
