//! The expressions `${{ values.a.b }}`: typed, unambiguous, and nothing else is touched (rules 15).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::suggest::{did_you_mean, listed};

/// What expressions may name.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    root: Value,
}

/// What became of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Replaced {
    /// It holds no expression.
    Untouched,
    /// It was one expression: the value with its type.
    Typed(Value),
    /// A text with expressions in it.
    Text(String),
}

/// What went wrong in a scalar: the byte offset, what, and what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    /// Byte offset in the text.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
    /// What to type.
    pub help: Option<String>,
    /// Whether it is only likely to be wrong.
    pub near_miss: bool,
}

const OPEN: &str = "${{";
const ROOTS: [&str; 3] = ["values", "environment", "stack"];

impl Scope {
    /// The names of one target; without values none can be named.
    pub fn new(environment: &str, stack: &str, namespace: Option<&str>, values: Option<Value>) -> Self {
        let mut root = Map::new();
        if let Some(values) = values {
            root.insert("values".to_owned(), values);
        }
        let mut names = Map::from_iter([("name".to_owned(), Value::from(stack))]);
        if let Some(namespace) = namespace {
            names.insert("namespace".to_owned(), Value::from(namespace));
        }
        root.insert(
            "environment".to_owned(),
            Value::from(Map::from_iter([("name".to_owned(), Value::from(environment))])),
        );
        root.insert("stack".to_owned(), Value::from(names));
        Self { root: Value::Object(root) }
    }

    fn find(&self, path: &str) -> Result<&Value, (String, Option<String>)> {
        let mut value = &self.root;
        let mut walked = String::new();
        for part in path.split('.') {
            let next = match value {
                Value::Object(map) => map.get(part),
                Value::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
            };
            let Some(next) = next else { return Err(self.unknown(path, &walked, part, value)) };
            if !walked.is_empty() {
                walked.push('.');
            }
            walked.push_str(part);
            value = next;
        }
        Ok(value)
    }

    fn unknown(&self, path: &str, walked: &str, part: &str, parent: &Value) -> (String, Option<String>) {
        if part == "values" && self.root.get("values").is_none() {
            let help = "write the value itself: only `environment` and `stack` are known here";
            return ("a value cannot refer to other values".to_owned(), Some(help.to_owned()));
        }
        let Some(map) = parent.as_object() else {
            return (format!("`{walked}` has no parts, so `{path}` is unknown"), None);
        };
        let message = format!("`{path}` is unknown");
        let names = map.keys().map(String::as_str);
        let prefix = if walked.is_empty() { String::new() } else { format!("{walked}.") };
        let help = match did_you_mean(part, names.clone()) {
            Some(near) => format!("did you mean `{prefix}{near}`?"),
            None if path == "stack.namespace" => "the stack has no `spec.namespace`".to_owned(),
            None if map.is_empty() => {
                format!("`{walked}` is empty: declare it under `spec.values.properties` of the stack")
            }
            None => format!("known are {}", listed(names)),
        };
        (message, Some(help))
    }
}

/// Replaces the expressions of one scalar.
pub fn replace(text: &str, scope: &Scope) -> (Replaced, Vec<Remark>) {
    if !text.contains('{') {
        return (Replaced::Untouched, Vec::new());
    }
    let mut remarks = near_misses(text);
    if !text.contains(OPEN) {
        return (Replaced::Untouched, remarks);
    }
    let mut done = String::with_capacity(text.len());
    let mut touched = false;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(OPEN)).map(|offset| at + offset) {
        let (before, rest) = (text.get(at..found).unwrap_or_default(), text.get(found..).unwrap_or_default());
        if let Some(before) = before.strip_suffix('$') {
            done.push_str(before);
            done.push_str(OPEN);
            touched = true;
            at = found + OPEN.len();
            continue;
        }
        done.push_str(before);
        let Some((path, length)) = expression(rest) else {
            done.push_str(OPEN);
            at = found + OPEN.len();
            continue;
        };
        at = found + length;
        touched = true;
        match value_of(path, scope) {
            Err((message, help)) => {
                remarks.push(Remark { offset: found, message, help, near_miss: false });
            }
            Ok(value) if length == text.trim_ascii().len() && text.trim_ascii_start().len() == rest.len() => {
                return (Replaced::Typed(value.clone()), remarks);
            }
            Ok(value) => match inline(value) {
                Some(text) => done.push_str(&text),
                None => remarks.push(Remark {
                    offset: found,
                    message: format!("`{path}` is {}, which does not go into a longer text", sort(value)),
                    help: Some("let the expression stand alone, or name one of its parts".to_owned()),
                    near_miss: false,
                }),
            },
        }
    }
    done.push_str(text.get(at..).unwrap_or_default());
    (if touched { Replaced::Text(done) } else { Replaced::Untouched }, remarks)
}

/// The path of an expression and how many bytes it takes; none where this is somebody else's `${{`.
fn expression(rest: &str) -> Option<(&str, usize)> {
    let end = rest.find("}}")?;
    let inner = rest.get(OPEN.len()..end)?.trim();
    let root = inner.split('.').next().unwrap_or_default();
    let ours = ROOTS.contains(&root) && inner.contains('.') && !inner.contains('\n');
    ours.then_some((inner, end + 2))
}

