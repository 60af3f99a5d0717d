//! Small matters of words: patterns with `*` and `?`, and the nearest known word to a misspelled one.

pub use crate::base::nearest;

use std::str::Chars;

/// Whether a text matches a pattern in which `*` stands for any characters and `?` for one; everything else, `[` included, is itself.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    matches_within(pattern, text, &mut { usize::MAX }).unwrap_or(false)
}

/// As [`matches`], within a number of comparisons of characters, which it counts down; `None` where they did not suffice.
#[must_use]
pub(super) fn matches_within(pattern: &str, text: &str, left: &mut usize) -> Option<bool> {
    let (mut rest, mut below) = (pattern.chars(), text.chars());
    // Where to go on if what follows the last star does not fit: one character more for the star.
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        *left = left.checked_sub(1)?;
        match (rest.clone().next(), below.clone().next()) {
            (None, None) => return Some(true),
            (Some('*'), _) => {
                rest.next();
                star = Some((rest.clone(), below.clone()));
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                rest.next();
                below.next();
            }
            _ => {
                // Only the last star ever takes more: what an earlier one took may stay.
                // With recursion, `*a*a*a*b` would take exponential time.
                let Some((after, taken)) = &mut star else { return Some(false) };
                if taken.next().is_none() {
                    return Some(false);
                }
                (rest, below) = (after.clone(), taken.clone());
            }
        }
    }
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
    fn comparing_ends_where_it_may_not_go_on() {
        let (pattern, text) = (format!("*{}b", "a".repeat(1000)), "a".repeat(100_000));
        let mut left = 1_000_000;
        assert_eq!((matches_within(&pattern, &text, &mut left), left), (None, 0));
        let mut left = 100;
        assert_eq!(matches_within("*.tf", "main.tf", &mut left), Some(true));
        assert!(left > 50, "what is left is for others: {left}");
    }
}
