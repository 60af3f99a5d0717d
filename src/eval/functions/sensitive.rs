//! Functions that read or change marks.

use super::row::{BOOL, BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Param, Returns, any};
use crate::eval::{Data, Marks, Type, Value};
use std::sync::Arc;

const VALUE: Param = any("value").null().marked().untyped().unknown();

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("ephemeralasnull", &[VALUE], Returns::Computed(argument_type), FunctionBody::Values(ephemeral_as_null)).nullable(),
    BuiltIn::new("issensitive", &[VALUE], BOOL, FunctionBody::Values(is_sensitive)).nullable(),
    BuiltIn::new("nonsensitive", &[VALUE], Returns::Computed(argument_type), FunctionBody::Values(|_, args| set_sensitive(args, false)))
        .nullable(),
    BuiltIn::new("sensitive", &[VALUE], Returns::Computed(argument_type), FunctionBody::Values(|_, args| set_sensitive(args, true)))
        .nullable(),
];

fn argument_type(args: &[Value]) -> Result<Type, FunctionError> {
    args.first().map(Value::ty).ok_or_else(FunctionError::arity)
}

fn set_sensitive(args: &[Value], sensitive: bool) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    let mut value = value.clone();
    value.marks = Marks { sensitive, ..value.marks };
    Ok(value)
}

fn is_sensitive(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    let answer = if !value.marks.sensitive && value.is_unknown() { call.unknown(args) } else { Value::bool(value.marks.sensitive) };
    // The answer itself is not sensitive.
    Ok(answer.with_marks(Marks { sensitive: false, ..value.marks }))
}

fn ephemeral_as_null(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    Ok(without_ephemeral(value))
}

fn without_ephemeral(value: &Value) -> Value {
    if value.marks.ephemeral {
        return Value::null(value.ty()).with_marks(Marks { ephemeral: false, ..value.marks });
    }
    if !value.deep_marks().ephemeral {
        return value.clone();
    }
    let all = |values: &[Value]| Arc::new(values.iter().map(without_ephemeral).collect());
    let data = match &value.data {
        Data::List(ty, values) => Data::List(ty.clone(), all(values)),
        Data::Set(ty, values) => Data::Set(ty.clone(), all(values)),
        Data::Tuple(values) => Data::Tuple(all(values)),
        Data::Map(ty, entries) => {
            Data::Map(ty.clone(), Arc::new(entries.iter().map(|(name, value)| (Arc::clone(name), without_ephemeral(value))).collect()))
        }
        Data::Object(entries) => {
            Data::Object(Arc::new(entries.iter().map(|(name, value)| (Arc::clone(name), without_ephemeral(value))).collect()))
        }
        other => other.clone(),
    };
    Value { data, ..value.clone() }
}
