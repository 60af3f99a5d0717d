//! YAML as Terraform's go-cty-yaml reads it: booleans as in YAML 1.1, numbers as in YAML 1.2.

use super::clock::Instant;
use super::row::FunctionError;
use crate::eval::{Data, Num, NumError, Type, Value, convert};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// The maximum nesting that is parsed.
const DEPTH_CAP: usize = 200;
/// The maximum number of nodes; the nodes of an alias count each time.
const NODE_CAP: u64 = 1_000_000;
const PREFIX: &str = "tag:yaml.org,2002:";

/// The maximum number of lines that are indented further, each before another parse, because our parser is stricter than Terraform's.
const MAX_REPAIRS: usize = 50;
/// The maximum number of bytes in all repeated parses of a text.
const MAX_REREAD: usize = 16 << 20;

/// Why the value of a text that Terraform accepts is unknown.
const UNSUPPORTED_LAYOUT: &str = "the layout of the YAML text is not supported here";

/// Parses a text of a single document. Sequences become tuples, mappings become objects; the last of equal keys counts.
pub(super) fn decode(text: &str) -> Result<Value, FunctionError> {
    check_text(text)?;
    // Our parser buffers everything between the outermost brackets until they close.
    if text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() as u64 > NODE_CAP {
        return Err(FunctionError::too_large());
    }
    // These are line breaks in YAML 1.1, but text in YAML 1.2, which our parser implements.
    if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        return Err(FunctionError::Unknown(UNSUPPORTED_LAYOUT.into()));
    }
    let mut repaired = Cow::Borrowed(text);
    for round in 0..MAX_REPAIRS {
        if round * text.len() > MAX_REREAD {
            break;
        }
        let mut reader = YamlDecoder::new(&repaired);
        match reader.document() {
            Err(FunctionError::Invalid(message)) => {
                let Some(line) = reader.unindented else { return Err(message.into()) };
                // Within brackets and quotes indentation has no meaning, so it can be increased.
                let lines = repaired.split_inclusive('\n').enumerate();
                repaired = lines.flat_map(|(at, text)| [if at + 1 == line { EXTRA_INDENT } else { "" }, text]).collect::<String>().into();
            }
            result => return result,
        }
    }
    Err(FunctionError::Unknown(UNSUPPORTED_LAYOUT.into()))
}

const EXTRA_INDENT: &str = "                                ";

/// Rejects what Terraform's parser rejects and ours accepts: control characters, a leading tab, versions other than 1.1.
fn check_text(text: &str) -> Result<(), FunctionError> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
    if let Some(c) = text.chars().find(|c| !allowed(*c)) {
        return Err(format!("invalid YAML: control characters are not allowed ({})", c.escape_unicode()).into());
    }
    if text.trim_start_matches([' ', '\n', '\r']).starts_with('\t') {
        return Err("invalid YAML: found character that cannot start any token".into());
    }
    if text
        .lines()
        .take_while(|line| !line.starts_with("---"))
        .any(|line| line.starts_with("%YAML") && line.split_whitespace().nth(1) != Some("1.1"))
    {
        return Err("invalid YAML: found incompatible YAML document".into());
    }
    Ok(())
}

/// The positions of `\/` in a text, in characters: JSON and YAML 1.2 allow it in double quotes, Terraform's parser does not.
fn escaped_slashes(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut escaped = false;
    for (at, c) in text.chars().enumerate() {
        if escaped && c == '/' {
            found.push(at);
        }
        escaped = c == '\\' && !escaped;
    }
    found
}

/// The kinds of errors that our parser reports, by what Terraform's parser does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum YamlErrorKind {
    /// A line that is not indented enough for our parser. Within brackets and quotes, Terraform's parser accepts it.
    Indentation,
    /// Brackets nested too deeply for our parser.
    TooDeep,
    /// Syntax that Terraform's parser accepts: a lone `-` in brackets, a tab after a colon.
    AcceptedByTerraform,
    /// An error in Terraform as well.
    Rejected,
}

