//! Objects and schemas for the tests of owned fields: from the data folder, from answers of the API server.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use obsctl::{
    model::{Body, LiveObject, ManagedEntry},
    schema::SchemaSet,
};
use serde_json::Value;

/// The folder of test data; none if it is not there, which is a failure where live tests are required.
pub(crate) fn data_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("OBSCTL_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    if folder.join("ssa").is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("OBSCTL_REQUIRE_LIVE").is_none(), "no test data in {}", folder.display());
    None
}

/// All documents of the YAML files below a folder, Lists taken apart, in a stable order.
pub(crate) fn yaml_below(folder: &Path) -> Vec<Value> {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("folder").flatten().map(|entry| entry.path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(yaml_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            // A bare `=` is a plain string to kubectl; the parser takes it for a tag of old.
            let text = fs::read_to_string(&path).expect("file").replace("- =\n", "- \"=\"\n");
            let options = serde_saphyr::options! { budget: None };
            let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(&text, options)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for document in documents {
                match document.get("items").and_then(Value::as_array) {
                    Some(items) => found.extend(items.iter().cloned()),
                    None if document.is_object() => found.push(document),
                    None => {}
                }
            }
        }
    }
    found
}

/// The built-in kinds and those of CustomResourceDefinitions.
pub(crate) fn schemas<'a>(crds: impl IntoIterator<Item = &'a Value>) -> SchemaSet {
    let mut schemas = SchemaSet::builtin();
    for crd in crds {
        schemas.add_crd(crd).expect("a CustomResourceDefinition");
    }
    schemas
}

/// An object of the API server with its `managedFields` read.
pub(crate) fn live(mut tree: Value) -> LiveObject {
    let metadata = tree["metadata"].as_object_mut().expect("metadata");
    let managed = metadata.shift_remove("managedFields").unwrap_or_default();
    let entries = managed.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let managed = entries.iter().map(|entry| ManagedEntry {
        manager: text(&entry["manager"]).unwrap_or_default(),
        apply: entry["operation"] == "Apply",
        api_version: text(&entry["apiVersion"]).unwrap_or_default(),
        time: text(&entry["time"]),
        subresource: text(&entry["subresource"]).filter(|name| !name.is_empty()),
        fields: Arc::from(entry["fieldsV1"].to_string()),
    });
    LiveObject {
        uid: text(&metadata.get("uid").cloned().unwrap_or_default()).unwrap_or_default(),
        resource_version: text(&metadata.get("resourceVersion").cloned().unwrap_or_default())
            .unwrap_or_default(),
        managed: managed.collect(),
        body: Body::new(tree),
    }
}
