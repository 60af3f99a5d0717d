//! Conversion of values between types, as in cty: what can be converted, and to what.

use super::unify::unify;
use super::{Data, Members, Num, NumError, ObjectAttr, Type, Value};
use crate::base::Step;
use crate::eval::EvalError;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Converts a value to a type. Parts of the type that are `any` are taken from the value; missing optional attributes become null. Marks
/// and trail are kept.
///
/// # Errors
/// Terraform's message, without a span: "a bool is required", "attribute \"a\" is required".
pub(crate) fn convert(value: Value, ty: &Type) -> Result<Value, EvalError> {
    let from = value.ty();
    // The common case first: usually there is nothing to convert.
    if from == *ty || from == ty.without_optional() {
        return Ok(value);
    }
    if !convertible(&from, ty, true) {
        return Err(EvalError::new(mismatch(&from, ty), None));
    }
    apply(value, &from, ty)
}

/// Whether there is a conversion between two types. Conversions that may fail for some values (string to number) count only if `risky`.
#[must_use]
pub(crate) fn convertible(from: &Type, to: &Type, risky: bool) -> bool {
    match (from, to) {
        (_, Type::Any) => true,
        (Type::Any, _) => risky,
        (Type::Number | Type::Bool, Type::String) => true,
        (Type::String, Type::Number | Type::Bool) => risky,
        (Type::Object(from), Type::Object(to)) => to.iter().all(|(name, wanted)| match from.get(name) {
            Some(given) => convertible(&given.ty, &wanted.ty, risky),
            None => wanted.optional,
        }),
        (Type::Tuple(from), Type::Tuple(to)) => {
            from.len() == to.len() && from.iter().zip(to.iter()).all(|(from, to)| convertible(from, to, risky))
        }
        (Type::List(from) | Type::Set(from), Type::List(to)) | (Type::Set(from), Type::Set(to)) => convertible(from, to, risky),
        // A set loses the order and the duplicates of a list, so cty calls this conversion unsafe.
        (Type::List(from), Type::Set(to)) => risky && convertible(from, to, risky),
        (Type::Map(from), Type::Map(to)) => convertible(from, to, risky),
        (Type::Tuple(from), Type::List(to) | Type::Set(to)) => {
            let target = match element_target(from.iter(), to, risky) {
                Some(Type::Any) => return from.is_empty() || from.iter().all(|from| *from == Type::Any),
                Some(target) => target,
                None => return false,
            };
            from.iter().all(|from| convertible(from, &target, risky))
        }
        (Type::Object(from), Type::Map(to)) => {
            let Some(target) = element_target(from.values().map(|from| &from.ty), to, risky) else { return false };
            from.values().all(|from| convertible(&from.ty, &target, risky))
        }
        (Type::Map(from), Type::Object(to)) => risky && to.values().all(|to| to.optional || convertible(from, &to.ty, risky)),
        // cty has no conversion from a primitive type to itself: its callers compare the types first.
        _ => from == to && from.is_primitive(),
    }
}

/// The type that elements are converted to: the wanted one, or for `any` their common type.
fn element_target<'a>(members: impl Iterator<Item = &'a Type>, wanted: &Type, risky: bool) -> Option<Type> {
    if *wanted != Type::Any {
        return Some(wanted.clone());
    }
    let members: Vec<Type> = members.cloned().collect();
    if members.is_empty() { Some(Type::Any) } else { unify(&members, risky) }
}

/// Applies the conversion that `convertible` found.
pub(super) fn apply(value: Value, from: &Type, to: &Type) -> Result<Value, EvalError> {
    if *from == *to || *to == Type::Any {
        return Ok(value);
    }
    let (marks, trail) = (value.marks, value.trail.clone());
    let finish = |converted: Value| converted.with_marks(marks).with_trail(trail);
    match value.data {
        Data::Unknown(unknown) => Ok(finish(super::refine::converted(&unknown, resolve_any(from, &to.without_optional())))),
        Data::Null(_) => Ok(finish(Value::null(resolve_any(from, &to.without_optional())))),
        data => convert_known(Value::from(data).with_trail(value.trail), to).map(finish),
    }
}

