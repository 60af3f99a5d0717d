//! Bytes → text. Terraform's scanner works on bytes: only strings and names must be UTF-8, comments may have any encoding. Go's JSON
//! decoder, which reads the strings of JSON syntax, accepts any bytes in them.

use super::scan::{ScanStart, TokenKind, scan};

/// Decodes the text of a file. In comments of native syntax, each byte that is not UTF-8 is replaced by `?`, so that offsets stay the same;
/// in strings of JSON syntax by U+FFFD, as Go does.
///
/// # Errors
/// The offset of the first byte that is not UTF-8, outside of comments or of JSON strings.
pub fn decode(bytes: Vec<u8>, is_json: bool) -> Result<String, usize> {
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let first = error.utf8_error().valid_up_to();
    let bytes = error.into_bytes();
    if is_json {
        return decode_json(&bytes).ok_or(first);
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

/// Converts offsets in the text that [`decode`] returns to offsets in the bytes of the file. They must be asked for in ascending order: the
/// bytes are walked once, however many offsets there are.
pub fn encoded_offsets(bytes: &[u8], is_json: bool) -> impl FnMut(usize) -> usize {
    let replacement = if is_json { char::REPLACEMENT_CHARACTER.len_utf8() } else { 1 };
    let mut chunks = bytes.utf8_chunks();
    // Up to `end` of the text, `shift` bytes more than in the file; then the bytes that were replaced follow.
    let (mut end, mut shift, mut replaced) = (0, 0, 0);
    move |offset| {
        while offset > end {
            end += replaced * replacement;
            shift += replaced * (replacement - 1);
            replaced = 0;
            let Some(chunk) = chunks.next() else { break };
            end += chunk.valid().len();
            replaced = chunk.invalid().len();
        }
        offset.saturating_sub(shift)
    }
}

/// Decodes the text of a JSON file; `None` if a byte outside of its strings is not UTF-8.
fn decode_json(bytes: &[u8]) -> Option<String> {
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
        // A backslash before a byte that is not UTF-8 escapes that byte, not a quote after it.
        is_escaped = false;
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_in_the_text_lead_to_the_same_place_in_the_bytes() {
        let bytes = b"\"a\xe9b\xff\xffc\" ";
        for (is_json, offsets) in [(false, [0, 1, 2, 3, 4, 6, 7, 9]), (true, [0, 1, 2, 5, 6, 12, 13, 15])] {
            let mut encoded_offset = encoded_offsets(bytes, is_json);
            assert_eq!(offsets.map(&mut encoded_offset), [0, 1, 2, 3, 4, 6, 7, 9], "{is_json}");
        }
    }

    /// As Terraform 1.15.5 accepts and rejects them.
    #[test]
    fn bytes_that_are_not_utf8_are_accepted_in_comments_only() {
        assert_eq!(
            decode(b"# caf\xe9\na = 1 // \xe9\xff\n/* \xe9\n */\n".to_vec(), false).as_deref(),
            Ok("# caf?\na = 1 // ??\n/* ?\n */\n")
        );
        for text in [&b"a = \"# \xe9\"\n"[..], b"a = <<E\n# \xe9\nE\n", b"\xe9 = 1\n", b"\xff\xfea\0"] {
            assert!(decode(text.to_vec(), false).is_err(), "{text:?}");
        }
    }

    #[test]
    fn json_strings_accept_any_bytes() {
        let cases: [(&[u8], Result<&str, usize>); 5] = [
            (b"{\"//\": \"\xe9\"}", Ok("{\"//\": \"\u{fffd}\"}")),
            (b"{\"a\\\"\": \"\xe2\x82\"}", Ok("{\"a\\\"\": \"\u{fffd}\u{fffd}\"}")),
            (b"{\"a\": \"b\\\\\" \xe9}", Err(12)),
            (b"{\xe9: 1}", Err(1)),
            (b"\xff\xfe{\0", Err(0)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(decode(bytes.to_vec(), true).as_deref().map_err(|at| *at), expected, "{bytes:?}");
        }
    }
}
