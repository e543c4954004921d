//! GET: one object, or a list of them, in the form that is asked for.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::{
    ask::Ask,
    convert::{view, viewed},
    denial::Denial,
    engine::Engine,
    form::Form,
    select::Selector,
};
use crate::sandbox::{
    resources::Resource,
    store::{Key, Object, Place, TooOld},
    table,
};

/// Where a list goes on.
#[derive(Debug, Serialize, Deserialize)]
struct Continue {
    /// The version that is listed.
    v: u64,
    /// The last place that was given.
    n: String,
    /// Its name.
    k: String,
}

/// What a list is made of.
struct Page {
    objects: Vec<Arc<Object>>,
    version: u64,
    next: Option<Continue>,
    remaining: Option<usize>,
}

/// One object as text.
pub(crate) fn object(engine: &Engine, ask: &Ask, name: &str) -> Result<String, Denial> {
    known_version(engine, ask)?;
    let key = Key::new(&ask.resource.collection, ask.namespace(), name);
    let object = engine.store.get(&key).ok_or_else(|| Denial::not_found(&ask.resource, name))?;
    Ok(shown(object, ask))
}

/// A stored object in the form that is asked for.
pub(crate) fn shown(object: &Object, ask: &Ask) -> String {
    match ask.wanted.form {
        Form::Whole | Form::Aggregated => viewed(object, &ask.resource).into_owned(),
        Form::Metadata => metadata_only(&viewed(object, &ask.resource)),
        Form::Table => {
            let trees = [view(object, &ask.resource)];
            table::table(&ask.resource, &trees, &includes(ask), &ask.now).to_string()
        }
    }
}

/// What the rows of a table carry of their objects.
pub(crate) fn includes(ask: &Ask) -> String {
    ask.options.get("includeObject").unwrap_or("Metadata").to_owned()
}

#[derive(Deserialize)]
struct MetadataOf<'a> {
    #[serde(borrow)]
    metadata: &'a RawValue,
}

/// `PartialObjectMetadata` of an object, without parsing more than where its metadata begins and ends.
pub(crate) fn metadata_only(text: &str) -> String {
    let metadata = serde_json::from_str::<MetadataOf<'_>>(text).map_or("{}", |found| found.metadata.get());
    format!(
        "{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{metadata}}}"
    )
}

/// A list as text.
pub(crate) fn collection(engine: &Engine, ask: &Ask) -> Result<String, Denial> {
    let selector =
        Selector::of(ask.options.get("labelSelector"), ask.options.get("fieldSelector"), &ask.resource)?;
    let page = page(engine, ask, &selector)?;
    let mut metadata = json!({"resourceVersion": page.version.to_string()});
    if let (Some(next), Some(map)) = (&page.next, metadata.as_object_mut()) {
        let token = serde_json::to_vec(next).map_err(Denial::internal)?;
        map.insert("continue".to_owned(), json!(URL_SAFE_NO_PAD.encode(token)));
        // With a selector the rest is not counted.
        if let Some(remaining) = page.remaining.filter(|_| selector.is_empty()) {
            map.insert("remainingItemCount".to_owned(), json!(remaining));
        }
    }
    if page.next.is_none()
        && ask.resource.custom.is_some()
        && let Some(map) = metadata.as_object_mut()
    {
        // Lists of custom kinds always say where they go on.
        map.shift_insert(0, "continue".to_owned(), json!(""));
    }
    if ask.wanted.form == Form::Table {
        let trees: Vec<Value> = page.objects.iter().map(|object| view(object, &ask.resource)).collect();
        let mut table = table::table(&ask.resource, &trees, &includes(ask), &ask.now);
        if let Some(map) = table.as_object_mut() {
            map.insert("metadata".to_owned(), metadata);
        }
        return Ok(table.to_string());
    }
    Ok(listed(ask, &page.objects, &metadata))
}

