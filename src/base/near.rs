//! Finds the known word that a misspelled word probably means.

use strsim::osa_distance;

/// How much of a word is compared, in characters: hostile files have words of megabytes.
const MAX_LENGTH: usize = 65;

/// How many known words a word is compared with. A hostile module may have a hundred thousand variables; of more words, none is suggested.
pub(crate) const MAX_WORDS: usize = 1_000;

/// The known word that is probably meant: one that begins with the word, or the nearest one if at most a third of the letters differ.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().take(MAX_WORDS + 1).collect();
    let lower = word.to_lowercase();
    // `warn` means `warning`, no matter how many letters are missing.
    if let Some(longer) = known.iter().find(|candidate| lower.len() >= 3 && candidate.to_lowercase().starts_with(&lower)) {
        return Some(longer);
    }
    nearest_within(word, known, 3)
}

/// The nearest known word if at most a fifth of the letters differ: so close that the word is almost certainly a typo.
#[must_use]
pub(crate) fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(word, known, 5)
}

/// The nearest known word, if at most one letter in `share` differs; one letter may always differ.
fn nearest_within<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, share: usize) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().take(MAX_WORDS + 1).collect();
    if known.len() > MAX_WORDS {
        return None;
    }
    let word = normalized(word);
    let max_distance = (word.chars().count() / share).max(1);
    let letters = letter_set(&word);
    let near = known.into_iter().filter_map(|candidate| {
        let normalized = normalized(candidate);
        (min_distance(letters, letter_set(&normalized)) <= max_distance).then(|| (osa_distance(&word, &normalized), candidate))
    });
    let (distance, best) = near.min()?;
    (distance <= max_distance).then_some(best)
}

/// The set of letters of a word, as bits; some letters share a bit.
fn letter_set(word: &str) -> u64 {
    word.chars().fold(0, |letters, letter| letters | 1 << (u32::from(letter) % 64))
}

/// A lower bound of the distance: letters that only one of the words has must be changed. Much faster than the distance itself.
fn min_distance(one: u64, other: u64) -> usize {
    (one & !other).count_ones().max((other & !one).count_ones()) as usize
}

fn normalized(word: &str) -> String {
    word.chars().take(MAX_LENGTH).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_similar_words_only() {
        let known = ["max-rotation-days", "due-soon-days", "level"];
        assert_eq!(nearest("max-rotation-day", known), Some("max-rotation-days"));
        assert_eq!(nearest("Levle", known), Some("level"));
        assert_eq!(nearest("max-rot", known), Some("max-rotation-days"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", []), None);
        let many: Vec<String> = (0..=MAX_WORDS).map(|at| format!("name-{at}")).collect();
        assert_eq!(nearest("naem-7", many.iter().map(String::as_str).take(MAX_WORDS)), Some("name-7"));
        assert_eq!(nearest("naem-7", many.iter().map(String::as_str)), None, "too many words are not compared");
    }

    #[test]
    fn closest_ignores_words_that_are_not_typos() {
        let known = ["protection_mode", "time_created", "is_auto_rotation_enabled", "state"];
        assert_eq!(closest("protection_mod", known), Some("protection_mode"));
        assert_eq!(closest("protectionMode", known), Some("protection_mode"));
        assert_eq!(closest("auto_rotation_enabled", known), Some("is_auto_rotation_enabled"));
        assert_eq!(closest("time_updated", known), None);
        assert_eq!(closest("date", known), None);
        assert_eq!(closest(&"x".repeat(1 << 20), known), None);
    }
}
