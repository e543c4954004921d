//! What a plain scalar means: YAML 1.1 as kubectl (sigs.k8s.io/yaml) reads it.

use serde_json::Number;

use super::node::NodeValue;

/// A plain scalar, or why it cannot be one.
pub(crate) fn plain(text: &str) -> Result<NodeValue, Unusable> {
    let Some(first) = text.bytes().next() else { return Ok(NodeValue::Null) };
    match first {
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => Ok(word(text)),
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(text),
        _ => Ok(NodeValue::String(text.to_owned())),
    }
}

/// A plain scalar that reads as a number no JSON number can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unusable(pub(crate) &'static str);

fn word(text: &str) -> NodeValue {
    match text {
        "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            NodeValue::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            NodeValue::Bool(false)
        }
        _ => NodeValue::String(text.to_owned()),
    }
}

fn number(text: &str) -> Result<NodeValue, Unusable> {
    if matches!(text.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
        && !text.get(1..).is_some_and(|rest| rest.starts_with(['+', '-']))
    {
        return Err(Unusable("is not a number that JSON has"));
    }
    let first = text.bytes().next();
    let bare;
    let digits = if text.contains('_') && first != Some(b'.') {
        bare = text.replace('_', "");
        bare.as_str()
    } else {
        text
    };
    if let Some(number) = integer(digits) {
        return Ok(NodeValue::Number(number));
    }
    if looks_like_float(digits) {
        return match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(NodeValue::Number(float(value))),
            Ok(_) | Err(_) => Err(Unusable("reads as a number too large for any computer")),
        };
    }
    Ok(NodeValue::String(text.to_owned()))
}

/// As Go's `strconv.ParseInt(…, 0, 64)`, then `ParseUint`.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, digits.get(2..)?),
        Some("0o" | "0O") => (8, digits.get(2..)?),
        Some("0b" | "0B") => (2, digits.get(2..)?),
        Some(lead) if lead.starts_with('0') => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Number::from);
    }
    // Go's ParseUint takes no sign, so `+` stops at the largest signed number.
    if text.starts_with('+') && i64::try_from(magnitude).is_err() {
        return None;
    }
    Some(Number::from(magnitude))
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn looks_like_float(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (body.get(..at).unwrap_or_default(), body.get(at + 1..)),
        None => (body, None),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    mantissa_fits && exponent_fits
}

/// As it reaches the API server: a whole number loses its fraction on the way through JSON.
fn float(value: f64) -> Number {
    let text = format!("{value}");
    match text.parse::<i64>() {
        Ok(whole) => Number::from(whole),
        Err(_) => Number::from_f64(value).unwrap_or_else(|| Number::from(0)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::syntax::Node;

    fn value(text: &str) -> serde_json::Value {
        let value = plain(text).expect("usable");
        Node { value, line: 1, column: 1 }.into_value()
    }

    #[test]
    fn plain_scalars_mean_what_kubectl_makes_of_them() {
        let table = [
            ("", json!(null)),
            ("~", json!(null)),
            ("Null", json!(null)),
            ("yes", json!(true)),
            ("y", json!(true)),
            ("On", json!(true)),
            ("off", json!(false)),
            ("N", json!(false)),
            ("oN", json!("oN")),
            ("0644", json!(420)),
            ("0o17", json!(15)),
            ("0x1F", json!(31)),
            ("-0b11", json!(-3)),
            ("08", json!(8)),
            ("1_000", json!(1000)),
            ("+12", json!(12)),
            ("1e3", json!(1000)),
            ("1.0", json!(1)),
            ("-0.0", json!(0)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            (".", json!(".")),
            ("1.2.3", json!("1.2.3")),
            ("15d", json!("15d")),
            ("2024-01-01", json!("2024-01-01")),
            ("1:30", json!("1:30")),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("=", json!("=")),
            ("-", json!("-")),
            ("0x", json!("0x")),
            ("1e", json!("1e")),
        ];
        for (text, want) in table {
            assert_eq!(value(text), want, "{text}");
        }
    }

    #[test]
    fn numbers_that_json_cannot_hold_are_refused() {
        for text in ["1234e567", ".inf", "-.Inf", ".NaN"] {
            assert!(plain(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_beyond_64_bits_is_a_float_as_in_go() {
        assert_eq!(value("123456789012345678901234567890"), json!(1.234_567_890_123_456_8e29));
    }
}
