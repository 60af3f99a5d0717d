//! The grammar of JSON's numbers and escapes, for all who read JSON with places or with Go's leniency.
//!
//! Not `serde_json`: it refuses halves of a surrogate pair, which Go and so Terraform read as U+FFFD, and it keeps no ranges.

/// Whether a word is a number.
#[must_use]
pub fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// Reads what follows a backslash in a string: the character that is meant, and how many bytes it takes. `None`: it is not an escape.
/// Halves of a surrogate pair that stand alone become U+FFFD, and a second half that does not fit is left to be read again.
#[must_use]
pub fn unescape(rest: &str) -> Option<(char, usize)> {
    let c = match rest.chars().next()? {
        c @ ('"' | '\\' | '/') => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unit(rest).map(|first| pair(first, rest)),
        _ => return None,
    };
    Some((c, 1))
}

/// How many bytes `u00e9` takes.
const UNIT: usize = 5;

/// `u00e9` as a number.
fn unit(rest: &str) -> Option<u32> {
    let digits = rest.strip_prefix('u')?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// The character of a unit, or of that and the one that follows it.
fn pair(first: u32, rest: &str) -> (char, usize) {
    if (0xd800..0xdc00).contains(&first)
        && let Some(second @ 0xdc00..0xe000) = rest.get(UNIT..).and_then(|rest| unit(rest.strip_prefix('\\')?))
        && let Some(c) = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    {
        return (c, 2 * UNIT + 1);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_grammar() {
        for word in ["0", "-0", "10", "1.50", "1e5", "-1.5E+07", "2e-3"] {
            assert!(is_number(word), "{word}");
        }
        for word in ["", "-", "01", "+1", ".5", "1.", "1e", "1e+", "0x1", "1_000", "NaN"] {
            assert!(!is_number(word), "{word}");
        }
    }

    #[test]
    fn escapes_are_one_character_and_lone_halves_are_replaced() {
        for (rest, meant) in [
            ("n…", Some(('\n', 1))),
            ("/", Some(('/', 1))),
            ("u00e9x", Some(('é', 5))),
            ("ud83d\\ude00x", Some(('😀', 11))),
            ("ud83d", Some(('\u{fffd}', 5))),
            ("ud83d\\ud83d", Some(('\u{fffd}', 5))),
            ("ude00\\ud83d", Some(('\u{fffd}', 5))),
            ("ud83d\\n", Some(('\u{fffd}', 5))),
            ("u00é9", None),
            ("u+0e9", None),
            ("u00e", None),
            ("x41", None),
            ("", None),
        ] {
            assert_eq!(unescape(rest), meant, "{rest}");
        }
    }
}