impl YamlErrorKind {
    /// Errors of `saphyr-parser` have a message but no kind. The messages are matched only here, and a test triggers each of them, so that
    /// a release with other messages cannot change a result unnoticed.
    fn of(error: &ScanError) -> Self {
        match error.info() {
            info if info.starts_with("invalid indentation") => Self::Indentation,
            "recursion limit exceeded" => Self::TooDeep,
            "plain scalar cannot start with '-' followed by ,[]{}" | "':' must be followed by a valid YAML whitespace" => {
                Self::AcceptedByTerraform
            }
            _ => Self::Rejected,
        }
    }
}

struct YamlDecoder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    /// The values of anchors, with their numbers of nodes.
    anchors: HashMap<usize, (Value, u64)>,
    open_anchors: HashSet<usize>,
    nodes: u64,
    /// The line that is not indented enough, from 1.
    unindented: Option<usize>,
    escaped_slashes: Vec<usize>,
    /// The length of the text in characters, if it does not end with a line break.
    end_without_break: Option<usize>,
}

impl<'t> YamlDecoder<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            parser: Parser::new_from_str(text),
            anchors: HashMap::new(),
            open_anchors: HashSet::new(),
            nodes: 0,
            unindented: None,
            escaped_slashes: escaped_slashes(text),
            end_without_break: (!text.ends_with(['\n', '\r'])).then(|| text.chars().count()),
        }
    }

    fn document(&mut self) -> Result<Value, FunctionError> {
        loop {
            match self.next()? {
                Event::DocumentStart(_) => break,
                Event::StreamEnd => return Err("missing start of document".into()),
                _ => {}
            }
        }
        let event = self.next()?;
        let (value, _) = self.node(event, 0)?;
        loop {
            match self.next()? {
                Event::StreamEnd => return Ok(value),
                Event::DocumentEnd | Event::Nothing => {}
                _ => return Err("unexpected extra content after value".into()),
            }
        }
    }

    /// The next event, with scalars as in Terraform's parser.
    fn next(&mut self) -> Result<Event<'t>, FunctionError> {
        let (event, span) = match self.parser.next_event() {
            Some(Ok(event)) => event,
            Some(Err(error)) => {
                match YamlErrorKind::of(&error) {
                    YamlErrorKind::Indentation => self.unindented = Some(error.marker().line()),
                    YamlErrorKind::TooDeep => return Err(FunctionError::too_large()),
                    YamlErrorKind::AcceptedByTerraform => return Err(FunctionError::Unknown(UNSUPPORTED_LAYOUT.into())),
                    YamlErrorKind::Rejected => {}
                }
                return Err(format!("invalid YAML: {error}").into());
            }
            None => return Ok(Event::StreamEnd),
        };
        match event {
            Event::Scalar(_, ScalarStyle::DoubleQuoted, ..) => {
                let from = self.escaped_slashes.partition_point(|at| *at < span.start.index());
                if self.escaped_slashes.get(from).is_some_and(|at| *at < span.end.index()) {
                    return Err("invalid YAML: found unknown escape character".into());
                }
                Ok(event)
            }
            // If the text ends in a block scalar without a line break, Terraform's parser does not add one.
            Event::Scalar(Cow::Owned(mut text), style @ (ScalarStyle::Literal | ScalarStyle::Folded), anchor, tag)
                if self.end_without_break.is_some_and(|end| span.end.index() >= end) =>
            {
                if text.ends_with('\n') {
                    text.pop();
                }
                Ok(Event::Scalar(Cow::Owned(text), style, anchor, tag))
            }
            event => Ok(event),
        }
    }

    fn count(&mut self, nodes: u64) -> Result<(), FunctionError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODE_CAP { Err(FunctionError::too_large()) } else { Ok(()) }
    }

    /// A value, and its number of nodes.
    fn node(&mut self, event: Event<'t>, depth: usize) -> Result<(Value, u64), FunctionError> {
        if depth > DEPTH_CAP {
            return Err(FunctionError::too_large());
        }
        self.count(1)?;
        let before = self.nodes;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)).unwrap_or_default();
                (anchor, scalar(&tag, &text, style)?)
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)), "seq")?;
                self.open_anchors.insert(anchor);
                (anchor, self.sequence(depth)?)
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)), "map")?;
                self.open_anchors.insert(anchor);
                (anchor, self.mapping(depth)?)
            }
            Event::Alias(anchor) => {
                if self.open_anchors.contains(&anchor) {
                    return Err("cannot refer to an anchor from inside its own definition".into());
                }
                let (value, size) = self.anchors.get(&anchor).cloned().ok_or("reference to undefined anchor")?;
                self.count(size)?;
                return Ok((value, size));
            }
            _ => return Err("invalid YAML: expected a value".into()),
        };
        let size = self.nodes - before + 1;
        // 0 means no anchor.
        if anchor > 0 {
            self.open_anchors.remove(&anchor);
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok((value, size))
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, FunctionError> {
        let mut elements = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Value::tuple(elements)),
                event => elements.push(self.node(event, depth + 1)?.0),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, FunctionError> {
        let mut entries: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        loop {
            let (text, style, tag) = match self.next()? {
                Event::MappingEnd => return Ok(Value::object(entries.into())),
                // Anchors of keys are ignored.
                Event::Scalar(text, style, _, tag) => {
                    (text, style, tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)).unwrap_or_default())
                }
                _ => return Err("only strings are allowed as mapping keys".into()),
            };
            let is_merge = (tag.is_empty() && text == "<<") || tag.strip_prefix(PREFIX) == Some("merge");
            let key = if is_merge { None } else { Some(key(&tag, &text, style)?) };
            let event = self.next()?;
            let (value, _) = self.node(event, depth + 1)?;
            match (key, &value.data) {
                (Some(key), _) => {
                    entries.insert(key, value);
                }
                (None, Data::Object(merged)) => {
                    entries.extend(merged.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
                }
                (None, _) => return Err(format!("cannot merge {} into mapping", value.ty()).into()),
            }
        }
    }
}