fn value_of<'s>(path: &str, scope: &'s Scope) -> Result<&'s Value, (String, Option<String>)> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    if !path.chars().all(fits) {
        let help = "an expression is a path, as in `${{ values.retention }}`: no functions, no operators";
        return Err((format!("`{path}` is no path"), Some(help.to_owned())));
    }
    scope.find(path)
}

fn inline(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(_) | Value::Number(_) => Some(Cow::Owned(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
        Value::Bool(_) | Value::Number(_) | Value::String(_) => "a scalar",
    }
}

/// Texts that look like expressions and are none.
fn near_misses(text: &str) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (at, _) in text.match_indices('{') {
        let (before, after) = text.split_at(at);
        let double = after.starts_with("{{");
        if before.ends_with('{') || before.ends_with("$${") || before.ends_with("$$") {
            continue;
        }
        let inner = after.trim_start_matches(['{', ' ', '$', '.']);
        let word: String = inner.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let path = inner.get(word.len()..).is_some_and(|rest| rest.starts_with('.'));
        let dollar = before.trim_end_matches(' ').ends_with('$');
        let plain_start = !after.trim_start_matches(['{', ' ']).starts_with(['$', '.']);
        let exact = ROOTS.contains(&word.as_str());
        let open =
            before.ends_with('$') && double && expression(text.get(at - 1..).unwrap_or_default()).is_some();
        if open || !path {
            continue;
        }
        let near = if exact { Some(word.as_str()) } else { did_you_mean(&word, ROOTS) };
        let likely = match near {
            Some(_) if exact => (double || dollar) && plain_start,
            Some(_) => double && before.ends_with('$') && plain_start,
            None => false,
        };
        if let (true, Some(near)) = (likely, near) {
            remarks.push(Remark {
                offset: at.saturating_sub(usize::from(dollar)),
                message: "this looks like an expression and is none, so it stays as it is".to_owned(),
                help: Some(format!("write `${{{{ {near}.… }}}}`, or `$${{{{` where the text is meant")),
                near_miss: true,
            });
        }
    }
    remarks
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> Scope {
        let values =
            json!({"retention": "15d", "replicas": 2, "on": true, "list": [1, {"a": "x"}], "none": null});
        Scope::new("prod", "web", Some("mlops"), Some(values))
    }

    fn text(text: &str) -> Replaced {
        let (replaced, remarks) = replace(text, &scope());
        assert_eq!(remarks, [], "{text}");
        replaced
    }

    fn remark(text: &str) -> Remark {
        let (_, mut remarks) = replace(text, &scope());
        assert_eq!(remarks.len(), 1, "{text}: {remarks:?}");
        remarks.remove(0)
    }

    #[test]
    fn one_expression_keeps_its_type() {
        assert_eq!(text("${{ values.replicas }}"), Replaced::Typed(json!(2)));
        assert_eq!(text("${{values.list}}"), Replaced::Typed(json!([1, {"a": "x"}])));
        assert_eq!(text("${{ values.list.1.a }}"), Replaced::Typed(json!("x")));
        assert_eq!(text("${{ stack.namespace }}"), Replaced::Typed(json!("mlops")));
    }

    #[test]
    fn scalars_go_into_longer_texts() {
        assert_eq!(
            text("--r=${{ values.retention }} ${{ values.on }}/${{ environment.name }}"),
            Replaced::Text("--r=15d true/prod".to_owned())
        );
        assert!(remark("x ${{ values.list }}").message.contains("is a list"));
        assert!(remark("x ${{ values.none }}").message.contains("is null"));
    }

    #[test]
    fn what_others_write_passes_untouched() {
        for other in [
            "{{ $labels.instance }} is down",
            "{{ .Values }} {{ .values.x }}",
            "Cost today: ${{ $value }}",
            "${x} $x $__x $(X) ${__range}",
            "rate(x{values=\"1\"}[5m])",
            "{a: b}",
            "${{ github.sha }}",
        ] {
            assert_eq!(text(other), Replaced::Untouched, "{other}");
        }
    }

    #[test]
    fn a_doubled_dollar_is_literal() {
        assert_eq!(text("a $${{ values.x }}"), Replaced::Text("a ${{ values.x }}".to_owned()));
    }

    #[test]
    fn unknown_names_are_mistakes_with_a_suggestion() {
        let wrong = remark("a ${{ values.retension }}");
        assert_eq!((wrong.offset, wrong.near_miss), (2, false));
        assert_eq!(wrong.help.as_deref(), Some("did you mean `values.retention`?"));
        assert!(remark("${{ values.a | upper }}").message.contains("is no path"));
        assert!(remark("${{ stack.nam }}").help.is_some_and(|help| help.contains("stack.name")));
    }

    #[test]
    fn near_misses_are_told_and_left() {
        for near in [
            "${{ value.retention }}",
            "{{ values.retention }}",
            "${values.retention}",
            "$ {{ values.retention }}",
            "${{ values.retention }",
            "${{ Values.retention }}",
        ] {
            let (replaced, remarks) = replace(near, &scope());
            assert_eq!(replaced, Replaced::Untouched, "{near}");
            assert!(matches!(remarks.as_slice(), [Remark { near_miss: true, .. }]), "{near}: {remarks:?}");
        }
    }
}
