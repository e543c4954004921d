//! The model of server-side apply on the same cases: its answer beside the server's.

use std::collections::BTreeMap;

use obsctl::{
    fields::{Force, Kind, Refused, Writer, apply},
    model::Gvk,
    sandbox::kinds,
    schema::{SchemaSet, Structural, builtin_types, empty_object},
};
use serde_json::{Value, json};

use super::{MANAGER, differences, settled};

/// Fields that the kinds' own rules have the last word on, each with why.
const BESIDE: &[(&str, &str)] = &[
    ("/roleRef/apiGroup", "an empty group is a default's to fill, which only sees a missing one"),
    ("/data/p", "bytes are encoded anew"),
    ("/spec: null -> {}", "an emptied struct comes back where the kind is read"),
    ("/spec/sessionAffinityConfig", "it goes with the affinity"),
    ("/metadata/annotations/deprecated.daemonset.template.generation", "it counts what was written"),
];

/// What the model needs to know of custom kinds.
pub(crate) type Structurals = BTreeMap<Gvk, Structural>;

/// The schemas of CustomResourceDefinitions, for defaults and pruning.
pub(crate) fn structurals(crds: &[Value]) -> Structurals {
    let mut found = Structurals::new();
    for crd in crds {
        let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).expect("text").to_owned();
        for version in crd["spec"]["versions"].as_array().expect("versions") {
            let version = version["name"].as_str().expect("a name");
            let gvk = Gvk::new(&format!("{}/{version}", text("/spec/group")), &text("/spec/names/kind"));
            found.insert(gvk, Structural::of_crd(crd, version).expect("a schema"));
        }
    }
    found
}

/// What the model answers to an apply otherwise than the server did; none where they agree or where the server's own
/// rules for the kind have the word.
pub(crate) fn differs(
    known: (&SchemaSet, &Structurals),
    live: &Value,
    desired: &Value,
    force: Force,
    answer: &Result<Value, (u16, String)>,
) -> Option<String> {
    let (schemas, structurals) = known;
    let text = |name: &str| desired[name].as_str().expect("text");
    let gvk = Gvk::new(text("apiVersion"), text("kind"));
    let builtin = builtin_types().iter().any(|kind| kind.gvk == gvk);
    let defaulted = |object: &mut Value| {
        if builtin {
            let managed = object["metadata"]["managedFields"].take();
            kinds::default(object, &gvk);
            object["metadata"]["managedFields"] = managed;
        } else if let Some(structural) = structurals.get(&gvk) {
            structural.prune(object);
            structural.default(object);
        }
        Ok(())
    };
    let empty = empty_object(schemas, &gvk);
    let kind = Kind { empty: empty.as_ref(), defaulted: &defaulted, ..Kind::of(schemas.of(&gvk)) };
    let by = Writer { manager: MANAGER, time: "2000-01-01T00:00:00Z", subresource: "" };
    let outcome = apply(Some(live), desired, &by, force, &kind);
    match (outcome, answer) {
        (Ok(mut object), Ok(answer)) => {
            if builtin {
                kinds::prepare_update(live, &mut object, &gvk);
            }
            let mut found = differences(&bare(&settled(&object)), &bare(&settled(answer)));
            found.retain(|one| BESIDE.iter().all(|(path, _)| !one.starts_with(path)));
            (!found.is_empty()).then(|| found.join("\n  "))
        }
        (Ok(_), Err((409, message))) if message.starts_with("Apply failed") => {
            Some(format!("passes, not {message}"))
        }
        (Ok(_), Err((500, message))) if message.starts_with("failed to create typed") => {
            Some(format!("passes, not {message}"))
        }
        (Err(refused), Ok(_)) => Some(format!("{}, not accepted", refused.message())),
        // Validation and admission are not the model's.
        (Ok(_), Err(_)) | (Err(Refused::Conflicts(_)), Err((409, _))) => None,
        (Err(Refused::Invalid(found)), Err((500, message))) => {
            let same = found == *message || (found.contains("errors:") && message.contains("errors:"));
            (!same).then(|| format!("{found}, not {message}"))
        }
        (Err(refused), Err((code, message))) => {
            // A body that is malformed in two ways is refused for either.
            (*code != 400 && *code != 422).then(|| format!("{}, not {code} {message}", refused.message()))
        }
    }
}

/// An object less what the server counts; what is `null` is not there.
fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"]["generation"] = json!(null);
    object
}
