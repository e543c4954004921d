//! Giving back an object that a run which is undone had taken over: its values from before, and no longer ours (rules 12).

use serde_json::{Value, json};

use crate::fields::{self, FieldSet};
use crate::model::{Action, Body, FIELD_MANAGER, LiveObject, ObjectId, Step, Write};

use super::{accepted::shown, adopt::take_out, context::Context, inquiry::exact, prune, release};

/// The step that puts back what we changed since `before`, and lets go of the object.
pub(crate) fn step(context: &Context<'_>, id: &ObjectId, live: &LiveObject, before: &Body) -> Step {
    let after = Body::new(restored(context, live, before));
    let mut patch = release::let_go(context, live);
    patch.extend(changes(live.body.tree(), after.tree()));
    let write = Write::Release { precondition: exact(live), patch: Value::Array(patch) };
    let reason = "it was there before the revision that is undone took it over: its values come back";
    let mut step = prune::step(Action::Release, id, live, (reason, write));
    let differences = context.differences(live.body.tree(), &after);
    step.fields = differences.iter().map(|found| shown(context, &after, found)).collect();
    step
}

/// The live object with our fields as they were before; what others changed since stays.
fn restored(context: &Context<'_>, live: &LiveObject, before: &Body) -> Value {
    let schema = context.schema(&live.body);
    let shared = context.shared_manager();
    let is_ours = |manager: &str| manager == FIELD_MANAGER || manager == shared;
    let ours = live.managed.iter().filter(|entry| entry.apply && is_ours(&entry.manager));
    let ours = ours.filter_map(|entry| FieldSet::parse(&entry.fields).ok());
    let ours = ours.fold(FieldSet::default(), |all, set| all.union(&set));
    let mut base = live.body.tree().clone();
    for path in ours.paths() {
        if fields::get(before.tree(), &path).is_none() {
            take_out(&mut base, &path);
        }
    }
    let mut back = fields::content(before.tree(), schema);
    for path in fields::owned(before.tree(), schema).paths() {
        let now = fields::get(live.body.tree(), &path);
        let changed = now.is_some() && now != fields::get(before.tree(), &path);
        if changed && !ours.contains(&path) {
            take_out(&mut back, &path);
        }
    }
    fields::merge_apply(&base, &back, schema)
}

/// JSON patch operations that make one tree of the other, part by part; identity and `status` are left alone.
pub(crate) fn changes(live: &Value, after: &Value) -> Vec<Value> {
    let mut places: Vec<String> = ["labels", "annotations"].map(|name| format!("/metadata/{name}")).into();
    let keys = [live, after].into_iter().filter_map(Value::as_object).flat_map(serde_json::Map::keys);
    let mut keys: Vec<&String> =
        keys.filter(|key| !["apiVersion", "kind", "metadata", "status"].contains(&key.as_str())).collect();
    keys.sort();
    keys.dedup();
    places.extend(keys.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))));
    let change = |place: &String| match (live.pointer(place), after.pointer(place)) {
        (now, then) if now == then => None,
        (_, Some(then)) => Some(json!({"op": "add", "path": place, "value": then})),
        (_, None) => Some(json!({"op": "remove", "path": place})),
    };
    places.iter().filter_map(change).collect()
}
