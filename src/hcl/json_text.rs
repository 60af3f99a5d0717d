//! JSON text → values with their byte ranges. Properties keep their order and duplicates, numbers their text.

use super::origin::OffsetMap;
use crate::base::json;
use std::ops::Range;

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 100;
/// How many values a text may have.
const MAX_VALUES: usize = 2_000_000;

/// A value.
#[derive(Debug)]
pub(super) struct JsonNode {
    pub(super) value: JsonValue,
    pub(super) range: Range<usize>,
    /// Whether it was read to its end; only arrays and objects can be incomplete.
    pub(super) is_complete: bool,
}

#[derive(Debug)]
pub(super) enum JsonValue {
    Null,
    Bool(bool),
    /// The number's text.
    Number(String),
    String(Text),
    Array(Vec<JsonNode>),
    Object(Vec<Property>),
}

/// A string.
#[derive(Debug)]
pub(super) struct Text {
    /// The text, with escapes resolved.
    pub(super) text: String,
    /// Maps its offsets to the source.
    pub(super) map: OffsetMap,
    /// The range, including quotes.
    pub(super) range: Range<usize>,
}

#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: Text,
    pub(super) value: JsonNode,
}

/// What is wrong, as a sentence without a final period, and where.
pub(super) type JsonError = (String, Range<usize>);

/// Reads a text: the value, and the first error. With an error, the value contains everything before it.
pub(super) fn read(text: &str) -> (Option<JsonNode>, Option<JsonError>) {
    let mut reader = JsonTextReader { text, at: 0, values: 0, error: None };
    if text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    let node = reader.value(0);
    reader.skip();
    if reader.error.is_none() && reader.at < text.len() {
        reader.fail(reader.here(), "unexpected text after the JSON value");
    }
    // Terraform rejects a byte order mark; the text after it is still read.
    let bom_error = text.starts_with('\u{feff}').then(|| ("a file in JSON syntax must not begin with a byte order mark".to_owned(), 0..3));
    (node, bom_error.or(reader.error))
}

struct JsonTextReader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
    error: Option<JsonError>,
}

