//! Messages on a byte stream. Input of any kind takes a bounded amount of memory, and a malformed message does not end the session.

use lsp_server::{Message, Notification, Request, RequestId, Response, ResponseError};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::io::{self, BufRead, Read, Write};

/// The largest message that is read, in bytes: enough for the largest document that is checked, with every character escaped.
const MAX_MESSAGE: usize = 400 << 20;
/// The longest header line, in bytes.
const MAX_HEADER_LINE: u64 = 4096;
/// The most header lines of a message.
const MAX_HEADERS: usize = 64;

/// What was read.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Malformed content in an intact frame, with a sentence for the client; the message after it can be read.
    Malformed(String),
}

/// Reads the next message; `None` if the client is gone or its input has no valid frames.
pub(super) fn read(from: &mut dyn BufRead) -> io::Result<Option<Incoming>> {
    let mut length: Option<usize> = None;
    for _ in 0..MAX_HEADERS {
        let mut line = Vec::new();
        Read::take(&mut *from, MAX_HEADER_LINE).read_until(b'\n', &mut line)?;
        let Some(line) = line.strip_suffix(b"\n") else { return Ok(None) };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            let Some(length) = length else { return Ok(Some(Incoming::Malformed("a message has no `Content-Length`".to_owned()))) };
            return read_body(from, length);
        }
        let header = String::from_utf8_lossy(line);
        if let Some((name, value)) = header.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            match value.trim().parse() {
                Ok(value) if value <= MAX_MESSAGE => length = Some(value),
                // The start of the next message is unknown.
                _ => return Ok(None),
            }
        }
    }
    Ok(None)
}

fn read_body(from: &mut dyn BufRead, length: usize) -> io::Result<Option<Incoming>> {
    let mut bytes = Vec::new();
    if from.take(length as u64).read_to_end(&mut bytes)? < length {
        return Ok(None);
    }
    // The error does not repeat the text, which may be a document.
    let malformed = || Some(Incoming::Malformed("the message is not JSON-RPC".to_owned()));
    // serde would also accept an array for a struct.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Ok(malformed());
    }
    let frame = serde_json::from_slice::<WireFrame>(&bytes).ok();
    Ok(frame.and_then(WireFrame::message).map(Incoming::Message).or_else(malformed))
}

/// The members of a message. `lsp_server`'s own types would buffer the message to find out its kind, which costs the size of a document
/// in memory each time.
#[derive(Deserialize)]
struct WireFrame {
    #[serde(default, deserialize_with = "deserialize_id")]
    id: Option<RequestId>,
    method: Option<String>,
    #[serde(default)]
    params: Value,
    result: Option<Value>,
    error: Option<ResponseError>,
}

/// Reads an id. A sender that gives an id waits for an answer with it, so an id that cannot be repeated makes the message malformed.
fn deserialize_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RequestId>, D::Error> {
    RequestId::deserialize(from).map(Some)
}

impl WireFrame {
    fn message(self) -> Option<Message> {
        match (self.method, self.id) {
            (Some(method), Some(id)) => Some(Request { id, method, params: self.params }.into()),
            (Some(method), None) => Some(Notification { method, params: self.params }.into()),
            (None, Some(id)) => {
                let response_result = self.error.map_or_else(|| Ok(self.result.unwrap_or_default()), Err);
                Some(Response { id, response_result }.into())
            }
            (None, None) => None,
        }
    }
}

/// What is sent to the client.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A message.
    Message(Message),
    /// The answer to a malformed message.
    Malformed(String),
}

/// Sends a message.
pub(super) fn write(outgoing: &Outgoing, to: &mut dyn Write) -> io::Result<()> {
    match outgoing {
        Outgoing::Message(message) => message.write(&mut &mut *to),
        Outgoing::Malformed(why) => {
            let code = lsp_server::ErrorCode::ParseError as i32;
            let error = json!({ "jsonrpc": "2.0", "id": Value::Null, "error": { "code": code, "message": why } }).to_string();
            write!(to, "Content-Length: {}\r\n\r\n{error}", error.len())?;
            to.flush()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(mut bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        while let Ok(Some(incoming)) = read(&mut bytes) {
            found.push(match incoming {
                Incoming::Message(Message::Request(request)) => request.method,
                Incoming::Message(Message::Notification(notification)) => notification.method,
                Incoming::Message(Message::Response(_)) => "response".to_owned(),
                Incoming::Malformed(why) => why,
            });
        }
        found
    }

    fn framed(text: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{text}", text.len())
    }

    #[test]
    fn malformed_message_does_not_end_the_session() {
        let shutdown = framed(r#"{"jsonrpc":"2.0","id":1,"method":"shutdown"}"#);
        let exit = framed(r#"{"jsonrpc":"2.0","method":"exit"}"#);
        let text =
            format!("{}{shutdown}Content-Type: x\r\n\r\n{}{exit}", framed("nonsense"), framed("{\"id\": 5000000000, \"method\": \"x\"}"));
        assert_eq!(
            read_all(text.as_bytes()),
            ["the message is not JSON-RPC", "shutdown", "a message has no `Content-Length`", "the message is not JSON-RPC", "exit"]
        );
    }

    #[test]
    fn oversized_and_incomplete_frames_end_the_session_without_allocating() {
        for text in
            ["Content-Length: 99999999999999999999\r\n\r\n{}", "Content-Length: 900000000\r\n\r\n{}", "Content-Length: 50\r\n\r\n{}", "x"]
        {
            assert_eq!(read_all(text.as_bytes()), [""; 0], "{text}");
        }
        let endless = "a".repeat(1 << 20);
        assert_eq!(read_all(endless.as_bytes()), [""; 0]);
        assert_eq!(read_all("a: b\r\n".repeat(1000).as_bytes()), [""; 0]);
    }
}
