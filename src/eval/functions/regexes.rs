//! Functions with regular expressions.

use super::pattern::{Pattern, names};
use super::re2::PatternError;
use super::row::{BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Returns, STRING, string, text};
use crate::eval::{Type, Value};
use std::rc::Rc;
use std::sync::Arc;

/// The maximum size of a replacement's result before the budget is charged, in bytes.
const REPLACEMENT_CAP: usize = 16 << 20;

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("regex", &[string("pattern"), string("string")], Returns::Computed(match_type), FunctionBody::Values(regex)),
    BuiltIn::new("regexall", &[string("pattern"), string("string")], Returns::Computed(matches_type), FunctionBody::Values(regex_all)),
    BuiltIn::new("replace", &[string("str"), string("substr"), string("replace")], STRING, FunctionBody::Values(replace)),
];

fn compile(call: &BodyContext<'_>, pattern: &str) -> Result<Rc<Pattern>, FunctionError> {
    Ok(call.host.patterns.get(pattern, |size| (call.host.work)(size as u64))?)
}

impl From<PatternError> for FunctionError {
    fn from(error: PatternError) -> Self {
        match error {
            PatternError::Invalid(message) => Self::Invalid(message),
            PatternError::TooLarge => Self::too_large(),
        }
    }
}

/// The type of a match: a string without groups, a tuple of unnamed groups, or an object of named groups.
fn match_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [pattern, ..] = args else { return Err(FunctionError::arity()) };
    let Some(pattern) = pattern.as_str() else { return Ok(Type::Any) };
    let names = names(pattern)?;
    let unnamed = names.iter().filter(|name| name.is_empty()).count();
    match unnamed {
        _ if names.is_empty() => Ok(Type::String),
        0 => Ok(Type::object(names.iter().map(|name| (Arc::from(name.as_str()), Type::String)))),
        _ if unnamed == names.len() => Ok(Type::tuple(vec![Type::String; unnamed])),
        _ => Err("invalid regular expression: cannot mix both named and unnamed capture groups".into()),
    }
}

fn matches_type(args: &[Value]) -> Result<Type, FunctionError> {
    match_type(args).map(Type::list)
}

/// The value of a match, of the type that [`match_type`] returns. Groups that did not take part are null.
fn match_value(pattern: &Pattern, found: &[Option<&str>]) -> Value {
    let group = |text: &Option<&str>| text.map_or_else(|| Value::null(Type::String), Value::string);
    match found {
        [matched] => group(matched),
        [_, groups @ ..] if pattern.names().iter().all(String::is_empty) => Value::tuple(groups.iter().map(group).collect()),
        [_, groups @ ..] => {
            Value::object(pattern.names().iter().map(|name| Arc::from(name.as_str())).zip(groups.iter().map(group)).collect())
        }
        [] => Value::null(Type::String),
    }
}

fn regex(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [pattern, value, ..] = args else { return Err(FunctionError::arity()) };
    let (pattern, value) = (compile(call, text(pattern))?, text(value));
    call.pay(value.len())?;
    call.work(pattern.price(value.len(), 0))?;
    let found = pattern.find(value).ok_or("pattern did not match any part of the given string")?;
    Ok(match_value(&pattern, &found))
}

fn regex_all(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [pattern, value, ..] = args else { return Err(FunctionError::arity()) };
    let (pattern, value) = (compile(call, text(pattern))?, text(value));
    let (mut all, mut done) = (Vec::new(), 0);
    for (range, found) in pattern.find_all(value) {
        call.pay(found.len())?;
        call.work(pattern.price(range.end - done, value.len() - done))?;
        done = range.end;
        all.push(match_value(&pattern, &found));
    }
    call.work(pattern.price(value.len() - done, 0))?;
    Ok(Value::list(call.element(), all))
}

/// A `substr` between slashes is a regular expression.
fn replace(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, part, replacement, ..] = args else { return Err(FunctionError::arity()) };
    let (value, part, replacement) = (text(value), text(part), text(replacement));
    let pattern = part.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let replaced = match pattern {
        Some(pattern) => {
            let replaced = compile(call, pattern)?.replace_all(value, replacement, REPLACEMENT_CAP, call.host.work);
            replaced.ok_or_else(FunctionError::too_large)?
        }
        None => {
            let count = if part.is_empty() { value.len() + 1 } else { value.matches(part).count() };
            call.pay(count.saturating_mul(replacement.len()))?;
            value.replace(part, replacement)
        }
    };
    call.pay(replaced.len())?;
    Ok(Value::string(replaced))
}
