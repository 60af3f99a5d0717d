//! Literal text → the strings it stands for.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// An escape sequence that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct EscapeError {
    pub message: String,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// A string as Terraform keeps it: in Unicode's normal form C.
pub(super) fn normalised(text: &str) -> Arc<str> {
    if is_nfc(text) { text.into() } else { text.nfc().collect::<String>().into() }
}

/// Text of a heredoc or a bare template: only `$${` and `%%{` are escapes.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains("$${") || text.contains("%%{") {
        Cow::Owned(text.replace("$${", "${").replace("%%{", "%{"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Text of a quoted string, backslash escapes resolved.
///
/// # Errors
/// An escape sequence that there is not.
pub(super) fn quoted(text: &str) -> Result<Cow<'_, str>, EscapeError> {
    if !text.contains('\\') {
        return Ok(plain(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(&plain(before));
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
    out.push_str(&plain(rest));
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(quoted(r#"a\n\"\\\t\r\u00e9\U0001F600é"#).unwrap(), "a\n\"\\\t\r\u{e9}\u{1F600}é");
        assert_eq!(quoted("\\\\$${x} %%{y} $$ %").unwrap(), "\\${x} %{y} $$ %");
        assert_eq!(plain("\\n $${"), "\\n ${");
    }

    #[test]
    fn escapes_that_are_none_are_named_with_their_place() {
        for (text, range) in [(r"a\q", 1..3), (r"\u12", 0..2), (r"\uD800", 0..2), (r"é\U110000", 2..4), ("\\\u{e9}", 0..3), ("x\\", 1..2)]
        {
            assert_eq!(quoted(text).unwrap_err().range, range, "{text}");
        }
    }

    #[test]
    fn strings_are_composed() {
        assert_eq!(&*normalised("e\u{301}"), "\u{e9}");
    }
}
