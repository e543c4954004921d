//! Schemas and types out of CustomResourceDefinitions.

use serde::Deserialize;
use serde_json::Value;

use super::{
    document::{Builder, Document, NodeId, OBJECT_META},
    raw::{RawSchema, Text},
};
use crate::model::{Gvk, ResourceType};

/// One version of a CustomResourceDefinition.
pub(super) struct CrdVersion {
    pub(super) gvk: Gvk,
    pub(super) document: Document,
    pub(super) root: NodeId,
    pub(super) status: bool,
}

/// What every object's `metadata` is; the server puts it in the place of what a CRD says.
const METADATA: &str = r#"{
  "type": "object",
  "properties": {
    "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    "creationTimestamp": {"type": "string"},
    "deletionGracePeriodSeconds": {"type": "integer"},
    "deletionTimestamp": {"type": "string"},
    "finalizers": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
    "generateName": {"type": "string"},
    "generation": {"type": "integer"},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "managedFields": {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "atomic"},
    "name": {"type": "string"},
    "namespace": {"type": "string"},
    "ownerReferences": {
      "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
      "items": {
        "type": "object", "x-kubernetes-map-type": "atomic",
        "properties": {
          "apiVersion": {"type": "string"}, "blockOwnerDeletion": {"type": "boolean"},
          "controller": {"type": "boolean"}, "kind": {"type": "string"},
          "name": {"type": "string"}, "uid": {"type": "string"}
        }
      }
    },
    "resourceVersion": {"type": "string"},
    "selfLink": {"type": "string"},
    "uid": {"type": "string"}
  }
}"#;

/// The schemas of all versions, or what is wrong.
pub(super) fn versions(crd: &Value) -> Result<Vec<CrdVersion>, String> {
    let kind = text(crd, "/spec/names/kind").ok_or("spec.names.kind is missing")?;
    let group = text(crd, "/spec/group").ok_or("spec.group is missing")?;
    let versions =
        crd.pointer("/spec/versions").and_then(Value::as_array).ok_or("spec.versions is missing")?;
    let mut found = Vec::new();
    for version in versions {
        let name = text(version, "/name").ok_or("a version has no name")?;
        let gvk = Gvk { group: group.to_owned(), version: name.to_owned(), kind: kind.to_owned() };
        let Some(schema) = version.pointer("/schema/openAPIV3Schema") else { continue };
        let (document, root) = root(schema).map_err(|error| format!("version {name}: {error}"))?;
        let status = version.pointer("/subresources/status").is_some();
        found.push(CrdVersion { gvk, document, root, status });
    }
    Ok(found)
}

fn root(schema: &Value) -> Result<(Document, NodeId), serde_json::Error> {
    let mut raw = RawSchema::deserialize(schema)?;
    let metadata: RawSchema<'_> = serde_json::from_str(METADATA)?;
    raw.properties.0.retain(|(name, _)| name.0 != "metadata");
    // Every object is a whole resource: the builder adds apiVersion, kind and metadata.
    raw.embedded = true;
    if raw.sort.is_none() {
        raw.sort = Some(Text("object".into()));
    }
    let mut builder = Builder::default();
    builder.component(OBJECT_META, &metadata);
    let root = builder.component("root", &raw);
    Ok((builder.finish(), root))
}

/// The kinds a CustomResourceDefinition brings, one for each served version.
pub fn crd_types(crd: &Value) -> Vec<ResourceType> {
    let (Some(kind), Some(group), Some(plural)) =
        (text(crd, "/spec/names/kind"), text(crd, "/spec/group"), text(crd, "/spec/names/plural"))
    else {
        return Vec::new();
    };
    let versions = crd.pointer("/spec/versions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let served = versions.iter().filter(|version| version.get("served") != Some(&Value::Bool(false)));
    served
        .filter_map(|version| {
            Some(ResourceType {
                gvk: Gvk {
                    group: group.to_owned(),
                    version: text(version, "/name")?.to_owned(),
                    kind: kind.to_owned(),
                },
                plural: plural.to_owned(),
                namespaced: text(crd, "/spec/scope") == Some("Namespaced"),
                status: version.pointer("/subresources/status").is_some(),
                scale: version.pointer("/subresources/scale").is_some(),
                verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
                    .map(str::to_owned)
                    .to_vec(),
            })
        })
        .collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}
