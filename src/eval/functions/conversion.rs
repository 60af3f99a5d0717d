//! `tostring` and the other conversions.

use super::row::{BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Param, Returns, TypeSpec, any};
use crate::eval::{Data, Refinement, Type, UnknownValue, Value, convert, convertible};
use std::sync::Arc;

const V: Param = any("v").null().marked().untyped().unknown();

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("tobool", &[V], Returns::Computed(|args| check(args, TypeSpec::Bool)), FunctionBody::Values(convert_value)).nullable(),
    BuiltIn::new("tolist", &[V], Returns::Computed(|args| check(args, TypeSpec::List)), FunctionBody::Values(convert_value)).nullable(),
    BuiltIn::new("tomap", &[V], Returns::Computed(|args| check(args, TypeSpec::Map)), FunctionBody::Values(convert_value)).nullable(),
    BuiltIn::new("tonumber", &[V], Returns::Computed(|args| check(args, TypeSpec::Number)), FunctionBody::Values(convert_value)).nullable(),
    BuiltIn::new("toset", &[V], Returns::Computed(|args| check(args, TypeSpec::Set)), FunctionBody::Values(convert_value)).nullable(),
    BuiltIn::new("tostring", &[V], Returns::Computed(|args| check(args, TypeSpec::String)), FunctionBody::Values(convert_value)).nullable(),
];

fn check(args: &[Value], spec: TypeSpec) -> Result<Type, FunctionError> {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    let (from, to) = (value.ty(), spec.ty());
    if from != to && !convertible(&from, &to, true) {
        return Err(format!("cannot convert {from} to {}", to.constraint_name()).into());
    }
    Ok(to)
}

fn convert_value(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    if value.is_unknown() {
        return Ok(pass_unknown(value, call.returns.clone()));
    }
    let invalid = |message: String| -> FunctionError {
        if value.marks.is_secret() || value.marks.from_file {
            return format!("cannot convert this value to {}", call.returns.constraint_name()).into();
        }
        message.into()
    };
    convert(value.clone(), &call.returns).map_err(|error| invalid(error.message))
}

/// An unknown value that a function passes on, possibly with another type. It keeps its origin if the type is the same, but as in Terraform
/// it loses its refinement: `tostring("a-${x}") == "b"` is unknown if `x` is.
pub(super) fn pass_unknown(value: &Value, ty: Type) -> Value {
    let Data::Unknown(unknown) = &value.data else { return value.clone() };
    let origin = if unknown.ty == ty { unknown.origin.clone() } else { None };
    let unknown = UnknownValue { ty, why: unknown.why.clone(), refinement: Refinement::default(), origin, possible: Arc::from([]) };
    Value::from(unknown).with_marks(value.marks).with_trail(value.trail.clone())
}
