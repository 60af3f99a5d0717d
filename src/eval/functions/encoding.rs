//! Functions that encode and decode texts.

use super::charset::Charset;
use super::row::{BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, MAX_RESULT_SIZE, Returns, STRING, any, string, text};
use super::{base_64, csv, json, yaml, yaml_emit};
use crate::eval::{Type, Value};
use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// The maximum number of fields in a CSV text.
const MAX_FIELDS: usize = 1 << 20;

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("base64decode", &[string("str")], STRING, FunctionBody::Values(base64_decode)),
    BuiltIn::new("base64encode", &[string("str")], STRING, FunctionBody::Text(|text| base_64::encode(text.as_bytes()))),
    BuiltIn::new("base64gunzip", &[string("str")], STRING, FunctionBody::Values(base64_gunzip)).opentofu(),
    BuiltIn::new(
        "base64gzip",
        &[string("str")],
        STRING,
        FunctionBody::Unknown("compressed data differs from one version of Terraform to another"),
    ),
    BuiltIn::new("csvdecode", &[string("str")], Returns::Computed(csv_type), FunctionBody::Values(csv_decode)),
    BuiltIn::new("jsondecode", &[string("str")], Returns::Computed(json_type), FunctionBody::Values(json_decode)).nullable(),
    BuiltIn::new("jsonencode", &[any("val").unknown().untyped().null()], STRING, FunctionBody::Values(json_encode)),
    BuiltIn::new("textdecodebase64", &[string("source"), string("encoding")], STRING, FunctionBody::Values(text_decode)),
    BuiltIn::new("textencodebase64", &[string("string"), string("encoding")], STRING, FunctionBody::Values(text_encode)),
    BuiltIn::new("urldecode", &[string("str")], STRING, FunctionBody::Values(url_decode)).opentofu(),
    BuiltIn::new("urlencode", &[string("str")], STRING, FunctionBody::Text(url_encode)),
    BuiltIn::new("yamldecode", &[string("src")], Returns::Computed(|_| Ok(Type::Any)), FunctionBody::Values(yaml_decode)).nullable(),
    BuiltIn::new("yamlencode", &[any("value").unknown().untyped().null()], STRING, FunctionBody::Values(yaml_encode)),
];

fn base64_decode(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    call.pay(text(value).len())?;
    let bytes = base_64::decode(text(value)).ok_or("failed to decode base64 data")?;
    String::from_utf8(bytes).map(Value::string).map_err(|_| "the result of decoding the provided string is not valid UTF-8".into())
}

fn base64_gunzip(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    let bytes = base_64::decode(text(value)).ok_or("failed to decode base64 data")?;
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(bytes.as_slice()).take(MAX_RESULT_SIZE as u64 + 1);
    let read = reader.read_to_end(&mut unpacked);
    call.pay_for_result(unpacked.len())?;
    read.map_err(|_| "failed to decompress gzip data")?;
    String::from_utf8(unpacked).map(Value::string).map_err(|_| "the result of decompressing is not valid UTF-8".into())
}

fn csv_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    let Some(text) = value.as_str() else { return Ok(Type::Any) };
    // Each field becomes an element of the result, which must not have more of them.
    if text.bytes().filter(|byte| matches!(byte, b',' | b'\n')).count() > MAX_FIELDS {
        return Err(FunctionError::too_large());
    }
    let records = csv::records(text)?;
    let header = records.first().ok_or("missing header line")?;
    let mut names = BTreeSet::new();
    for name in header {
        if !names.insert(name) {
            return Err(format!("duplicate column name `{name}`").into());
        }
    }
    Ok(Type::list(Type::object(names.into_iter().map(|name| (name_in_nfc(name), Type::String)))))
}

fn name_in_nfc(name: &str) -> Arc<str> {
    name.nfc().collect::<String>().into()
}

