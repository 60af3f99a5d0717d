//! Small matters of words: patterns with `*` and `?`, and the nearest known word to a misspelt one.

/// Whether a text matches a pattern in which `*` stands for any characters and `?` for one; everything else, `[` included, is itself.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on if what follows the last star does not fit: one character more for the star.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, t) = (at + 1, taken + 1);
            }
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

/// The known word that is meant: one that begins so, or one of which at most a third of the letters differ.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let known: Vec<&str> = known.into_iter().collect();
    // `warn` is `warning`, however many letters are missing.
    if let Some(longer) = known.iter().find(|candidate| word.len() >= 3 && candidate.to_lowercase().starts_with(&word)) {
        return Some(longer);
    }
    let (distance, best) = known.into_iter().map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate)).min()?;
    (distance <= (word.chars().count() / 3).max(1)).then_some(best)
}

/// The number of letters to insert, remove, replace or swap with their neighbour. Letters beyond the 65th do not count.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(65).collect(), b.chars().take(65).collect());
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX);
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let edited = (at(&row, j) + usize::from(x != y)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let is_swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            next.push(if is_swapped { edited.min(at(&before, j - 1) + 1) } else { edited });
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stars_and_question_marks_are_wild() {
        for (pattern, text) in [
            ("*", ""),
            ("module.pci.*", "module.pci.oci_kms_key.k"),
            ("oci_kms_key.k[0]", "oci_kms_key.k[0]"),
            ("oci_kms_key.k[*]", "oci_kms_key.k[\"a\"]"),
            ("examples/**", "examples/a/b.tf"),
            ("a?c*e*", "abcdee"),
            ("*.tf", "é.tf"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("oci_kms_key.k[01]", "oci_kms_key.k0"), ("", "a"), ("a", "ab"), ("?", ""), ("*a", "b"), ("{a,b}", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        let hostile = format!("{}b", "a*".repeat(500));
        assert!(!matches(&hostile, &"a".repeat(5000)), "and it is over in no time");
    }

    #[test]
    fn the_nearest_word_is_found_and_no_far_one() {
        let known = ["max-rotation-days", "due-soon-days", "level"];
        assert_eq!(nearest("max-rotation-day", known), Some("max-rotation-days"));
        assert_eq!(nearest("Levle", known), Some("level"));
        assert_eq!(nearest("max-rot", known), Some("max-rotation-days"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