fn convert_known(value: Value, to: &Type) -> Result<Value, EvalError> {
    match (&value.data, to) {
        (Data::Number(number), Type::String) => Ok(Value::string(number.to_string())),
        (Data::Bool(value), Type::String) => Ok(Value::string(if *value { "true" } else { "false" })),
        (Data::String(text), Type::Number) => match Num::parse(text) {
            Ok(number) => Ok(Value::number(number)),
            Err(NumError::TooLarge) => Ok(Value::unknown(Type::Number, super::TOO_LARGE)),
            Err(error) => Err(EvalError::new(error.to_string(), None)),
        },
        (Data::String(text), Type::Bool) => text_to_bool(text),
        (Data::Object(attributes), Type::Object(wanted)) => {
            let pick = |(name, wanted): (&Arc<str>, &ObjectAttr)| {
                let value = match attributes.get(name) {
                    Some(value) => convert(value.clone(), &wanted.ty)?,
                    None => left_out(Value::null(wanted.ty.without_optional()), name, &value),
                };
                Ok((Arc::clone(name), value))
            };
            wanted.iter().map(pick).collect::<Result<_, EvalError>>().map(Value::object)
        }
        (Data::Map(element, entries), Type::Object(wanted)) => map_to_object(element, entries, wanted, &value),
        (Data::Tuple(elements), Type::Tuple(wanted)) => {
            elements.iter().zip(wanted.iter()).map(|(value, ty)| convert(value.clone(), ty)).collect::<Result<_, _>>().map(Value::tuple)
        }
        (Data::List(element, elements) | Data::Set(element, elements), Type::List(wanted) | Type::Set(wanted)) => {
            if elements.is_empty() {
                let element = if **wanted == Type::Any { element.clone() } else { wanted.without_optional() };
                return Ok(sequence(to, element, Vec::new()));
            }
            // Unknown elements may turn out to be equal, so the length of the list is unknown. cty keeps the element type of the set then.
            if matches!(to, Type::List(_)) && matches!(value.data, Data::Set(..)) && value.length().is_unknown() {
                return Ok(Value::unknown_like(Type::list(element.clone()), &first_unknown(elements)));
            }
            let elements: Vec<Value> = elements.iter().map(|value| convert(value.clone(), wanted)).collect::<Result<_, _>>()?;
            collect(to, elements, false)
        }
        (Data::Tuple(elements), Type::List(wanted) | Type::Set(wanted)) => {
            if elements.is_empty() {
                return Ok(sequence(to, wanted.without_optional(), Vec::new()));
            }
            let types: Vec<Type> = elements.iter().map(Value::ty).collect();
            let target = element_target(types.iter(), wanted, true).ok_or_else(no_common_type)?;
            let elements: Vec<Value> = elements.iter().map(|value| convert(value.clone(), &target)).collect::<Result<_, _>>()?;
            // cty unifies the elements again for lists only; for sets they must have one type by now.
            collect(to, elements, matches!(to, Type::List(_)))
        }
        (Data::Map(_, entries) | Data::Object(entries), Type::Map(wanted)) => {
            if entries.is_empty() {
                let element = match &value.data {
                    Data::Map(element, _) if **wanted == Type::Any => element.clone(),
                    _ => wanted.without_optional(),
                };
                return Ok(Value::map(element, Members::default()));
            }
            let types: Vec<Type> = entries.values().map(Value::ty).collect();
            let target = match &value.data {
                Data::Object(_) => element_target(types.iter(), wanted, true).ok_or_else(no_common_type)?,
                _ => (**wanted).clone(),
            };
            let names = entries.keys().cloned();
            let values: Vec<Value> = entries.values().map(|value| convert(value.clone(), &target)).collect::<Result<_, _>>()?;
            let unified = target.is_collection() || matches!(target, Type::Object(_));
            let (element, values) = with_one_type(values, unified)?;
            Ok(Value::map(element, names.zip(values).collect()))
        }
        _ => Err(EvalError::new(mismatch(&value.ty(), to), None)),
    }
}

