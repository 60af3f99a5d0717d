//! The grammar of JSON numbers and escapes, for readers that need positions or Go's leniency.
//!
//! Not `serde_json`: it rejects lone surrogates, which Go and therefore Terraform read as U+FFFD, and it does not keep positions.

/// Whether a word is a number.
#[must_use]
pub fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (integer, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(integer, fraction)| (integer, Some(fraction)));
    digits(integer)
        && (integer == "0" || !integer.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// Reads the escape after a backslash: returns the character and the number of bytes read, or `None` if it is not an escape. A lone
/// surrogate becomes U+FFFD; an escape after it that does not complete the pair is not read.
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

/// The length of `u00e9`, in bytes.
const UNIT: usize = 5;

/// The code unit of `u00e9`.
fn unit(rest: &str) -> Option<u32> {
    let digits = rest.strip_prefix('u')?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// The character of a code unit, or of a surrogate pair with the escape after it.
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
    fn numbers_follow_the_json_grammar() {
        for word in ["0", "-0", "10", "1.50", "1e5", "-1.5E+07", "2e-3"] {
            assert!(is_number(word), "{word}");
        }
        for word in ["", "-", "01", "+1", ".5", "1.", "1e", "1e+", "0x1", "1_000", "NaN"] {
            assert!(!is_number(word), "{word}");
        }
    }

    #[test]
    fn escapes_are_decoded_and_lone_surrogates_replaced() {
        for (rest, expected) in [
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
            assert_eq!(unescape(rest), expected, "{rest}");
        }
    }
}
