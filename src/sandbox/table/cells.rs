//! What stands in a cell.

use jiff::Timestamp;
use serde_json::{Value, json};

/// How long ago a time is, as kubectl says it; `<unknown>` where there is none.
pub(super) fn age(time: &str, now: &str) -> String {
    let (Ok(time), Ok(now)) = (time.parse::<Timestamp>(), now.parse::<Timestamp>()) else {
        return "<unknown>".to_owned();
    };
    duration(now.as_second() - time.as_second())
}

/// A number of seconds in at most two units.
fn duration(seconds: i64) -> String {
    let (minute, hour, day, year) = (60, 3_600, 86_400, 31_536_000);
    let two = |big: i64, big_unit: &str, small: i64, small_unit: &str| {
        let rest = seconds % big / small;
        if rest == 0 {
            format!("{}{big_unit}", seconds / big)
        } else {
            format!("{}{big_unit}{rest}{small_unit}", seconds / big)
        }
    };
    match seconds {
        i64::MIN..=-2 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        s if s < 2 * minute => format!("{s}s"),
        s if s < 10 * minute => two(minute, "m", 1, "s"),
        s if s < 3 * hour => format!("{}m", s / minute),
        s if s < 8 * hour => two(hour, "h", minute, "m"),
        s if s < 2 * day => format!("{}h", s / hour),
        s if s < 8 * day => two(day, "d", hour, "h"),
        s if s < 2 * year => format!("{}d", s / day),
        s if s < 8 * year => two(year, "y", day, "d"),
        s => format!("{}y", s / year),
    }
}

/// The number at a pointer, 0 where there is none.
pub(super) fn number(tree: &Value, pointer: &str) -> i64 {
    tree.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

/// The text at a pointer, `<none>` where there is none.
pub(super) fn or_none(tree: &Value, pointer: &str) -> Value {
    match tree.pointer(pointer) {
        Some(Value::String(text)) if !text.is_empty() => json!(text),
        Some(Value::Null | Value::String(_)) | None => json!("<none>"),
        Some(other) => other.clone(),
    }
}

/// Texts in one cell.
pub(super) fn joined(texts: impl IntoIterator<Item = String>) -> Value {
    let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    json!(if texts.is_empty() { "<none>".to_owned() } else { texts.join(",") })
}

/// A label selector as text.
pub(super) fn selector(selector: Option<&Value>) -> Value {
    let Some(selector) = selector else { return json!("<none>") };
    let labels = selector.get("matchLabels").unwrap_or(selector).as_object();
    let mut texts: Vec<String> = (labels.into_iter().flatten())
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    texts.sort();
    joined(texts)
}

/// Names and images of the containers of a pod template.
pub(super) fn containers(tree: &Value, pointer: &str, field: &str) -> Value {
    let containers = tree.pointer(pointer).and_then(Value::as_array);
    let texts = containers.into_iter().flatten().filter_map(|container| container.get(field)?.as_str());
    joined(texts.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_as_kubectl_says_them() {
        let told = [5, 119, 125, 600, 3 * 3_600 + 300, 30 * 3_600, 3 * 86_400, 400 * 86_400].map(duration);
        assert_eq!(told, ["5s", "119s", "2m5s", "10m", "3h5m", "30h", "3d", "400d"]);
        assert_eq!(age("2026-01-01T00:00:00Z", "2026-01-01T00:00:42Z"), "42s");
        assert_eq!(age("", "2026-01-01T00:00:42Z"), "<unknown>");
    }
}
