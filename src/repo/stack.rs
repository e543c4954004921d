//! Stacks as they are written.

use std::{collections::BTreeMap, sync::Arc};

use super::{fields::Taker, file::Written};
use crate::model::{Placed, Problem};
use crate::syntax::{Node, did_you_mean, listed};

/// Keys of a stack's `spec`.
pub(super) const KEYS: &[&str] =
    &["namespace", "values", "dependsOn", "sources", "patches", "requires", "verify"];

/// Keywords of JSON Schema that make sense for values; any other is a slip of the pen, which a validator would ignore.
const SCHEMA_KEYS: &[&str] = &[
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "type",
    "title",
    "description",
    "examples",
    "$schema",
    "$defs",
    "$comment",
];

/// The stacks that a stack needs.
pub(super) fn depends_on(written: &Written, problems: &mut Vec<Problem>) -> Vec<Placed<String>> {
    let mut taker = Taker { file: Arc::clone(&written.file), problems };
    let mut names = Vec::new();
    for item in taker.list(&written.spec, "dependsOn") {
        if taker.map(item, "an item of `dependsOn`", &["stack"]) {
            names.extend(taker.needed_text(item, "stack", "stack: my-stack"));
        }
    }
    names
}

/// Stacks in the order of their dependsOn, ties by name; every unknown name and every circle is a mistake.
pub(super) fn sorted(stacks: &BTreeMap<String, Written>, problems: &mut Vec<Problem>) -> Vec<String> {
    let mut needs: BTreeMap<&str, Vec<Placed<String>>> = BTreeMap::new();
    for (name, written) in stacks {
        let mut found = depends_on(written, problems);
        found.retain(|needed| known(needed, stacks, problems));
        needs.insert(name, found);
    }
    let mut order: Vec<String> = Vec::new();
    while order.len() < needs.len() {
        let free = needs.iter().find(|(name, needed)| {
            !order.iter().any(|done| done == **name) && needed.iter().all(|need| order.contains(&need.value))
        });
        if let Some((name, _)) = free {
            order.push((*name).to_owned());
            continue;
        }
        let stuck: Vec<&str> =
            needs.keys().copied().filter(|name| !order.iter().any(|done| done == name)).collect();
        let place =
            stuck.first().and_then(|name| needs.get(name)?.first()).map(|needed| needed.place.clone());
        if let Some(place) = place {
            let message = format!("stacks need each other in a circle: {}", listed(stuck.iter().copied()));
            problems.push(Problem::new(place, message).help("take one `dependsOn` out"));
        }
        order.extend(stuck.into_iter().map(str::to_owned));
    }
    order
}

fn known(needed: &Placed<String>, stacks: &BTreeMap<String, Written>, problems: &mut Vec<Problem>) -> bool {
    let there = stacks.contains_key(&needed.value);
    if !there {
        problems.push(unknown(needed, stacks));
    }
    there
}

/// A name that no stack has.
pub(super) fn unknown(name: &Placed<String>, stacks: &BTreeMap<String, Written>) -> Problem {
    let names = stacks.keys().map(String::as_str);
    let help = match did_you_mean(&name.value, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if stacks.is_empty() => format!("make stacks/{}/stack.yaml", name.value),
        None => format!("there are {}", listed(names)),
    };
    Problem::new(name.place.clone(), format!("there is no stack `{}`", name.value)).help(help)
}

/// Checks what does not depend on an environment.
pub(super) fn check(written: &Written, problems: &mut Vec<Problem>) {
    let mut taker = Taker { file: Arc::clone(&written.file), problems };
    if taker.map(&written.spec, "`spec` of a stack", KEYS) {
        if let Some(values) = written.spec.get("values") {
            taker.map(values, "`values`", SCHEMA_KEYS);
        }
        if written.spec.get("sources").is_none_or(|sources: &Node| sources.items().is_empty()) {
            taker.wrong(
                &written.spec,
                "the stack has no `sources`",
                "add `sources: [{manifests: [manifests/]}]`",
            );
        }
    }
}
