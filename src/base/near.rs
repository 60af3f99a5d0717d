//! Misspelled words: the known word that is meant.

use strsim::osa_distance;

/// The longest word that is compared, in characters: hostile files hold words of megabytes.
const LONGEST: usize = 65;

/// The known word that is meant: one that begins so, or one of which at most a third of the letters differ.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let lower = word.to_lowercase();
    // `warn` is `warning`, however many letters are missing.
    if let Some(longer) = known.iter().find(|candidate| lower.len() >= 3 && candidate.to_lowercase().starts_with(&lower)) {
        return Some(longer);
    }
    within(word, known, 3)
}

/// The known word of which at most a fifth of the letters differ: so near that the other one is hardly a word of its own.
#[must_use]
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(word, known, 5)
}

/// The known word nearest to a word, where at most one letter in `share` differs, or one at all.
fn within<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, share: usize) -> Option<&'a str> {
    let word = brief(word);
    let near = known.into_iter().map(|candidate| (osa_distance(&word, &brief(candidate)), candidate));
    let (distance, best) = near.min()?;
    (distance <= (word.chars().count() / share).max(1)).then_some(best)
}

fn brief(word: &str) -> String {
    word.chars().take(LONGEST).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_word_is_found_and_not_a_far_one() {
        let known = ["max-rotation-days", "due-soon-days", "level"];
        assert_eq!(nearest("max-rotation-day", known), Some("max-rotation-days"));
        assert_eq!(nearest("Levle", known), Some("level"));
        assert_eq!(nearest("max-rot", known), Some("max-rotation-days"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", []), None);
    }

    #[test]
    fn closest_word_leaves_new_words_alone() {
        let known = ["protection_mode", "time_created", "is_auto_rotation_enabled", "state"];
        assert_eq!(closest("protection_mod", known), Some("protection_mode"));
        assert_eq!(closest("protectionMode", known), Some("protection_mode"));
        assert_eq!(closest("auto_rotation_enabled", known), Some("is_auto_rotation_enabled"));
        assert_eq!(closest("time_updated", known), None);
        assert_eq!(closest("date", known), None);
        assert_eq!(closest(&"x".repeat(1 << 20), known), None);
    }
}
