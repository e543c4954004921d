//! What the rules of a kind make of a write.

use serde_json::{Map, Value, json};

use super::allocate::Cluster;
use crate::fields::{self, Converted, Force, Kind, Refused, Writer, reset_fields};
use crate::model::{Cause, Gvk};
use crate::sandbox::{
    api::{Ask, Denial, Engine, carry, drop_meta, meta, set_meta, text, to_version},
    kinds,
    resources::Resource,
    store::Key,
};
use crate::schema::{self, Schema, SchemaSet, Structural, empty_object, unknown_fields};

/// Which part of an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The object itself.
    Main,
    /// Its status.
    Status,
    /// Its scale: the wanted number of replicas.
    Scale,
    /// A namespace's own finalizers.
    Finalize,
}

impl Part {
    /// The part that a path names.
    pub(super) fn of(ask: &Ask) -> Self {
        match ask.target.sub.as_deref() {
            Some("status") => Self::Status,
            Some("scale") => Self::Scale,
            Some("finalize") => Self::Finalize,
            Some(_) | None => Self::Main,
        }
    }

    /// How field managers name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Status => "status",
            Self::Scale => "scale",
            Self::Finalize => "finalize",
        }
    }
}

/// The rules of one kind.
pub(super) struct Rules<'r> {
    resource: &'r Resource,
    schemas: SchemaSet,
    /// What an object of the kind holds before anything is set.
    empty: Option<Value>,
}

impl<'r> Rules<'r> {
    /// The rules of a resource.
    pub(super) fn of(resource: &'r Resource) -> Self {
        let schemas = resource.schemas();
        let empty = empty_object(&schemas, &resource.gvk);
        Self { resource, schemas, empty }
    }

