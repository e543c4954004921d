//! Times as people read them; the present is always an argument.

use jiff::Timestamp;

/// How long ago an RFC 3339 time was, as in `3 h ago`; the text itself where it is no time.
pub(super) fn ago(time: &str, now: Timestamp) -> String {
    let Ok(then) = time.parse::<Timestamp>() else { return time.to_owned() };
    let seconds = now.as_second() - then.as_second();
    match seconds {
        ..-60 => format!("in {}", span(-seconds)),
        -60..2 => "just now".to_owned(),
        _ => format!("{} ago", span(seconds)),
    }
}

/// An RFC 3339 time to the minute, as in `2026-11-21 04:18 UTC`; the text itself where it is no time.
pub(super) fn minute(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(then) => then.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => time.to_owned(),
    }
}

/// Milliseconds as `0.3s`, `12.4s`, `3m07s`, `1h02m`.
pub(super) fn elapsed(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..60 => format!("{seconds}.{}s", millis % 1000 / 100),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Seconds in the greatest unit of which there are at least two.
fn span(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / MINUTE),
        7200..172_800 => format!("{} h", seconds / HOUR),
        _ => format!("{} days", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_relative_to_the_given_present() {
        let now: Timestamp = "2026-11-21T04:00:00Z".parse().unwrap();
        let told = |time| ago(time, now);
        assert_eq!(told("2026-11-21T03:59:59Z"), "just now");
        assert_eq!(told("2026-11-21T03:59:00Z"), "60 s ago");
        assert_eq!(told("2026-11-21T02:30:00Z"), "90 min ago");
        assert_eq!(told("2026-11-20T04:00:00Z"), "24 h ago");
        assert_eq!(told("2026-11-01T04:00:00Z"), "20 days ago");
        assert_eq!(told("2026-11-21T04:30:00Z"), "in 30 min");
        assert_eq!(told("soon"), "soon");
    }

    #[test]
    fn spans_are_short() {
        assert_eq!(elapsed(340), "0.3s");
        assert_eq!(elapsed(59_999), "59.9s");
        assert_eq!(elapsed(187_000), "3m07s");
        assert_eq!(elapsed(3_720_000), "1h02m");
    }

    #[test]
    fn minutes_are_in_utc() {
        assert_eq!(minute("2026-11-21T05:18:36+01:00"), "2026-11-21 04:18 UTC");
    }
}