fn text_to_bool(text: &str) -> Result<Value, EvalError> {
    match text {
        "true" | "1" => Ok(Value::bool(true)),
        "false" | "0" => Ok(Value::bool(false)),
        _ => {
            let lower = text.to_lowercase();
            let hint = if lower == "true" || lower == "false" {
                format!("a bool is required; to convert from string, use lowercase \"{lower}\"")
            } else {
                "a bool is required".to_owned()
            };
            Err(EvalError::new(hint, None))
        }
    }
}

fn map_to_object(element: &Type, entries: &Members, wanted: &BTreeMap<Arc<str>, ObjectAttr>, map: &Value) -> Result<Value, EvalError> {
    let mut attributes = BTreeMap::new();
    for (name, wanted) in wanted {
        let value = match entries.get(name) {
            Some(value) if convertible(element, &wanted.ty, true) => convert(value.clone(), &wanted.ty)?,
            Some(value) => {
                let why = mismatch(&value.ty(), &wanted.ty);
                return Err(EvalError::new(format!("map element type is incompatible with attribute \"{name}\": {why}"), None));
            }
            None if wanted.optional => left_out(Value::null(wanted.ty.without_optional()), name, map),
            None => return Err(EvalError::new(format!("map has no element for required attribute \"{name}\""), None)),
        };
        attributes.insert(Arc::clone(name), value);
    }
    Ok(Value::object(attributes.into()))
}

/// A list or set, whichever `shape` is.
fn sequence(shape: &Type, element: Type, elements: Vec<Value>) -> Value {
    if matches!(shape, Type::Set(_)) { Value::set(element, elements) } else { Value::list(element, elements) }
}

fn collect(shape: &Type, elements: Vec<Value>, unified: bool) -> Result<Value, EvalError> {
    let (element, elements) = with_one_type(elements, unified)?;
    Ok(sequence(shape, element, elements))
}

/// The elements with one type, and that type. With `unified`, different types are unified first.
fn with_one_type(elements: Vec<Value>, unified: bool) -> Result<(Type, Vec<Value>), EvalError> {
    let Some(first) = elements.first().map(Value::ty) else { return Ok((Type::Any, elements)) };
    if elements.iter().all(|element| element.ty() == first) {
        return Ok((first, elements));
    }
    let mut elements = elements;
    if unified {
        let types: Vec<Type> = elements.iter().map(Value::ty).collect();
        let ty = unify(&types, true).ok_or_else(no_common_type)?;
        elements = elements.into_iter().map(|element| convert(element, &ty)).collect::<Result<_, _>>()?;
    }
    // Conversion leaves parts whose target is `any` unchanged, so the types may still differ. An element of unknown type may become
    // anything: it gets the type of the others.
    let mut common = Type::Any;
    for element in &elements {
        let ty = element.ty();
        if common == Type::Any {
            common = ty;
        } else if ty != Type::Any && ty != common {
            return Err(EvalError::new("element types must all match", None));
        }
    }
    if common != Type::Any {
        elements = elements.into_iter().map(|element| convert(element, &common)).collect::<Result<_, _>>()?;
    }
    Ok((common, elements))
}

fn no_common_type() -> EvalError {
    EvalError::new("cannot find a common base type for all elements", None)
}

fn first_unknown(elements: &[Value]) -> Value {
    elements.iter().find(|element| !element.is_wholly_known()).cloned().unwrap_or_else(|| Value::bool(false))
}

/// `to` with its `any` parts taken from `from`, for nulls and unknown values.
fn resolve_any(from: &Type, to: &Type) -> Type {
    let members = |types: Vec<Type>| unify(&types, true).unwrap_or(Type::Any);
    match (from, to) {
        (Type::Any, _) => to.clone(),
        (_, Type::Any) => from.clone(),
        (Type::Map(from), Type::Map(to)) => Type::map(resolve_any(from, to)),
        (Type::Object(from), Type::Map(to)) => {
            Type::map(resolve_any(&members(from.values().map(|attribute| attribute.ty.clone()).collect()), to))
        }
        (Type::Map(from), Type::Object(to)) => {
            Type::object(to.iter().map(|(name, attribute)| (Arc::clone(name), resolve_any(from, &attribute.ty))))
        }
        (Type::Object(from), Type::Object(to)) => Type::object(to.iter().map(|(name, attribute)| {
            let ty = from.get(name).map_or_else(|| attribute.ty.clone(), |from| resolve_any(&from.ty, &attribute.ty));
            (Arc::clone(name), ty)
        })),
        (Type::Set(from) | Type::List(from), Type::Set(to)) => Type::set(resolve_any(from, to)),
        (Type::Set(from) | Type::List(from), Type::List(to)) => Type::list(resolve_any(from, to)),
        (Type::Tuple(from), Type::Set(to)) => Type::set(resolve_any(&members(from.to_vec()), to)),
        (Type::Tuple(from), Type::List(to)) => Type::list(resolve_any(&members(from.to_vec()), to)),
        (Type::Tuple(from), Type::Tuple(to)) => Type::Tuple(from.iter().zip(to.iter()).map(|(from, to)| resolve_any(from, to)).collect()),
        _ => to.clone(),
    }
}

