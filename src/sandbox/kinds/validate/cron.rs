//! Schedules of CronJobs.

use serde_json::{Value, json};

use super::object::{Causes, Path};

/// Field by field: the least and the greatest number, and names that stand for numbers.
const FIELDS: [(u32, u32, &[&str]); 5] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];
const SHORTHANDS: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// A schedule, in the words of the parser that the server uses.
pub(super) fn schedule(text: &str, path: &Path, causes: &mut Causes) {
    if text.is_empty() {
        causes.required(path, "");
        return;
    }
    if text.contains("TZ") {
        let words = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        causes.invalid(path, &json!(text), words);
        return;
    }
    if let Err(words) = parsed(text) {
        causes.invalid(path, &json!(text), &words);
    }
}

fn parsed(text: &str) -> Result<(), String> {
    if text.starts_with('@') {
        return match text.strip_prefix("@every ") {
            Some(duration) if duration.ends_with(['s', 'm', 'h']) => Ok(()),
            Some(_) => Err(format!("failed to parse duration {text}")),
            None if SHORTHANDS.contains(&text) => Ok(()),
            None => Err(format!("unrecognized descriptor: {text}")),
        };
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    for (field, (low, high, names)) in fields.iter().zip(FIELDS) {
        for range in field.split(',') {
            parse_range(range, low, high, names)?;
        }
    }
    Ok(())
}

fn parse_range(range: &str, low: u32, high: u32, names: &[&str]) -> Result<(), String> {
    let mut halves = range.split('/');
    let (span, step) = (halves.next().unwrap_or_default(), halves.next());
    if halves.next().is_some() {
        return Err(format!("too many slashes: {range}"));
    }
    if let Some(step) = step {
        let step = number(step, &[])?;
        if step == 0 {
            return Err(format!("step of range should be a positive number: {range}"));
        }
    }
    if span == "*" || span == "?" {
        return Ok(());
    }
    let mut ends = span.split('-');
    let begin = number(ends.next().unwrap_or_default(), names)?;
    let end = ends.next().map_or(Ok(if step.is_some() { high } else { begin }), |end| number(end, names))?;
    if ends.next().is_some() {
        return Err(format!("too many hyphens: {range}"));
    }
    if begin < low {
        return Err(format!("beginning of range ({begin}) below minimum ({low}): {range}"));
    }
    if end > high {
        return Err(format!("end of range ({end}) above maximum ({high}): {range}"));
    }
    if begin > end {
        return Err(format!("beginning of range ({begin}) beyond end of range ({end}): {range}"));
    }
    Ok(())
}

fn number(text: &str, names: &[&str]) -> Result<u32, String> {
    let lower = text.to_lowercase();
    if let Some(at) = names.iter().position(|name| !name.is_empty() && *name == lower) {
        return u32::try_from(at).map_err(|error| error.to_string());
    }
    text.parse().map_err(|_| {
        format!("failed to parse int from {text}: strconv.Atoi: parsing {}: invalid syntax", json!(text))
    })
}

/// The name of a time zone that the machine's tables know.
pub(super) fn time_zone(zone: &Value, path: &Path, causes: &mut Causes) {
    let name = zone.as_str().unwrap_or_default();
    if name.is_empty() {
        causes.invalid(path, zone, "timeZone must be nil or non-empty string");
    } else if name.eq_ignore_ascii_case("local") {
        causes.invalid(
            path,
            zone,
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
        );
    } else if jiff::tz::TimeZone::get(name).is_err() {
        causes.invalid(path, zone, &format!("unknown time zone {name}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_cron_reads_them() {
        for good in ["* * * * *", "*/5 0-6 1,15 jan-mar MON", "@daily", "@every 5m", "0 0 ? * 6"] {
            assert_eq!(parsed(good), Ok(()), "{good}");
        }
        for bad in ["* * * *", "60 * * * *", "5-1 * * * *", "*/0 * * * *", "a * * * *", "@now", "* * 0 * *"] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }
}
