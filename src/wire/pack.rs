//! Packs: the desired objects and pre-images of a revision that no older pack holds (rules 6).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    compress::{squeeze, unsqueeze},
    record::WireError,
};
use crate::model::{Body, Digest, InventoryItem, ObjectId, Revision};

/// Bytes a Secret.
const CHUNK: usize = 512 << 10;

/// What a revision stores beside its inventory.
#[derive(Debug, Clone, Default)]
pub struct Contents<'a> {
    /// The desired objects.
    pub desired: BTreeMap<ObjectId, &'a Body>,
    /// What was live before fields were taken by force, objects adopted or replaced.
    pub pre_images: BTreeMap<ObjectId, &'a Body>,
}

/// One stream, cut into parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its name, made of the digests of what it holds.
    pub name: String,
    /// Its parts, in order.
    pub chunks: Vec<Vec<u8>>,
}

/// What an entry of a pack is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PackPart {
    /// An object as it was wanted.
    Desired,
    /// An object as it was before.
    PreImage,
}

/// One object of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct PackEntry {
    /// Which object.
    pub object: ObjectId,
    /// Wanted, or before.
    pub part: PackPart,
    /// The object.
    pub body: Body,
}

/// An entry as it is stored, one a line.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    object: ObjectId,
    part: PackPart,
    tree: Value,
}

/// Names the pack of every inventory item that is wanted, and makes the pack of those that no older one holds.
///
/// An object with a pre-image is always packed anew, so that both stand in the pack its item names.
pub fn pack_up(
    revision: &mut Revision,
    older: &[Revision],
    contents: &Contents<'_>,
) -> Result<Option<Pack>, WireError> {
    let mut known: BTreeMap<(&ObjectId, &Digest), &String> = BTreeMap::new();
    for item in older.iter().flat_map(|revision| &revision.inventory) {
        if let (Some(digest), Some(pack)) = (&item.digest, &item.pack) {
            known.insert((&item.object, digest), pack);
        }
    }
    let mut fresh = Vec::new();
    for (index, item) in revision.inventory.iter_mut().enumerate() {
        let (Some(digest), true) = (&item.digest, contents.desired.contains_key(&item.object)) else {
            continue;
        };
        item.pre_image = contents.pre_images.contains_key(&item.object);
        match known.get(&(&item.object, digest)) {
            Some(pack) if !item.pre_image => item.pack = Some((*pack).clone()),
            Some(_) | None => fresh.push(index),
        }
    }
    if fresh.is_empty() {
        return Ok(None);
    }
    let mut chosen: Vec<&mut InventoryItem> = revision
        .inventory
        .iter_mut()
        .enumerate()
        .filter_map(|(index, item)| fresh.binary_search(&index).is_ok().then_some(item))
        .collect();
    // Objects of one kind beside one another pack best.
    chosen.sort_by(|a, b| a.object.cmp(&b.object));
    let name = name_of(revision.number, &chosen);
    let bytes = lines(&chosen, contents)
        .and_then(|text| squeeze(&text))
        .map_err(|error| WireError::new(&name, error))?;
    for item in chosen {
        item.pack = Some(name.clone());
    }
    Ok(Some(Pack { name, chunks: bytes.chunks(CHUNK).map(<[u8]>::to_vec).collect() }))
}

/// Made of digests, which are keyed for Secrets: a plain hash of the content would give away weak secrets.
fn name_of(number: u64, items: &[&mut InventoryItem]) -> String {
    let mut text = format!("r{number}\n");
    for item in items {
        text.push_str(&item.object.to_string());
        text.push(' ');
        text.push_str(item.digest.as_ref().map_or("", |digest| &digest.0));
        text.push('\n');
    }
    let digest = Digest::of(text.as_bytes());
    format!("p{}", digest.short())
}

fn lines(items: &[&mut InventoryItem], contents: &Contents<'_>) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for item in items {
        let parts = [
            (PackPart::Desired, contents.desired.get(&item.object)),
            (PackPart::PreImage, contents.pre_images.get(&item.object)),
        ];
        for (part, body) in parts {
            if let Some(body) = body {
                let line = Line { object: item.object.clone(), part, tree: body.tree().clone() };
                serde_json::to_writer(&mut text, &line)?;
                text.push(b'\n');
            }
        }
    }
    Ok(text)
}

/// Reads a pack from its parts in order.
pub fn unpack(name: &str, chunks: &[Vec<u8>]) -> Result<Vec<PackEntry>, WireError> {
    let text = unsqueeze(&chunks.concat()).map_err(|error| WireError::new(name, error))?;
    let lines = serde_json::Deserializer::from_slice(&text).into_iter::<Line>();
    let entries = lines.map(|line| {
        let Line { object, part, tree } = line.map_err(|error| WireError::new(name, error))?;
        Ok(PackEntry { object, part, body: Body::new(tree) })
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::record::tests::{item, revision};

    fn bodies(names: &[&str]) -> BTreeMap<ObjectId, Body> {
        let bodies = names.iter().map(|name| {
            let body = Body::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}}));
            (item(name).object, body)
        });
        bodies.collect()
    }

    fn contents(bodies: &BTreeMap<ObjectId, Body>) -> Contents<'_> {
        let desired = bodies.iter().map(|(id, body)| (id.clone(), body)).collect();
        Contents { desired, pre_images: BTreeMap::new() }
    }

    #[test]
    fn packs_only_what_no_older_pack_holds() {
        let bodies = bodies(&["a", "b"]);
        let mut first = revision(1);
        first.inventory = vec![item("a")];
        let pack = pack_up(&mut first, &[], &contents(&bodies)).unwrap().unwrap();
        let mut second = revision(2);
        second.inventory = vec![item("b"), item("a")];
        let newer = pack_up(&mut second, &[first.clone()], &contents(&bodies)).unwrap().unwrap();
        assert_eq!(second.inventory[1].pack.as_deref(), Some(&*pack.name));
        let entries = unpack(&newer.name, &newer.chunks).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].object.name.as_str(), entries[0].part), ("b", PackPart::Desired));
        let mut third = revision(3);
        third.inventory = vec![item("a"), item("b")];
        assert_eq!(pack_up(&mut third, &[first, second], &contents(&bodies)).unwrap(), None);
    }

    #[test]
    fn a_pre_image_stands_in_the_pack_that_its_item_names() {
        let bodies = bodies(&["a"]);
        let mut first = revision(1);
        first.inventory = vec![item("a")];
        pack_up(&mut first, &[], &contents(&bodies)).unwrap();
        let mut second = revision(2);
        second.inventory = vec![item("a")];
        let mut both = contents(&bodies);
        both.pre_images = both.desired.clone();
        let pack = pack_up(&mut second, &[first], &both).unwrap().unwrap();
        assert!(second.inventory[0].pre_image);
        assert_eq!(second.inventory[0].pack.as_deref(), Some(&*pack.name));
        let parts: Vec<_> =
            unpack(&pack.name, &pack.chunks).unwrap().into_iter().map(|entry| entry.part).collect();
        assert_eq!(parts, [PackPart::Desired, PackPart::PreImage]);
    }

    #[test]
    fn says_which_pack_is_damaged() {
        let error = unpack("p1", &[vec![1, 2, 3]]).unwrap_err();
        assert!(error.to_string().starts_with("record p1 is damaged"));
    }
}
