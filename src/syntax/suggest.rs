//! Did you mean: the nearest of the words that would have been right.

/// The candidate that a mistyped word most likely stands for; none where nothing is near.
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let longest = word.chars().count();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let allowed = (longest.max(candidate.chars().count()) / 3).clamp(1, 4);
        let distance = if squeezed(word) == squeezed(candidate) { 0 } else { distance(word, candidate) };
        if distance <= allowed && best.is_none_or(|(nearest, _)| distance < nearest) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Words in a sentence: each in backticks, separated by commas.
pub fn listed<'c>(words: impl IntoIterator<Item = &'c str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// Letters and digits in lower case, so that `max_deletes` is `maxDeletes`.
fn squeezed(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Edits from one word to the other, a swap of neighbours counting one.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    let mut last = None;
    for (i, letter) in from.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in to.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let change = at(&row, j) + usize::from(letter != *other);
            let mut least = change.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = j > 0 && last == Some(*other) && to.get(j - 1) == Some(&letter);
            if swapped && i > 0 {
                least = least.min(at(&before, j - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(letter);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["stacks", "values", "cluster", "policy"];
        assert_eq!(did_you_mean("stakcs", known), Some("stacks"));
        assert_eq!(did_you_mean("value", known), Some("values"));
        assert_eq!(did_you_mean("Cluster", known), Some("cluster"));
        assert_eq!(did_you_mean("replicas", known), None);
        assert_eq!(did_you_mean("max_deletes", ["maxDeletes"]), Some("maxDeletes"));
    }

    #[test]
    fn the_nearest_of_several_wins_and_ties_go_to_the_first() {
        assert_eq!(did_you_mean("prob", ["prod", "prom"]), Some("prod"));
        assert_eq!(did_you_mean("retension", ["tension", "retention"]), Some("retention"));
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
