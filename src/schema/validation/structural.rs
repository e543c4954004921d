//! The schema of one version of a CustomResourceDefinition, for validation.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use regex::Regex;
use serde_json::{Map, Value, json};

use super::{
    cause::Cause,
    defaults, lists, prune,
    rules::{NOT_CHECKED, Rules},
    strict::strict_errors,
    walk,
};

/// A structural schema; cloning it is cheap.
#[derive(Clone)]
pub struct Structural(Arc<Inner>);

struct Inner {
    schema: Value,
    /// Where the replicas stand that the subresource `scale` reads, as `.spec.replicas`.
    replicas: Option<String>,
    patterns: OnceLock<BTreeMap<String, Option<Regex>>>,
    rules: OnceLock<Option<Rules>>,
}

/// What validation found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// What is wrong.
    pub causes: Vec<Cause>,
    /// The rules that could not be evaluated here, each with why; the server may still refuse by them.
    pub unchecked: Vec<String>,
}

impl Structural {
    /// A version's `openAPIV3Schema`.
    pub fn of(schema: &Value) -> Self {
        Self::with_scale(schema, None)
    }

    fn with_scale(schema: &Value, replicas: Option<&str>) -> Self {
        Self(Arc::new(Inner {
            schema: without_descriptions(schema),
            replicas: replicas.map(str::to_owned),
            patterns: OnceLock::new(),
            rules: OnceLock::new(),
        }))
    }

    /// The schema of one version of a CustomResourceDefinition; none where it has no such version or no schema.
    pub fn of_crd(crd: &Value, version: &str) -> Option<Self> {
        let versions = crd.pointer("/spec/versions")?.as_array()?;
        let version = versions.iter().find(|one| one.get("name").is_some_and(|name| name == version))?;
        let replicas = version.pointer("/subresources/scale/specReplicasPath").and_then(Value::as_str);
        Some(Self::with_scale(version.pointer("/schema/openAPIV3Schema")?, replicas))
    }

    /// Takes away what the schema does not know, and says what that was; apiVersion, kind and metadata stay.
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        prune::prune(object, &self.0.schema)
    }

    /// The fields that the schema does not know, in order.
    pub fn unknown_fields(&self, object: &Value) -> Vec<String> {
        self.prune(&mut object.clone())
    }

    /// What strict decoding of a JSON text has against it: first the fields that are given twice, then the unknown ones.
    pub fn strict_errors(&self, json: &[u8]) -> Vec<String> {
        let mut errors = strict_errors(json, None);
        let object = serde_json::from_slice::<Value>(json).unwrap_or_default();
        errors.extend(self.unknown_fields(&object).iter().map(|field| format!("unknown field {field:?}")));
        errors
    }

    /// Takes away each `null` whose field is neither nullable nor has a default, as the server does with what is sent
    /// by any way but apply.
    pub fn drop_nulls(&self, object: &mut Value) {
        defaults::drop_nulls(object, &self.0.schema);
    }

    /// Fills in the defaults; a `null` that may not be is as none.
    pub fn default(&self, object: &mut Value) {
        defaults::default(object, &self.0.schema);
    }

    /// Whether an object, pruned and with its defaults, is valid; `old` is what it was before an update.
    ///
    /// The names and labels in `metadata` are checked for every kind alike, and not here.
    pub fn validate(&self, object: &Value, old: Option<&Value>) -> Verdict {
        let mut causes = walk::causes(object, &self.0.schema, self.patterns());
        lists::check(object, &self.0.schema, "", &mut causes);
        causes.extend(self.0.replicas.as_deref().and_then(|path| scale_cause(object, path)));
        let mut unchecked = Vec::new();
        if let Some(rules) = self.rules() {
            if causes.iter().any(|cause| cause.reason.blocks()) {
                causes.push(Cause::nowhere(NOT_CHECKED.to_owned()));
            } else {
                rules.check(object, old, &mut causes, &mut unchecked);
            }
        }
        Verdict { causes, unchecked }
    }

    fn patterns(&self) -> &BTreeMap<String, Option<Regex>> {
        self.0.patterns.get_or_init(|| {
            let mut found = BTreeMap::new();
            each(&self.0.schema, &mut |node| {
                if let Some(pattern) = node.get("pattern").and_then(Value::as_str) {
                    found.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
                }
            });
            found
        })
    }

    /// The compiled rules; none where the schema has none.
    fn rules(&self) -> Option<&Rules> {
        self.0.rules.get_or_init(|| Rules::of(&self.0.schema)).as_ref()
    }
}

/// What the subresource `scale` has against the replicas.
fn scale_cause(object: &Value, path: &str) -> Option<Cause> {
    let value =
        path.split('.').filter(|name| !name.is_empty()).try_fold(object, |value, name| value.get(name))?;
    let told = |value: &Value, message: &str| Some(Cause::invalid(path, value, message));
    match value.as_f64() {
        Some(count) if count < 0.0 => told(value, "should be a non-negative integer"),
        Some(count) if count > f64::from(i32::MAX) => {
            told(value, &format!("should be less than or equal to {}", i32::MAX))
        }
        Some(_) => None,
        None => {
            let sort = match value {
                Value::String(_) => "string",
                Value::Bool(_) => "bool",
                Value::Array(_) => "[]interface {}",
                Value::Object(_) => "map[string]interface {}",
                Value::Null | Value::Number(_) => return None,
            };
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let message = format!("{path} accessor error: {shown} is of the type {sort}, expected int64");
            told(&Value::from(0), &message)
        }
    }
}

/// The keywords that hold one schema, a list of them, and a map of them.
const ONE: &[&str] = &["items", "additionalProperties", "not"];
const LISTS: &[&str] = &["allOf", "anyOf", "oneOf"];

/// Visits every schema in a schema.
fn each(schema: &Value, visit: &mut dyn FnMut(&Map<String, Value>)) {
    let Some(node) = schema.as_object() else { return };
    visit(node);
    for below in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        each(below.1, visit);
    }
    ONE.iter().filter_map(|name| node.get(*name)).for_each(|below| each(below, visit));
    let lists = LISTS.iter().filter_map(|name| node.get(*name)?.as_array());
    lists.flatten().for_each(|below| each(below, visit));
}

fn without_descriptions(schema: &Value) -> Value {
    let Some(node) = schema.as_object() else { return schema.clone() };
    let kept = node.iter().filter(|(name, _)| !matches!(&***name, "description" | "example" | "title"));
    let kept = kept.map(|(name, value)| {
        let value = match (&**name, value) {
            ("properties", Value::Object(fields)) => {
                fields.iter().map(|(name, below)| (name.clone(), without_descriptions(below))).collect()
            }
            (name, Value::Array(parts)) if LISTS.contains(&name) => {
                parts.iter().map(without_descriptions).collect()
            }
            (name, below) if ONE.contains(&name) => without_descriptions(below),
            _ => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(kept.collect())
}

/// The schema of a map key: of the declared field, else of any other key.
pub(super) fn below<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let declared = schema.get("properties").and_then(|fields| fields.get(name));
    declared.or_else(|| schema.get("additionalProperties").filter(|more| more.is_object()))
}

/// Whether a keyword is `true`.
pub(super) fn says(schema: &Value, keyword: &str) -> bool {
    schema.get(keyword) == Some(&json!(true))
}
