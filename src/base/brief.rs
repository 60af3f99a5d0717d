//! Sentences that may quote megabytes of a hostile file, cut to a length that people read.

/// The longest sentence, in bytes.
const LONGEST: usize = 2000;

/// Whether a sentence is longer than anyone reads.
pub(super) fn is_long(text: &str) -> bool {
    text.len() > LONGEST
}

/// A sentence that may quote megabytes of a hostile file: what is too long is left out of its middle.
#[must_use]
pub fn brief(text: String) -> String {
    if is_long(&text) { brief_of(&text) } else { text }
}

/// The same of a text that belongs to others: megabytes are not copied first.
#[must_use]
pub fn brief_of(text: &str) -> String {
    if !is_long(text) {
        return text.to_owned();
    }
    let (start, end) = text.split_at(text.floor_char_boundary(LONGEST / 2));
    let (_, end) = end.split_at(end.ceil_char_boundary(end.len() - LONGEST / 4));
    format!("{start} … {end}")
}

/// What to do, as a sentence: with a capital letter, unless it begins with a code span or our own name, and a period. Whoever offers help
/// writes a clause or a sentence; readers see a sentence.
#[must_use]
pub fn sentence(text: &str) -> String {
    let text = text.trim_end();
    let mut chars = text.chars();
    let mut sentence = match chars.next() {
        Some(first) if !text.starts_with("kmslint ") => first.to_uppercase().chain(chars).collect(),
        _ => text.to_owned(),
    };
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_clause_becomes_a_sentence_and_a_sentence_stays_one() {
        for (text, expected) in [
            ("write `ocid1.compartment.…`", "Write `ocid1.compartment.…`."),
            ("Remove it.", "Remove it."),
            ("`--source` names it", "`--source` names it."),
            ("kmslint reads plans", "kmslint reads plans."),
            ("", ""),
        ] {
            assert_eq!(sentence(text), expected);
        }
    }
}
