//! The one caller: settles arity, types, null, unknown and marks before and after a function's body runs.

use super::TABLES;
use super::filesystem;
use super::host::{FunctionHost, TemplateNesting};
use super::row::{Availability, BodyContext, BuiltIn, FunctionBody, FunctionError, Param, Returns, Want, unknown};
use crate::base::Span;
use crate::eval::{Data, Dialect, EvalError, Marks, Type, Value, convert};
use std::collections::HashMap;
use std::sync::LazyLock;

static BY_NAME: LazyLock<HashMap<&'static str, &'static BuiltIn>> =
    LazyLock::new(|| TABLES.into_iter().flatten().map(|function| (function.name, function)).collect());

/// Calls a function with evaluated arguments. `name` may begin with `core::`; functions of providers are unknown.
///
/// # Errors
/// What Terraform would say: an unknown name, wrong arguments, or what the function itself refuses.
pub fn call(name: &str, args: &[Value], host: &FunctionHost<'_>, span: Span) -> Result<Value, EvalError> {
    if name.starts_with("provider::") {
        return Ok(Value::unknown(Type::Any, format!("`{name}` is a function of a provider")));
    }
    let plain = name.strip_prefix("core::").unwrap_or(name);
    // OpenTofu's promises about values, since 1.13, give their argument.
    if let (Dialect::OpenTofu, Some(promise), [value, ..]) = (host.dialect, plain.strip_prefix("assume"), args) {
        return match promise {
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
    if let Some(refusal) = refusal(host.inside, plain) {
        return Err(EvalError::new(refusal, Some(span)));
    }
    run(function, args, host).map_err(|message| EvalError::new(format!("`{name}`: {message}"), Some(span)))
}

/// Why a function may not be called in a template.
fn refusal(inside: TemplateNesting, name: &str) -> Option<String> {
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

/// Whether there is a function of this name, for messages that suggest one.
#[must_use]
pub fn exists(name: &str) -> bool {
    BY_NAME.contains_key(name)
}

fn run(function: &BuiltIn, args: &[Value], host: &FunctionHost<'_>) -> Result<Value, String> {
    check_count(function, args.len())?;
    let params = || function.params.iter().chain(function.rest.iter().cycle());
    let mut converted = Vec::with_capacity(args.len());
    for (arg, param) in args.iter().zip(params()) {
        converted.push(convert_argument(arg, param)?);
    }
    if let Some(value) = settle_untyped(function, &converted)? {
        return Ok(value);
    }

    // Marks come off, and the body never sees them, unless it wants to.
    let mut marks = Marks::default();
    let mut plain = Vec::with_capacity(converted.len());
    let mut may_show_parts = true;
    for (arg, param) in converted.into_iter().zip(params()) {
        if param.marked {
            plain.push(arg);
        } else {
            let trail = arg.trail.clone();
            may_show_parts = may_show_parts && (!arg.deep_marks().from_file || arg.may_show_parts());
            // Only what is unknown of an argument changes the result in time.
            let marked = arg.clone();
            let (arg, own) = arg.unmark_deep();
            let time = if own.time.is_none() { own.time } else { marked.drivers() };
            marks = marks.union(Marks { time, ..own });
            plain.push(arg.with_trail(trail));
        }
    }

    let returns = match &function.returns {
        Returns::Always(want) => Ok(want.ty()),
        Returns::By(by) => by(&plain),
    };
    let blocked = plain.iter().zip(params()).any(|(arg, param)| arg.is_unknown() && !param.unknown);
    let result = match returns {
        Err(FunctionError::Wrong(message)) => return Err(message),
        Err(FunctionError::Unknown(why)) => Value::unknown(Type::Any, why),
        Ok(returns) if blocked => {
            let outer = plain.iter().fold(Marks::default(), |marks, arg| marks.union(arg.marks));
            unknown(returns, &plain).with_marks(outer)
        }
        Ok(returns) => match body(function, &BodyContext { host, returns: returns.clone() }, &plain) {
            Ok(value) if is_mixed(&value) => return Err("all elements of the result must have the same type".to_owned()),
            Ok(value) => value,
            Err(FunctionError::Unknown(why)) => Value::unknown(returns, why),
            Err(FunctionError::Wrong(message)) => return Err(message),
        },
    };
    let result = if function.nullable { result } else { result.not_null() };
    let is_text = result.as_str().is_some();
    Ok(result.with_marks(origin(function.name, marks, may_show_parts, is_text)))
}

/// Functions that hand on what they are given, piece by piece, and change no text.
const HANDING_ON: [&str; 17] = [
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
/// Functions that read a document.
const DECODING: [&str; 4] = ["jsondecode", "yamldecode", "csvdecode", "decode_tfvars"];

/// What a result tells of the text that its arguments come from: a document's names and elements are reported apart from pieces of it.
fn origin(name: &str, marks: Marks, may_show_parts: bool, is_text: bool) -> Marks {
    if !marks.from_file || HANDING_ON.contains(&name) {
        return marks;
    }
    if DECODING.contains(&name) && marks.raw && !marks.piece && !is_text {
        return Marks { raw: false, ..marks };
    }
    Marks { piece: marks.piece || !may_show_parts, ..marks }
}

/// Whether a collection holds members of different types: `any` is what types have in common only until there are values.
fn is_mixed(value: &Value) -> bool {
    let (Data::List(element, _) | Data::Set(element, _) | Data::Map(element, _)) = &value.data else { return false };
    let mut types = value.children().map(Value::ty).filter(|ty| *ty != Type::Any);
    element.has_any() && types.next().is_some_and(|first| types.any(|other| other != first))
}

fn body(function: &BuiltIn, call: &BodyContext<'_>, args: &[Value]) -> Result<Value, FunctionError> {
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

fn check_count(function: &BuiltIn, given: usize) -> Result<(), String> {
    let wanted = function.params.len();
    if let Some(missing) = function.params.get(given) {
        let least = if function.rest.is_some() { "at least " } else { "" };
        return Err(format!("not enough arguments: {least}{wanted} expected, a value for `{}` is missing", missing.name));
    }
    if given > wanted && function.rest.is_none() {
        return Err(format!("too many arguments: only {wanted} expected"));
    }
    Ok(())
}

fn convert_argument(arg: &Value, param: &Param) -> Result<Value, String> {
    if param.want == Want::Any {
        return Ok(arg.clone());
    }
    let ty = param.want.ty();
    let invalid = |why: &str| format!("invalid value for `{}`: {why}", param.name);
    let converted = convert(arg.clone(), &ty).map_err(|error| invalid(&error.message))?;
    let became = converted.ty();
    // A set that may yet shrink becomes a list of the elements that it has, whatever the list is to be of.
    if ty.overlaps(&became) { Ok(converted) } else { Err(invalid(&format!("{ty} is required, not {became}"))) }
}

/// Refuses nulls in the order of the parameters, up to the first argument of an unknown type that the body cannot take: then nothing can
/// be said of the result.
fn settle_untyped(function: &BuiltIn, args: &[Value]) -> Result<Option<Value>, String> {
    let params = function.params.iter().chain(function.rest.iter().cycle());
    for (arg, param) in args.iter().zip(params) {
        if arg.is_null() && !param.null {
            return Err(format!("invalid value for `{}`: argument must not be null", param.name));
        }
        // A null that may be searched for needs no type.
        let is_sought = function.name == "contains" && arg.is_null();
        if param.want == Want::Any && !param.untyped && arg.is_untyped() && !is_sought {
            let marks = args.iter().fold(Marks::default(), |marks, arg| marks.union(arg.deep_marks()));
            return Ok(Some(unknown(Type::Any, args).with_marks(marks)));
        }
    }
    Ok(None)
}
