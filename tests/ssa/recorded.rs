//! Recorded exchanges with a real API server, step by step.
//!
//! Each step begins with what the server had; writes other than apply are told by what the server made of them, since
//! what a kind defaults to is not the model's to know.

use std::collections::BTreeMap;

use obsctl::{
    fields::{
        self, Force, Kind, Refused, Writer, apply, fields_after_scale, same_quantity, scale_fields,
        track_update,
    },
    model::{FieldPath, Gvk},
    schema::{Schema, SchemaSet, empty_object},
};
use serde_json::{Value, json};

use super::{rows, timeless};

/// The scenarios that do not agree, each with why.
const DIFFERENT: &[(&str, &str)] = &[
    ("crd-apply-itself", "the server writes the status of the definition between two steps"),
    ("formerly-atomic", "admission adds a finalizer after the fields are tracked"),
];

#[test]
fn recorded_scenarios_are_answered_alike() {
    let Some(scenarios) = rows("ssa/recorded.jsonl") else { return };
    let (mut different, mut checked) = (BTreeMap::new(), 0);
    for scenario in &scenarios {
        let mut replay = Replay::default();
        for step in scenario["steps"].as_array().expect("steps") {
            if step.get("request").is_some() {
                replay.step(step);
            }
        }
        checked += replay.checked;
        if let Some(first) = replay.wrong.first() {
            different.insert(scenario["id"].as_str().expect("an id").to_owned(), first.clone());
        }
    }
    eprintln!("{checked} steps of {} scenarios checked", scenarios.len());
    let known: BTreeMap<_, _> = DIFFERENT.iter().copied().collect();
    let news: Vec<_> = different.iter().filter(|(id, _)| !known.contains_key(id.as_str())).collect();
    let gone: Vec<_> = known.keys().filter(|id| !different.contains_key(**id)).collect();
    assert!(gone.is_empty(), "these agree by now: {gone:?}");
    let list: Vec<_> = news.iter().map(|(id, why)| format!("{id}: {why}")).collect();
    assert!(news.is_empty(), "{} scenarios differ:\n{}", news.len(), list.join("\n"));
    assert!(checked > 150, "only {checked} steps");
}

#[derive(Default)]
struct Replay {
    schemas: Option<SchemaSet>,
    stored: BTreeMap<String, Value>,
    checked: usize,
    wrong: Vec<String>,
}

/// What a request is about.
struct Place {
    object: String,
    subresource: String,
}

fn place(path: &str) -> Place {
    for subresource in ["status", "scale"] {
        if let Some(object) = path.strip_suffix(&format!("/{subresource}")) {
            return Place { object: object.to_owned(), subresource: subresource.to_owned() };
        }
    }
    Place { object: path.to_owned(), subresource: String::new() }
}

impl Replay {
    fn set(&mut self) -> &mut SchemaSet {
        self.schemas.get_or_insert_with(SchemaSet::builtin)
    }

    fn step(&mut self, step: &Value) {
        let (request, response) = (&step["request"], &step["response"]);
        let method = request["method"].as_str().expect("a method");
        let place = place(request["path"].as_str().expect("a path"));
        let answer = &response["body"];
        let code = response["code"].as_u64().expect("a code");
        if answer["kind"] == "CustomResourceDefinition" && code < 300 {
            self.set().add_crd(answer).expect("a definition");
        }
        let apply = request["contentType"] == "application/apply-patch+yaml";
        let live = self.stored.get(&place.object).cloned();
        if place.subresource == "scale" {
            self.scale(step, &place);
        } else {
            match method {
                "PATCH" if apply => self.apply(step, &place, live.as_ref()),
                "PATCH" | "POST" | "PUT" if code < 300 => self.update(step, &place, live.as_ref()),
                "GET" if code == 200 => self.read(answer, live.as_ref()),
                _ => {}
            }
        }
        let dry = request["query"]["dryRun"].is_string();
        if code < 300 && !dry && answer["metadata"]["name"].is_string() {
            let object = match method {
                "POST" => {
                    format!("{}/{}", place.object, answer["metadata"]["name"].as_str().expect("a name"))
                }
                _ => place.object,
            };
            if method == "DELETE" {
                self.stored.remove(&object);
            } else if place.subresource != "scale" {
                self.stored.insert(object, answer.clone());
            }
        }
    }

