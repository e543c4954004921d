//! One write, sent to the server and to the model.

use std::collections::BTreeMap;

use http::Method;
use obsctl::{
    fields::{
        self, Converted, Force, Kind, Refused, Writer, fields_after_scale, same_quantity, scale_fields,
        track_update,
    },
    model::{FieldPath, Gvk, canonical},
    schema::{Schema, SchemaSet, Structural, empty_object, typed},
};
use serde_json::{Value, json};

use super::{
    bodies::{self, Dice, Sort, Whole},
    server::{APPLY, Answer, JSON, MERGE, Server},
};

/// What was sent.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) applied: usize,
    pub(super) updated: usize,
    pub(super) conflicts: usize,
    pub(super) refused: usize,
}

/// The writes to one object.
pub(super) struct Writes<'a> {
    server: &'a Server,
    sort: Sort,
    name: String,
    version: &'static str,
    schemas: SchemaSet,
    structurals: BTreeMap<&'static str, Structural>,
    live: Option<Value>,
}

const APPLIERS: &[&str] = &["one", "two", "three", "kubectl"];
const UPDATERS: &[&str] = &["editor", "controller", "one"];

impl<'a> Writes<'a> {
    pub(super) fn new(server: &'a Server, sort: Sort, name: String) -> Self {
        let (thing, pair) = (bodies::definition(), bodies::two_versions());
        let mut schemas = SchemaSet::builtin();
        schemas.add_crd(&thing).expect("a definition");
        schemas.add_crd(&pair).expect("a definition");
        let definition = if sort == Sort::Pair { pair } else { thing };
        let structural = |version: &'static str| Some((version, Structural::of_crd(&definition, version)?));
        let structurals = ["v1", "v2"].into_iter().filter_map(structural).collect();
        Self { server, sort, name, version: "v1", schemas, structurals, live: None }
    }

    fn structural(&self) -> &Structural {
        &self.structurals[self.version]
    }

    /// The next write may go through another version, in which the object is read first.
    fn choose_version(&mut self, dice: &mut Dice) {
        self.version = if self.sort == Sort::Pair && dice.chance(50) { "v2" } else { "v1" };
        if self.sort == Sort::Pair && self.live.is_some() {
            let path = format!("{}/{}", self.sort.path(self.version), self.name);
            self.live = Some(self.server.send(Method::GET, &path, (JSON, &Value::Null)).body);
        }
    }