fn check_tag(tag: Option<String>, expected: &str) -> Result<(), FunctionError> {
    match tag {
        Some(tag) if tag.strip_prefix(PREFIX) != Some(expected) && !tag.is_empty() => {
            Err(format!("cannot interpret a {} as {tag}", if expected == "seq" { "sequence" } else { "mapping" }).into())
        }
        _ => Ok(()),
    }
}

fn key(tag: &str, text: &str, style: ScalarStyle) -> Result<Arc<str>, FunctionError> {
    let key = convert(resolve(tag, text, style)?, &Type::String).map_err(|_| "only strings are allowed as mapping keys")?;
    let key = key.as_str().ok_or("mapping key cannot be null")?;
    Ok(key.nfc().collect::<String>().into())
}

/// The value of a scalar. Block scalars are strings, but go-cty-yaml first resolves them like plain ones, with the same errors.
fn scalar(tag: &str, text: &str, style: ScalarStyle) -> Result<Value, FunctionError> {
    let value = resolve(tag, text, style)?;
    if tag.is_empty() && matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
        return Ok(convert(value, &Type::String)?);
    }
    Ok(value)
}

/// Words that are booleans, null or infinity.
fn word(text: &str) -> Option<Value> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::bool(false),
        "" | "~" | "null" | "Null" | "NULL" => Value::null(Type::Any),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::number(Num::infinity(false)),
        "-.inf" | "-.Inf" | "-.INF" => Value::number(Num::infinity(true)),
        _ => return None,
    })
}