fn csv_decode(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    call.pay(text(value).len())?;
    let records = csv::records(text(value))?;
    let [header, records @ ..] = records.as_slice() else { return Err("missing header line".into()) };
    let mut rows = Vec::with_capacity(records.len());
    let names: Vec<Arc<str>> = header.iter().map(|name| name_in_nfc(name)).collect();
    for record in records {
        if record.len() != header.len() {
            return Err("CSV parse error: wrong number of fields".into());
        }
        rows.push(Value::object(names.iter().cloned().zip(record.iter().map(Value::string)).collect()));
    }
    Ok(Value::list(call.element(), rows))
}

/// The type of the document, as far as the known prefix of an unknown text reveals it.
fn json_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    if !value.is_unknown() {
        return Ok(Type::Any);
    }
    match value.prefix().trim().chars().next() {
        None | Some('{' | '[' | 'n') => Ok(Type::Any),
        Some('"') => Ok(Type::String),
        Some('t' | 'f') => Ok(Type::Bool),
        Some('-' | '0'..='9' | '.') => Ok(Type::Number),
        Some(c) => Err(format!("a JSON document cannot begin with the character `{c}`").into()),
    }
}

fn json_decode(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    call.pay(text(value).len())?;
    json::decode(text(value))
}

fn json_encode(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    if !value.is_wholly_known() {
        let unknown = call.unknown(args).not_null();
        let opening = match value.ty() {
            _ if !value.is_not_null() => "",
            Type::String => "\"",
            Type::Object(_) | Type::Map(_) => "{",
            Type::Tuple(_) | Type::List(_) | Type::Set(_) => "[",
            _ => "",
        };
        return Ok(unknown.with_full_prefix(opening));
    }
    let text = json::encode(value)?;
    call.pay_for_result(text.len())?;
    Ok(Value::string(text))
}

fn yaml_decode(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    call.pay(text(value).len())?;
    yaml::decode(text(value))
}

fn yaml_encode(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    if !value.is_wholly_known() {
        return Ok(call.unknown(args));
    }
    let text = yaml_emit::encode(value)?;
    call.pay_for_result(text.len())?;
    Ok(Value::string(text))
}

fn charset(name: &Value) -> Result<Charset, FunctionError> {
    let name = text(name);
    match Charset::of(name) {
        Some(Charset::Unsupported) => Err(FunctionError::Unknown(format!("the encoding `{name}` is not supported here").into())),
        Some(charset) => Ok(charset),
        None => Err(format!("`{name}` is not a supported IANA encoding name or alias").into()),
    }
}

fn text_encode(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, name, ..] = args else { return Err(FunctionError::arity()) };
    call.pay(text(value).len())?;
    let bytes = charset(name)?.encode(text(value));
    let bytes = bytes.ok_or_else(|| format!("the given string contains characters that cannot be represented in {}", text(name)))?;
    Ok(Value::string(base_64::encode(&bytes)))
}

fn text_decode(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, name, ..] = args else { return Err(FunctionError::arity()) };
    call.pay(text(value).len())?;
    let charset = charset(name)?;
    let bytes = base_64::decode(text(value)).ok_or("the given value has an invalid base64 symbol")?;
    let decoded =
        charset.decode(&bytes).ok_or_else(|| format!("the given string contains symbols that are not defined for {}", text(name)))?;
    Ok(Value::string(decoded))
}

/// Go's `url.QueryEscape`.
fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Go's `url.QueryUnescape`.
fn url_decode(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    let mut bytes = Vec::new();
    let mut rest = text(value).as_bytes();
    loop {
        rest = match rest {
            [] => break,
            [b'%', after @ ..] => {
                let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
                let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
                bytes.push(digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or("invalid URL escape")?);
                after.get(2..).unwrap_or_default()
            }
            [b'+', after @ ..] => {
                bytes.push(b' ');
                after
            }
            [byte, after @ ..] => {
                bytes.push(*byte);
                after
            }
        };
    }
    String::from_utf8(bytes).map(Value::string).map_err(|_| "the result is not valid UTF-8".into())
}
