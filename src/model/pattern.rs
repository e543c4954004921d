//! Patterns in which `*` stands for any run of characters.

/// Whether a text is like a pattern; both are read once, however many stars there are.
pub fn like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run() {
        for (pattern, text) in
            [("a", "a"), ("*", ""), ("a*", "a"), ("*b", "ab"), ("a*b*c", "a-b-b-c"), ("ä*ö", "äxö")]
        {
            assert!(like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn nothing_else_is_overlooked() {
        for (pattern, text) in
            [("a", "ab"), ("a", ""), ("ab*ba", "aba"), ("a*b", "ac"), ("*a*a", "a"), ("", "a")]
        {
            assert!(!like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!like(&("a*".repeat(200) + "b"), &"a".repeat(5000)));
    }
}
