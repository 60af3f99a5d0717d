//! Misspelled words: the known word that is meant.

use strsim::osa_distance;

/// The longest word that is compared, in characters: hostile files hold words of megabytes.
const LONGEST: usize = 65;

/// How many known words a word is compared with: a hostile module has a hundred thousand variables, and none of them is suggested.
pub(crate) const MOST_WORDS: usize = 1_000;

/// The known word that is meant: one that begins so, or one of which at most a third of the letters differ.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().take(MOST_WORDS + 1).collect();
    let lower = word.to_lowercase();
    // `warn` is `warning`, however many letters are missing.
    if let Some(longer) = known.iter().find(|candidate| lower.len() >= 3 && candidate.to_lowercase().starts_with(&lower)) {
        return Some(longer);
    }
    within(word, known, 3)
}

/// The known word of which at most a fifth of the letters differ: so near that the other one is hardly a word of its own.
#[must_use]
pub(crate) fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(word, known, 5)
}

/// The known word nearest to a word, where at most one letter in `share` differs, or one at all.
fn within<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, share: usize) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().take(MOST_WORDS + 1).collect();
    if known.len() > MOST_WORDS {
        return None;
    }
    let word = brief(word);
    let most = (word.chars().count() / share).max(1);
    let letters = letters(&word);
    let near = known.into_iter().filter_map(|candidate| {
        let brief = brief(candidate);
        (differing(letters, self::letters(&brief)) <= most).then(|| (osa_distance(&word, &brief), candidate))
    });
    let (distance, best) = near.min()?;
    (distance <= most).then_some(best)
}

/// Which letters a word has, each a bit; some share one.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |letters, letter| letters | 1 << (u32::from(letter) % 64))
}

/// How many letters have to be changed at least, for one word has them and the other has not: much faster than the distance itself.
fn differing(one: u64, other: u64) -> usize {
    (one & !other).count_ones().max((other & !one).count_ones()) as usize
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
        let many: Vec<String> = (0..=MOST_WORDS).map(|at| format!("name-{at}")).collect();
        assert_eq!(nearest("naem-7", many.iter().map(String::as_str).take(MOST_WORDS)), Some("name-7"));
        assert_eq!(nearest("naem-7", many.iter().map(String::as_str)), None, "so many are not compared");
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
