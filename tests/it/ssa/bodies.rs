//! Random bodies of few fields and values, so that managers meet.

use serde_json::{Map, Value, json};

/// A small deterministic generator (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap_or_default()
    }

    /// True `percent` times out of a hundred.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Some of the items, in random order.
    fn some<'a, T>(&mut self, items: &'a [T]) -> Vec<&'a T> {
        let mut kept: Vec<_> = items.iter().filter(|_| self.chance(55)).collect();
        for i in (1..kept.len()).rev() {
            kept.swap(i, self.below(i + 1));
        }
        kept
    }
}

/// The kinds that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    ConfigMap,
    Service,
    Deployment,
    Thing,
    /// A custom kind that is written through two versions.
    Pair,
}

impl Sort {
    pub(super) fn of(dice: &mut Dice) -> Self {
        *dice.pick(&[Self::ConfigMap, Self::Service, Self::Deployment, Self::Thing, Self::Thing, Self::Pair])
    }

    /// Whether its values are compared exactly: nothing but its schema has a say in them.
    pub(super) fn is_custom(self) -> bool {
        matches!(self, Self::Thing | Self::Pair)
    }

    pub(super) fn api(self, version: &str) -> (String, &'static str) {
        match self {
            Self::ConfigMap => ("v1".to_owned(), "ConfigMap"),
            Self::Service => ("v1".to_owned(), "Service"),
            Self::Deployment => ("apps/v1".to_owned(), "Deployment"),
            Self::Thing => ("ssa.test/v1".to_owned(), "Thing"),
            Self::Pair => (format!("ssa.test/{version}"), "Pair"),
        }
    }

    pub(super) fn path(self, version: &str) -> String {
        match self {
            Self::ConfigMap => "/api/v1/namespaces/default/configmaps".to_owned(),
            Self::Service => "/api/v1/namespaces/default/services".to_owned(),
            Self::Deployment => "/apis/apps/v1/namespaces/default/deployments".to_owned(),
            Self::Thing => "/apis/ssa.test/v1/namespaces/default/things".to_owned(),
            Self::Pair => format!("/apis/ssa.test/{version}/namespaces/default/pairs"),
        }
    }

    /// A body without identity; a whole one could be created.
    pub(super) fn body(self, dice: &mut Dice, whole: Whole, version: &str) -> Value {
        let mut body = match self {
            Self::ConfigMap => json!({"data": texts(dice)}),
            Self::Service => service(dice),
            Self::Deployment => deployment(dice, whole),
            Self::Thing => json!({"spec": thing(dice)}),
            Self::Pair => json!({"spec": pair(dice, version)}),
        };
        body["metadata"] = metadata(dice);
        if dice.chance(12) {
            empty_something(&mut body, dice);
        }
        body
    }

    pub(super) fn status(self, dice: &mut Dice) -> Option<Value> {
        match self {
            Self::Thing => {
                Some(json!({"status": {"ready": dice.chance(50), "conditions": conditions(dice)}}))
            }
            Self::Deployment => {
                Some(json!({"status": {"conditions": conditions(dice), "observedGeneration": dice.below(3)}}))
            }
            Self::ConfigMap | Self::Service | Self::Pair => None,
        }
    }
}

/// Whether a body holds all that creation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    Yes,
    No,
}

fn value(dice: &mut Dice) -> &'static str {
    ["1", "2", "3"][dice.below(3)]
}

fn texts(dice: &mut Dice) -> Value {
    let names = ["a", "b", "c.d", "e"];
    let map: Map<_, _> =
        dice.some(&names).into_iter().map(|name| ((*name).to_owned(), json!(value(dice)))).collect();
    Value::Object(map)
}

fn metadata(dice: &mut Dice) -> Value {
    let mut metadata = json!({});
    if dice.chance(40) {
        metadata["labels"] = texts(dice);
    }
    if dice.chance(25) {
        metadata["annotations"] = texts(dice);
    }
    if dice.chance(15) {
        metadata["finalizers"] = json!(dice.some(&["x.test/a", "x.test/b", "x.test/c"]));
    }
    metadata
}

/// A Service without what the server's own logic ties to other fields.
fn service(dice: &mut Dice) -> Value {
    let mut spec = json!({});
    let ports: Vec<_> = dice
        .some(&[80, 81, 82])
        .into_iter()
        .map(|port| {
            let mut item = json!({"port": port, "name": format!("p{port}")});
            if dice.chance(40) {
                item["protocol"] = json!("TCP");
            }
            if dice.chance(40) {
                item["targetPort"] = dice.pick(&[json!(80), json!("http")]).clone();
            }
            item
        })
        .collect();
    spec["ports"] = json!(ports);
    if dice.chance(50) {
        spec["selector"] = texts(dice);
    }
    if dice.chance(30) {
        spec["publishNotReadyAddresses"] = json!(dice.chance(50));
    }
    json!({"spec": spec})
}