    fn apply(&mut self, step: &Value, place: &Place, live: Option<&Value>) {
        let (request, answer) = (&step["request"], &step["response"]["body"]);
        let code = step["response"]["code"].as_u64().expect("a code");
        let text = request["body"].as_str();
        let body = text.map_or_else(|| Ok(request["body"].clone()), serde_saphyr::from_str);
        let Ok(body) = body else { return };
        let foreign_refusal = match code {
            409 => answer["message"].as_str().is_some_and(|message| !message.starts_with("Apply failed")),
            400 => !answer["message"].as_str().is_some_and(|message| message.contains("managedFields")),
            500 => answer["message"].as_str().is_some_and(|message| message.contains("failed to convert")),
            code => code >= 300,
        };
        if foreign_refusal {
            return;
        }
        let force = if request["query"]["force"] == "true" { Force::Take } else { Force::Never };
        let by = writer(request, place);
        let set = self.set().clone();
        let (gvk, schema) = known(&set, &body);
        let Some(schema) = schema else { return };
        let empty = empty_object(&set, &gvk);
        let stored = |object: &mut Value| {
            *object = values_of(object, answer);
            Ok(())
        };
        let kind = Kind { empty: empty.as_ref(), defaulted: &stored, ..Kind::of(Some(schema)) };
        self.checked += 1;
        let outcome = apply(live, &body, &by, force, &kind);
        let id = format!("{} {}", request["method"], request["path"]);
        match outcome {
            Ok(object) if code < 300 => self.compare(&id, &object, answer),
            Ok(_) => self.wrong.push(format!("{id}: passes, not {code} {}", answer["message"])),
            Err(refused) => {
                let expected = match &refused {
                    Refused::Conflicts(_) => 409,
                    Refused::Invalid(_) => 500,
                    Refused::BadRequest(_) => 400,
                };
                if expected != code {
                    self.wrong.push(format!("{id}: {refused:?}, not {code}"));
                } else if sorted_lines(&refused.message())
                    != sorted_lines(answer["message"].as_str().expect("text"))
                {
                    self.wrong.push(format!("{id}: {}, not {}", refused.message(), answer["message"]));
                }
                if let Refused::Conflicts(conflicts) = refused {
                    let mut found: Vec<_> =
                        conflicts.iter().map(|one| json!([one.message(), one.path]).to_string()).collect();
                    let causes = answer["details"]["causes"].as_array().expect("causes");
                    let mut wanted: Vec<_> =
                        causes.iter().map(|one| json!([one["message"], one["field"]]).to_string()).collect();
                    found.sort();
                    wanted.sort();
                    if found != wanted {
                        self.wrong.push(format!("{id}: causes {found:?}, not {wanted:?}"));
                    }
                }
            }
        }
    }

    /// A write to the Scale of an object: its entries come from the object and go back to it.
    fn scale(&mut self, step: &Value, place: &Place) {
        let (request, answer) = (&step["request"], &step["response"]["body"]);
        let apply = request["contentType"] == "application/apply-patch+yaml";
        let Some(object) = self.stored.get(&place.object).cloned() else { return };
        let path = FieldPath::of(&["spec", "replicas"]);
        let replicas = |scale: &Value| scale.pointer("/spec/replicas").cloned().unwrap_or_default();
        let mut live = json!({"apiVersion": "autoscaling/v1", "kind": "Scale",
            "metadata": {"name": object["metadata"]["name"], "namespace": object["metadata"]["namespace"]},
            "spec": {"replicas": object["spec"]["replicas"]}});
        live["metadata"]["managedFields"] = scale_fields(&object, &path);
        let set = self.set().clone();
        let kind = Kind::of(set.of(&Gvk::new("autoscaling/v1", "Scale")));
        let by = writer(request, place);
        let force = if request["query"]["force"] == "true" { Force::Take } else { Force::Never };
        let written = if apply {
            fields::apply(Some(&live), &request["body"], &by, force, &kind)
        } else {
            let mut new = live.clone();
            new["spec"]["replicas"] = replicas(&request["body"]);
            track_update(Some(&live), &mut new, &by, &kind);
            Ok(new)
        };
        self.checked += 1;
        match written {
            Ok(scale) => {
                let mut object = object.clone();
                object["metadata"]["managedFields"] = fields_after_scale(&object, &scale, &path);
                object["spec"]["replicas"] = replicas(&scale);
                if replicas(answer) != replicas(&scale) {
                    self.wrong.push(format!("{}: {} replicas", request["path"], replicas(&scale)));
                }
                self.stored.insert(place.object.clone(), object);
            }
            Err(refused) if json!(refused.message()) == answer["message"] => {}
            Err(refused) => self.wrong.push(format!("{}: {refused:?}", request["path"])),
        }
    }