fn listed(ask: &Ask, objects: &[Arc<Object>], metadata: &Value) -> String {
    let (kind, version, prefix) = if ask.wanted.form == Form::Metadata {
        ("PartialObjectMetadataList", "meta.k8s.io/v1".to_owned(), None)
    } else {
        let resource = &ask.resource;
        // Items of built-in kinds do not repeat what the list says of them.
        let prefix = resource.custom.is_none().then(|| resource.prefix());
        (resource.list_kind.as_str(), resource.gvk.api_version(), prefix)
    };
    let size: usize = objects.iter().map(|object| object.text().len()).sum();
    let mut text = String::with_capacity(size + 256);
    let head =
        format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{metadata},\"items\":[");
    text.push_str(&head);
    for (i, object) in objects.iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        let whole = viewed(object, &ask.resource);
        if ask.wanted.form == Form::Metadata {
            text.push_str(&metadata_only(&whole));
        } else if let Some(rest) = prefix.as_deref().and_then(|prefix| whole.strip_prefix(prefix)) {
            text.push('{');
            text.push_str(rest);
        } else {
            text.push_str(&whole);
        }
    }
    text.push_str("]}");
    text
}

/// Refuses a version that is not reached yet, or is none.
fn known_version(engine: &Engine, ask: &Ask) -> Result<Option<u64>, Denial> {
    let Some(version) = ask.options.number("resourceVersion")? else { return Ok(None) };
    let current = engine.store.version();
    if version > current {
        let message = format!("Timeout: Too large resource version: {version}, current: {current}");
        let mut denial = Denial::new(504, "Timeout", message);
        denial.details = json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        });
        return Err(denial);
    }
    Ok(Some(version))
}

fn page(engine: &Engine, ask: &Ask, selector: &Selector) -> Result<Page, Denial> {
    let version = known_version(engine, ask)?;
    let limit =
        ask.options.number("limit")?.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let limit = if limit == 0 { usize::MAX } else { limit };
    let token = ask.options.get("continue").map(token).transpose()?;
    let exact = ask.options.get("resourceVersionMatch") == Some("Exact");
    let at = token.as_ref().map(|token| token.v).or(version.filter(|_| exact));
    let old: BTreeMap<Place, Arc<Object>> = match at {
        Some(at) if at != engine.store.version() => {
            engine.store.list_at(&ask.resource.collection, at).map_err(|old| too_old(at, old))?
        }
        Some(_) | None => BTreeMap::new(),
    };
    let is_old = at.is_some_and(|at| at != engine.store.version());
    let after = token.map(|token| Place { namespace: token.n, name: token.k });
    let wanted = |place: &Place, object: &Object| {
        ask.namespace().is_none_or(|namespace| place.namespace == namespace)
            && after.as_ref().is_none_or(|after| place > after)
            && selector.name().is_none_or(|name| place.name == name)
            && selector.takes_labels(object.labels())
            && selector.takes_fields(|| object.tree())
    };
    let now = engine.store.list(&ask.resource.collection, ask.namespace());
    let mut found: Vec<(&Place, &Arc<Object>)> = if is_old {
        old.iter().filter(|(place, object)| wanted(place, object)).collect()
    } else if selector.is_empty() && after.is_none() {
        now.collect()
    } else {
        now.filter(|(place, object)| wanted(place, object)).collect()
    };
    let listed = at.unwrap_or_else(|| engine.store.version());
    let remaining = found.len().saturating_sub(limit);
    found.truncate(limit);
    let last = found.last().filter(|_| remaining > 0);
    let next =
        last.map(|(place, _)| Continue { v: listed, n: place.namespace.clone(), k: place.name.clone() });
    let objects = found.into_iter().map(|(_, object)| Arc::clone(object)).collect();
    Ok(Page { objects, version: listed, next, remaining: Some(remaining) })
}

fn token(text: &str) -> Result<Continue, Denial> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(|| {
        let at = text.bytes().position(|byte| !known(&byte)).unwrap_or(text.len().saturating_sub(1));
        Denial::bad_request(format!(
            "invalid continue token: continue key is not valid: illegal base64 data at input byte {at}"
        ))
    })
}

fn too_old(version: u64, old: TooOld) -> Denial {
    Denial::expired(format!(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list \
         without the continue parameter, or use the continue token in this response to retrieve the remainder of the \
         results (version {version}, kept from {})",
        old.floor
    ))
}

/// The key of the object that a request names.
pub(crate) fn key(resource: &Resource, namespace: Option<&str>, name: &str) -> Key {
    Key::new(&resource.collection, namespace.filter(|_| resource.namespaced), name)
}
