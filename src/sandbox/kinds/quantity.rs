//! The text in which the server writes a Quantity.

use serde_json::Value;

/// Tens of nanos in a unit: everything is counted in nanos, the server's finest step.
const UNIT: i128 = 1_000_000_000;
const MILLI: i128 = 1_000_000;
/// The server holds no binary amount above it.
const LARGEST: i128 = i64::MAX as i128 * UNIT;

const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Family {
    Decimal,
    Binary,
    Exponent,
}

/// An amount as a caller may compare it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amount {
    nanos: i128,
    family: Family,
}

/// Writes a Quantity as the server would; what is none is left as it is.
pub(super) fn canonical(value: &mut Value) {
    rewrite(value, 1);
}

/// The same, rounded up to a thousandth, as the server does in maps of resources.
pub(super) fn canonical_resource(value: &mut Value) {
    rewrite(value, MILLI);
}

/// The amount of a Quantity in nanos; none where it is none.
pub(in crate::sandbox) fn nanos(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => parse(text.trim()).map(|amount| amount.nanos),
        Value::Number(number) => parse(&number.to_string()).map(|amount| amount.nanos),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn rewrite(value: &mut Value, step: i128) {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return,
    };
    // What is written like a whole number, but for a sign or a point too many, is kept as it was typed.
    let digits = text.trim_start_matches('+').trim_end_matches('.');
    let typed = digits.len() < text.len() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let Some(amount) = parse(&text) else { return };
    *value = Value::String(if typed && amount.nanos != 0 { text } else { written(amount, step) });
}

fn parse(text: &str) -> Option<Amount> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (digits, suffix) = unsigned.split_at(end);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let places = i32::try_from(fraction.len()).ok()?;
    let nanos = match binary_power(suffix) {
        Some(power) => scaled(mantissa, 9 - places, 1i128.checked_shl(power)?)?.min(LARGEST),
        None => scaled(mantissa, decimal_power(suffix)?.checked_add(9 - places)?, 1)?,
    };
    let family = match suffix {
        _ if binary_power(suffix).is_some() => Family::Binary,
        _ if DECIMAL.iter().any(|(name, _)| *name == suffix) => Family::Decimal,
        _ => Family::Exponent,
    };
    Some(Amount { nanos: if text.starts_with('-') { -nanos } else { nanos }, family })
}

fn binary_power(suffix: &str) -> Option<u32> {
    let at = BINARY.iter().position(|name| *name == suffix)?;
    u32::try_from(at + 1).ok()?.checked_mul(10)
}

fn decimal_power(suffix: &str) -> Option<i32> {
    match DECIMAL.iter().find(|(name, _)| *name == suffix) {
        Some((_, power)) => Some(*power),
        None => suffix.strip_prefix(['e', 'E'])?.parse().ok(),
    }
}

/// `mantissa * factor * 10^power`, rounded up.
fn scaled(mantissa: i128, power: i32, factor: i128) -> Option<i128> {
    let mantissa = mantissa.checked_mul(factor)?;
    let ten = 10i128.checked_pow(power.unsigned_abs())?;
    if power >= 0 { mantissa.checked_mul(ten) } else { Some(rounded_up(mantissa, ten)) }
}

fn rounded_up(amount: i128, step: i128) -> i128 {
    amount / step + i128::from(amount % step > 0)
}

fn written(amount: Amount, step: i128) -> String {
    let nanos = rounded_up(amount.nanos, step) * step;
    let whole = nanos % UNIT == 0;
    // Small and broken binary amounts are written in decimals, so that nothing is rounded away.
    if amount.family == Family::Binary && whole && nanos.abs() >= 1024 * UNIT {
        return in_powers_of_1024(nanos / UNIT);
    }
    let mut mantissa = nanos;
    let mut power = -9;
    while mantissa != 0 && mantissa % 1000 == 0 && power < 18 {
        (mantissa, power) = (mantissa / 1000, power + 3);
    }
    match (mantissa, amount.family) {
        (0, _) => "0".to_owned(),
        (_, Family::Exponent) if power != 0 => format!("{mantissa}e{power}"),
        _ => {
            let suffix = DECIMAL.iter().find(|(_, p)| *p == power).map_or("", |(name, _)| name);
            format!("{mantissa}{suffix}")
        }
    }
}

fn in_powers_of_1024(mut units: i128) -> String {
    let mut suffix = "";
    for name in BINARY {
        if units % 1024 != 0 {
            break;
        }
        (units, suffix) = (units / 1024, name);
    }
    format!("{units}{suffix}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities_are_written_as_the_server_writes_them() {
        for (given, expected) in [
            (json!("2000m"), "2"),
            (json!("0.5Gi"), "512Mi"),
            (json!(1.5), "1500m"),
            (json!(2), "2"),
            (json!("1e3"), "1e3"),
            (json!("1024Ki"), "1Mi"),
            (json!("1000k"), "1M"),
            (json!("1024"), "1024"),
            (json!(".5"), "500m"),
            (json!("5."), "5."),
            (json!("+1"), "+1"),
            (json!(2000), "2k"),
            (json!("100000u"), "100m"),
            (json!("1.1Gi"), "1181116006400m"),
            (json!("1025Mi"), "1025Mi"),
            (json!("1000Ei"), "9223372036854775807"),
            (json!("12345678901234567890"), "12345678901234567890"),
            (json!("0Mi"), "0"),
            (json!("-0"), "0"),
            (json!("1n"), "1n"),
            (json!("1.0005"), "1000500u"),
        ] {
            let mut value = given.clone();
            canonical(&mut value);
            assert_eq!(value, expected, "{given}");
        }
    }

    #[test]
    fn maps_of_resources_are_rounded_up_to_thousandths() {
        for (given, expected) in [("1.0005", "1001m"), ("1n", "1m"), ("0.0001", "1m"), ("1500m", "1500m")] {
            let mut value = json!(given);
            canonical_resource(&mut value);
            assert_eq!(value, expected, "{given}");
        }
    }

    #[test]
    fn what_is_no_quantity_stays() {
        let mut value = json!("1 Gi");
        canonical(&mut value);
        assert_eq!(value, "1 Gi");
    }
}
