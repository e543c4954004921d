//! The rules of `x-kubernetes-validations`, in CEL.

use std::collections::BTreeMap;

use kube_cel::{CompiledSchema, ErrorKind, ValidationError, Validator, cel::ExecutionError, compile_schema};
use serde_json::{Map, Value};

use super::cause::{Cause, Reason};

const RULES: &str = "x-kubernetes-validations";

/// What is told in place of the rules where the object has not even the right shape.
pub(super) const NOT_CHECKED: &str = "Invalid value: null: some validation rules were not checked because the object \
    was invalid; correct the existing errors to complete validation";

/// The rules of a schema, compiled, at the places where they stand; places without rules are left out.
pub(super) struct Rules {
    here: Option<CompiledSchema>,
    fields: BTreeMap<String, Self>,
    others: Option<Box<Self>>,
    items: Option<Box<Self>>,
    /// The key fields of a keyed list: by them an item is found in the list before.
    keys: Vec<String>,
}

impl Rules {
    /// The rules of a schema and of all below it; none where there are none.
    pub(super) fn of(schema: &Value) -> Option<Self> {
        let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let fields: BTreeMap<_, _> =
            fields.filter_map(|(name, below)| Some((name.clone(), Self::of(below)?))).collect();
        let nested = |keyword: &str| schema.get(keyword).and_then(Self::of).map(Box::new);
        let (others, items) = (nested("additionalProperties"), nested("items"));
        let here = schema.get(RULES).map(|_| compile_schema(&alone(schema, true)));
        if here.is_none() && fields.is_empty() && others.is_none() && items.is_none() {
            return None;
        }
        let keyed = schema.get("x-kubernetes-list-type").is_some_and(|sort| sort == "map");
        let keys = schema.get("x-kubernetes-list-map-keys").filter(|_| keyed).and_then(Value::as_array);
        let keys = keys.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        Some(Self { here, fields, others, items, keys })
    }

    /// Evaluates all rules; transition rules need the state before.
    pub(super) fn check(
        &self,
        object: &Value,
        old: Option<&Value>,
        causes: &mut Vec<Cause>,
        unchecked: &mut Vec<String>,
    ) {
        let mut run = Run { validator: Validator::new(), causes, unchecked };
        run.node(self, object, old, "");
    }
}

