//! `tostring` and its like.

use super::row::{BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Param, Returns, Want, any};
use crate::eval::{Data, Refinement, Type, UnknownValue, Value, convert, convertible};
use std::sync::Arc;

const V: Param = any("v").null().marked().untyped().unknown();

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("tobool", &[V], Returns::By(|args| check(args, Want::Bool)), FunctionBody::Values(to)).nullable(),
    BuiltIn::new("tolist", &[V], Returns::By(|args| check(args, Want::List)), FunctionBody::Values(to)).nullable(),
    BuiltIn::new("tomap", &[V], Returns::By(|args| check(args, Want::Map)), FunctionBody::Values(to)).nullable(),
    BuiltIn::new("tonumber", &[V], Returns::By(|args| check(args, Want::Number)), FunctionBody::Values(to)).nullable(),
    BuiltIn::new("toset", &[V], Returns::By(|args| check(args, Want::Set)), FunctionBody::Values(to)).nullable(),
    BuiltIn::new("tostring", &[V], Returns::By(|args| check(args, Want::String)), FunctionBody::Values(to)).nullable(),
];

fn check(args: &[Value], want: Want) -> Result<Type, FunctionError> {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    let (from, to) = (value.ty(), want.ty());
    if from != to && !convertible(&from, &to, true) {
        return Err(format!("cannot convert {from} to {}", to.constraint_name()).into());
    }
    Ok(to)
}

fn to(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    if value.is_unknown() {
        return Ok(same_unknown(value, call.returns.clone()));
    }
    let refused = |message: String| -> FunctionError {
        if value.marks.is_secret() || value.marks.from_file {
            return format!("cannot convert this value to {}", call.returns.constraint_name()).into();
        }
        message.into()
    };
    convert(value.clone(), &call.returns).map_err(|error| refused(error.message))
}

/// An unknown that a function hands on: of another type perhaps, but the same resource's attribute if the type is the same. What
/// Terraform knew of it is lost: `tostring("a-${x}") == "b"` is unknown where `x` is.
pub(super) fn same_unknown(value: &Value, ty: Type) -> Value {
    let Data::Unknown(unknown) = &value.data else { return value.clone() };
    let origin = if unknown.ty == ty { unknown.origin.clone() } else { None };
    let unknown = UnknownValue { ty, why: unknown.why.clone(), refinement: Refinement::default(), origin, possible: Arc::from([]) };
    Value::from(unknown).with_marks(value.marks).with_trail(value.trail.clone())
}
