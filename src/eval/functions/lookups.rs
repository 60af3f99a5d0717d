//! Functions that pick elements from collections.

use super::conversion::pass_unknown;
use super::row::{
    BOOL, BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, NUMBER, Param, Returns, any, elements, integer, number,
    string, text, unknown,
};
use crate::eval::{Data, Dialect, Type, Value, convert, equals, unify};

const VALS: Param = any("vals").null().unknown().untyped();

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("coalesce", &[], Returns::Computed(coalesce_type), FunctionBody::Values(coalesce)).rest(VALS),
    BuiltIn::new("coalescelist", &[], Returns::Computed(coalesce_list_type), FunctionBody::Values(coalesce_list)).rest(VALS),
    BuiltIn::new("contains", &[any("list"), any("value").null()], BOOL, FunctionBody::Values(contains)),
    BuiltIn::new("element", &[any("list").marked(), number("index")], Returns::Computed(element_type), FunctionBody::Values(element))
        .nullable(),
    BuiltIn::new("index", &[any("list"), any("value")], NUMBER, FunctionBody::Values(index)),
    BuiltIn::new(
        "lookup",
        &[any("inputMap").marked().unknown(), string("key").marked().unknown()],
        Returns::Computed(lookup_type),
        FunctionBody::Values(lookup),
    )
    .rest(any("default").unknown().untyped().null().marked())
    .nullable(),
    BuiltIn::new("one", &[any("list")], Returns::Computed(one_type), FunctionBody::Values(one)).nullable(),
];

fn coalesce_type(args: &[Value]) -> Result<Type, FunctionError> {
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    if types.is_empty() {
        return Ok(Type::Any);
    }
    unify(&types, true).ok_or_else(|| "all arguments must have the same type".into())
}

/// The first argument that is neither null nor an empty string.
fn coalesce(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    for arg in args {
        // Terraform skips arguments whose conversion fails.
        let Ok(value) = convert(arg.clone(), &call.returns) else { continue };
        if value.is_unknown() {
            return Ok(pass_unknown(&value, call.returns.clone()));
        }
        let empty = call.returns == Type::String && value.as_str() == Some("");
        if !value.is_null() && !empty {
            return Ok(value);
        }
    }
    Err("no non-null, non-empty-string arguments".into())
}

fn coalesce_list_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [first, others @ ..] = args else { return Err("at least one argument is required".into()) };
    for arg in args {
        if arg.is_unknown() {
            return Ok(Type::Any);
        }
        if !matches!(arg.ty(), Type::List(_) | Type::Tuple(_)) {
            return Err("coalescelist arguments must be lists or tuples".into());
        }
    }
    let first = first.ty();
    Ok(if others.iter().all(|other| other.ty() == first) { first } else { Type::Any })
}

fn coalesce_list(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    for arg in args {
        if arg.is_unknown() {
            return Ok(unknown(call.returns.clone(), std::slice::from_ref(arg)));
        }
        if !elements(arg).is_empty() {
            return Ok(arg.clone());
        }
    }
    Err("no non-null arguments".into())
}

fn contains(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, value, ..] = args else { return Err(FunctionError::arity()) };
    // OpenTofu accepts null since 1.13.
    if value.is_null() && call.host.dialect == Dialect::Terraform {
        return Err("invalid value for `value`: argument must not be null".into());
    }
    let list = list.as_sequence().ok_or("argument must be list, tuple, or set")?;
    let mut undecided = None;
    for element in list {
        match equals(value, element).as_bool() {
            Some(true) => return Ok(Value::bool(true)),
            Some(false) => {}
            None => undecided = Some(element),
        }
    }
    match undecided {
        Some(element) => Ok(call.unknown(&[element.clone(), value.clone()])),
        None => Ok(Value::bool(false)),
    }
}

fn index(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, value, ..] = args else { return Err(FunctionError::arity()) };
    if !matches!(list.ty(), Type::List(_) | Type::Tuple(_)) {
        return Err("argument must be a list or tuple".into());
    }
    if elements(list).is_empty() {
        return Err("cannot search an empty list".into());
    }
    for (at, element) in elements(list).iter().enumerate() {
        match equals(element, value).as_bool() {
            Some(true) => return Ok(Value::number(at)),
            Some(false) => {}
            None => return Ok(call.unknown(&[element.clone(), value.clone()])),
        }
    }
    Err("item not found".into())
}

