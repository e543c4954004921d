//! The simple JSONPath of printer columns: `.a.b[0]`, `[*]` and `[?(@.type=="Ready")]`.

use serde_json::Value;

/// All values that a path leads to.
pub(super) fn find<'a>(tree: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![tree];
    let mut rest = path.trim_start_matches('$');
    while !rest.is_empty() && !found.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let Some(end) = closing(after) else { return Vec::new() };
            let (inside, after) = after.split_at(end);
            found = found.into_iter().flat_map(|value| inside_brackets(value, inside)).collect();
            rest = after.strip_prefix(']').unwrap_or_default();
        } else {
            let after = rest.strip_prefix('.').unwrap_or(rest);
            let (name, after) = word(after);
            found = found.into_iter().filter_map(|value| value.get(name.as_str())).collect();
            rest = after;
        }
    }
    found
}

/// A name, in which a backslash keeps a dot.
fn word(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => name.extend(letters.next().map(|(_, escaped)| escaped)),
            '.' | '[' => return (name, text.get(at..).unwrap_or_default()),
            other => name.push(other),
        }
    }
    (name, "")
}

fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, ']') => return Some(at),
            _ => {}
        }
    }
    None
}

fn inside_brackets<'a>(value: &'a Value, inside: &str) -> Vec<&'a Value> {
    if let Some(condition) = inside.strip_prefix("?(").and_then(|rest| rest.strip_suffix(')')) {
        let items = value.as_array().into_iter().flatten();
        return items.filter(|item| holds(item, condition)).collect();
    }
    if inside == "*" {
        return match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(map) => map.values().collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
    }
    if let Ok(index) = inside.parse::<i64>() {
        let Some(items) = value.as_array() else { return Vec::new() };
        let at = if index < 0 { index.saturating_add_unsigned(items.len() as u64) } else { index };
        return usize::try_from(at).ok().and_then(|at| items.get(at)).into_iter().collect();
    }
    let name = inside.trim_matches(['"', '\'']);
    value.get(name).into_iter().collect()
}

fn holds(item: &Value, condition: &str) -> bool {
    let Some((path, wanted)) = condition.split_once("==") else {
        return !find(item, condition.trim().trim_start_matches('@')).is_empty();
    };
    let wanted = wanted.trim().trim_matches(['"', '\'']);
    let found = find(item, path.trim().trim_start_matches('@'));
    found.into_iter().any(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned) == *wanted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn follows_the_paths_of_printer_columns() {
        let tree = json!({
            "spec": {"a.b": 1, "list": [{"x": "p"}, {"x": "q"}]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]},
        });
        let check = |path: &str, expected: Value| assert_eq!(json!(find(&tree, path)), expected, "{path}");
        check(r".spec.a\.b", json!([1]));
        check(r#".status.conditions[?(@.type=="Ready")].status"#, json!(["True"]));
        check(".status.conditions[?(@.type == 'Other')].status", json!(["False"]));
        check(".spec.list[*].x", json!(["p", "q"]));
        check(".spec.list[-1].x", json!(["q"]));
        check(".spec['a.b']", json!([1]));
        check(".spec.nothing.here", json!([]));
    }
}
