//! User-perceived characters: grapheme clusters by the rules of Unicode 15.0, as Terraform counts them.

use unicode_segmentation::UnicodeSegmentation;

/// The grapheme clusters of a text, in order.
pub(super) fn clusters(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.graphemes(true).flat_map(without_conjuncts)
}

/// Since Unicode 15.1, Indic consonants that a virama joins are one cluster; Terraform's library still splits them.
fn without_conjuncts(cluster: &str) -> Vec<&str> {
    let mut parts = Vec::with_capacity(1);
    let (mut start, mut previous) = (0, None);
    for (at, c) in cluster.char_indices() {
        // Two characters alone are never a conjunct, which is a consonant, a virama and a consonant.
        if let Some(before) = previous
            && !c.is_ascii()
            && c.is_alphabetic()
            && String::from_iter([before, c]).graphemes(true).count() == 2
        {
            parts.extend(cluster.get(start..at));
            start = at;
        }
        previous = Some(c);
    }
    parts.extend(cluster.get(start..));
    parts
}

#[cfg(test)]
mod tests {
    use super::clusters;

    #[test]
    fn clusters_match_those_of_terraform() {
        for (text, count) in [
            ("हिन्दी", 3),
            ("क्ष", 2),
            ("é", 1),
            ("e\u{301}x", 2),
            ("👨‍👩‍👧", 1),
            ("🇩🇪🇫🇷", 2),
            ("\r\n", 1),
            ("한국", 2),
            ("\u{1112}\u{1161}\u{11ab}", 1),
            ("", 0),
        ] {
            assert_eq!(clusters(text).count(), count, "{text}");
        }
        assert_eq!(clusters("aक्ष").rev().collect::<String>(), "षक्a");
    }
}
