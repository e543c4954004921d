//! Rules of LimitRanges.

use serde_json::{Value, json};

use super::{
    object::{Causes, Path},
    words,
};
use crate::sandbox::kinds::{
    amount,
    value::{items, text},
};

const SORTS: [&str; 3] = ["Container", "Pod", "PersistentVolumeClaim"];

/// A pair of bounds that must not cross: which is shown, and the server's words.
struct Pair {
    low: &'static str,
    high: &'static str,
    at: &'static str,
    shown: &'static str,
    words: &'static str,
}

const PAIRS: [Pair; 6] = [
    Pair {
        low: "min",
        high: "max",
        at: "min",
        shown: "min",
        words: "min value {low} is greater than max value {high}",
    },
    Pair {
        low: "min",
        high: "defaultRequest",
        at: "defaultRequest",
        shown: "defaultRequest",
        words: "min value {low} is greater than default request value {high}",
    },
    Pair {
        low: "defaultRequest",
        high: "max",
        at: "defaultRequest",
        shown: "defaultRequest",
        words: "default request value {low} is greater than max value {high}",
    },
    Pair {
        low: "defaultRequest",
        high: "default",
        at: "defaultRequest",
        shown: "defaultRequest",
        words: "default request value {low} is greater than default limit value {high}",
    },
    Pair {
        low: "min",
        high: "default",
        at: "default",
        shown: "min",
        words: "min value {low} is greater than default value {high}",
    },
    Pair {
        low: "default",
        high: "max",
        at: "default",
        shown: "max",
        words: "default value {low} is greater than max value {high}",
    },
];

/// A LimitRange.
pub(super) fn limit_range(object: &Value, causes: &mut Causes) {
    let mut seen: Vec<&str> = Vec::new();
    for (place, limit) in items(object, "spec.limits").iter().enumerate() {
        let path = Path::root("spec.limits").index(place);
        let sort = text(limit, "type");
        let before = causes.len();
        super::rules::said(sort, words::qualified, &path.child("type"), causes);
        if causes.len() == before && !SORTS.contains(&sort) && !sort.contains('/') {
            let words = "must be a standard limit type or fully qualified";
            causes.invalid(&path.child("type"), &json!(sort), words);
        }
        if seen.contains(&sort) {
            causes.duplicate(&path.child("type"), &json!(sort));
        }
        seen.push(sort);
        bounds(limit, sort, &path, causes);
    }
}

fn bounds(limit: &Value, sort: &str, path: &Path, causes: &mut Causes) {
    if sort == "Pod" {
        for key in ["default", "defaultRequest"] {
            if limit.get(key).is_some() {
                causes.forbidden(&path.child(key), "may not be specified when `type` is 'Pod'");
            }
        }
    }
    let has_storage = |key: &str| limit.get(key).is_some_and(|it| it.get("storage").is_some());
    if sort == "PersistentVolumeClaim" && !has_storage("min") && !has_storage("max") {
        let words = "either minimum or maximum storage value is required, but neither was provided";
        causes.required(&path.child("limits"), words);
    }
    for pair in &PAIRS {
        crossed(limit, pair, path, causes);
    }
    for (name, ratio) in limit.get("maxLimitRequestRatio").and_then(Value::as_object).into_iter().flatten() {
        if amount(ratio).is_some_and(|nanos| nanos < 1_000_000_000) {
            let words = format!("ratio {} is less than 1", ratio.as_str().unwrap_or_default());
            causes.invalid(&path.child("maxLimitRequestRatio").key(name), ratio, &words);
        }
    }
}

fn crossed(limit: &Value, pair: &Pair, path: &Path, causes: &mut Causes) {
    for (name, low) in limit.get(pair.low).and_then(Value::as_object).into_iter().flatten() {
        let Some(high) = limit.get(pair.high).and_then(|it| it.get(name)) else { continue };
        if amount(low) > amount(high) {
            let words = pair
                .words
                .replace("{low}", low.as_str().unwrap_or_default())
                .replace("{high}", high.as_str().unwrap_or_default());
            let shown = if pair.shown == pair.low { low } else { high };
            causes.invalid(&path.child(pair.at).key(name), shown, &words);
        }
    }
}
