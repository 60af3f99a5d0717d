//! Shortens sentences to a readable length: they may quote megabytes of a hostile file.

/// The length limit for a sentence, in bytes.
const MAX_LENGTH: usize = 2000;

/// Whether a sentence exceeds the limit.
pub(super) fn is_long(text: &str) -> bool {
    text.len() > MAX_LENGTH
}

/// Shortens a sentence that exceeds the limit by replacing its middle with an ellipsis.
#[must_use]
pub fn brief(text: String) -> String {
    if is_long(&text) { brief_of(&text) } else { text }
}

/// As [`brief`], for a borrowed text: does not copy megabytes first.
#[must_use]
pub fn brief_of(text: &str) -> String {
    if !is_long(text) {
        return text.to_owned();
    }
    let (start, end) = text.split_at(text.floor_char_boundary(MAX_LENGTH / 2));
    let (_, end) = end.split_at(end.ceil_char_boundary(end.len() - MAX_LENGTH / 4));
    format!("{start} … {end}")
}

/// Turns the clause or sentence of a help text into a sentence: with a final period, and a capital letter unless it begins with a code span
/// or `kmslint`.
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
    fn clause_becomes_a_sentence_and_a_sentence_is_unchanged() {
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
