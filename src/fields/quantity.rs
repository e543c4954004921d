//! Kubernetes Quantities: whether two spellings are the same to the server.

use serde_json::Value;

/// Families of suffixes; the server keeps the family when it writes a Quantity anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Decimal,
    Binary,
    Exponent,
}

/// A value as a whole number of nanos.
#[derive(Debug, PartialEq, Eq)]
struct Quantity {
    nanos: i128,
    family: Family,
}

/// Whether the server would write both as the same text: equal amounts in the same family of suffixes.
pub fn same_quantity(a: &Value, b: &Value) -> bool {
    match (read(a), read(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

fn read(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => parse(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads a Quantity exactly; none where it is none, is finer than a nano or too large to be kept unrounded.
fn parse(text: &str) -> Option<Quantity> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (digits, suffix) = unsigned.split_at(end);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let (family, binary, decimal) = scale(suffix)?;
    mantissa = mantissa.checked_mul(1i128.checked_shl(binary)?)?;
    let power = decimal.checked_add(9)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let factor = 10i128.checked_pow(power.unsigned_abs())?;
    let nanos = if power >= 0 {
        mantissa.checked_mul(factor)?
    } else {
        (mantissa % factor == 0).then(|| mantissa / factor)?
    };
    // Beyond an int64 of units the server caps, and below a nano it rounds.
    let largest = i128::from(i64::MAX).checked_mul(1_000_000_000)?;
    let nanos = if text.starts_with('-') { -nanos } else { nanos };
    (nanos.abs() < largest).then_some(Quantity { nanos, family })
}

/// The family, the power of two and the power of ten of a suffix.
fn scale(suffix: &str) -> Option<(Family, u32, i32)> {
    let decimal = |power| Some((Family::Decimal, 0, power));
    let binary = |power| Some((Family::Binary, power, 0));
    match suffix {
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => {
            let power = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            Some((Family::Exponent, 0, power))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spellings_of_the_same_amount_are_equal() {
        for (a, b) in [
            (json!("1500m"), json!(1.5)),
            (json!(2), json!("2")),
            (json!("1000m"), json!("1")),
            (json!("1024Mi"), json!("1Gi")),
            (json!("0.5"), json!("500m")),
            (json!("1000k"), json!("1M")),
            (json!("-1"), json!("-1000m")),
        ] {
            assert!(same_quantity(&a, &b), "{a} {b}");
        }
    }

    #[test]
    fn other_amounts_families_and_texts_are_not_equal() {
        for (a, b) in [
            (json!("1Gi"), json!("1G")),
            (json!("1073741824"), json!("1Gi")),
            (json!("1e3"), json!("1k")),
            (json!("0.1n"), json!("0.1n")),
            (json!("x"), json!("x")),
            (json!(null), json!("0")),
            (json!("99E"), json!("99E")),
        ] {
            assert!(!same_quantity(&a, &b), "{a} {b}");
        }
    }
}
