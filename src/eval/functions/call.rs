//! The single caller of all functions: handles arity, types, null, unknown and marks before and after a function's body runs.

use super::TABLES;
use super::filesystem;
use super::host::{FunctionHost, TemplateNesting};
use super::row::{Availability, BodyContext, BuiltIn, FunctionBody, FunctionError, Param, Returns, TypeSpec, unknown};
use crate::base::Span;
use crate::eval::{Data, Dialect, EvalError, Marks, Type, Value, convert};
use std::collections::HashMap;
use std::sync::LazyLock;

static BY_NAME: LazyLock<HashMap<&'static str, &'static BuiltIn>> =
    LazyLock::new(|| TABLES.into_iter().flatten().map(|function| (function.name, function)).collect());

/// Calls a function with evaluated arguments. `name` may begin with `core::`; functions of providers are unknown.
///
/// # Errors
/// Terraform's error for an unknown name or invalid arguments, or the function's own error.
pub fn call(name: &str, args: &[Value], host: &FunctionHost<'_>, span: Span) -> Result<Value, EvalError> {
    let plain = name.strip_prefix("core::").unwrap_or(name);
    // OpenTofu's `assume…` functions, since 1.13, return their argument.
    if let (Dialect::OpenTofu, Some(assumption), [value, ..]) = (host.dialect, plain.strip_prefix("assume"), args) {
        return match assumption {
            "notnull" if value.is_null() => Err(EvalError::new(format!("`{name}`: the argument is null"), Some(span))),
            _ => Ok(value.clone()),
        };
    }
    let Some(function) = BY_NAME.get(plain) else {
        return Err(EvalError::new(format!("there is no function named `{name}`"), Some(span)));
    };
    if function.availability == Availability::OpenTofu && host.dialect == Dialect::Terraform {
        return Ok(Value::unknown(Type::Any, format!("`{name}` is a function of OpenTofu, not of Terraform")));
    }
    if let Some(message) = template_restriction(host.inside, plain) {
        return Err(EvalError::new(message, Some(span)));
    }
    run(function, args, host).map_err(|message| EvalError::new(format!("`{name}`: {message}"), Some(span)))
}

/// Why a function must not be called in a template.
fn template_restriction(inside: TemplateNesting, name: &str) -> Option<String> {
    match inside {
        TemplateNesting::Nothing => None,
        _ if matches!(name, "templatefile" | "templatestring") => {
            Some(format!("cannot recursively call `{name}` from inside another template function"))
        }
        TemplateNesting::TemplateString if filesystem::TABLE.iter().any(|function| function.name == name && filesystem::reads(name)) => {
            Some(format!("cannot use functions like `{name}` that read files in templates of `templatestring`"))
        }
        _ => None,
    }
}

/// Whether there is a function with this name, for messages that suggest one.
#[must_use]
pub fn exists(name: &str) -> bool {
    BY_NAME.contains_key(name)
}

fn run(function: &BuiltIn, args: &[Value], host: &FunctionHost<'_>) -> Result<Value, String> {
    check_arity(function, args.len())?;
    let params = || function.params.iter().chain(function.rest.iter().cycle());
    let mut converted = Vec::with_capacity(args.len());
    for (arg, param) in args.iter().zip(params()) {
        converted.push(convert_argument(arg, param)?);
    }
    if let Some(value) = check_null_and_untyped(function, &converted)? {
        return Ok(value);
    }

    // Marks are removed from the arguments, unless the body handles them.
    let mut marks = Marks::default();
    let mut plain = Vec::with_capacity(converted.len());
    let mut may_show_parts = true;
    for (arg, param) in converted.into_iter().zip(params()) {
        if param.allow_marked {
            plain.push(arg);
        } else {
            let trail = arg.trail.clone();
            may_show_parts = may_show_parts && (!arg.deep_marks().from_file || arg.may_show_parts());
            // Only the unknown parts of an argument make the result change over time.
            let marked = arg.clone();
            let (arg, own) = arg.unmark_deep();
            let time = if own.time.is_none() { own.time } else { marked.drivers() };
            marks = marks.union(Marks { time, ..own });
            plain.push(arg.with_trail(trail));
        }
    }

    let returns = match &function.returns {
        Returns::Always(spec) => Ok(spec.ty()),
        Returns::Computed(compute) => compute(&plain),
    };
    let blocked = plain.iter().zip(params()).any(|(arg, param)| arg.is_unknown() && !param.allow_unknown);
    let result = match returns {
        Err(FunctionError::Invalid(message)) => return Err(message),
        Err(FunctionError::Unknown(why)) => Value::unknown(Type::Any, why),
        Ok(returns) if blocked => {
            let outer = plain.iter().fold(Marks::default(), |marks, arg| marks.union(arg.marks));
            unknown(returns, &plain).with_marks(outer)
        }
        Ok(returns) => match run_body(function, &BodyContext { host, returns: returns.clone() }, &plain) {
            Ok(value) if is_mixed(&value) => return Err("all elements of the result must have the same type".to_owned()),
            Ok(value) => value,
            Err(FunctionError::Unknown(why)) => Value::unknown(returns, why),
            Err(FunctionError::Invalid(message)) => return Err(message),
        },
    };
    let result = if function.nullable { result } else { result.not_null() };
    let is_text = result.as_str().is_some();
    Ok(result.with_marks(result_marks(function.name, marks, may_show_parts, is_text)))
}