fn resolve(tag: &str, text: &str, style: ScalarStyle) -> Result<Value, FunctionError> {
    let short = if tag.is_empty() {
        ""
    } else {
        match tag.strip_prefix(PREFIX) {
            Some(name @ ("str" | "bool" | "int" | "float" | "null" | "timestamp" | "binary")) => name,
            _ => return Err(format!("unsupported tag `{tag}`").into()),
        }
    };
    // Only texts that begin like a word, number or timestamp can be one.
    let first = text.chars().next();
    let may_be_typed = first.is_none_or(|c| "+-0123456789yYnNtTfFoO~.".contains(c));
    let mut numeric = false;
    if may_be_typed && short != "str" && short != "binary" {
        if matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
            return Ok(Value::string(text));
        }
        if let Some(value) = word(text) {
            return Ok(value);
        }
        if short.is_empty() && matches!(text, ".nan" | ".NaN" | ".NAN") {
            return Err("floating point NaN is not supported".into());
        }
        match first {
            Some('.') => match Num::parse(text) {
                Ok(number) => return Ok(Value::number(number)),
                Err(NumError::TooLarge) => return Err(FunctionError::too_large()),
                Err(_) => {}
            },
            Some('0'..='9' | '+' | '-') => {
                if matches!(short, "" | "timestamp")
                    && let Some(time) = Instant::parse_yaml(text)
                {
                    return Ok(Value::string(time.rfc3339()));
                }
                numeric = looks_like_number(text);
            }
            _ => {}
        }
    }
    match short {
        _ if numeric => number(text),
        "bool" => word(text).filter(|value| value.as_bool().is_some()).ok_or_else(|| format!("cannot parse `{text}` as a bool").into()),
        "int" | "float" => number(text),
        "null" => Ok(Value::null(Type::Any)),
        "timestamp" => match Instant::parse_yaml(text) {
            Some(time) => Ok(Value::string(time.rfc3339())),
            None => Err(format!("cannot parse `{text}` as a timestamp").into()),
        },
        "binary" if super::base_64::decode(text).is_none() => Err(format!("cannot parse `{text}` as binary: not valid base64").into()),
        _ => Ok(Value::string(text)),
    }
}

/// `[-+]?[0-9]+`, `0o17`, `0x1F`, or a decimal with a fraction or exponent.
fn looks_like_number(text: &str) -> bool {
    let all = |digits: &str, is: fn(&u8) -> bool| !digits.is_empty() && digits.as_bytes().iter().all(is);
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, |byte| matches!(byte, b'0'..=b'7'));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, u8::is_ascii_hexdigit);
    }
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent.is_none_or(|exponent| all(exponent.strip_prefix(['+', '-']).unwrap_or(exponent), u8::is_ascii_digit))
        && !(whole.is_empty() && fraction.is_empty())
        && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
}

/// A number in Terraform's syntax, or an integer with a prefix in Go's syntax.
fn number(text: &str) -> Result<Value, FunctionError> {
    let plain = text.replace('_', "");
    match Num::parse(&plain) {
        Ok(number) => return Ok(Value::number(number)),
        Err(NumError::TooLarge) => return Err(FunctionError::too_large()),
        Err(_) => {}
    }
    let invalid = || FunctionError::Invalid(format!("cannot parse `{text}` as a number"));
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| lower.strip_prefix(prefix).map(|digits| (digits, radix)))
        .ok_or_else(invalid)?;
    if digits.starts_with(['+', '-']) {
        return Err(invalid());
    }
    let magnitude = u64::from_str_radix(digits, radix).map_err(|_| invalid())?;
    let number = if negative { -i128::from(magnitude) } else { i128::from(magnitude) };
    if number < i128::from(i64::MIN) {
        return Err(invalid());
    }
    Ok(Value::number(Num::from_big(&number.into())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_parser_map_to_their_error_kinds() {
        let deep = "[".repeat(300);
        for (text, kind) in [
            ("a:\n  b: [1,\n2]\n", YamlErrorKind::Indentation),
            ("a:\n  b: [\n1]\n", YamlErrorKind::Indentation),
            ("a:\n  b: \"x\ny\"\n", YamlErrorKind::Indentation),
            ("a: 'x\ny'\n", YamlErrorKind::Indentation),
            (&deep, YamlErrorKind::TooDeep),
            ("[-, a]\n", YamlErrorKind::AcceptedByTerraform),
            ("a:\tb\n", YamlErrorKind::AcceptedByTerraform),
            ("a: [1\n", YamlErrorKind::Rejected),
            ("a: @b\n", YamlErrorKind::Rejected),
        ] {
            let mut parser = Parser::new_from_str(text);
            let error = std::iter::from_fn(|| parser.next_event()).find_map(Result::err);
            let error = error.unwrap_or_else(|| panic!("{text:?} is accepted"));
            assert_eq!(YamlErrorKind::of(&error), kind, "{text:?}: {error}");
        }
    }
}
