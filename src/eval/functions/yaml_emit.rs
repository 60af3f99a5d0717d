//! YAML as Terraform's go-cty-yaml writes it: libyaml's emitter with every string in double quotes, or in a literal block if it has line
//! breaks.

use super::row::{FunctionError, MAX_RESULT_SIZE};
use crate::eval::{Data, Value};
use std::fmt::Write;

/// The maximum nesting that is written.
const DEPTH_CAP: usize = 200;
/// The column from which the emitter folds a quoted string at a space.
const BEST_WIDTH: usize = 80;
/// The maximum length of a simple key, in bytes; longer keys are introduced by `?`.
const MAX_SIMPLE_KEY: usize = 128;
const INDENT: usize = 2;

/// The YAML text of a wholly known value. A text that exceeds `MAX_RESULT_SIZE` is cut off, and the caller rejects it.
pub(super) fn encode(value: &Value) -> Result<String, FunctionError> {
    let mut emitter = Emitter { out: String::new(), column: 0, indent: None, whitespace: true, indention: true, open_ended: false };
    emitter.node(value, NodeRole::Root, 0)?;
    emitter.open_ended &= is_plain(value);
    emitter.write_indent();
    if emitter.open_ended {
        emitter.indicator("...", true, false, false);
        emitter.write_indent();
    }
    Ok(emitter.out)
}

fn is_plain(value: &Value) -> bool {
    matches!(value.data, Data::Null(_) | Data::Bool(_) | Data::Number(_))
}

/// The part of its parent that a node is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NodeRole {
    Root,
    Sequence,
    Mapping,
    SimpleKey,
}

/// The state of libyaml's emitter, as far as block style needs it, with libyaml's names.
struct Emitter {
    out: String,
    column: usize,
    /// `None` before the first level.
    indent: Option<usize>,
    whitespace: bool,
    indention: bool,
    open_ended: bool,
}

impl Emitter {
    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column = if c == '\n' { 0 } else { self.column + 1 };
    }

    fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &str, needs_space: bool, whitespace: bool, indention: bool) {
        if needs_space && !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.whitespace = whitespace;
        self.indention &= indention;
        self.open_ended = false;
    }

    fn node(&mut self, value: &Value, role: NodeRole, depth: usize) -> Result<(), FunctionError> {
        if depth > DEPTH_CAP {
            return Err(FunctionError::too_large());
        }
        if self.out.len() > MAX_RESULT_SIZE {
            return Ok(());
        }
        let outer = self.indent;
        match &value.data {
            Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) if elements.is_empty() => self.empty("[", "]"),
            Data::Map(_, entries) | Data::Object(entries) if entries.is_empty() => self.empty("{", "}"),
            Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => {
                // A sequence under a key is not indented.
                let indentless = role == NodeRole::Mapping && !self.indention;
                self.indent = match self.indent {
                    None => Some(0),
                    Some(indent) if indentless => Some(indent),
                    Some(indent) => Some(indent + INDENT),
                };
                for element in elements.iter() {
                    self.write_indent();
                    self.indicator("-", true, false, true);
                    self.node(element, NodeRole::Sequence, depth + 1)?;
                }
            }
            Data::Map(_, entries) | Data::Object(entries) => {
                self.indent = Some(self.indent.map_or(0, |indent| indent + INDENT));
                for (name, element) in entries.iter() {
                    self.write_indent();
                    if is_simple_key(name) {
                        self.scalar_string(name, NodeRole::SimpleKey);
                        self.indicator(":", false, false, false);
                    } else {
                        self.indicator("?", true, false, true);
                        self.scalar_string(name, NodeRole::Mapping);
                        self.write_indent();
                        self.indicator(":", true, false, true);
                    }
                    self.node(element, NodeRole::Mapping, depth + 1)?;
                }
            }
            Data::String(text) => self.scalar_string(text, role),
            Data::Null(_) => self.plain("null", role),
            Data::Bool(value) => self.plain(if *value { "true" } else { "false" }, role),
            Data::Number(number) if number.is_infinite() => self.plain(if number.is_negative() { "-Inf" } else { "+Inf" }, role),
            Data::Number(number) => self.plain(&number.to_string(), role),
            Data::Unknown(unknown) => return Err(FunctionError::Unknown(unknown.why.clone())),
        }
        self.indent = outer;
        Ok(())
    }

    fn empty(&mut self, opening: &str, closing: &str) {
        self.indicator(opening, true, true, false);
        self.indicator(closing, false, false, false);
    }

    fn plain(&mut self, text: &str, role: NodeRole) {
        if !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.whitespace = false;
        self.indention = false;
        self.open_ended = role == NodeRole::Root;
    }

    fn scalar_string(&mut self, text: &str, role: NodeRole) {
        let outer = self.indent;
        self.indent = Some(self.indent.unwrap_or(0) + INDENT);
        if text.contains('\n') && role != NodeRole::SimpleKey && is_block_allowed(text) {
            self.literal(text);
        } else {
            self.quoted(text, role != NodeRole::SimpleKey);
        }
        self.indent = outer;
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with([' ', '\n']) {
            self.indicator("2", false, false, false);
        }
        let mut from_end = text.chars().rev();
        match (from_end.next().is_some_and(is_break), from_end.next().is_none_or(is_break)) {
            (false, _) => self.indicator("-", false, false, false),
            (true, true) => self.indicator("+", false, false, false),
            (true, false) => {}
        }
        self.put('\n');
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.put('\n');
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
    }

    /// A string in double quotes. Long lines are folded at single spaces.
    fn quoted(&mut self, text: &str, may_fold: bool) {
        self.indicator("\"", true, false, false);
        let mut spaces = false;
        // libyaml tests for a byte order mark at the start of the text, not at each character.
        let has_bom = text.starts_with('\u{feff}');
        for (at, c) in text.char_indices() {
            if c == ' ' && !has_bom {
                let inner = at > 0 && at + 1 < text.len();
                if may_fold && !spaces && self.column > BEST_WIDTH && inner {
                    self.write_indent();
                    if text.get(at + 1..).is_some_and(|rest| rest.starts_with(' ')) {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
                spaces = true;
                continue;
            }
            spaces = false;
            if is_printable(c) && !is_break(c) && c != '"' && c != '\\' && !has_bom {
                self.put(c);
                continue;
            }
            escape(c).chars().for_each(|c| self.put(c));
        }
        self.indicator("\"", false, false, false);
    }
}

fn escape(c: char) -> String {
    let letter = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        c => {
            let mut out = String::new();
            // Writing to a string cannot fail.
            let _ = match u32::from(c) {
                code @ ..=0xff => write!(out, "\\x{code:02X}"),
                code @ ..=0xffff => write!(out, "\\u{code:04X}"),
                code => write!(out, "\\U{code:08X}"),
            };
            return out;
        }
    };
    format!("\\{letter}")
}

fn is_simple_key(name: &str) -> bool {
    name.len() <= MAX_SIMPLE_KEY && !name.contains(is_break)
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether libyaml prints a character without escaping: no tabs, and nothing outside of the basic multilingual plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

/// Whether a text can be a literal block: no space at its end or before a line break, and no characters to escape.
fn is_block_allowed(text: &str) -> bool {
    let mut previous = None;
    for c in text.chars() {
        if !is_printable(c) || (is_break(c) && previous == Some(' ')) {
            return false;
        }
        previous = Some(c);
    }
    previous != Some(' ')
}
