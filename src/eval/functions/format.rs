//! `format` and `formatlist`.

use super::row::{BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Param, Returns, STRING, TypeSpec, any, string, text};
use super::verbs::render;
use crate::eval::{Type, Value};

const ARGS: Param = any("args").null().unknown().untyped();

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("format", &[string("format")], STRING, FunctionBody::Values(format)).rest(ARGS),
    BuiltIn::new("formatlist", &[string("format")], Returns::Always(TypeSpec::Strings), FunctionBody::Values(format_list)).rest(ARGS),
];

fn format(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [format, args @ ..] = args else { return Err(FunctionError::arity()) };
    let format = text(format);
    if !args.iter().all(Value::is_wholly_known) {
        // The text before the first verb is a prefix of the result.
        let prefix = format.split('%').next().filter(|prefix| prefix.len() < format.len()).unwrap_or_default();
        return Ok(call.unknown(args).not_null().with_prefix(prefix));
    }
    render(call, format, args).map(Value::string)
}

fn format_list(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [format, args @ ..] = args else { return Err(FunctionError::arity()) };
    let format = text(format);
    let is_sequence = |value: &Value| !value.is_null() && matches!(value.ty(), Type::List(_) | Type::Set(_) | Type::Tuple(_));
    let mut length: Option<u64> = None;
    let mut unknown = false;
    for arg in args {
        if is_sequence(arg) {
            let (least, most) = arg.length_bounds();
            if least != most || (arg.is_unknown() && !matches!(arg.ty(), Type::Tuple(_))) {
                unknown = true;
                continue;
            }
            if length.is_some_and(|length| length != least) {
                return Err(
                    format!("a list has length {least}, which is inconsistent with another of length {}", length.unwrap_or(0)).into()
                );
            }
            length = Some(least);
            unknown |= arg.is_unknown();
        } else {
            unknown |= arg.is_unknown() && arg.ty() == Type::Any;
        }
    }
    if unknown {
        return Ok(call.unknown(args));
    }
    let mut rows = Vec::new();
    for row in 0..length.unwrap_or(1) {
        let row = usize::try_from(row).unwrap_or(usize::MAX);
        let pick = |arg: &Value| arg.as_sequence().and_then(|elements| elements.get(row)).unwrap_or(arg).clone();
        let given: Vec<Value> = args.iter().map(pick).collect();
        call.pay(given.len() + 1)?;
        rows.push(if given.iter().all(Value::is_wholly_known) {
            Value::string(render(call, format, &given)?)
        } else {
            super::row::unknown(Type::String, &given).not_null()
        });
    }
    Ok(Value::list(call.element(), rows))
}
