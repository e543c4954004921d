//! Takes out of a text what differs from run to run, so that it can be compared with a stored one.

/// Replaces the given texts by their names, then uids, times, durations, commit ids and ports of loopback.
pub(crate) fn redact(text: &str, known: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (needle, name) in known {
        text = text.replace(needle, name);
    }
    let mut out = String::new();
    let mut word = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || "-:.+".contains(character) {
            word.push(character);
        } else {
            out.push_str(&shown(&word));
            word.clear();
            out.push(character);
        }
    }
    out + &shown(&word)
}

/// A word, or what stands for it.
fn shown(word: &str) -> String {
    let bare = word.trim_end_matches(['.', ':']);
    let end = &word[bare.len()..];
    let name = if is_uid(bare) {
        "UID"
    } else if is_time(bare) {
        "TIME"
    } else if is_duration(bare) {
        "DURATION"
    } else if is_commit(bare) {
        "COMMIT"
    } else if let Some(port) = bare.strip_prefix("127.0.0.1:")
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        "127.0.0.1:PORT"
    } else {
        return word.to_owned();
    };
    format!("{name}{end}")
}

fn is_uid(word: &str) -> bool {
    let lengths: Vec<_> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn is_time(word: &str) -> bool {
    word.parse::<jiff::Timestamp>().is_ok()
}

/// As in `350ms`, `1.2s`, `4m`.
fn is_duration(word: &str) -> bool {
    let number = word.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    ["ms", "s", "m"].contains(&&word[number.len()..]) && number.parse::<f64>().is_ok()
}

/// A commit id, whole or shortened as git shortens it; never a plain number or a word.
fn is_commit(word: &str) -> bool {
    let hex = word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let mixed =
        word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    [7, 8, 10, 12, 40].contains(&word.len()) && hex && mixed
}
