//! Formats of texts and numbers, as far as the server checks them.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::OnceLock,
};

use base64::Engine as _;
use regex::Regex;
use serde_json::{Number, Value};

use super::walk;

/// The formats that texts are checked against.
const KNOWN: &[&str] = &[
    "byte",
    "cidr",
    "date",
    "date-time",
    "datetime",
    "duration",
    "email",
    "hexcolor",
    "hostname",
    "ipv4",
    "ipv6",
    "k8s-long-name",
    "k8s-short-name",
    "mac",
    "password",
    "uri",
    "uuid",
    "uuid3",
    "uuid4",
    "uuid5",
];

/// Whether texts of this format are checked.
pub(super) fn is_known(format: &str) -> bool {
    KNOWN.contains(&format)
}

/// The value as a message shows it, where it is not of the format; a list passes, as on the server.
pub(super) fn mismatch(format: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!fits(format, text)).then(|| value.to_string()),
        Value::Number(number) if number.is_f64() => Some("\"float64\"".to_owned()),
        Value::Number(_) => Some("\"int64\"".to_owned()),
        Value::Bool(_) | Value::Object(_) => Some("\"\"".to_owned()),
        Value::Null => Some("\"null\"".to_owned()),
        Value::Array(_) => None,
    }
}

fn fits(format: &str, text: &str) -> bool {
    match format {
        "byte" => base64::engine::general_purpose::STANDARD.decode(text).is_ok(),
        "cidr" => is_cidr(text),
        "date" => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        "date-time" | "datetime" => is_time(text),
        "duration" => is_duration(text),
        "email" => {
            text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
                && !text.contains(char::is_whitespace)
        }
        "hexcolor" => matches(0, text),
        "hostname" => text.len() <= 255 && matches(1, text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "k8s-long-name" => text.len() <= 253 && text.split('.').all(|part| matches(2, part)),
        "k8s-short-name" => text.len() <= 63 && matches(2, text),
        "mac" => matches(3, text),
        "uri" => is_uri(text),
        "uuid" => matches(4, text),
        "uuid3" => matches(4, text) && version(text) == Some('3'),
        "uuid4" => matches(4, text) && version(text) == Some('4'),
        "uuid5" => matches(4, text) && version(text) == Some('5'),
        _ => true,
    }
}

/// Hex colour, host name, label, hardware address, UUID.
const PATTERNS: &[&str] = &[
    "^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$",
    r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\.?$",
    "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    "^([0-9a-fA-F]{2}[:-]){5}([0-9a-fA-F]{2}[:-]?){1,3}$|^([0-9a-fA-F]{4}\\.){2}[0-9a-fA-F]{4}$",
    "^(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$",
];

fn matches(pattern: usize, text: &str) -> bool {
    static COMPILED: OnceLock<Vec<Option<Regex>>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| PATTERNS.iter().map(|pattern| Regex::new(pattern).ok()).collect());
    compiled.get(pattern).and_then(Option::as_ref).is_some_and(|regex| regex.is_match(text))
}

fn version(uuid: &str) -> Option<char> {
    uuid.chars().filter(|c| *c != '-').nth(12)
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let Ok(length) = length.parse::<u8>() else { return false };
    (address.parse::<Ipv4Addr>().is_ok() && length <= 32)
        || (address.parse::<Ipv6Addr>().is_ok() && length <= 128)
}

/// A date and a time with an offset, between which there is a `T`.
fn is_time(text: &str) -> bool {
    let separated = text.get(10..11).is_some_and(|at| at.eq_ignore_ascii_case("T"));
    separated && text.parse::<jiff::Timestamp>().is_ok()
}

/// `1h30m`, or an amount with a written unit, as `3 days`.
fn is_duration(text: &str) -> bool {
    const UNITS: &[&str] = &["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
    const WORDS: &[&str] = &[
        "ns",
        "nano",
        "nanosecond",
        "us",
        "µs",
        "micro",
        "microsecond",
        "ms",
        "milli",
        "millisecond",
        "s",
        "sec",
        "second",
        "m",
        "min",
        "minute",
        "h",
        "hr",
        "hour",
        "d",
        "day",
        "w",
        "wk",
        "week",
    ];
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if let Some((amount, word)) = rest.split_once(' ') {
        let word = word.trim();
        let word = word.strip_suffix('s').filter(|word| word.len() > 1).unwrap_or(word);
        return amount.parse::<f64>().is_ok() && WORDS.contains(&word);
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (amount, after) = rest.split_at(digits);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, more) = after.split_at(end);
        let known = UNITS.contains(&unit) || WORDS.contains(&unit);
        if amount.parse::<f64>().is_err() || !known {
            return false;
        }
        rest = more;
    }
    true
}

/// An absolute URI or an absolute path.
fn is_uri(text: &str) -> bool {
    let plain = !text.is_empty() && !text.contains(|c: char| c.is_ascii_control() || c == ' ');
    let absolute = text.starts_with('/')
        || text.split_once(':').is_some_and(|(scheme, _)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        });
    plain && absolute
}

/// The format and the value as a message shows it, where a number was wanted whose format the server knows and the value
/// is of a sort that it judges by the format instead of by the type.
pub(super) fn odd_number<'a>(
    wanted: &str,
    format: &'a str,
    value: &Value,
) -> Option<(&'a str, &'static str)> {
    let whole = match (wanted, format) {
        ("integer", "int32" | "int64") => true,
        ("number", "float" | "double") => false,
        _ => return None,
    };
    match value {
        Value::Bool(_) | Value::Object(_) => Some((format, "\"\"")),
        Value::Number(number) if whole && !walk::whole(number) => Some((format, "\"float64\"")),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

/// What a number had to be, where it is too large for its type or not whole.
pub(super) fn number_mismatch(schema: &Value, number: &Number) -> Option<String> {
    let float = number.as_f64()?;
    let whole = walk::whole(number);
    let wanted = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    let (fits, named) = match (wanted, format) {
        ("integer", "int32") => (whole && float >= f64::from(i32::MIN) && float <= f64::from(i32::MAX), true),
        ("integer", "int64") => (whole, true),
        ("integer", _) => (whole, false),
        ("number", "float") => (float.abs() <= f64::from(f32::MAX), true),
        _ => (true, false),
    };
    let how = if named { format!("with format {format}") } else { "(default format)".to_owned() };
    (!fits).then(|| format!("{wanted} {how}"))
}
