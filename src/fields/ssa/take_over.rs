//! From client-side apply to server-side apply: entries of updaters become those of an applier.

use serde_json::Value;

use super::managers::{Entry, Managers, list_of};
use crate::model::FieldPath;

/// What `kubectl apply` without `--server-side` leaves on objects; an applier does not own it.
const LAST_APPLIED: &[&str] =
    &["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"];

/// `managedFields` of an object with the updaters `from` turned into the applier `to`.
///
/// What they own is joined with what the applier owns; of entries in other versions than the applier's only the first
/// of each name counts. Entries of subresources stay. None where the entries cannot be read.
pub fn take_over(object: &Value, from: &[&str], to: &str) -> Option<Value> {
    let list = Managers::of(object).ok()?.in_order();
    Some(list_of(from.iter().fold(list, |list, from| taken(list, from, to))))
}

fn taken(mut list: Vec<Entry>, from: &str, to: &str) -> Vec<Entry> {
    let is_old = |entry: &Entry| !entry.apply && entry.subresource.is_empty() && entry.manager == from;
    let is_new = |entry: &Entry| entry.apply && entry.subresource.is_empty() && entry.manager == to;
    let Some(place) = list.iter().position(is_new).or_else(|| list.iter().position(is_old)) else {
        return list;
    };
    let Some(version) = list.get(place).map(|entry| entry.api_version.clone()) else { return list };
    let old = list.iter().find(|entry| is_old(entry) && entry.api_version == version);
    let old = old.map(|entry| entry.fields.clone()).unwrap_or_default();
    if let Some(entry) = list.get_mut(place) {
        let fields = entry.fields.union(&old).without(&FieldPath::of(LAST_APPLIED));
        *entry = Entry { manager: to.to_owned(), apply: true, fields, ..entry.clone() };
    }
    list.retain(|entry| !is_old(entry));
    list
}
