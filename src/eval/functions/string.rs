//! Functions for strings. Characters are grapheme clusters.

use super::clusters::clusters;
use super::row::{
    BOOL, BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Param, Returns, STRING, TypeSpec, elements, integer, number,
    string, text,
};
use crate::eval::Value;

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("chomp", &[string("str")], STRING, FunctionBody::Text(|text| text.trim_end_matches(['\r', '\n']).to_owned())),
    BuiltIn::new("endswith", &[string("str"), string("suffix")], BOOL, FunctionBody::Values(ends_with)),
    BuiltIn::new("indent", &[number("spaces"), string("str")], STRING, FunctionBody::Values(indent)),
    BuiltIn::new("join", &[string("separator")], STRING, FunctionBody::Values(join)).rest(Param::new("lists", TypeSpec::Strings)),
    BuiltIn::new("lower", &[string("str").untyped()], STRING, FunctionBody::Text(lower)),
    BuiltIn::new(
        "sort",
        &[Param::new("list", TypeSpec::Strings).unknown()],
        Returns::Always(TypeSpec::Strings),
        FunctionBody::Values(sort),
    ),
    BuiltIn::new("split", &[string("separator"), string("str")], Returns::Always(TypeSpec::Strings), FunctionBody::Values(split)),
    BuiltIn::new("startswith", &[string("str").unknown(), string("prefix")], BOOL, FunctionBody::Values(starts_with)),
    BuiltIn::new("strcontains", &[string("str"), string("substr")], BOOL, FunctionBody::Values(contains)).nullable(),
    BuiltIn::new("strrev", &[string("str")], STRING, FunctionBody::Text(|text| clusters(text).rev().collect())),
    BuiltIn::new("substr", &[string("str"), number("offset"), number("length")], STRING, FunctionBody::Values(substr)),
    BuiltIn::new("title", &[string("str")], STRING, FunctionBody::Text(title)),
    BuiltIn::new("trim", &[string("str"), string("cutset")], STRING, FunctionBody::Values(trim)),
    BuiltIn::new("trimprefix", &[string("str"), string("prefix")], STRING, FunctionBody::Values(trim_prefix)),
    BuiltIn::new("trimspace", &[string("str")], STRING, FunctionBody::Text(|text| text.trim().to_owned())),
    BuiltIn::new("trimsuffix", &[string("str"), string("suffix")], STRING, FunctionBody::Values(trim_suffix)),
    BuiltIn::new("upper", &[string("str")], STRING, FunctionBody::Text(upper)),
];

/// Go maps each character to exactly one.
fn upper(text: &str) -> String {
    text.chars().map(upper_char).collect()
}

fn upper_char(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => upper,
        // Greek letters with iota subscript have one capital each, eight or nine code points later.
        _ => match c {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => char::from_u32(u32::from(c) + 8).unwrap_or(c),
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(u32::from(c) + 9).unwrap_or(c),
            _ => c,
        },
    }
}

fn lower(text: &str) -> String {
    // Only the dotted capital I has a lowercase form of two characters, of which Go takes the first.
    text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()
}

/// Go's `strings.Title`: letters that begin a word become title case. Go's word boundaries are not those of natural language.
fn title(text: &str) -> String {
    let mut previous = ' ';
    text.chars()
        .map(|c| {
            let begins_word =
                if previous.is_ascii() { !previous.is_ascii_alphanumeric() && previous != '_' } else { previous.is_whitespace() };
            previous = c;
            if begins_word { title_char(c) } else { c }
        })
        .collect()
}

fn title_char(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // Georgian has capitals, but no title case.
        '\u{10d0}'..='\u{10ff}' => c,
        c => upper_char(c),
    }
}

fn ends_with(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, suffix, ..] = args else { return Err(FunctionError::arity()) };
    Ok(Value::bool(text(value).ends_with(text(suffix))))
}

