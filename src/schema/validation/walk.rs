//! The keywords of OpenAPI, checked in the server's order.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Number, Value};

use super::{
    cause::{Cause, Reason},
    formats,
    structural::{below, says},
};

/// What a schema has against an object.
pub(super) fn causes(
    object: &Value,
    schema: &Value,
    patterns: &BTreeMap<String, Option<Regex>>,
) -> Vec<Cause> {
    let mut walk = Walk { patterns, causes: Vec::new() };
    walk.value(object, schema, "");
    walk.causes
}

struct Walk<'a> {
    patterns: &'a BTreeMap<String, Option<Regex>>,
    causes: Vec<Cause>,
}

/// What a value is called in messages.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if whole(number) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a number is one of the server's integers, of 64 bits.
pub(super) fn whole(number: &Number) -> bool {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let float = number.as_f64().filter(|_| number.is_f64());
    float.is_none_or(|float| float.fract() == 0.0 && float.abs() < LIMIT)
}

fn text<'a>(schema: &'a Value, keyword: &str) -> Option<&'a str> {
    schema.get(keyword).and_then(Value::as_str)
}

fn limit(schema: &Value, keyword: &str) -> Option<usize> {
    schema.get(keyword)?.as_u64().and_then(|limit| usize::try_from(limit).ok())
}

