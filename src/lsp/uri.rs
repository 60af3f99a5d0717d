//! Paths and `file:` URIs.

use lsp_types::Uri;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The characters of a path that must be escaped in a URI (RFC 3986, `pchar`).
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    // Parentheses are valid in a URI, but would end a link in a Markdown tooltip.
    .add(b'(')
    .add(b')')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The path of a `file:` URI; `None` for another scheme, or if it is not an absolute path on this machine.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    // An authority names another machine.
    let start = rest.find('/')?;
    if !matches!(rest.get(..start)?, "" | "localhost") {
        return None;
    }
    let encoded = rest.get(start..)?.split(['?', '#']).next()?;
    let decoded = percent_decode_str(encoded).decode_utf8().ok()?;
    if decoded.contains('\0') {
        return None;
    }
    // `/c:/…`, and `/c%3A/…` of VS Code, begin with a slash that is not part of a path on Windows.
    let is_drive = decoded.chars().nth(1).is_some_and(|c| c.is_ascii_alphabetic()) && decoded.chars().nth(2) == Some(':');
    let path = PathBuf::from(if cfg!(windows) && is_drive { decoded.get(1..)? } else { &decoded });
    path.is_absolute().then_some(path)
}

/// The URI of an absolute path.
pub(super) fn of(path: &Path) -> Option<Uri> {
    let text = path.to_str()?.replace(std::path::MAIN_SEPARATOR, "/");
    let text = utf8_percent_encode(&text, ESCAPED).to_string();
    let slash = if text.starts_with('/') { "" } else { "/" };
    Uri::from_str(&format!("file://{slash}{text}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn paths_survive_a_round_trip_and_other_uris_are_refused() {
        for text in ["/a/b.tf", "/with space/ü/日本/#x?y%z.tf", "/[a]{b}|c^d`e", "/a&b=c;d,e@f:g!h$i'j(k)*+"] {
            let uri = of(Path::new(text)).unwrap();
            assert_eq!(path(&uri).as_deref(), Some(Path::new(text)), "{}", uri.as_str());
        }
        let of = |text: &str| path(&Uri::from_str(text).unwrap());
        assert_eq!(of("file:///a%20b/c%C3%BC.tf"), Some("/a b/cü.tf".into()));
        assert_eq!(of("file://localhost/a"), Some("/a".into()));
        for text in ["untitled:Untitled-1", "file://server/share", "https://x/y", "file:///a%00b", "file:///a%ff", "file:"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