/// Functions that pass their arguments or elements on without changing any text.
const PASS_THROUGH: [&str; 17] = [
    "tolist",
    "toset",
    "tomap",
    "tostring",
    "tonumber",
    "tobool",
    "sort",
    "distinct",
    "compact",
    "coalesce",
    "coalescelist",
    "one",
    "setunion",
    "setintersection",
    "setsubtract",
    "transpose",
    "matchkeys",
];
/// Functions that parse a document.
const DECODERS: [&str; 4] = ["jsondecode", "yamldecode", "csvdecode", "decode_tfvars"];

/// The marks of a result whose arguments come from a file: names and elements of a decoded document are not pieces of its text.
pub fn result_marks(name: &str, marks: Marks, may_show_parts: bool, is_text: bool) -> Marks {
    if !marks.from_file || PASS_THROUGH.contains(&name) {
        return marks;
    }
    if DECODERS.contains(&name) && marks.raw && !marks.piece && !is_text {
        return Marks { raw: false, ..marks };
    }
    Marks { piece: marks.piece || !may_show_parts, ..marks }
}

/// Whether a collection has elements of different types: types can unify to `any`, but values in a collection must have one type.
fn is_mixed(value: &Value) -> bool {
    let (Data::List(element, _) | Data::Set(element, _) | Data::Map(element, _)) = &value.data else { return false };
    let mut types = value.children().map(Value::ty).filter(|ty| *ty != Type::Any);
    element.has_any() && types.next().is_some_and(|first| types.any(|other| other != first))
}

fn run_body(function: &BuiltIn, call: &BodyContext<'_>, args: &[Value]) -> Result<Value, FunctionError> {
    match (&function.body, args) {
        (FunctionBody::Text(map), [Value { data: Data::String(text), .. }, ..]) => {
            call.pay(text.len())?;
            Ok(Value::string(map(text)))
        }
        (FunctionBody::Text(_), _) => Ok(call.unknown(args)),
        (FunctionBody::Values(body), args) => body(call, args),
        (FunctionBody::Unknown(why), _) => Err(FunctionError::Unknown((*why).into())),
    }
}

fn check_arity(function: &BuiltIn, given: usize) -> Result<(), String> {
    let expected = function.params.len();
    if let Some(missing) = function.params.get(given) {
        let least = if function.rest.is_some() { "at least " } else { "" };
        return Err(format!("not enough arguments: {least}{expected} expected, a value for `{}` is missing", missing.name));
    }
    if given > expected && function.rest.is_none() {
        return Err(format!("too many arguments: only {expected} expected"));
    }
    Ok(())
}

fn convert_argument(arg: &Value, param: &Param) -> Result<Value, String> {
    if param.spec == TypeSpec::Any {
        return Ok(arg.clone());
    }
    let ty = param.spec.ty();
    let invalid = |why: &str| format!("invalid value for `{}`: {why}", param.name);
    let converted = convert(arg.clone(), &ty).map_err(|error| invalid(&error.message))?;
    let result = converted.ty();
    // A set with unknown elements keeps its element type when it is converted to a list, whatever element type the list should have.
    if ty.overlaps(&result) { Ok(converted) } else { Err(invalid(&format!("{ty} is required, not {result}"))) }
}

/// Checks the arguments in order: rejects nulls, and returns an unknown result at the first argument of unknown type that the body does not
/// accept, without checking the arguments after it.
fn check_null_and_untyped(function: &BuiltIn, args: &[Value]) -> Result<Option<Value>, String> {
    let params = function.params.iter().chain(function.rest.iter().cycle());
    for (arg, param) in args.iter().zip(params) {
        if arg.is_null() && !param.allow_null {
            return Err(format!("invalid value for `{}`: argument must not be null", param.name));
        }
        // `contains` can search for a null of any type.
        let is_searched = function.name == "contains" && arg.is_null();
        if param.spec == TypeSpec::Any && !param.allow_untyped && arg.is_untyped() && !is_searched {
            let marks = args.iter().fold(Marks::default(), |marks, arg| marks.union(arg.deep_marks()));
            return Ok(Some(unknown(Type::Any, args).with_marks(marks)));
        }
    }
    Ok(None)
}