    /// Its schema.
    pub(super) fn schema(&self) -> Option<Schema<'_>> {
        self.schemas.of(&self.resource.gvk)
    }

    /// Reads a tree as the kind's type would: defaults are filled in.
    pub(super) fn default(&self, tree: &mut Value) {
        match self.structural() {
            Some(structural) => {
                // What is applied was merged as it came: what is unknown or empty goes here.
                structural.prune(tree);
                structural.default(tree);
            }
            None if self.resource.custom.is_none() => {
                // An empty list of owners is a wish of its own, and what is empty falls away here.
                let owners = meta(tree, "managedFields").cloned();
                kinds::default(tree, &self.resource.gvk);
                if let Some(owners) = owners {
                    set_meta(tree, "managedFields", owners);
                }
            }
            None => {}
        }
    }

    /// Takes away what the kind does not have and, but for applies, nulls that say nothing; what was unknown.
    pub(super) fn prune(&self, tree: &mut Value) -> Vec<String> {
        match self.structural() {
            Some(structural) => {
                structural.drop_nulls(tree);
                structural.prune(tree)
            }
            // What built-in types do not have falls away where they are read.
            None => self.schema().map(|schema| unknown_fields(schema, tree)).unwrap_or_default(),
        }
    }

    fn structural(&self) -> Option<&Structural> {
        self.resource.custom.as_ref()?.structural(&self.resource.gvk.version)
    }

    /// The object in another version of its kind.
    fn converted(&self, tree: &Value, api_version: &str) -> Option<Converted<'_>> {
        let to = Gvk::new(api_version, &self.resource.gvk.kind);
        let schema = self.schemas.of(&to)?;
        let from = Gvk::new(text(tree, "/apiVersion"), &self.resource.gvk.kind);
        let value = to_version(tree.clone(), &from, &to);
        Some(Converted { value, schema: Some(schema) })
    }

    /// Gives what changed to a manager.
    pub(super) fn track(&self, live: Option<&Value>, new: &mut Value, by: &Writer<'_>) {
        let defaulted = |tree: &mut Value| {
            self.default(tree);
            Ok(())
        };
        self.with_kind(&defaulted, |kind| fields::track_update(live, new, by, kind));
    }

    /// Hands on what the model of server-side apply is to know of the kind.
    fn with_kind<T>(
        &self,
        defaulted: &dyn Fn(&mut Value) -> Result<(), String>,
        then: impl FnOnce(&Kind<'_>) -> T,
    ) -> T {
        let converted = |tree: &Value, version: &str| self.converted(tree, version);
        then(&Kind { schema: self.schema(), empty: self.empty.as_ref(), defaulted, converted: &converted })
    }

    /// Server-side apply.
    pub(super) fn apply(
        &self,
        live: Option<&Value>,
        applied: &Value,
        by: &Writer<'_>,
        force: Force,
    ) -> Result<Value, Denial> {
        let defaulted = |tree: &mut Value| {
            self.readable(tree)?;
            self.default(tree);
            Ok(())
        };
        let made = self.with_kind(&defaulted, |kind| fields::apply(live, applied, by, force, kind));
        made.map_err(|refused| denied(&refused))
    }

    /// Whether the types of a built-in kind can hold a tree that fits its schema: quantities are texts of a form.
    fn readable(&self, tree: &Value) -> Result<(), String> {
        let schema = self.schema().filter(|_| self.resource.custom.is_none());
        let gvk = &self.resource.gvk;
        let unreadable = |why: String| {
            let (group, version, kind) = (&gvk.group, &gvk.version, &gvk.kind);
            Err(format!("unable to convert unstructured object to {group}/{version}, Kind={kind}: {why}"))
        };
        if !schema.is_none_or(|schema| quantities_are_well(tree, schema)) {
            let form = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";
            return unreadable(format!("quantities must match the regular expression '{form}'"));
        }
        let bytes = match (gvk.group.as_str(), gvk.kind.as_str()) {
            ("", "Secret") => tree.get("data"),
            ("", "ConfigMap") => tree.get("binaryData"),
            _ => None,
        };
        let texts =
            bytes.and_then(Value::as_object).into_iter().flatten().filter_map(|(_, value)| value.as_str());
        match texts.into_iter().find_map(bad_base64) {
            Some(at) => {
                unreadable(format!("error decoding from json: illegal base64 data at input byte {at}"))
            }
            None => Ok(()),
        }
    }

    /// What is accepted and warned of.
    pub(super) fn warnings(&self, old: Option<&Value>, new: &Value) -> Vec<String> {
        if self.resource.custom.is_some() {
            return Vec::new();
        }
        kinds::warnings(old, new, &self.resource.gvk)
    }

    /// Makes a defaulted object a new one.
    pub(super) fn prepare_create(&self, engine: &Engine, tree: &mut Value) {
        if self.resource.custom.is_none() {
            let mut cluster = Cluster::of(engine, &self.resource.gvk.kind);
            kinds::prepare_create(tree, &self.resource.gvk, &mut cluster);
            return;
        }
        if let Some(map) = tree.as_object_mut().filter(|_| self.resource.status) {
            map.shift_remove("status");
        }
        set_meta(tree, "generation", json!(1));
    }

    /// Keeps what a write to this part may not change, and counts what it changed.
    pub(super) fn prepare_update(&self, old: &Value, new: &mut Value, part: Part) {
        let builtin = self.resource.custom.is_none();
        match part {
            Part::Status => {
                reset_fields(&self.resource.gvk, self.schema(), "status").put_back(new, Some(old));
                carry_meta(old, new, "generation");
            }
            Part::Main | Part::Scale if builtin => {
                kinds::prepare_update(old, new, &self.resource.gvk);
                // What holds a namespace is written through `finalize` alone.
                if self.resource.collection == "namespaces" {
                    carry(old, new, "spec");
                }
            }
            Part::Main | Part::Scale => {
                if self.resource.status {
                    carry(old, new, "status");
                }
                let generation = meta(old, "generation").and_then(Value::as_i64).unwrap_or(1);
                let grown = i64::from(self.content_differs(old, new));
                set_meta(new, "generation", json!(generation + grown));
            }
            Part::Finalize => carry(old, new, "status"),
        }
    }

    /// Gives an updated object what it came to need.
    pub(super) fn allocate_update(&self, engine: &Engine, tree: &mut Value) {
        if self.resource.custom.is_none() {
            let mut cluster = Cluster::of(engine, &self.resource.gvk.kind);
            kinds::allocate_update(tree, &self.resource.gvk, &mut cluster);
        }
    }

    /// Whether anything differs that a custom kind's generation counts.
    fn content_differs(&self, old: &Value, new: &Value) -> bool {
        let counted = |tree: &Value| {
            let map = tree.as_object().into_iter().flatten();
            let kept =
                map.filter(|(key, _)| *key != "metadata" && (*key != "status" || !self.resource.status));
            kept.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>()
        };
        counted(old) != counted(new)
    }

    /// Refuses what the kind refuses.
    pub(super) fn validate(&self, old: Option<&Value>, new: &Value) -> Result<(), Denial> {
        // What metadata has to be is the same for every kind.
        let mut causes = kinds::validate(old, new, &self.resource.gvk);
        if let Some(structural) = self.structural() {
            let found = structural.validate(new, old).causes;
            let kept = old.filter(|_| !found.is_empty());
            let before = kept.map(|old| (old, structural.validate(old, None).causes));
            causes.extend(found.into_iter().filter(|cause| !was_so(before.as_ref(), new, cause)).map(told));
        }
        self.refused(&causes, new)
    }

    /// The refusal that names these causes; none where there are none.
    pub(super) fn refused(&self, causes: &[Cause], tree: &Value) -> Result<(), Denial> {
        if causes.is_empty() {
            return Ok(());
        }
        let gvk = &self.resource.gvk;
        Err(Denial::invalid(&gvk.group, &gvk.kind, text(tree, "/metadata/name"), causes))
    }
}