fn container(dice: &mut Dice, name: &str) -> Value {
    let mut item = json!({"name": name});
    if dice.chance(70) {
        item["image"] = json!(value(dice));
    }
    if dice.chance(40) {
        let env: Vec<_> = dice
            .some(&["A", "B", "C"])
            .into_iter()
            .map(|name| json!({"name": name, "value": value(dice)}))
            .collect();
        item["env"] = json!(env);
    }
    if dice.chance(30) {
        item["args"] = json!(dice.some(&["x", "y"]));
    }
    if dice.chance(40) {
        let ports = dice.some(&[80, 81, 82]).into_iter().map(|port| match dice.below(3) {
            0 => json!({"containerPort": port}),
            1 => json!({"containerPort": port, "protocol": "TCP"}),
            _ => json!({"containerPort": port, "protocol": "UDP", "name": format!("u{port}")}),
        });
        item["ports"] = ports.collect();
    }
    if dice.chance(30) {
        let amount = dice.pick(&[json!("1"), json!("1000m"), json!("500m"), json!(1)]).clone();
        item["resources"] = json!({"limits": {"cpu": amount}});
    }
    item
}

fn deployment(dice: &mut Dice, whole: Whole) -> Value {
    let mut spec = json!({});
    let mut names: Vec<&str> = dice.some(&["a", "b", "c"]).into_iter().copied().collect();
    if whole == Whole::Yes {
        names.retain(|name| *name != "a");
        names.insert(0, "a");
        spec["selector"] = json!({"matchLabels": {"app": "x"}});
    }
    let mut pod = json!({});
    let containers: Vec<_> = names.into_iter().map(|name| container(dice, name)).collect();
    if !containers.is_empty() {
        pod["containers"] = json!(containers);
    }
    if dice.chance(20) {
        pod["nodeSelector"] = texts(dice);
    }
    if dice.chance(20) {
        pod["tolerations"] = json!([{"key": value(dice), "operator": "Exists"}]);
    }
    if dice.chance(20) {
        pod["volumes"] =
            json!([{"name": "v", "emptyDir": {}}, {"name": "w", "configMap": {"name": value(dice)}}]);
    }
    let mut template = json!({});
    if whole == Whole::Yes || dice.chance(20) {
        template["metadata"] = json!({"labels": {"app": "x"}});
    }
    if pod != json!({}) {
        template["spec"] = pod;
    }
    if template != json!({}) {
        spec["template"] = template;
    }
    if dice.chance(50) {
        spec["replicas"] = json!(dice.below(3));
    }
    if dice.chance(20) {
        spec["paused"] = json!(dice.chance(50));
    }
    if dice.chance(20) {
        spec["strategy"] = match dice.below(2) {
            0 => json!({"type": "RollingUpdate"}),
            _ => json!({"rollingUpdate": {"maxSurge": dice.below(3)}}),
        };
    }
    json!({"spec": spec})
}

fn thing(dice: &mut Dice) -> Value {
    let mut spec = Map::new();
    let mut put = |name: &str, value: Value| spec.insert(name.to_owned(), value);
    let keyed = |dice: &mut Dice| -> Vec<Value> {
        dice.some(&["a", "b", "c"])
            .into_iter()
            .map(|name| {
                let mut item = json!({"name": name});
                if dice.chance(30) {
                    item["port"] = json!(80 + dice.below(2));
                }
                if dice.chance(60) {
                    item["v"] = json!(dice.below(3));
                }
                if dice.chance(20) {
                    item["sub"] = json!({"x": value(dice)});
                }
                item
            })
            .collect()
    };
    for name in [
        "set", "keyed", "list", "map", "whole", "parts", "block", "any", "mixed", "nul", "dflt", "emb",
        "more",
    ] {
        if !dice.chance(35) {
            continue;
        }
        let some = match name {
            "set" => json!(dice.some(&["a", "b", "c", "d"])),
            "keyed" => json!(keyed(dice)),
            "list" => json!(dice.some(&[1, 2, 3])),
            "map" | "whole" => texts(dice),
            "parts" | "block" => json!({"x": value(dice), "y": dice.below(2)}),
            "any" => match dice.below(4) {
                0 => json!({"p": {"q": [1, {"r": value(dice)}], "s": value(dice)}}),
                1 => json!({"p": {"q": dice.below(2)}, "t": null}),
                2 => json!({"p": value(dice)}),
                _ => texts(dice),
            },
            "mixed" => dice.pick(&[json!(1), json!("1"), json!("x")]).clone(),
            "nul" => dice.pick(&[json!(null), json!("x"), json!("y")]).clone(),
            "dflt" => json!({"a": dice.below(2)}),
            "emb" => {
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": texts(dice)}, "spec": {"n": dice.below(2)}})
            }
            _ => json!({"k": {"items": keyed(dice)}, "l": {"text": value(dice)}}),
        };
        put(name, some);
    }
    Value::Object(spec)
}