    /// The object in another version, as the server converts it: the label only, so that it may not fit.
    fn converted(&self, value: &Value, api_version: &str) -> Option<Converted<'_>> {
        let (_, version) = api_version.split_once('/')?;
        self.structurals.get(version).filter(|_| self.sort.is_custom())?;
        let mut value = value.clone();
        value["apiVersion"] = json!(api_version);
        let schema = self.schemas.of(&Gvk::new(api_version, self.sort.api(version).1));
        Some(Converted { value, schema })
    }

    fn object(&self, fields: &Value) -> Value {
        let (api_version, kind) = self.sort.api(self.version);
        let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": self.name}});
        for (name, value) in fields.as_object().expect("a map") {
            if name == "metadata" {
                for (name, value) in value.as_object().expect("a map") {
                    object["metadata"][name] = value.clone();
                }
            } else {
                object[name] = value.clone();
            }
        }
        object
    }

    /// Makes one random write and compares; the error says what differs.
    pub(super) fn step(&mut self, dice: &mut Dice, tally: &mut Tally) -> Result<(), String> {
        self.choose_version(dice);
        let status = self.sort.status(dice).filter(|_| self.live.is_some() && dice.chance(12));
        let dry = dice.chance(10) && self.live.is_some();
        match (&self.live, dice.below(100)) {
            (Some(_), 0..5) if self.sort == Sort::Deployment => self.scale(dice, tally),
            (Some(_), 5..8) => self.patch(&json!({"metadata": {"managedFields": [{}]}}), dice, tally),
            (Some(_), 8..25) => {
                let body = self.sort.body(dice, Whole::No, self.version);
                self.patch(&with_removals(body, dice), dice, tally)
            }
            (None, 0..20) => self.create(dice, tally),
            (Some(live), 25..32) => {
                let mut body = live.clone();
                json_patch::merge(&mut body, &self.sort.body(dice, Whole::No, self.version));
                if dice.chance(30) {
                    repeat_an_item(&mut body);
                }
                if dice.chance(30) {
                    body["metadata"].as_object_mut().expect("a map").remove("managedFields");
                }
                self.put(&body, dice, tally)
            }
            _ => {
                let whole = if dice.chance(60) || self.live.is_none() { Whole::Yes } else { Whole::No };
                let mut body = self.sort.body(dice, whole, self.version);
                let subresource = if let Some(status) = status {
                    body["status"] = status["status"].clone();
                    "status"
                } else {
                    ""
                };
                let force = if dice.chance(35) { Force::Take } else { Force::Never };
                let manager = *dice.pick(APPLIERS);
                self.apply(&self.object(&body), (manager, subresource, force, dry), tally)
            }
        }
    }

    fn kind(&self) -> (Gvk, Option<Schema<'_>>) {
        let (api_version, kind) = self.sort.api(self.version);
        let gvk = Gvk::new(&api_version, kind);
        let schema = self.schemas.of(&gvk);
        (gvk, schema)
    }

    fn apply(
        &mut self,
        body: &Value,
        how: (&str, &str, Force, bool),
        tally: &mut Tally,
    ) -> Result<(), String> {
        let (manager, subresource, force, dry) = how;
        let below = if subresource.is_empty() { String::new() } else { format!("/{subresource}") };
        let path = format!(
            "{}/{}{below}?fieldManager={manager}&force={}{}",
            self.sort.path(self.version),
            self.name,
            force == Force::Take,
            if dry { "&dryRun=All" } else { "" }
        );
        let answer = self.server.send(Method::PATCH, &path, (APPLY, body));
        let told = format!("apply {path} {body}");
        tally.applied += 1;
        let expected = self.expect_apply(body, (manager, subresource, force));
        let message = answer.body["message"].as_str().unwrap_or_default();
        match (answer.code, expected) {
            (200 | 201, Ok(object)) => self.equal(&object, &answer.body).map_err(|e| self.tell(&told, &e))?,
            (409, Err(Refused::Conflicts(found))) if message.starts_with("Apply failed") => {
                tally.conflicts += 1;
                same_conflicts(&found, &answer.body).map_err(|e| self.tell(&told, &e))?;
                return Ok(());
            }
            (500, Err(refused)) if alike(&refused.message(), message) => return Ok(()),
            (422, _) => {
                tally.refused += 1;
                return Ok(());
            }
            (code, expected) => {
                return Err(self.tell(&told, &format!("{code} {message}, not {expected:?}")));
            }
        }
        if !dry {
            self.live = Some(answer.body);
        }
        Ok(())
    }

    fn expect_apply(&self, body: &Value, how: (&str, &str, Force)) -> Result<Value, Refused> {
        let (manager, subresource, force) = how;
        let (gvk, schema) = self.kind();
        let empty = empty_object(&self.schemas, &gvk);
        let custom = self.sort.is_custom();
        let defaulted = |object: &mut Value| {
            match schema {
                Some(schema) if !custom => typed(object, schema),
                _ => {
                    self.structural().prune(object);
                    self.structural().default(object);
                }
            }
            Ok(())
        };
        let converted = |value: &Value, version: &str| self.converted(value, version);
        let kind = Kind { empty: empty.as_ref(), defaulted: &defaulted, converted: &converted, schema };
        let by = Writer { manager, time: "2026-01-01T00:00:00Z", subresource };
        fields::apply(self.live.as_ref(), body, &by, force, &kind)
    }

    fn tell(&self, told: &str, error: &str) -> String {
        format!("{told}\non {}\n{error}", self.live.clone().unwrap_or_default())
    }

    fn create(&mut self, dice: &mut Dice, tally: &mut Tally) -> Result<(), String> {
        let body = self.object(&self.sort.body(dice, Whole::Yes, self.version));
        let manager = *dice.pick(UPDATERS);
        let path = format!("{}?fieldManager={manager}", self.sort.path(self.version));
        let answer = self.server.send(Method::POST, &path, (JSON, &body));
        self.updated(&format!("POST {path} {body}"), manager, (&answer, &body), tally)
    }

    fn put(&mut self, body: &Value, dice: &mut Dice, tally: &mut Tally) -> Result<(), String> {
        let manager = *dice.pick(UPDATERS);
        let path = format!("{}/{}?fieldManager={manager}", self.sort.path(self.version), self.name);
        let answer = self.server.send(Method::PUT, &path, (JSON, body));
        self.updated(&format!("PUT {path} {body}"), manager, (&answer, body), tally)
    }

    fn patch(&mut self, patch: &Value, dice: &mut Dice, tally: &mut Tally) -> Result<(), String> {
        let manager = *dice.pick(UPDATERS);
        let path = format!("{}/{}?fieldManager={manager}", self.sort.path(self.version), self.name);
        let answer = self.server.send(Method::PATCH, &path, (MERGE, patch));
        let mut body = self.live.clone().unwrap_or_default();
        json_patch::merge(&mut body, patch);
        self.updated(&format!("merge patch {path} {patch}"), manager, (&answer, &body), tally)
    }

    /// The entries after a write that is no apply; the values are the server's, less what comes after tracking.
    fn updated(
        &mut self,
        told: &str,
        manager: &str,
        write: (&Answer, &Value),
        tally: &mut Tally,
    ) -> Result<(), String> {
        let (answer, body) = write;
        if answer.code >= 300 {
            tally.refused += 1;
            return Ok(());
        }
        tally.updated += 1;
        let mut new = answer.body.clone();
        if self.sort.is_custom() {
            // What is tracked is what was sent; a field that the stored version lacks is dropped later.
            new["spec"] = body["spec"].clone();
            let structural = self.structural();
            structural.prune(&mut new);
            structural.drop_nulls(&mut new);
            structural.default(&mut new);
            let spec = new["spec"].is_null();
            new.as_object_mut().expect("a map").retain(|name, _| !spec || name != "spec");
        }
        let metadata = new["metadata"].as_object_mut().expect("a map");
        metadata.remove("managedFields");
        let sent = body.pointer("/metadata/managedFields").cloned();
        metadata.extend(sent.map(|sent| ("managedFields".to_owned(), sent)));
        if self.sort == Sort::Service && self.live.is_none() {
            // Addresses are given out after the fields were tracked.
            let spec = new["spec"].as_object_mut().expect("a map");
            for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                spec.remove(name);
            }
        }
        let (gvk, schema) = self.kind();
        let empty = empty_object(&self.schemas, &gvk);
        let converted = |value: &Value, version: &str| self.converted(value, version);
        let kind = Kind { empty: empty.as_ref(), converted: &converted, ..Kind::of(schema) };
        let by = Writer { manager, time: "2026-01-01T00:00:00Z", subresource: "" };
        track_update(self.live.as_ref(), &mut new, &by, &kind);
        same_entries(&new, &answer.body).map_err(|error| self.tell(told, &error))?;
        self.live = Some(answer.body.clone());
        Ok(())
    }

    fn scale(&mut self, dice: &mut Dice, tally: &mut Tally) -> Result<(), String> {
        let (manager, replicas) = (*dice.pick(UPDATERS), dice.below(3));
        let object = format!("{}/{}", self.sort.path(self.version), self.name);
        let path = format!("{object}/scale?fieldManager={manager}");
        let patch = json!({"spec": {"replicas": replicas}});
        let answer = self.server.send(Method::PATCH, &path, (MERGE, &patch));
        if answer.code >= 300 {
            tally.refused += 1;
            return Ok(());
        }
        tally.updated += 1;
        let now = self.server.send(Method::GET, &object, (JSON, &Value::Null)).body;
        let mut expected = self.live.clone().expect("it is there");
        let at = FieldPath::of(&["spec", "replicas"]);
        let mut live = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": self.name},
            "spec": {"replicas": expected["spec"]["replicas"]}});
        live["metadata"]["managedFields"] = scale_fields(&expected, &at);
        let mut new = live.clone();
        new["spec"]["replicas"] = json!(replicas);
        // A Scale leaves out what is zero.
        for scale in [&mut live, &mut new] {
            scale["spec"].as_object_mut().expect("a map").retain(|_, value| *value != json!(0));
        }
        let kind = Kind::of(self.schemas.of(&Gvk::new("autoscaling/v1", "Scale")));
        let by = Writer { manager, time: "2026-01-01T00:00:00Z", subresource: "scale" };
        track_update(Some(&live), &mut new, &by, &kind);
        expected["metadata"]["managedFields"] = fields_after_scale(&expected, &new, &at);
        same_entries(&expected, &now)
            .map_err(|error| self.tell(&format!("scale {patch} by {manager}"), &error))?;
        self.live = Some(now);
        Ok(())
    }

    fn equal(&self, model: &Value, server: &Value) -> Result<(), String> {
        same_entries(model, server)?;
        let (_, schema) = self.kind();
        let mut model = model.clone();
        let exact = self.sort.is_custom();
        for name in
            ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "namespace"]
        {
            model["metadata"].as_object_mut().expect("a map").remove(name);
        }
        let mut server = server.clone();
        if exact {
            for name in
                ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "namespace"]
            {
                server["metadata"].as_object_mut().expect("a map").remove(name);
            }
        }
        if self.sort == Sort::Pair {
            let stored = &self.structurals["v1"];
            stored.prune(&mut model);
            stored.prune(&mut server);
        }
        values(&model, &server, schema, self.sort, "")
    }
}

