//! What controllers ask of all sorts of objects: owners, selectors, names.

use serde_json::{Map, Value, json};

use super::view::{Cx, Write};
use crate::model::Gvk;
use crate::sandbox::kinds::value::{at, flag, items, text};

/// The letters of generated names: no vowels, so that no word comes out.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Whether the object is on its way out.
pub(super) fn is_going(object: &Value) -> bool {
    at(object, "metadata.deletionTimestamp").is_some()
}

/// The reference by which a dependent names its controller.
pub(super) fn controlled_by(owner: &Value) -> Value {
    let mut reference = owned_by(owner);
    if let Some(map) = reference.as_object_mut() {
        map.insert("controller".to_owned(), Value::Bool(true));
        map.insert("blockOwnerDeletion".to_owned(), Value::Bool(true));
    }
    reference
}

/// The reference by which a dependent names an owner.
pub(super) fn owned_by(owner: &Value) -> Value {
    json!({
        "apiVersion": text(owner, "apiVersion"),
        "kind": text(owner, "kind"),
        "name": text(owner, "metadata.name"),
        "uid": text(owner, "metadata.uid"),
    })
}

/// The owner that controls an object: its group, kind and name.
pub(super) fn controller(object: &Value) -> Option<(String, String, &str)> {
    let owners = items(object, "metadata.ownerReferences");
    let owner = owners.iter().find(|owner| flag(owner, "controller"))?;
    let gvk = Gvk::new(text(owner, "apiVersion"), text(owner, "kind"));
    Some((gvk.group, gvk.kind, text(owner, "name")))
}

/// The objects of a kind that an owner controls.
pub(super) fn controlled<'a>(cx: Cx<'a>, group: &str, kind: &str, owner: &Value) -> Vec<&'a Value> {
    let uid = text(owner, "metadata.uid");
    let mut found = cx.view.list(group, kind, text(owner, "metadata.namespace"));
    found.retain(|object| {
        let owners = items(object, "metadata.ownerReferences");
        owners.iter().any(|owner| flag(owner, "controller") && text(owner, "uid") == uid)
    });
    found
}

/// Whether labels fit a selector of the kind that workloads have.
pub(super) fn fits(selector: &Value, labels: &Value) -> bool {
    let exact = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    exact.into_iter().all(|(key, value)| labels.get(key) == Some(value))
        && items(selector, "matchExpressions").iter().all(|term| fits_term(term, labels))
}

fn fits_term(term: &Value, labels: &Value) -> bool {
    let label = labels.get(text(term, "key"));
    let named = label.is_some_and(|label| items(term, "values").contains(label));
    match text(term, "operator") {
        "In" => named,
        "NotIn" => !named,
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        _ => false,
    }
}

/// The labels of an object.
pub(super) fn labels(object: &Value) -> &Value {
    at(object, "metadata.labels").unwrap_or(&Value::Null)
}

/// A whole number at a path.
pub(super) fn number(object: &Value, path: &str) -> Option<i64> {
    at(object, path).and_then(Value::as_i64)
}

/// Which way a share of pods is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    Up,
    Down,
}

/// A number or a share of `whole`, such as `25%`.
pub(super) fn share(value: Option<&Value>, whole: i64, round: Round) -> i64 {
    match value {
        Some(Value::String(text)) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            let hundredfold = percent * whole;
            if round == Round::Up { (hundredfold + 99) / 100 } else { hundredfold / 100 }
        }
        Some(value) => value.as_i64().unwrap_or(0),
        None => 0,
    }
}

/// A short text that stands for a longer one, safe in names.
pub(super) fn short_hash(text: &str) -> String {
    let digits = fnv(text) & 0xffff_ffff;
    digits.to_string().bytes().map(|digit| letter(u64::from(digit))).collect()
}

/// The last five letters of a generated name.
pub(super) fn suffix(seed: &str) -> String {
    let mut rest = fnv(seed);
    (0..5)
        .map(|_| {
            let next = letter(rest);
            rest /= 27;
            next
        })
        .collect()
}

fn letter(number: u64) -> char {
    let at = usize::try_from(number % 27).unwrap_or_default();
    LETTERS.get(at).map_or('b', |letter| char::from(*letter))
}

/// FNV-1a, with its bits mixed once more: neighbouring seeds would share most letters otherwise.
pub(super) fn fnv(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

/// A pod out of a template.
pub(super) fn pod_from(owner: &Value, template: &Value, name: &str, extra: &[(&str, &str)]) -> Value {
    let mut labels = at(template, "metadata.labels").and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, value) in extra {
        labels.insert((*key).to_owned(), Value::from(*value));
    }
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), Value::from(name));
    metadata.insert("generateName".to_owned(), Value::from(format!("{}-", text(owner, "metadata.name"))));
    metadata.insert("namespace".to_owned(), Value::from(text(owner, "metadata.namespace")));
    metadata.insert("labels".to_owned(), Value::Object(labels));
    for key in ["annotations", "finalizers"] {
        if let Some(value) = at(template, "metadata").and_then(|metadata| metadata.get(key)) {
            metadata.insert(key.to_owned(), value.clone());
        }
    }
    metadata.insert("ownerReferences".to_owned(), json!([controlled_by(owner)]));
    let spec = template.get("spec").cloned().unwrap_or_default();
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

/// A name for a new pod of the owner that no other pod has; `nth` tells those of one moment apart.
pub(super) fn pod_name(cx: Cx<'_>, owner: &Value, nth: usize) -> String {
    let seed = format!("{}/{}/{nth}", text(owner, "metadata.uid"), cx.now);
    let taken = cx.view.list("", "Pod", text(owner, "metadata.namespace"));
    let base = text(owner, "metadata.name");
    (0..u32::MAX)
        .map(|again| format!("{base}-{}", suffix(&format!("{seed}/{again}"))))
        .find(|name| taken.iter().all(|pod| text(pod, "metadata.name") != name))
        .unwrap_or_default()
}

/// An account of something that happened to an object.
pub(super) fn event(
    cx: Cx<'_>,
    about: &Value,
    (component, reason, message): (&'static str, &str, &str),
) -> Write {
    let name = text(about, "metadata.name");
    let namespace = match text(about, "metadata.namespace") {
        "" => "default",
        namespace => namespace,
    };
    let seed = format!("{}/{reason}/{message}/{}", text(about, "metadata.uid"), cx.now);
    let sort = if matches!(reason, "Failed" | "FailedScheduling" | "BackOff") { "Warning" } else { "Normal" };
    let mut involved = owned_by(about);
    if let Some(map) = involved.as_object_mut() {
        map.insert("namespace".to_owned(), Value::from(text(about, "metadata.namespace")));
    }
    Write::create(json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"name": format!("{name}.{:016x}", fnv(&seed)), "namespace": namespace},
        "involvedObject": involved,
        "reason": reason, "message": message, "type": sort, "count": 1,
        "firstTimestamp": cx.now, "lastTimestamp": cx.now,
        "source": {"component": component}, "reportingComponent": component,
    }))
    .by(component)
}