fn list<'a>(schema: &'a Value, keyword: &str) -> &'a [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, schema: &Value, path: &str) {
        if value.is_null() && says(schema, "nullable") {
            return;
        }
        self.types(value, schema, path);
        self.combined(value, schema, path);
        match value {
            Value::String(value) => self.string(value, schema, path),
            Value::Number(value) => self.number(value, schema, path),
            Value::Array(items) => self.items(items, schema, path),
            Value::Null | Value::Bool(_) | Value::Object(_) => {}
        }
        let allowed = list(schema, "enum");
        if !allowed.is_empty() && !allowed.contains(value) {
            let allowed: Vec<_> = allowed.iter().map(enum_text).collect();
            let message = format!("Unsupported value: {value}: supported values: {}", allowed.join(", "));
            self.causes.push(Cause::new(path, Reason::NotSupported, message));
        }
        if let Value::Object(map) = value {
            self.map(map, schema, path);
        }
    }

    fn types(&mut self, value: &Value, schema: &Value, path: &str) {
        let int_or_string = says(schema, "x-kubernetes-int-or-string");
        let wanted = match text(schema, "type") {
            _ if int_or_string => "integer,string",
            Some(wanted) => wanted,
            None => return,
        };
        let format = text(schema, "format").filter(|format| formats::is_known(format));
        if let (Some(format), "string", false) = (format, wanted, int_or_string) {
            if let Some(shown) = formats::mismatch(format, value) {
                self.wrong_type(path, format, &shown);
            }
            return;
        }
        let format = text(schema, "format").filter(|_| !int_or_string);
        if let Some((format, shown)) = format.and_then(|format| formats::odd_number(wanted, format, value)) {
            self.wrong_type(path, format, shown);
            return;
        }
        let have = type_name(value);
        let fits = match wanted {
            "number" => matches!(have, "number" | "integer"),
            "integer,string" => matches!(have, "string" | "integer"),
            wanted => wanted == have,
        };
        if !fits {
            self.wrong_type(path, wanted, &Value::from(have).to_string());
        }
    }

    fn wrong_type(&mut self, path: &str, wanted: &str, shown: &str) {
        let message = format!("Invalid value: {shown}: {path} in body must be of type {wanted}: {shown}");
        self.causes.push(Cause::new(path, Reason::TypeInvalid, message));
    }

    /// `anyOf`, `oneOf`, `allOf` and `not`; of alternatives that all fail, what the first has against the value is told.
    fn combined(&mut self, value: &Value, schema: &Value, path: &str) {
        let quoted = |what: &str| format!("Invalid value: \"\": {path:?} must {what}");
        let any = list(schema, "anyOf");
        if !any.is_empty() {
            let mut failures: Vec<_> = any.iter().map(|part| self.apart(value, part, path)).collect();
            if failures.iter().all(|failed| !failed.is_empty()) {
                self.causes.push(Cause::nowhere(quoted("validate at least one schema (anyOf)")));
                self.causes.append(&mut failures.swap_remove(0));
            }
        }
        let one = list(schema, "oneOf");
        if !one.is_empty() {
            let mut failures: Vec<_> = one.iter().map(|part| self.apart(value, part, path)).collect();
            let fits = failures.iter().filter(|failed| failed.is_empty()).count();
            if fits != 1 {
                let found =
                    if fits == 0 { "none valid".to_owned() } else { format!("{fits} valid alternatives") };
                let what = format!("validate one and only one schema (oneOf). Found {found}");
                self.causes.push(Cause::nowhere(quoted(&what)));
            }
            if fits == 0 {
                self.causes.append(&mut failures.swap_remove(0));
            }
        }
        let all = list(schema, "allOf");
        if !all.is_empty() {
            let before = self.causes.len();
            for part in all {
                self.value(value, part, path);
            }
            if self.causes.len() > before {
                self.causes.push(Cause::nowhere(quoted("validate all the schemas (allOf)")));
            }
        }
        if schema.get("not").is_some_and(|not| self.apart(value, not, path).is_empty()) {
            self.causes.push(Cause::nowhere(quoted("not validate the schema (not)")));
        }
    }

    /// What a part of a schema has against the value, by itself.
    fn apart(&self, value: &Value, schema: &Value, path: &str) -> Vec<Cause> {
        let mut walk = Walk { patterns: self.patterns, causes: Vec::new() };
        walk.value(value, schema, path);
        walk.causes
    }

    fn string(&mut self, value: &str, schema: &Value, path: &str) {
        let length = value.chars().count();
        if let Some(most) = limit(schema, "maxLength").filter(|most| length > *most) {
            let message = format!("Too long: may not be more than {most} bytes");
            self.causes.push(Cause::new(path, Reason::TooLong, message));
        }
        if let Some(least) = limit(schema, "minLength").filter(|least| length < *least) {
            let message = format!("{path} in body should be at least {least} chars long");
            self.causes.push(Cause::invalid(path, &value.into(), &message));
        }
        if let Some(pattern) = text(schema, "pattern") {
            let regex = self.patterns.get(pattern).and_then(Option::as_ref);
            if regex.is_some_and(|regex| !regex.is_match(value)) {
                let message = format!("{path} in body should match '{pattern}'");
                self.causes.push(Cause::invalid(path, &value.into(), &message));
            }
        }
    }

    fn number(&mut self, value: &Number, schema: &Value, path: &str) {
        let Some(float) = value.as_f64() else { return };
        let shown = Value::Number(value.clone());
        if let Some(checked) = formats::number_mismatch(schema, value) {
            let message = format!("Invalid value: \"\": Checked value must be of type {checked} in {path}");
            self.causes.push(Cause::nowhere(message));
        }
        let bound = |keyword: &str| schema.get(keyword).filter(|bound| bound.is_number());
        let multiple = bound("multipleOf").and_then(|by| Some((by.as_f64()?, by)));
        if let Some((_, by)) = multiple.filter(|(by, _)| *by != 0.0 && (float / by).fract() != 0.0) {
            let message = format!("{path} in body should be a multiple of {by}");
            self.causes.push(Cause::invalid(path, &shown, &message));
        }
        for (keyword, exclusive, sign, word) in
            [("maximum", "exclusiveMaximum", 1.0, "less"), ("minimum", "exclusiveMinimum", -1.0, "greater")]
        {
            let Some((edge, by)) = bound(keyword).and_then(|by| Some((by.as_f64()?, by))) else { continue };
            // The server compares a whole number with the whole part of a bound.
            let edge = if value.is_f64() { edge } else { edge.trunc() };
            let over = (float - edge) * sign;
            let strictly = says(schema, exclusive);
            let outside = if strictly { over >= 0.0 } else { over > 0.0 };
            if outside {
                let equal = if strictly { "" } else { " or equal to" };
                let than = format!("{path} in body should be {word} than{equal} {by}");
                self.causes.push(Cause::invalid(path, &shown, &than));
            }
        }
    }

    fn items(&mut self, items: &[Value], schema: &Value, path: &str) {
        if let Some(below) = schema.get("items") {
            for (index, item) in items.iter().enumerate() {
                self.value(item, below, &format!("{path}[{index}]"));
            }
        }
        self.count(items.len(), schema, (path, "Items", "items"));
    }

    /// How many items or fields there may be.
    fn count(&mut self, count: usize, schema: &Value, what: (&str, &str, &str)) {
        let (path, keyword, word) = what;
        if let Some(least) = limit(schema, &format!("min{keyword}")).filter(|least| count < *least) {
            let message = format!("{path} in body should have at least {least} {word}");
            self.causes.push(Cause::invalid(path, &count.into(), &message));
        }
        if let Some(most) = limit(schema, &format!("max{keyword}")).filter(|most| count > *most) {
            let message = format!("Too many: {count}: must have at most {most} items");
            self.causes.push(Cause::new(path, Reason::TooMany, message));
        }
    }

    fn map(&mut self, map: &Map<String, Value>, schema: &Value, path: &str) {
        self.count(map.len(), schema, (path, "Properties", "properties"));
        let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for name in list(schema, "required").iter().filter_map(Value::as_str) {
            if !map.contains_key(name) {
                self.causes.push(Cause::new(&join(name), Reason::Required, "Required value".to_owned()));
            }
        }
        for (name, value) in map {
            if let Some(below) = below(schema, name) {
                self.value(value, below, &join(name));
            }
        }
    }
}

/// An allowed value as messages list it.
fn enum_text(value: &Value) -> String {
    if value.is_string() { value.to_string() } else { format!("{:?}", value.to_string()) }
}