fn pair(dice: &mut Dice, version: &str) -> Value {
    let mut spec = json!({});
    for name in ["a", if version == "v1" { "old" } else { "new" }] {
        if dice.chance(50) {
            spec[name] = json!(value(dice));
        }
    }
    if dice.chance(50) {
        spec["map"] = texts(dice);
    }
    if dice.chance(60) {
        let items = dice.some(&["a", "b", "c"]).into_iter().map(|name| {
            let own = if version == "v1" { "v" } else { "w" };
            json!({"name": name, "both": value(dice), own: value(dice)})
        });
        spec["keyed"] = items.collect();
    }
    spec
}

fn conditions(dice: &mut Dice) -> Value {
    let items = dice
        .some(&["Ready", "Done"])
        .into_iter()
        .map(|sort| json!({"type": sort, "status": dice.pick(&["True", "False"])}));
    items.collect()
}

/// Makes some map or list of the body empty.
fn empty_something(body: &mut Value, dice: &mut Dice) {
    let Some(map) = body.as_object_mut() else { return };
    let names: Vec<_> =
        map.iter().filter(|(_, v)| v.is_object() || v.is_array()).map(|(k, _)| k.clone()).collect();
    let Some(name) = names.get(dice.below(names.len())) else { return };
    let value = &mut map[name];
    if dice.chance(50) && value.as_object().is_some_and(|map| !map.is_empty()) {
        empty_something(value, dice);
    } else if name != "metadata" {
        *value = if value.is_object() { json!({}) } else { json!([]) };
    }
}

/// A kind of two versions, each with fields that the other lacks.
pub(super) fn two_versions() -> Value {
    let version = |name: &str, own: &str, item: &str| {
        let text = json!({"type": "string"});
        let items = json!({"type": "object", "required": ["name"], "properties": {"name": text, "both": text, item: text}});
        let spec = json!({"type": "object", "properties": {
            "a": text, own: text,
            "map": {"type": "object", "additionalProperties": text},
            "keyed": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": items}}});
        json!({"name": name, "served": true, "storage": name == "v1",
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}})
    };
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "pairs.ssa.test"},
        "spec": {"group": "ssa.test", "scope": "Namespaced",
            "names": {"kind": "Pair", "plural": "pairs", "singular": "pair", "listKind": "PairList"},
            "versions": [version("v1", "old", "v"), version("v2", "new", "w")]}})
}

/// A kind with every sort of list and map.
pub(super) fn definition() -> Value {
    let item = json!({"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "port": {"type": "integer", "default": 80}, "v": {"type": "integer"},
        "sub": {"type": "object", "properties": {"x": {"type": "string"}}}}});
    let keyed = json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name", "port"], "items": item});
    let texts = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let mut whole = texts.clone();
    whole["x-kubernetes-map-type"] = json!("atomic");
    let parts = json!({"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "integer"}}});
    let mut block = parts.clone();
    block["x-kubernetes-map-type"] = json!("atomic");
    let spec = json!({"type": "object", "properties": {
        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "keyed": keyed,
        "list": {"type": "array", "items": {"type": "integer"}},
        "map": texts, "whole": whole, "parts": parts, "block": block,
        "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "mixed": {"x-kubernetes-int-or-string": true},
        "nul": {"type": "string", "nullable": true},
        "dflt": {"type": "object", "default": {"a": 7}, "properties": {"a": {"type": "integer", "default": 5}, "b": {"type": "string", "default": "z"}}},
        "emb": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true},
        "more": {"type": "object", "additionalProperties": {"type": "object", "properties": {"items": keyed, "text": {"type": "string"}}}},
    }});
    let condition = json!({"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}, "status": {"type": "string"}}});
    let status = json!({"type": "object", "properties": {
        "ready": {"type": "boolean"},
        "conditions": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"], "items": condition}}});
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.ssa.test"},
        "spec": {"group": "ssa.test", "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things", "singular": "thing", "listKind": "ThingList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}}}]}})
}
