//! A small JSON tree for the few values that matter, each with its position; strict about syntax and duplicate keys.

use super::scan::{PlanScanner, RawValue, ScanError, ScanErrorKind, ScanPosition};
use crate::base::json;
use std::collections::HashSet;

/// Values nested more deeply are an error: the values that kmslint reads are never more than ten levels deep.
const DEPTH: usize = 200;

/// A value and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub position: ScanPosition,
    pub value: NodeValue,
}

/// A JSON value.
#[derive(Clone, Debug)]
pub(super) enum NodeValue {
    Null,
    Bool(bool),
    /// The number as it is in the document.
    Number(Box<str>),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The member of an object.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// Removes a member from an object and returns it.
    pub(super) fn remove(&mut self, key: &str) -> Option<Self> {
        let NodeValue::Object(members) = &mut self.value else { return None };
        let index = members.iter().position(|(name, _)| name == key)?;
        Some(members.swap_remove(index).1)
    }

    /// The members of an object; empty for any other value.
    pub(super) fn members(&self) -> &[(String, Self)] {
        if let NodeValue::Object(members) = &self.value { members } else { &[] }
    }

    /// The elements of a list; empty for any other value.
    pub(super) fn elements(&self) -> &[Self] {
        if let NodeValue::List(list) = &self.value { list } else { &[] }
    }

    /// The text of a string.
    pub(super) fn text(&self) -> Option<&str> {
        if let NodeValue::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The text of a string.
    pub(super) fn into_text(self) -> Option<String> {
        if let NodeValue::Text(text) = self.value { Some(text) } else { None }
    }

    /// The number of values in it, including itself.
    pub(super) fn size(&self) -> usize {
        let of_members: usize = self.members().iter().map(|(_, member)| member.size()).sum();
        1 + of_members + self.elements().iter().map(Self::size).sum::<usize>()
    }

    /// Whether it is `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, NodeValue::Null)
    }

    /// Whether it is literally `true`.
    pub(super) fn is_true(&self) -> bool {
        matches!(self.value, NodeValue::Bool(true))
    }