fn starts_with(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, prefix, ..] = args else { return Err(FunctionError::arity()) };
    let (known, prefix) = (value.prefix(), text(prefix));
    if known.starts_with(prefix) {
        return Ok(Value::bool(true));
    }
    if !value.is_unknown() || (!known.is_empty() && known.len() >= prefix.len()) {
        return Ok(Value::bool(false));
    }
    Ok(call.unknown(args))
}

fn contains(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, part, ..] = args else { return Err(FunctionError::arity()) };
    Ok(Value::bool(text(value).contains(text(part))))
}

fn indent(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [spaces, value, ..] = args else { return Err(FunctionError::arity()) };
    let (spaces, value) = (integer(spaces)?, text(value));
    let spaces = usize::try_from(spaces).map_err(|_| "the number of spaces must not be negative")?;
    call.pay(spaces.saturating_mul(value.matches('\n').count() + 1).saturating_add(value.len()))?;
    Ok(Value::string(value.replace('\n', &format!("\n{}", " ".repeat(spaces)))))
}

fn join(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [separator, lists @ ..] = args else { return Err(FunctionError::arity()) };
    if lists.is_empty() {
        return Err("at least one list is required".into());
    }
    if !lists.iter().all(Value::is_wholly_known) {
        return Ok(call.unknown(lists));
    }
    let separator = text(separator);
    let mut parts = Vec::new();
    for (at, element) in lists.iter().flat_map(elements).enumerate() {
        let part = element.as_str().ok_or_else(|| format!("element {at} is null; cannot concatenate null values"))?;
        call.pay(part.len().saturating_add(separator.len()))?;
        parts.push(part);
    }
    Ok(Value::string(parts.join(separator)))
}

fn sort(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    if !list.is_wholly_known() {
        let (least, most) = list.length_bounds();
        return Ok(call.unknown(args).not_null().with_length(least, most));
    }
    let mut sorted = elements(list).to_vec();
    if sorted.iter().any(Value::is_null) {
        return Err("a null string cannot be sorted".into());
    }
    sorted.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Ok(Value::list(call.element(), sorted))
}

fn split(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [separator, value, ..] = args else { return Err(FunctionError::arity()) };
    let (separator, value) = (text(separator), text(value));
    call.pay(value.len())?;
    let parts: Vec<Value> = if separator.is_empty() {
        // Go splits between code points here, not between grapheme clusters as `substr` and `length` do.
        value.chars().map(|c| Value::string(c.encode_utf8(&mut [0; 4]))).collect()
    } else {
        value.split(separator).map(Value::string).collect()
    };
    Ok(Value::list(call.element(), parts))
}

/// Counts in grapheme clusters. A negative offset counts from the end; an offset before the start is the start.
fn substr(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, offset, length, ..] = args else { return Err(FunctionError::arity()) };
    let (value, mut offset, length) = (text(value), integer(offset)?, integer(length)?);
    call.pay(value.len())?;
    if offset < 0 {
        offset = offset.saturating_add(i64::try_from(clusters(value).count()).unwrap_or(i64::MAX));
    } else if length == 0 {
        return Ok(Value::string(""));
    }
    let rest = clusters(value).skip(usize::try_from(offset).unwrap_or(0));
    // A length of 0 after a negative offset takes everything: the Go library compares its count with the length after each cluster, and the
    // count is never 0.
    let part: String = match usize::try_from(length) {
        Ok(length) if length > 0 => rest.take(length).collect(),
        _ => rest.collect(),
    };
    Ok(Value::string(part))
}

fn trim(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, cut, ..] = args else { return Err(FunctionError::arity()) };
    let cut = text(cut);
    Ok(Value::string(text(value).trim_matches(|c| cut.contains(c))))
}

fn trim_prefix(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, prefix, ..] = args else { return Err(FunctionError::arity()) };
    let value = text(value);
    Ok(Value::string(value.strip_prefix(text(prefix)).unwrap_or(value)))
}

fn trim_suffix(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, suffix, ..] = args else { return Err(FunctionError::arity()) };
    let value = text(value);
    Ok(Value::string(value.strip_suffix(text(suffix)).unwrap_or(value)))
}