/// Why a value cannot be converted, in Terraform's wording.
fn mismatch(from: &Type, to: &Type) -> String {
    match (from, to) {
        (Type::Object(from), Type::Object(to)) => mismatch_objects(from, to),
        (Type::Tuple(_), Type::List(element)) if **element == Type::Any => "all list elements must have the same type".to_owned(),
        (Type::Tuple(_), Type::Set(element)) if **element == Type::Any => "all set elements must have the same type".to_owned(),
        (Type::Object(_), Type::Map(element)) if **element == Type::Any => "all map elements must have the same type".to_owned(),
        (Type::Tuple(from), Type::List(to) | Type::Set(to)) => {
            let bad = from.iter().enumerate().find(|(_, from)| !convertible(from, to, true));
            bad.map_or_else(
                || format!("all elements must be {}", to.constraint_name()),
                |(at, from)| format!("element {at}: {}", mismatch(from, to)),
            )
        }
        (Type::Object(from), Type::Map(to)) => {
            let bad = from.iter().find(|(_, from)| !convertible(&from.ty, to, true));
            bad.map_or_else(
                || format!("all elements must be {}", to.constraint_name()),
                |(name, from)| format!("element \"{name}\": {}", mismatch(&from.ty, to)),
            )
        }
        (Type::List(from) | Type::Set(from), Type::List(to)) => format!("incorrect list element type: {}", mismatch(from, to)),
        (Type::List(from) | Type::Set(from), Type::Set(to)) => format!("incorrect set element type: {}", mismatch(from, to)),
        (Type::Map(from), Type::Map(to)) => format!("incorrect map element type: {}", mismatch(from, to)),
        (from, to) if from.is_primitive() != to.is_primitive() && !to.is_collection() => {
            format!("{to} required, but have {from}")
        }
        (Type::Bool, Type::Number) | (Type::Number, Type::Bool) => format!("{to} required, but have {from}"),
        _ => format!("{} required", to.constraint_name()),
    }
}

fn mismatch_objects(from: &BTreeMap<Arc<str>, ObjectAttr>, to: &BTreeMap<Arc<str>, ObjectAttr>) -> String {
    let missing: Vec<String> =
        to.iter().filter(|(name, wanted)| !wanted.optional && !from.contains_key(*name)).map(|(name, _)| format!("\"{name}\"")).collect();
    match missing.as_slice() {
        [] => to
            .iter()
            .filter_map(|(name, wanted)| Some((name, &from.get(name)?.ty, &wanted.ty)))
            .find(|(_, from, to)| !convertible(from, to, true))
            .map_or_else(
                || "incorrect object attributes".to_owned(),
                |(name, from, to)| format!("attribute \"{name}\": {}", mismatch(from, to)),
            ),
        [name] => format!("attribute {name} is required"),
        [first, second] => format!("attributes {first} and {second} are required"),
        [others @ .., last] => format!("attributes {}, and {last} are required", others.join(", ")),
    }
}

/// The value of an attribute that an object leaves out, with the object in its trail.
pub(super) fn left_out(value: Value, attribute: &Arc<str>, object: &Value) -> Value {
    match &object.trail {
        Some(link) => value.with_step(Step { left_out: Some(Arc::clone(attribute)), ..link.step.clone() }),
        None => value,
    }
}