/// The position that an index wraps around to, in both directions.
fn wrapped_index(index: &Value, length: usize) -> Result<usize, FunctionError> {
    let index = integer(index)?;
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if length == 0 {
        return Err("cannot use element function with an empty list".into());
    }
    Ok(usize::try_from(index.rem_euclid(length)).unwrap_or(0))
}

fn element_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [list, index, ..] = args else { return Err(FunctionError::arity()) };
    // The type of a large tuple is large itself, so only that of the element is built.
    if let (Data::Tuple(elements), false) = (&list.data, index.is_unknown()) {
        return Ok(elements.get(wrapped_index(index, elements.len())?).map_or(Type::Any, Value::ty));
    }
    match list.ty() {
        Type::List(element) => Ok((*element).clone()),
        Type::Tuple(_) if index.is_unknown() => Ok(Type::Any),
        Type::Tuple(types) => Ok(types.get(wrapped_index(index, types.len())?).cloned().unwrap_or(Type::Any)),
        other => Err(format!("cannot read elements from {other}").into()),
    }
}

fn element(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, index, ..] = args else { return Err(FunctionError::arity()) };
    let at = wrapped_index(index, elements(list).len())?;
    elements(list).get(at).map(|element| element.clone().with_marks(list.marks)).ok_or_else(FunctionError::arity)
}

fn lookup_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [map, key, default @ ..] = args else { return Err(FunctionError::arity()) };
    if default.len() > 1 {
        return Err(format!("lookup() takes two or three arguments, got {}", args.len()).into());
    }
    let type_or_default = |attribute: Option<Type>| match (attribute, default) {
        (Some(ty), _) => Ok(ty),
        (None, [default]) => Ok(default.ty()),
        (None, _) => Err("the given object has no such attribute".into()),
    };
    // The type of a large object is large itself, so only that of the attribute is built.
    if let (Data::Object(attributes), false) = (&map.data, key.is_unknown()) {
        return type_or_default(attributes.get(text(key)).map(Value::ty));
    }
    match map.ty() {
        Type::Object(_) if key.is_unknown() => Ok(Type::Any),
        Type::Object(attributes) => type_or_default(attributes.get(text(key)).map(|attribute| attribute.ty.clone())),
        Type::Map(element) => {
            if let [default] = default
                && convert(default.clone(), &element).is_err()
            {
                return Err("the default value must have the same type as the map elements".into());
            }
            Ok((*element).clone())
        }
        _ => Err("lookup() requires a map as the first argument".into()),
    }
}

fn lookup(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [map, key, default @ ..] = args else { return Err(FunctionError::arity()) };
    let marks = map.marks.union(key.marks);
    if map.is_unknown() || key.is_unknown() {
        return Ok(call.unknown(&[key.clone(), map.clone()]).with_marks(marks));
    }
    if let Some(found) = map.as_mapping().and_then(|entries| entries.get(text(key))) {
        return Ok(found.clone().with_marks(marks));
    }
    match default {
        [default] => Ok(convert(default.clone(), &call.returns)?.with_marks(marks)),
        _ => Err("lookup failed to find the key".into()),
    }
}

const ONE: &str = "must be a list, set, or tuple value with either zero or one elements";

fn one_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    match list.ty() {
        Type::List(element) | Type::Set(element) => Ok((*element).clone()),
        Type::Tuple(types) => match &*types {
            [] => Ok(Type::Any),
            [only] => Ok(only.clone()),
            _ => Err(ONE.into()),
        },
        _ => Err(ONE.into()),
    }
}

fn one(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    if list.length().is_unknown() {
        return Ok(call.unknown(args));
    }
    match elements(list) {
        [] => Ok(Value::null(call.returns.clone())),
        [only] => Ok(only.clone()),
        _ => Err(ONE.into()),
    }
}
