//! Bytes → text. Terraform's scanner works on bytes: only strings and names must be UTF-8, a comment may be of any encoding. Go's JSON
//! decoder, which reads the strings of JSON syntax, takes any bytes in them.

use super::scan::{ScanStart, TokenKind, scan};

/// The text of a file. Bytes in comments of native syntax that are not UTF-8 are each replaced by `?`, so that offsets stay; such bytes in
/// strings of JSON syntax each by U+FFFD, as Go does.
///
/// # Errors
/// The offset of the first byte outside of a comment, or in JSON of a string, that is not UTF-8.
pub fn decode(bytes: Vec<u8>, is_json: bool) -> Result<String, usize> {
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let first = error.utf8_error().valid_up_to();
    let bytes = error.into_bytes();
    if is_json {
        return json(&bytes).ok_or(first);
    }
    let (mut text, mut replaced) = (String::with_capacity(bytes.len()), Vec::new());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for _ in chunk.invalid() {
            replaced.push(text.len());
            text.push('?');
        }
    }
    let comments: Vec<_> = scan(&text, ScanStart::Code).into_iter().filter(|token| token.kind == TokenKind::Comment).collect();
    let is_comment = |at: &usize| {
        let next = comments.partition_point(|token| token.end <= *at);
        comments.get(next).is_some_and(|token| token.start <= *at)
    };
    match replaced.into_iter().find(|at| !is_comment(at)) {
        Some(at) => Err(at),
        None => Ok(text),
    }
}

/// The text of a JSON file; `None` where a byte outside of its strings is not UTF-8.
fn json(bytes: &[u8]) -> Option<String> {
    let (mut text, mut is_string, mut is_escaped) = (String::with_capacity(bytes.len()), false, false);
    for chunk in bytes.utf8_chunks() {
        for byte in chunk.valid().bytes() {
            is_string ^= byte == b'"' && !is_escaped;
            is_escaped = is_string && byte == b'\\' && !is_escaped;
        }
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() && !is_string {
            return None;
        }
        // A backslash in front of a byte that is not UTF-8 has been used up by it, and must not escape a quote after it.
        is_escaped = false;
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Terraform 1.15.5 takes and refuses.
    #[test]
    fn only_comments_may_hold_bytes_that_are_not_text() {
        assert_eq!(
            decode(b"# caf\xe9\na = 1 // \xe9\xff\n/* \xe9\n */\n".to_vec(), false).as_deref(),
            Ok("# caf?\na = 1 // ??\n/* ?\n */\n")
        );
        for text in [&b"a = \"# \xe9\"\n"[..], b"a = <<E\n# \xe9\nE\n", b"\xe9 = 1\n", b"\xff\xfea\0"] {
            assert!(decode(text.to_vec(), false).is_err(), "{text:?}");
        }
    }

    #[test]
    fn strings_in_json_may_hold_any_bytes() {
        let all: [(&[u8], Result<&str, usize>); 5] = [
            (b"{\"//\": \"\xe9\"}", Ok("{\"//\": \"\u{fffd}\"}")),
            (b"{\"a\\\"\": \"\xe2\x82\"}", Ok("{\"a\\\"\": \"\u{fffd}\u{fffd}\"}")),
            (b"{\"a\": \"b\\\\\" \xe9}", Err(12)),
            (b"{\xe9: 1}", Err(1)),
            (b"\xff\xfe{\0", Err(0)),
        ];
        for (bytes, wanted) in all {
            assert_eq!(decode(bytes.to_vec(), true).as_deref().map_err(|at| *at), wanted, "{bytes:?}");
        }
    }
}