/// Writes the first environment variable of a container once more: what is stored may have duplicates.
fn repeat_an_item(body: &mut Value) {
    let containers = body.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut);
    let lists = containers.into_iter().flatten().filter_map(|one| one.get_mut("env")?.as_array_mut());
    for list in lists {
        let again = list.first().map(|first| json!({"name": first["name"], "value": "again"}));
        list.extend(again);
    }
}

/// Sets some fields of a merge patch to `null`.
fn with_removals(mut body: Value, dice: &mut Dice) -> Value {
    for part in ["data", "spec", "metadata"] {
        if let Some(map) = body.get_mut(part).and_then(Value::as_object_mut) {
            for (_, value) in map.iter_mut() {
                if dice.chance(15) {
                    *value = Value::Null;
                }
            }
        }
    }
    body
}

/// Whether two messages say the same: of several fields that do not fit the server tells a random choice.
fn alike(a: &str, b: &str) -> bool {
    let what = |text: &str| {
        let end = [": errors:", ": ."].iter().filter_map(|mark| text.find(mark)).min();
        text.contains("field not declared in schema").then(|| text[..end.unwrap_or(text.len())].to_owned())
    };
    a == b || what(a).is_some_and(|a| what(b) == Some(a))
}

/// Entries alike but for their times, of which only their being there is compared.
fn same_entries(model: &Value, server: &Value) -> Result<(), String> {
    let entries = |object: &Value| -> Vec<String> {
        let list = object.pointer("/metadata/managedFields").and_then(Value::as_array);
        let mut list: Vec<_> = (list.into_iter().flatten())
            .map(|entry| {
                let mut entry = entry.clone();
                entry["time"] = json!(entry["time"].is_string());
                canonical(&entry)
            })
            .collect();
        list.sort();
        list
    };
    let (a, b) = (entries(model), entries(server));
    if a == b { Ok(()) } else { Err(format!("entries\n  {}\nnot\n  {}", a.join("\n  "), b.join("\n  "))) }
}

