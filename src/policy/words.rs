//! Small matters of words: patterns with `*` and `?`, and the nearest known word to a misspelled one.

pub use crate::base::nearest;

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
}