impl<'a> JsonTextReader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The range of the next character.
    fn here(&self) -> Range<usize> {
        self.at..self.at + self.rest().chars().next().map_or(0, char::len_utf8)
    }

    fn fail(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.error.get_or_insert((message.into(), range));
    }

    fn value(&mut self, depth: usize) -> Option<JsonNode> {
        self.skip();
        self.values += 1;
        let start = self.at;
        if depth > MAX_DEPTH || self.values > MAX_VALUES {
            let message = if depth > MAX_DEPTH {
                format!("this is nested more than {MAX_DEPTH} levels deep")
            } else {
                format!("this file is not read: it has more than {MAX_VALUES} values")
            };
            self.fail(self.here(), message);
            return None;
        }
        let value = match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => JsonValue::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => JsonValue::Number(self.number()?),
            Some(_) => self.keyword()?,
            None => {
                self.fail(start..start, "unexpected end of JSON: expected a value");
                return None;
            }
        };
        let is_complete = self.error.is_none();
        Some(JsonNode { value, range: start..self.at, is_complete })
    }

    fn keyword(&mut self) -> Option<JsonValue> {
        let word = self.rest().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let value = match word {
            "null" => JsonValue::Null,
            "true" => JsonValue::Bool(true),
            "false" => JsonValue::Bool(false),
            "" => {
                self.fail(self.here(), "expected a JSON value: a brace, a bracket, a quote, a number, `true`, `false` or `null`");
                return None;
            }
            _ => {
                self.fail(self.at..self.at + word.len(), format!("`{word}` is not a JSON value; write a string in quotes"));
                return None;
            }
        };
        self.at += word.len();
        Some(value)
    }

    fn number(&mut self) -> Option<String> {
        let rest = self.rest();
        let len = rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let word = rest.get(..len).unwrap_or_default();
        if !json::is_number(word) {
            self.fail(self.at..self.at + len, "this is not a JSON number");
            return None;
        }
        self.at += len;
        Some(word.to_owned())
    }

    fn string(&mut self) -> Option<Text> {
        let start = self.at;
        self.at += 1;
        let mut map = OffsetMap::new(self.at);
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Some(Text { text, map, range: start..self.at });
                }
                Some(b'\\') => {
                    text.push(self.escape()?);
                    map.record(text.len(), self.at);
                }
                Some(_) => {
                    self.fail(start..self.at, "a JSON string cannot contain a line break or control character; write `\\n`");
                    return None;
                }
                None => {
                    self.fail(start..start + 1, "unclosed string");
                    return None;
                }
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let start = self.at;
        self.at += 1;
        let Some((c, length)) = json::unescape(self.rest()) else {
            let selector = self.rest().chars().next();
            self.at += selector.map_or(0, char::len_utf8);
            let message = match selector {
                Some('u') => "`\\u` must be followed by four hexadecimal digits",
                _ => "this is not a JSON escape sequence",
            };
            self.fail(start..self.at, message);
            return None;
        };
        self.at += length;
        Some(c)
    }

    fn array(&mut self, depth: usize) -> JsonValue {
        let open = self.here();
        self.at += 1;
        let mut items = Vec::new();
        self.skip();
        if self.peek() == Some(b']') {
            self.at += 1;
            return JsonValue::Array(items);
        }
        loop {
            items.extend(self.value(depth + 1));
            if self.error.is_some() || !self.comma(b']', open.clone()) {
                items.shrink_to_fit();
                return JsonValue::Array(items);
            }
        }
    }

    fn object(&mut self, depth: usize) -> JsonValue {
        let open = self.here();
        self.at += 1;
        let mut properties = Vec::new();
        self.skip();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return JsonValue::Object(properties);
        }
        loop {
            self.skip();
            if self.peek() != Some(b'"') {
                match self.peek() {
                    Some(_) => self.fail(self.here(), "expected a property name in quotes"),
                    None => self.fail(open, "unclosed `{`"),
                }
                return JsonValue::Object(properties);
            }
            let Some(name) = self.string() else { return JsonValue::Object(properties) };
            self.skip();
            if self.peek() != Some(b':') {
                self.fail(self.here(), "expected `:` after the property name");
                return JsonValue::Object(properties);
            }
            self.at += 1;
            if let Some(value) = self.value(depth + 1) {
                properties.push(Property { name, value });
            }
            if self.error.is_some() || !self.comma(b'}', open.clone()) {
                properties.shrink_to_fit();
                return JsonValue::Object(properties);
            }
        }
    }

    /// Reads the comma or closing bracket after an entry; returns whether another entry follows.
    fn comma(&mut self, close: u8, open: Range<usize>) -> bool {
        self.skip();
        match self.peek() {
            Some(b',') => {
                let comma = self.here();
                self.at += 1;
                self.skip();
                if self.peek() == Some(close) {
                    self.fail(comma, "trailing commas are not allowed in JSON");
                    return false;
                }
                true
            }
            Some(byte) if byte == close => {
                self.at += 1;
                false
            }
            Some(_) => {
                self.fail(self.here(), format!("expected a comma or `{}`", char::from(close)));
                false
            }
            None => {
                let opener = if close == b']' { '[' } else { '{' };
                self.fail(open, format!("unclosed `{opener}`"));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_text_and_range() {
        let text = "\u{feff}{ \"a\\u0062\": [1, -2.5E+3, true, null, {\"x\": \"\\ud83d\\ude00\\ud800\\/\"}] } ";
        let (node, error) = read(text);
        assert!(error.is_some_and(|(message, range)| range == (0..3) && message.contains("byte order mark")));
        assert_eq!(read(&text[3..]).1, None);
        let node = node.unwrap();
        assert!(text[node.range].starts_with('{'));
        let JsonValue::Object(properties) = node.value else { panic!("an object") };
        assert_eq!((properties[0].name.text.as_str(), &text[properties[0].name.range.clone()]), ("ab", "\"a\\u0062\""));
        let JsonValue::Array(items) = &properties[0].value.value else { panic!("an array") };
        let slices: Vec<_> = items.iter().map(|item| &text[item.range.clone()]).collect();
        assert_eq!(slices[..4], ["1", "-2.5E+3", "true", "null"]);
        let JsonValue::Object(inner) = &items[4].value else { panic!("an object") };
        let JsonValue::String(string) = &inner[0].value.value else { panic!("a string") };
        assert_eq!(string.text, "\u{1F600}\u{FFFD}/");
    }

    #[test]
    fn errors_point_at_the_unexpected_text() {
        for (text, place) in [
            ("", ""),
            ("{", "{"),
            ("{\"a\" 1}", "1"),
            ("{\"a\": 1,}", ","),
            ("[1 2]", "2"),
            ("[01]", "01"),
            ("[1.]", "1."),
            ("[.5]", "."),
            ("{a: 1}", "a"),
            ("[True]", "True"),
            ("\"a", "\""),
            ("\"a\nb\"", "\"a"),
            ("\"\\x\"", "\\x"),
            ("\"\\u12\"", "\\u"),
            ("1 1", "1"),
            ("// c\n1", "/"),
        ] {
            let (_, error) = read(text);
            let (message, range) = error.expect(text);
            assert_eq!(&text[range], place, "{text}: {message}");
        }
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(&deep).1.is_some());
    }

    #[test]
    fn values_before_an_error_are_kept_and_the_last_is_incomplete() {
        let (node, error) = read("{\"a\": {\"x\": 1}, \"b\": {\"y\": 2, \"z\": oops}}");
        assert!(error.is_some());
        let node = node.unwrap();
        assert!(!node.is_complete);
        let JsonValue::Object(properties) = node.value else { panic!("an object") };
        let complete: Vec<_> = properties.iter().map(|property| (property.name.text.as_str(), property.value.is_complete)).collect();
        assert_eq!(complete, [("a", true), ("b", false)]);
    }
}
