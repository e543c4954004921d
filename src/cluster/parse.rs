//! Objects and lists out of the server's JSON, read once and without a second tree.

use std::{collections::BTreeSet, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use crate::model::{Body, Gvk, LiveObject, ManagedEntry};

/// One object as it stands in JSON: its tree without `managedFields`, and these apart.
#[derive(Debug)]
struct Item {
    tree: Map<String, Value>,
    managed: Vec<ManagedEntry>,
}

/// One entry of `managedFields`; the field set stays text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEntry<'a> {
    #[serde(default)]
    manager: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    time: Option<String>,
    #[serde(default)]
    subresource: Option<String>,
    #[serde(default, borrow, rename = "fieldsV1")]
    fields: Option<&'a RawValue>,
}

/// `metadata` of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ListMeta {
    /// Version from which a watch may go on.
    pub(super) resource_version: String,
    /// Token of the next page; empty on the last.
    #[serde(rename = "continue")]
    pub(super) next: String,
}

#[derive(Deserialize)]
struct WireList {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default, deserialize_with = "items_or_null")]
    items: Vec<Item>,
}

fn items_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Item>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads one object.
pub(super) fn object(json: &[u8]) -> Result<LiveObject, serde_json::Error> {
    serde_json::from_slice::<Item>(json).map(|item| live(item, None))
}

/// Reads one page of a list; items of built-in lists name no kind, so it is given to them.
pub(super) fn list(json: &[u8], gvk: &Gvk) -> Result<(ListMeta, Vec<LiveObject>), serde_json::Error> {
    let list: WireList = serde_json::from_slice(json)?;
    let mut texts = BTreeSet::new();
    let objects = list.items.into_iter().map(|item| {
        let mut object = live(item, Some(gvk));
        object.managed.iter_mut().for_each(|entry| share(&mut texts, entry));
        object
    });
    Ok((list.metadata, objects.collect()))
}

/// Keeps one copy of equal field sets, and none of `status`, which nobody compares.
fn share(texts: &mut BTreeSet<Arc<str>>, entry: &mut ManagedEntry) {
    if entry.subresource.as_deref() == Some("status") {
        entry.fields = Arc::from("{}");
    }
    match texts.get(&entry.fields) {
        Some(known) => entry.fields = Arc::clone(known),
        None => {
            texts.insert(Arc::clone(&entry.fields));
        }
    }
}

fn live(item: Item, gvk: Option<&Gvk>) -> LiveObject {
    let mut tree = item.tree;
    if let Some(gvk) = gvk
        && !tree.contains_key("kind")
    {
        tree.shift_insert(0, "kind".to_owned(), Value::from(gvk.kind.as_str()));
        tree.shift_insert(1, "apiVersion".to_owned(), Value::from(gvk.api_version()));
    }
    let body = Body::new(Value::Object(tree));
    let text = |name: &str| body.text(&["metadata", name]).unwrap_or_default().to_owned();
    LiveObject { uid: text("uid"), resource_version: text("resourceVersion"), managed: item.managed, body }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
        let mut item = Item { tree: Map::new(), managed: Vec::new() };
        while let Some(key) = map.next_key::<String>()? {
            let value = if key == "metadata" {
                map.next_value_seed(Metadata(&mut item.managed))?
            } else {
                map.next_value()?
            };
            item.tree.insert(key, value);
        }
        Ok(item)
    }
}

/// Reads `metadata` and puts `managedFields` aside.
struct Metadata<'a>(&'a mut Vec<ManagedEntry>);

impl<'de> DeserializeSeed<'de> for Metadata<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Metadata<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object's metadata")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut metadata = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == "managedFields" {
                let entries: Option<Vec<WireEntry<'de>>> = map.next_value()?;
                self.0.extend(entries.unwrap_or_default().into_iter().map(entry));
            } else {
                metadata.insert(key, map.next_value()?);
            }
        }
        Ok(Value::Object(metadata))
    }
}

fn entry(wire: WireEntry<'_>) -> ManagedEntry {
    ManagedEntry {
        manager: wire.manager,
        apply: wire.operation == "Apply",
        api_version: wire.api_version,
        time: wire.time,
        subresource: wire.subresource.filter(|name| !name.is_empty()),
        fields: Arc::from(wire.fields.map_or("{}", RawValue::get)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = r#"{"metadata":{"name":"a","uid":"u","resourceVersion":"7","managedFields":[
        {"manager":"obsctl","operation":"Apply","apiVersion":"v1","time":"2026-11-21T00:00:00Z","fieldsType":"FieldsV1",
         "fieldsV1":{"f:spec":{".":{}}}},
        {"manager":"kubelet","operation":"Update","apiVersion":"v1","subresource":"status","fieldsV1":{"f:status":{}}}]},
        "spec":{"z":1,"a":[1.5,null]}}"#;

    #[test]
    fn takes_managed_fields_apart_as_text() {
        let object = object(POD.as_bytes()).unwrap();
        assert_eq!((object.uid.as_str(), object.resource_version.as_str()), ("u", "7"));
        assert_eq!(&*object.managed[0].fields, r#"{"f:spec":{".":{}}}"#);
        assert!(object.managed[0].apply && !object.managed[1].apply);
        assert!(object.body.at(&["metadata", "managedFields"]).is_none());
        assert_eq!(object.body.at(&["spec"]).unwrap().to_string(), r#"{"z":1,"a":[1.5,null]}"#);
    }

    #[test]
    fn gives_list_items_their_kind_and_shares_field_sets() {
        let json = format!(
            r#"{{"kind":"PodList","metadata":{{"continue":"c","resourceVersion":"9"}},"items":[{POD},{POD}]}}"#
        );
        let (meta, objects) = list(json.as_bytes(), &Gvk::new("v1", "Pod")).unwrap();
        assert_eq!((meta.next.as_str(), meta.resource_version.as_str()), ("c", "9"));
        assert_eq!(objects[0].body.kind(), "Pod");
        assert!(Arc::ptr_eq(&objects[0].managed[0].fields, &objects[1].managed[0].fields));
        assert_eq!(&*objects[0].managed[1].fields, "{}");
    }

    #[test]
    fn reads_a_list_without_items() {
        let (_, objects) = list(br#"{"items":null}"#, &Gvk::new("v1", "Pod")).unwrap();
        assert!(objects.is_empty());
    }
}