/// Where a text stops being base64.
fn bad_base64(text: &str) -> Option<usize> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"+/\r\n".contains(&byte);
    let end = text.trim_end_matches('=').len();
    let odd = text.bytes().take(end).position(|byte| !known(byte));
    let digits = text.bytes().filter(|byte| !b"\r\n".contains(byte)).count();
    odd.or_else(|| (digits % 4 != 0 || text.len() - end > 2).then_some(text.len()))
}

fn quantities_are_well(tree: &Value, schema: Schema<'_>) -> bool {
    match tree {
        Value::Object(map) => (map.iter())
            .all(|(key, value)| schema.field(key).is_none_or(|schema| quantities_are_well(value, schema))),
        Value::Array(items) => {
            let below = schema.items();
            items.iter().all(|item| below.is_none_or(|schema| quantities_are_well(item, schema)))
        }
        Value::String(text) if schema.is_quantity() => is_quantity(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let suffix = digits.trim_start_matches(|letter: char| "eEinumkKMGTP".contains(letter));
    let exponent = suffix.strip_prefix(['+', '-']).unwrap_or(suffix);
    digits.len() < unsigned.len() && exponent.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether something was wrong already and was not touched: a stricter schema does not lock objects up.
fn was_so(before: Option<&(&Value, Vec<schema::Cause>)>, new: &Value, cause: &schema::Cause) -> bool {
    let Some((old, causes)) = before else { return false };
    let pointer: String = format!("/{}", cause.field.replace(['.', '['], "/").replace(']', ""));
    causes.contains(cause) && old.pointer(&pointer) == new.pointer(&pointer)
}

fn told(cause: schema::Cause) -> Cause {
    Cause { reason: cause.reason.name().to_owned(), field: cause.field, message: cause.message }
}

/// Puts back one field of the metadata.
fn carry_meta(old: &Value, new: &mut Value, field: &str) {
    match meta(old, field) {
        Some(value) => set_meta(new, field, value.clone()),
        None => drop_meta(new, field),
    }
}

/// A refusal of server-side apply as it is answered.
pub(super) fn denied(refused: &Refused) -> Denial {
    match refused {
        Refused::BadRequest(message) => Denial::bad_request(message.clone()),
        Refused::Invalid(message) => Denial::unreasoned(message.clone()),
        Refused::Conflicts(conflicts) => {
            let causes: Vec<Value> = (conflicts.iter())
                .map(|conflict| {
                    json!({
                        "reason": "FieldManagerConflict", "message": conflict.message(), "field": conflict.path,
                    })
                })
                .collect();
            let mut denial = Denial::new(409, "Conflict", refused.message());
            denial.details = json!({"causes": causes});
            denial
        }
    }
}

/// Refuses new objects where their namespace is missing or going.
pub(super) fn namespace(engine: &Engine, ask: &Ask, name: &str) -> Result<(), Denial> {
    let Some(namespace) = ask.namespace().filter(|_| ask.resource.namespaced) else { return Ok(()) };
    let Some(found) = engine.store.get(&Key::new("namespaces", None, namespace)) else {
        let mut denial = Denial::new(404, "NotFound", format!("namespaces \"{namespace}\" not found"));
        denial.details = json!({"name": namespace, "kind": "namespaces"});
        return Err(denial);
    };
    if meta(found.tree(), "deletionTimestamp").is_none() {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let mut denial = Denial::forbidden(&ask.resource, name, &why);
    if let Some(details) = denial.details.as_object_mut() {
        let cause = json!({"reason": "NamespaceTerminating",
            "message": format!("namespace {namespace} is being terminated"), "field": "metadata.namespace"});
        details.insert("causes".to_owned(), json!([cause]));
    }
    Err(denial)
}