/// A schema whose rules are those of its own place only, so that each place can be evaluated by itself.
#[expect(clippy::fn_params_excessive_bools, reason = "the root of the recursion differs by this alone")]
fn alone(schema: &Value, root: bool) -> Value {
    match schema {
        Value::Object(map) => {
            let kept = map.iter().filter(|(name, _)| root || *name != RULES);
            let kept = kept.map(|(name, value)| {
                let value = match &**name {
                    RULES => value.as_array().into_iter().flatten().map(with_optional).collect(),
                    "default" | "enum" => value.clone(),
                    _ => alone(value, false),
                };
                (name.clone(), value)
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => items.iter().map(|item| alone(item, false)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

/// With `optionalOldSelf` the state before is an optional value; the evaluator has it as a value or `null`.
fn with_optional(rule: &Value) -> Value {
    let mut rule = rule.clone();
    let Some(map) = rule.as_object_mut() else { return rule };
    if map.get("optionalOldSelf") == Some(&Value::Bool(true)) {
        for name in ["rule", "messageExpression"] {
            if let Some(text) = map.get(name).and_then(Value::as_str).map(optional) {
                map.insert(name.to_owned(), text.into());
            }
        }
    }
    rule
}

/// The expression with each `oldSelf` outside of strings made optional.
fn optional(expression: &str) -> String {
    let (mut out, mut word, mut quote, mut escaped) = (String::new(), String::new(), None, false);
    let flush = |out: &mut String, word: &mut String| {
        let text = if word == "oldSelf" {
            "(oldSelf == null ? optional.none() : optional.of(oldSelf))"
        } else {
            word.as_str()
        };
        out.push_str(text);
        word.clear();
    };
    for c in expression.chars() {
        if let Some(end) = quote {
            out.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == end => quote = None,
                _ => {}
            }
        } else if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            flush(&mut out, &mut word);
            quote = (c == '"' || c == '\'').then_some(c);
            out.push(c);
        }
    }
    flush(&mut out, &mut word);
    out
}

struct Run<'a> {
    validator: Validator,
    causes: &'a mut Vec<Cause>,
    unchecked: &'a mut Vec<String>,
}

impl Run<'_> {
    fn node(&mut self, rules: &Rules, value: &Value, old: Option<&Value>, path: &str) {
        if let Some(here) = &rules.here {
            self.evaluate(here, value, old, path);
        }
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    let old = old.and_then(|old| old.get(name));
                    if let Some(below) = rules.fields.get(name) {
                        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                        self.node(below, value, old, &path);
                    } else if let Some(below) = &rules.others {
                        self.node(below, value, old, &format!("{path}[{name}]"));
                    }
                }
            }
            Value::Array(items) => {
                let Some(below) = &rules.items else { return };
                for (index, item) in items.iter().enumerate() {
                    let old = old.and_then(|old| before(item, old, &rules.keys));
                    self.node(below, item, old, &format!("{path}[{index}]"));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn evaluate(&mut self, rules: &CompiledSchema, value: &Value, old: Option<&Value>, path: &str) {
        let Err(errors) = self.validator.validate_compiled(rules, value, old) else { return };
        for error in errors.into_vec() {
            if error.kind == ErrorKind::ValidationFailure {
                self.causes.push(failure(&error, value, path));
            } else if error.kind == ErrorKind::EvaluationError {
                self.causes.push(broken(&error, value, path));
            } else {
                self.unchecked.push(format!("{path}: {}", error.message));
            }
        }
    }
}

/// The item of the list before that has the same keys; there is none but in keyed lists.
fn before<'a>(item: &Value, old: &'a Value, keys: &[String]) -> Option<&'a Value> {
    let same = |other: &&Value| keys.iter().all(|key| other.get(key) == item.get(key));
    old.as_array()?.iter().find(same).filter(|_| !keys.is_empty())
}

/// A rule that does not hold.
fn failure(error: &ValidationError, value: &Value, path: &str) -> Cause {
    let below = error.field_path.trim_start_matches('.');
    let value = at(value, below);
    let field = if below.is_empty() { path.to_owned() } else { format!("{path}.{below}") };
    let field = field.trim_start_matches('.');
    match error.reason.as_deref() {
        Some("FieldValueRequired") => {
            Cause::new(field, Reason::Required, format!("Required value: {}", error.message))
        }
        Some("FieldValueForbidden") => {
            Cause::new(field, Reason::Forbidden, format!("Forbidden: {}", error.message))
        }
        Some("FieldValueDuplicate") => {
            let value = value.cloned().unwrap_or_default();
            Cause::new(field, Reason::Duplicate, format!("Duplicate value: {value}"))
        }
        _ => match value {
            Some(value) if !value.is_object() && !value.is_array() => {
                Cause::invalid(field, value, &error.message)
            }
            _ => Cause::new(field, Reason::Invalid, format!("Invalid value: {}", error.message)),
        },
    }
}

/// A rule that could not be evaluated on this object.
fn broken(error: &ValidationError, value: &Value, path: &str) -> Cause {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<ExecutionError>());
    let why = match source {
        Some(ExecutionError::NoSuchKey(key)) => format!("no such key: {key}"),
        Some(other) => other.to_string(),
        None => error.message.clone(),
    };
    let sort = match value {
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Bool(_) => "boolean",
        Value::Null | Value::Object(_) => "object",
    };
    let message = format!("Invalid value: {sort:?}: {why} evaluating rule: {}", error.rule);
    Cause::new(path, Reason::Invalid, message)
}

/// The value at a path of names, as a rule's `fieldPath` gives it.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let names = path.split(['.', '[', ']']).filter(|name| !name.is_empty());
    names
        .map(|name| name.trim_matches(['"', '\'']))
        .try_fold(value, |value, name| value.as_object().and_then(|map: &Map<String, Value>| map.get(name)))
}
