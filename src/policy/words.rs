//! Patterns with `*` and `?`, and the nearest known word to a misspelled one.

pub use crate::base::nearest;

use std::str::Chars;

/// Whether a text matches a pattern. `*` matches any characters and `?` exactly one; every other character, including `[`, is literal.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    matches_within(pattern, text, &mut { usize::MAX }).unwrap_or(false)
}

/// As [`matches`], with a limit of character comparisons, which it counts down; `None` if the limit is reached.
#[must_use]
pub(super) fn matches_within(pattern: &str, text: &str, left: &mut usize) -> Option<bool> {
    let (mut pattern_rest, mut text_rest) = (pattern.chars(), text.chars());
    // Where to resume if the pattern after the last star does not match: the star then takes one more character.
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        *left = left.checked_sub(1)?;
        match (pattern_rest.clone().next(), text_rest.clone().next()) {
            (None, None) => return Some(true),
            (Some('*'), _) => {
                pattern_rest.next();
                star = Some((pattern_rest.clone(), text_rest.clone()));
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                pattern_rest.next();
                text_rest.next();
            }
            _ => {
                // Only the last star has to take more: an earlier one never needs to.
                // With recursion, `*a*a*a*b` would take exponential time.
                let Some((after, taken)) = &mut star else { return Some(false) };
                if taken.next().is_none() {
                    return Some(false);
                }
                (pattern_rest, text_rest) = (after.clone(), taken.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stars_and_question_marks_are_wildcards() {
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
        assert!(!matches(&hostile, &"a".repeat(5000)), "and it does not take exponential time");
    }

    #[test]
    fn matching_stops_at_the_limit_of_comparisons() {
        let (pattern, text) = (format!("*{}b", "a".repeat(1000)), "a".repeat(100_000));
        let mut left = 1_000_000;
        assert_eq!((matches_within(&pattern, &text, &mut left), left), (None, 0));
        let mut left = 100;
        assert_eq!(matches_within("*.tf", "main.tf", &mut left), Some(true));
        assert!(left > 50, "the rest of the limit is left: {left}");
    }
}
