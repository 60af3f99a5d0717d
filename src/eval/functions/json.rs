//! JSON as Go's `encoding/json` writes and parses it, from and to Terraform's values.

use super::row::{FunctionError, MAX_RESULT_SIZE};
use crate::base::json;
use crate::eval::{Data, Num, Type, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use unicode_normalization::is_nfc;

/// The maximum nesting that is parsed or written. Go's decoder allows 10,000.
const DEPTH_CAP: usize = 200;

/// The JSON text of a wholly known value, with `<`, `>` and `&` escaped. A text that exceeds `MAX_RESULT_SIZE` is cut off, and the caller
/// rejects it.
pub(super) fn encode(value: &Value) -> Result<String, FunctionError> {
    let mut out = String::new();
    write_value(value, &mut out, 0)?;
    Ok(out)
}

fn write_value(value: &Value, out: &mut String, depth: usize) -> Result<(), FunctionError> {
    if depth > DEPTH_CAP {
        return Err(FunctionError::too_large());
    }
    if out.len() > MAX_RESULT_SIZE {
        return Ok(());
    }
    match &value.data {
        Data::Null(_) => out.push_str("null"),
        Data::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Data::Number(number) if number.is_infinite() => return Err("cannot serialize infinity as JSON".into()),
        Data::Number(number) => {
            // Writing to a string cannot fail.
            let _ = write!(out, "{number}");
        }
        Data::String(text) => write_string(text, out),
        Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_value(element, out, depth + 1)?;
            }
            out.push(']');
        }
        Data::Map(_, entries) | Data::Object(entries) => {
            out.push('{');
            for (at, (name, element)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(name, out);
                out.push(':');
                write_value(element, out, depth + 1)?;
            }
            out.push('}');
        }
        Data::Unknown(unknown) => return Err(FunctionError::Unknown(unknown.why.clone())),
    }
    Ok(())
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Parses a JSON document: arrays become tuples, objects become objects, and numbers keep all digits.
pub(super) fn decode(text: &str) -> Result<Value, FunctionError> {
    let mut reader = JsonDecoder { rest: text };
    let value = reader.value(0)?;
    reader.skip_space();
    // Go's decoder reports no more data at a closing bracket, so Terraform ignores everything from there on.
    if reader.rest.is_empty() || reader.rest.starts_with([']', '}']) { Ok(value) } else { Err("extraneous data after JSON object".into()) }
}

struct JsonDecoder<'a> {
    rest: &'a str,
}

impl<'a> JsonDecoder<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn eat(&mut self, text: &str) -> bool {
        self.rest.strip_prefix(text).map(|rest| self.rest = rest).is_some()
    }

    fn unexpected(&self) -> FunctionError {
        match self.rest.chars().next() {
            Some(c) => format!("invalid JSON: unexpected character `{}`", c.escape_debug()).into(),
            None => "invalid JSON: unexpected end".into(),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, FunctionError> {
        if depth > DEPTH_CAP {
            return Err(FunctionError::too_large());
        }
        self.skip_space();
        match self.rest.as_bytes().first() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::string),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.eat("null") => Ok(Value::null(Type::Any)),
            _ if self.eat("true") => Ok(Value::bool(true)),
            _ if self.eat("false") => Ok(Value::bool(false)),
            _ => Err(self.unexpected()),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, FunctionError> {
        self.eat("[");
        let mut elements = Vec::new();
        self.skip_space();
        if self.eat("]") {
            return Ok(Value::tuple(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            self.skip_space();
            if self.eat("]") {
                return Ok(Value::tuple(elements));
            }
            if !self.eat(",") {
                return Err(self.unexpected());
            }
        }
    }

    /// The last of several properties with the same name counts, but all must have the same type.
    fn object(&mut self, depth: usize) -> Result<Value, FunctionError> {
        self.eat("{");
        let mut entries: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        self.skip_space();
        if self.eat("}") {
            return Ok(Value::object(entries.into()));
        }
        loop {
            self.skip_space();
            if !self.rest.starts_with('"') {
                return Err(self.unexpected());
            }
            let name = self.string()?;
            if !is_nfc(&name) {
                // Terraform normalizes the names in the type, then does not find the unnormalized names of the text.
                return Err(format!("unsupported attribute `{name}`").into());
            }
            self.skip_space();
            if !self.eat(":") {
                return Err(self.unexpected());
            }
            let value = self.value(depth + 1)?;
            if let Some(earlier) = entries.insert(Arc::from(name.as_str()), value.clone())
                && earlier.ty() != value.ty()
            {
                return Err(format!("duplicate `{name}` property in JSON object").into());
            }
            self.skip_space();
            if self.eat("}") {
                return Ok(Value::object(entries.into()));
            }
            if !self.eat(",") {
                return Err(self.unexpected());
            }
        }
    }

    fn digits(&mut self) -> &'a str {
        let (digits, rest) = self.rest.split_at(self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len()));
        self.rest = rest;
        digits
    }

    fn number(&mut self) -> Result<Value, FunctionError> {
        let start = self.rest;
        self.eat("-");
        if !self.eat("0") && self.digits().is_empty() {
            return Err(self.unexpected());
        }
        if self.eat(".") && self.digits().is_empty() {
            return Err(self.unexpected());
        }
        if self.eat("e") || self.eat("E") {
            let _ = self.eat("+") || self.eat("-");
            if self.digits().is_empty() {
                return Err(self.unexpected());
            }
        }
        let text = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        Ok(Value::number(Num::parse(text)?))
    }

    fn string(&mut self) -> Result<String, FunctionError> {
        self.eat("\"");
        let mut out = String::new();
        loop {
            let end = self.rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(self.rest.len());
            let (plain, rest) = self.rest.split_at(end);
            out.push_str(plain);
            self.rest = rest;
            if self.eat("\"") {
                return Ok(out);
            }
            if !self.eat("\\") {
                return Err(self.unexpected());
            }
            let (c, length) = json::unescape(self.rest).ok_or_else(|| self.unexpected())?;
            out.push(c);
            self.rest = self.rest.get(length..).unwrap_or_default();
        }
    }
}
