//! Literal text → string values: escapes and Unicode normalization.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// An invalid escape sequence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct EscapeError {
    pub message: String,
    /// Its range in the text, in bytes.
    pub range: Range<usize>,
}

/// A string in Unicode normalization form C, as Terraform stores it.
pub(super) fn normalized(text: &str) -> Arc<str> {
    if is_nfc(text) { text.into() } else { text.nfc().collect::<String>().into() }
}

/// Resolves the escapes in the text of a heredoc or an unquoted template: only `$${` and `%%{`.
pub(super) fn unescape_template(text: &str) -> Cow<'_, str> {
    if text.contains("$${") || text.contains("%%{") {
        Cow::Owned(text.replace("$${", "${").replace("%%{", "%{"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Resolves the escapes in the text of a quoted string.
///
/// # Errors
/// An invalid escape sequence.
pub(super) fn unescape_quoted(text: &str) -> Result<Cow<'_, str>, EscapeError> {
    if !text.contains('\\') {
        return Ok(unescape_template(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(&unescape_template(before));
        let start = text.len() - escape.len();
        let Some(selector) = escape.chars().nth(1) else {
            let message = "a backslash must be followed by `n`, `r`, `t`, `\"`, `\\`, `u` or `U`".to_owned();
            return Err(EscapeError { message, range: start..start + 1 });
        };
        let digits = match selector {
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let len = 1 + selector.len_utf8() + digits;
        let resolved = match selector {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            '"' | '\\' => Some(selector),
            'u' | 'U' => escape
                .get(2..len)
                .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .and_then(|hex| u32::from_str_radix(hex, 16).ok())
                .and_then(char::from_u32),
            _ => None,
        };
        let Some(resolved) = resolved else {
            let message = match selector {
                'u' => "`\\u` must be followed by the four hexadecimal digits of a character".to_owned(),
                'U' => "`\\U` must be followed by the eight hexadecimal digits of a character".to_owned(),
                other => format!("`\\{other}` is not an escape sequence; write `\\\\` for a backslash"),
            };
            return Err(EscapeError { message, range: start..start + 1 + selector.len_utf8() });
        };
        out.push(resolved);
        rest = escape.get(len..).unwrap_or_default();
    }
    out.push_str(&unescape_template(rest));
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(unescape_quoted(r#"a\n\"\\\t\r\u00e9\U0001F600é"#).unwrap(), "a\n\"\\\t\r\u{e9}\u{1F600}é");
        assert_eq!(unescape_quoted("\\\\$${x} %%{y} $$ %").unwrap(), "\\${x} %{y} $$ %");
        assert_eq!(unescape_template("\\n $${"), "\\n ${");
    }

    #[test]
    fn invalid_escapes_are_errors_with_their_range() {
        for (text, range) in [(r"a\q", 1..3), (r"\u12", 0..2), (r"\uD800", 0..2), (r"é\U110000", 2..4), ("\\\u{e9}", 0..3), ("x\\", 1..2)]
        {
            assert_eq!(unescape_quoted(text).unwrap_err().range, range, "{text}");
        }
    }

    #[test]
    fn strings_are_normalized_to_nfc() {
        assert_eq!(&*normalized("e\u{301}"), "\u{e9}");
    }
}
