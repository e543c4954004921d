//! Objects as projects ship them, applied to an empty server: who owns what, and what custom resources become.

use std::{collections::BTreeMap, fs, path::Path};

use obsctl::{
    fields::{Force, Kind, Writer, apply},
    model::Gvk,
    schema::{SchemaSet, Structural, empty_object},
};
use serde_json::{Value, json};

use super::{data, mutations::Known, recorded::values_of, rows, timeless};

#[test]
fn real_objects_are_made_as_the_server_makes_them() {
    let (Some(rows), Some(root)) = (rows("ssa/real-objects-dry-run.jsonl"), data("")) else { return };
    let (set, structurals) = custom_kinds(&root);
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for row in rows {
        let (applied, answer) = (&row["applied"], &row["answer"]);
        let text = |name: &str| applied[name].as_str().expect("text");
        let gvk = Gvk::new(text("apiVersion"), text("kind"));
        let Some(schema) = set.of(&gvk) else { continue };
        checked += 1;
        let custom = structurals.get(&gvk);
        let empty = empty_object(&set, &gvk);
        let refused = std::cell::RefCell::new(Vec::new());
        let defaulted = |object: &mut Value| {
            if let Some(structural) = custom {
                structural.prune(object);
                structural.default(object);
                *refused.borrow_mut() = structural.validate(object, None).causes;
            } else {
                *object = values_of(object, answer);
            }
            Ok(())
        };
        let kind = Kind { empty: empty.as_ref(), defaulted: &defaulted, ..Kind::of(Some(schema)) };
        let by = Writer { manager: "obsctl", time: "TIME", subresource: "" };
        let outcome = apply(None, applied, &by, Force::Never, &kind);
        if let Err(error) = same(outcome, &row, custom.is_some(), &refused.borrow()) {
            wrong.push(format!("{}: {error}", row["source"]));
        }
    }
    eprintln!("{checked} objects checked, {} custom kinds known", structurals.len());
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 580, "only {checked} objects");
}

/// The built-in kinds and every CustomResourceDefinition of the test data, once for merging and once for validation.
pub(crate) fn custom_kinds(root: &Path) -> Known {
    let mut set = SchemaSet::builtin();
    let mut structurals = BTreeMap::new();
    for folder in ["kube-prometheus/manifests/setup", "crds", "charts"] {
        definitions(&root.join(folder), &mut |crd| {
            let versions = crd["spec"]["versions"].as_array().cloned().unwrap_or_default();
            for version in &versions {
                let version = version["name"].as_str().expect("a name");
                let api = format!("{}/{version}", crd["spec"]["group"].as_str().expect("a group"));
                let kind = crd["spec"]["names"]["kind"].as_str().expect("a kind");
                let structural = Structural::of_crd(crd, version).expect("a schema");
                structurals.entry(Gvk::new(&api, kind)).or_insert(structural);
            }
            let known = set.kinds().any(|gvk| gvk.kind == crd["spec"]["names"]["kind"]);
            if !known {
                set.add_crd(crd).expect("a definition");
            }
        });
    }
    (set, structurals)
}

#[expect(clippy::fn_params_excessive_bools, reason = "one fact about a kind")]
fn same(
    outcome: Result<Value, obsctl::fields::Refused>,
    row: &Value,
    custom: bool,
    refused: &[obsctl::schema::Cause],
) -> Result<(), String> {
    let mut object = outcome.map_err(|refused| format!("{refused:?}"))?;
    if row["code"] != 201 {
        return if custom && refused.is_empty() { Err("is not refused".to_owned()) } else { Ok(()) };
    }
    if !refused.is_empty() {
        return Err(format!("{refused:?}"));
    }
    let mut answer = row["answer"].clone();
    let entries = |object: &Value| timeless(&object["metadata"]["managedFields"]);
    if entries(&object) != entries(&answer) {
        return Err(format!("{}\nnot\n{}", json!(entries(&object)), json!(entries(&answer))));
    }
    for object in [&mut object, &mut answer] {
        let metadata = object["metadata"].as_object_mut().expect("a map");
        for name in
            ["managedFields", "creationTimestamp", "generation", "uid", "resourceVersion", "namespace"]
        {
            metadata.remove(name);
        }
    }
    if object == answer { Ok(()) } else { Err(format!("{object}\nnot\n{answer}")) }
}

/// Every CustomResourceDefinition in the YAML files of a folder.
fn definitions(folder: &Path, each: &mut dyn FnMut(&Value)) {
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            definitions(&path, each);
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if !text.contains("kind: CustomResourceDefinition") || text.contains("{{") {
            continue;
        }
        for document in text.split("\n---") {
            let Ok(crd) = serde_saphyr::from_str::<Value>(document) else { continue };
            if crd["kind"] == "CustomResourceDefinition" {
                each(&crd);
            }
        }
    }
}