fn same_conflicts(found: &[fields::Conflict], answer: &Value) -> Result<(), String> {
    let mut found: Vec<_> = found.iter().map(|one| json!([one.message(), one.path]).to_string()).collect();
    let causes = answer["details"]["causes"].as_array().expect("causes");
    let mut wanted: Vec<_> =
        causes.iter().map(|one| json!([one["message"], one["field"]]).to_string()).collect();
    found.sort();
    wanted.sort();
    if found == wanted { Ok(()) } else { Err(format!("conflicts {found:?}, not {wanted:?}")) }
}

fn is_empty(value: &Value) -> bool {
    [json!(false), json!(0), json!(""), json!({}), json!([])].contains(value)
}

/// Whether the server has what the model has; fields of structs that only the server has are its defaults, unless
/// both must be equal.
fn values(
    model: &Value,
    server: &Value,
    schema: Option<Schema<'_>>,
    sort: Sort,
    path: &str,
) -> Result<(), String> {
    let exact = sort.is_custom();
    let differ = || Err(format!("{path}: {model}, not {server}"));
    match (model, server) {
        (Value::Object(a), Value::Object(b)) => {
            let open = schema.is_none_or(|schema| schema.additional().is_some());
            for (name, value) in a {
                let below = schema.and_then(|schema| schema.field(name));
                match b.get(name) {
                    Some(other) => values(value, other, below, sort, &format!("{path}.{name}"))?,
                    None if value.is_null() || (!exact && is_empty(value)) => {}
                    None => return Err(format!("{path}.{name}: {value} is not there")),
                }
            }
            match b.keys().find(|name| !a.contains_key(*name)) {
                Some(name) if exact || open => Err(format!("{path}.{name} is there: {}", b[name])),
                _ => Ok(()),
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let below = schema.and_then(Schema::items);
            a.iter().zip(b).try_for_each(|(a, b)| values(a, b, below, sort, &format!("{path}[]")))
        }
        // What a type always holds and the server fills in.
        (model, _) if !exact && (model.is_null() || is_empty(model)) => Ok(()),
        _ if model == server || (!exact && same_quantity(model, server)) => Ok(()),
        _ => differ(),
    }
}