    fn update(&mut self, step: &Value, place: &Place, live: Option<&Value>) {
        let (request, answer) = (&step["request"], &step["response"]["body"]);
        let set = self.set().clone();
        let (gvk, schema) = known(&set, answer);
        if schema.is_none() || !answer["metadata"]["name"].is_string() {
            return;
        }
        let empty = empty_object(&set, &gvk);
        let kind = Kind { empty: empty.as_ref(), ..Kind::of(schema) };
        let mut new = answer.clone();
        let metadata = new["metadata"].as_object_mut().expect("a map");
        metadata.remove("managedFields");
        if let Some(managed) = request["body"].pointer("/metadata/managedFields") {
            metadata.insert("managedFields".to_owned(), managed.clone());
        } else if let (Some(name), Some(live)) = (request["setAllManagersTo"].as_str(), live) {
            let mut managed = live["metadata"]["managedFields"].clone();
            for entry in managed.as_array_mut().expect("entries") {
                entry["manager"] = json!(name);
            }
            metadata.insert("managedFields".to_owned(), managed);
        } else if let (true, Some(live)) = (request["body"].is_array(), live) {
            let patch: json_patch::Patch = serde_json::from_value(request["body"].clone()).expect("a patch");
            let mut patched = live.clone();
            json_patch::patch(&mut patched, &patch).expect("it passed on the server");
            let managed = patched["metadata"].as_object_mut().expect("a map").remove("managedFields");
            metadata.extend(managed.map(|managed| ("managedFields".to_owned(), managed)));
        }
        self.checked += 1;
        track_update(live, &mut new, &writer(request, place), &kind);
        self.compare(&format!("{} {}", request["method"], request["path"]), &new, answer);
    }

    /// What is read is what the writes before ended with.
    fn read(&mut self, answer: &Value, live: Option<&Value>) {
        let scaled = |entry: &Value| entry["subresource"] == "scale";
        let entries = answer.pointer("/metadata/managedFields").and_then(Value::as_array);
        if let (Some(live), true) = (live, entries.is_some_and(|entries| entries.iter().any(scaled))) {
            self.checked += 1;
            self.compare("GET", live, answer);
        }
    }

    fn compare(&mut self, id: &str, object: &Value, answer: &Value) {
        // The server writes a definition's status by itself, some time after.
        let ours = |entry: &Value| entry["manager"] != "kube-apiserver";
        let managed = |object: &Value| -> Vec<Value> {
            timeless(&object["metadata"]["managedFields"]).into_iter().filter(ours).collect()
        };
        let (found, wanted) = (managed(object), managed(answer));
        if found != wanted {
            self.wrong.push(format!("{id}: managedFields\n  {}\nnot\n  {}", json!(found), json!(wanted)));
        }
        let times = |object: &Value| {
            let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
            entries.iter().filter(|entry| entry["time"].is_string() && ours(entry)).count()
        };
        if times(object) != times(answer) {
            self.wrong.push(format!("{id}: {} entries have times, not {}", times(object), times(answer)));
        }
        let (mut found, mut wanted) = (object.clone(), answer.clone());
        for object in [&mut found, &mut wanted] {
            let metadata = object["metadata"].as_object_mut().expect("a map");
            for name in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"] {
                metadata.remove(name);
            }
        }
        if found != wanted {
            self.wrong.push(format!("{id}: {found}\nnot\n{wanted}"));
        }
    }
}

fn sorted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

fn known<'a>(set: &'a SchemaSet, object: &Value) -> (Gvk, Option<Schema<'a>>) {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    let gvk = Gvk::new(text("apiVersion"), text("kind"));
    let schema = set.of(&gvk);
    (gvk, schema)
}

fn writer<'a>(request: &'a Value, place: &'a Place) -> Writer<'a> {
    Writer {
        manager: request["query"]["fieldManager"].as_str().unwrap_or_else(|| {
            let agent = request["userAgent"].as_str().unwrap_or("recorder");
            agent.split('/').next().unwrap_or_default()
        }),
        time: "TIME",
        subresource: &place.subresource,
    }
}

/// The merged object with the server's defaults: what it lacks is taken from the answer, what it has too much is a
/// difference, `null` counts for nothing.
pub(crate) fn values_of(merged: &Value, answer: &Value) -> Value {
    match (merged, answer) {
        (Value::Object(merged), Value::Object(answer)) => {
            let mut out = serde_json::Map::new();
            for (name, value) in answer {
                let value = merged.get(name).map_or_else(|| value.clone(), |merged| values_of(merged, value));
                out.insert(name.clone(), value);
            }
            for (name, value) in merged.iter().filter(|(name, _)| !answer.contains_key(*name)) {
                if !is_empty(value) && name != "stringData" {
                    out.insert(name.clone(), value.clone());
                }
            }
            Value::Object(out)
        }
        (Value::Array(merged), Value::Array(answer)) if merged.len() == answer.len() => {
            merged.iter().zip(answer).map(|(merged, answer)| values_of(merged, answer)).collect()
        }
        (Value::Null, answer) => answer.clone(),
        // What differs from run to run was taken out of the answers, even where it is part of a text.
        (_, Value::String(text)) if text == "NODEPORT" || text.contains("TIME07:00") => answer.clone(),
        _ if same_quantity(merged, answer) => answer.clone(),
        _ => merged.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    [json!(null), json!(false), json!(0), json!(""), json!({}), json!([])].contains(value)
}