    /// The type of the value, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            NodeValue::Null => "null",
            NodeValue::Bool(_) => "a boolean",
            NodeValue::Number(_) => "a number",
            NodeValue::Text(_) => "a string",
            NodeValue::List(_) => "a list",
            NodeValue::Object(_) => "an object",
        }
    }

    /// The value as JSON.
    pub(super) fn write(&self, out: &mut String) {
        match &self.value {
            NodeValue::Null => out.push_str("null"),
            NodeValue::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            NodeValue::Number(number) => out.push_str(number),
            NodeValue::Text(text) => quote(text, out),
            NodeValue::List(list) => {
                out.push('[');
                for (index, node) in list.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    node.write(out);
                }
                out.push(']');
            }
            NodeValue::Object(members) => {
                out.push('{');
                for (index, (key, node)) in members.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    quote(key, out);
                    out.push(':');
                    node.write(out);
                }
                out.push('}');
            }
        }
    }

    /// Keeps only these members of an object.
    pub(super) fn keep_only(&mut self, keys: &[&str]) {
        if let NodeValue::Object(members) = &mut self.value {
            members.retain(|(name, _)| keys.contains(&name.as_str()));
            members.shrink_to_fit();
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// Reads a value that the scanner kept.
pub(super) fn parse(kept: &RawValue) -> Result<Node, ScanError> {
    let mut parser = Parser { kept, at: 0, line: kept.position.line, line_start: 0, first_column: kept.position.column };
    let node = parser.value(0)?;
    parser.skip_whitespace();
    if parser.at == kept.text.len() { Ok(node) } else { Err(parser.syntax_error("unexpected text after the value")) }
}

impl PlanScanner<'_> {
    /// Consumes a string and decodes it.
    pub(super) fn string(&mut self) -> Result<String, ScanError> {
        if self.peek_some()? != b'"' {
            return Err(self.syntax_error("expected a string"));
        }
        self.read_value(|kept| parse(kept).map(|node| node.into_text().unwrap_or_default()))
    }
}

struct Parser<'k> {
    kept: &'k RawValue<'k>,
    at: usize,
    line: usize,
    /// The index at which the current line begins in the text, and the column of that byte, which is not 1 on the first line.
    line_start: usize,
    first_column: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, ScanError> {
        if depth > DEPTH {
            return Err(self.syntax_error(format!("values are nested more than {DEPTH} deep")));
        }
        self.skip_whitespace();
        let position = self.position();
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => NodeValue::Text(self.string()?),
            Some(b't') => self.literal("true", NodeValue::Bool(true))?,
            Some(b'f') => self.literal("false", NodeValue::Bool(false))?,
            Some(b'n') => self.literal("null", NodeValue::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.syntax_error("expected a value")),
        };
        Ok(Node { position, value })
    }

    fn object(&mut self, depth: usize) -> Result<NodeValue, ScanError> {
        self.at += 1;
        let mut members: Vec<(String, Node)> = Vec::new();
        let mut seen = HashSet::new();
        loop {
            self.skip_whitespace();
            if self.take(b'}') {
                return Ok(NodeValue::Object(members));
            }
            if !members.is_empty() {
                self.expect(b',')?;
                self.skip_whitespace();
            }
            let key_at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.syntax_error("expected a key in double quotes"));
            }
            let key = self.string()?;
            // A set pays off only for many members.
            let is_duplicate = if members.len() < 16 {
                members.iter().any(|(name, _)| *name == key)
            } else {
                if seen.is_empty() {
                    seen.extend(members.iter().map(|(name, _)| name.clone()));
                }
                !seen.insert(key.clone())
            };
            if is_duplicate {
                self.at = key_at;
                return Err(self.syntax_error(format!("duplicate key `{}`", shown(&key))));
            }
            self.skip_whitespace();
            self.expect(b':')?;
            let node = self.value(depth + 1)?;
            members.push((key, node));
        }
    }

    fn list(&mut self, depth: usize) -> Result<NodeValue, ScanError> {
        self.at += 1;
        let mut elements = Vec::new();
        loop {
            self.skip_whitespace();
            if self.take(b']') {
                return Ok(NodeValue::List(elements));
            }
            if !elements.is_empty() {
                self.expect(b',')?;
            }
            elements.push(self.value(depth + 1)?);
        }
    }

    /// A string; the rules of escapes and surrogates are `serde_json`'s.
    fn string(&mut self) -> Result<String, ScanError> {
        let rest = self.kept.text.get(self.at..).unwrap_or_default();
        let mut length = 1;
        loop {
            match memchr::memchr2(b'"', b'\\', rest.get(length..).unwrap_or_default()) {
                Some(found) if rest.get(length + found) == Some(&b'"') => {
                    length += found + 1;
                    break;
                }
                Some(found) => length += found + 2,
                None => return Err(self.syntax_error("unclosed string")),
            }
        }
        let text = serde_json::from_slice(rest.get(..length).unwrap_or_default());
        let text = text.map_err(|_| self.syntax_error("invalid escape or control character in a string"))?;
        self.at += length;
        Ok(text)
    }

    fn number(&mut self) -> Result<NodeValue, ScanError> {
        let rest = self.kept.text.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')).count();
        let text = std::str::from_utf8(rest.get(..length).unwrap_or_default()).unwrap_or_default();
        if !json::is_number(text) {
            return Err(self.syntax_error("invalid JSON number"));
        }
        self.at += length;
        Ok(NodeValue::Number(text.into()))
    }

    fn literal(&mut self, word: &str, value: NodeValue) -> Result<NodeValue, ScanError> {
        if !self.kept.text.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err(self.syntax_error("expected a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn skip_whitespace(&mut self) {
        while let Some(byte @ (b' ' | b'\n' | b'\r' | b'\t')) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                self.line += 1;
                self.line_start = self.at;
                self.first_column = 1;
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.kept.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), ScanError> {
        if self.take(byte) { Ok(()) } else { Err(self.syntax_error(format!("expected `{}`", char::from(byte)))) }
    }

    fn position(&self) -> ScanPosition {
        ScanPosition { line: self.line, column: self.at - self.line_start + self.first_column }
    }

    fn syntax_error(&self, what: impl Into<String>) -> ScanError {
        ScanError { what: what.into(), offset: self.kept.offset + self.at as u64, position: self.position(), kind: ScanErrorKind::Syntax }
    }
}

/// The beginning of a key, for a message.
pub(super) fn shown(key: &str) -> String {
    let mut text: String = key.chars().take(60).flat_map(char::escape_debug).collect();
    if key.chars().nth(60).is_some() {
        text.push('…');
    }
    text
}
