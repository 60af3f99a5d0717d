//! Functions that make collections from collections, or describe an entire collection.

use super::clusters::clusters;
use super::row::{
    BOOL, BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Param, Returns, TypeSpec, any, elements, integer, number,
    unknown,
};
use crate::base::ChoiceReason;
use crate::eval::{Data, Distinct, Marks, Members, Num, Type, Value, convert, equals, unify};
use std::collections::BTreeMap;
use std::sync::Arc;

const BOOLS: Param = Param::new("list", TypeSpec::Bools);
const LIST: Param = Param::new("list", TypeSpec::List);

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("alltrue", &[BOOLS], BOOL, FunctionBody::Values(all_true)),
    BuiltIn::new("anytrue", &[BOOLS], BOOL, FunctionBody::Values(any_true)),
    BuiltIn::new("chunklist", &[LIST.marked(), number("size").marked()], Returns::Computed(chunks_type), FunctionBody::Values(chunklist)),
    BuiltIn::new("compact", &[Param::new("list", TypeSpec::Strings)], Returns::Always(TypeSpec::Strings), FunctionBody::Values(compact)),
    BuiltIn::new("concat", &[], Returns::Computed(concat_type), FunctionBody::Values(concat)).rest(any("seqs").marked()),
    BuiltIn::new("distinct", &[LIST], Returns::Computed(argument_type), FunctionBody::Values(distinct)),
    BuiltIn::new("flatten", &[any("list").marked()], Returns::Computed(flatten_type), FunctionBody::Values(flatten)),
    BuiltIn::new("keys", &[any("inputMap").unknown().marked()], Returns::Computed(keys_type), FunctionBody::Values(keys)),
    BuiltIn::new("length", &[any("value").untyped().unknown().marked()], Returns::Computed(length_type), FunctionBody::Values(length)),
    BuiltIn::new("list", &[], Returns::Computed(|_| removed("list", "tolist([ ... ])")), FunctionBody::Values(concat))
        .rest(any("vals").null().unknown().untyped()),
    BuiltIn::new("map", &[], Returns::Computed(|_| removed("map", "tomap({ ... })")), FunctionBody::Values(concat))
        .rest(any("vals").null().unknown().untyped()),
    BuiltIn::new(
        "matchkeys",
        &[Param::new("values", TypeSpec::List), Param::new("keys", TypeSpec::List), Param::new("searchset", TypeSpec::List)],
        Returns::Computed(matchkeys_type),
        FunctionBody::Values(matchkeys),
    ),
    BuiltIn::new("merge", &[], Returns::Computed(merge_type), FunctionBody::Values(merge)).rest(any("maps").untyped().null().marked()),
    BuiltIn::new("reverse", &[any("list").marked()], Returns::Computed(reverse_type), FunctionBody::Values(reverse)),
    BuiltIn::new(
        "slice",
        &[any("list").marked(), number("start_index"), number("end_index")],
        Returns::Computed(slice_type),
        FunctionBody::Values(slice),
    ),
    BuiltIn::new(
        "transpose",
        &[Param::new("values", TypeSpec::StringLists)],
        Returns::Always(TypeSpec::StringLists),
        FunctionBody::Values(transpose),
    ),
    BuiltIn::new("values", &[any("mapping").marked()], Returns::Computed(values_type), FunctionBody::Values(values)),
    BuiltIn::new(
        "zipmap",
        &[Param::new("keys", TypeSpec::Strings).marked(), any("values").marked()],
        Returns::Computed(zipmap_type),
        FunctionBody::Values(zipmap),
    ),
];

fn argument_type(args: &[Value]) -> Result<Type, FunctionError> {
    args.first().map(Value::ty).ok_or_else(FunctionError::arity)
}

fn removed(name: &str, instead: &str) -> Result<Type, FunctionError> {
    Err(format!("the function was removed in Terraform 0.12; use `{instead}` instead of `{name}`").into())
}

/// The elements as a list or tuple, whichever the function returns.
fn sequence(call: &BodyContext<'_>, values: Vec<Value>) -> Value {
    match &call.returns {
        Type::List(element) => Value::list((**element).clone(), values),
        _ => Value::tuple(values),
    }
}

fn all_true(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    for element in elements(list) {
        if element.is_unknown() {
            return Ok(call.unknown(std::slice::from_ref(element)));
        }
        if element.as_bool() != Some(true) {
            return Ok(Value::bool(false));
        }
    }
    Ok(Value::bool(true))
}

fn any_true(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    if elements(list).iter().any(|element| element.as_bool() == Some(true)) {
        return Ok(Value::bool(true));
    }
    if elements(list).iter().any(Value::is_unknown) { Ok(call.unknown(args)) } else { Ok(Value::bool(false)) }
}

fn chunks_type(args: &[Value]) -> Result<Type, FunctionError> {
    argument_type(args).map(Type::list)
}

fn chunklist(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, size, ..] = args else { return Err(FunctionError::arity()) };
    let marks = list.marks.union(size.marks);
    let size = usize::try_from(integer(size)?).map_err(|_| "the size argument must be positive")?;
    let all = elements(list);
    call.pay(all.len())?;
    let inner = list.ty().element().cloned().unwrap_or(Type::Any);
    // A size of zero means a single chunk with all elements.
    let size = if size == 0 { all.len().max(1) } else { size };
    let chunks = all.chunks(size).map(|chunk| Value::list(inner.clone(), chunk.to_vec())).collect();
    Ok(Value::list(call.element(), chunks).with_marks(marks))
}

fn compact(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    if !list.is_wholly_known() {
        return Ok(call.unknown(args));
    }
    let kept = elements(list).iter().filter(|element| element.as_str().is_some_and(|text| !text.is_empty())).cloned().collect();
    Ok(Value::list(call.element(), kept))
}

fn concat_type(args: &[Value]) -> Result<Type, FunctionError> {
    if args.is_empty() {
        return Err("at least one argument is required".into());
    }
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    if types.iter().all(|ty| matches!(ty, Type::List(_)))
        && let Some(common) = unify(&types, true)
    {
        return Ok(common);
    }
    let mut members = Vec::new();
    for (arg, ty) in args.iter().zip(&types) {
        match ty {
            Type::Tuple(types) => members.extend(types.iter().cloned()),
            Type::List(_) if arg.is_unknown() => return Ok(Type::Any),
            Type::List(element) => members.extend(elements(arg).iter().map(|_| (**element).clone())),
            other => return Err(format!("all arguments must be lists or tuples; got {other}").into()),
        }
    }
    Ok(Type::tuple(members))
}

fn concat(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let marks = args.iter().fold(Marks::NONE, |marks, arg| marks.union(arg.marks));
    let mut all = Vec::new();
    for arg in args {
        call.pay(elements(arg).len())?;
        if matches!(call.returns, Type::List(_)) {
            all.extend(elements(&convert(arg.clone(), &call.returns)?).iter().cloned());
        } else {
            all.extend(elements(arg).iter().cloned());
        }
    }
    Ok(sequence(call, all).with_marks(marks))
}

fn distinct(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    if !list.is_wholly_known() {
        return Ok(call.unknown(args));
    }
    call.pay(elements(list).len())?;
    let mut seen = Distinct::default();
    let kept = elements(list).iter().filter(|element| seen.insert(element)).cloned().collect();
    Ok(Value::list(call.element(), kept))
}

fn is_sequence(ty: &Type) -> bool {
    matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_))
}

fn flatten_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    if list.is_wholly_known() && !is_sequence(&list.ty()) {
        return Err("can only flatten lists, sets and tuples".into());
    }
    Ok(Type::Any)
}

fn flatten(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    let (mut flat, mut marks) = (Vec::new(), Marks::NONE);
    if flatten_into(call, list, &mut flat, &mut marks)? {
        return Ok(Value::tuple(flat).with_marks(marks));
    }
    Ok(call.unknown(args).with_marks(marks))
}

/// Collects all elements that are not sequences. False if the number of elements is unknown.
fn flatten_into(call: &BodyContext<'_>, list: &Value, flat: &mut Vec<Value>, marks: &mut Marks) -> Result<bool, FunctionError> {
    *marks = marks.union(list.marks);
    if list.length().is_unknown() {
        return Ok(false);
    }
    let mut known = true;
    // Terraform checks the type of wholly known arguments only, so the argument may be an object here: its values count as elements.
    for element in list.children() {
        call.pay(1)?;
        let ty = element.ty();
        if element.is_unknown() && (ty == Type::Any || is_sequence(&ty)) {
            *marks = marks.union(element.marks);
            known = false;
        } else if !element.is_null() && is_sequence(&ty) {
            known &= flatten_into(call, element, flat, marks)?;
        } else {
            flat.push(element.clone());
        }
    }
    Ok(known)
}

fn keys_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [map, ..] = args else { return Err(FunctionError::arity()) };
    match map.ty() {
        Type::Map(_) => Ok(Type::list(Type::String)),
        Type::Object(attributes) => Ok(Type::tuple(vec![Type::String; attributes.len()])),
        _ => Err("must have map or object type".into()),
    }
}

/// A name as a value, without copying it.
fn name_value(name: Arc<str>) -> Value {
    Data::String(name).into()
}

fn keys(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [map, ..] = args else { return Err(FunctionError::arity()) };
    // An object's keys are known by its type.
    let names: Vec<Value> = match map.ty() {
        Type::Object(attributes) => attributes.keys().cloned().map(name_value).collect(),
        _ if map.is_unknown() => return Ok(call.unknown(args).with_marks(map.marks)),
        _ => map.as_mapping().into_iter().flat_map(Members::keys).cloned().map(name_value).collect(),
    };
    call.pay(names.len())?;
    Ok(sequence(call, names).with_marks(map.marks))
}

fn length_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    if !is_compound(value) && matches!(value.ty(), Type::Bool | Type::Number) {
        return Err("argument must be a string, a collection type, or a structural type".into());
    }
    Ok(Type::Number)
}

/// Whether a value is known and has elements. Cheaper than looking at its type, which is as large as the value.
fn is_compound(value: &Value) -> bool {
    value.as_sequence().is_some() || value.as_mapping().is_some()
}

fn length(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    if is_compound(value) {
        return Ok(value.length().with_marks(value.marks));
    }
    if let Some(text) = value.as_str() {
        call.pay(text.len())?;
        return Ok(Value::number(clusters(text).count()).with_marks(value.marks));
    }
    match value.ty() {
        Type::Any => Ok(call.unknown(args).with_marks(value.marks)),
        Type::String => {
            let least = clusters(value.prefix()).count();
            Ok(call.unknown(args).not_null().with_bounds(Some(Num::from(least)), None).with_marks(value.marks))
        }
        _ => Ok(value.length().with_marks(value.marks)),
    }
}

fn matchkeys_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [values, keys, searchset, ..] = args else { return Err(FunctionError::arity()) };
    unify(&[keys.ty(), searchset.ty()], true).ok_or("keys and searchset must be of the same type")?;
    Ok(values.ty())
}

fn matchkeys(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [values, keys, searchset, ..] = args else { return Err(FunctionError::arity()) };
    if elements(values).len() != elements(keys).len() {
        return Err("length of keys and values should be equal".into());
    }
    let ty = unify(&[keys.ty(), searchset.ty()], true).ok_or("keys and searchset must be of the same type")?;
    let (keys, searchset) = (convert(keys.clone(), &ty)?, convert(searchset.clone(), &ty)?);
    if elements(&searchset).is_empty() {
        return Ok(Value::list(call.element(), Vec::new()));
    }
    if !values.is_wholly_known() || !keys.is_wholly_known() {
        return Ok(call.unknown(args));
    }
    let pairs = elements(&keys).iter().zip(elements(values));
    if searchset.is_wholly_known() {
        let set: Distinct = elements(&searchset).iter().collect();
        let found = pairs.filter(|(key, _)| set.contains(key)).map(|(_, value)| value.clone()).collect();
        return Ok(Value::list(call.element(), found));
    }
    let mut found = Vec::new();
    for (key, value) in pairs {
        call.pay(elements(&searchset).len())?;
        for candidate in elements(&searchset) {
            match equals(key, candidate).as_bool() {
                Some(true) => {
                    found.push(value.clone());
                    break;
                }
                Some(false) => {}
                // Terraform returns an empty list here, although the result is unknown.
                None => return Ok(Value::list(call.element(), Vec::new())),
            }
        }
    }
    Ok(Value::list(call.element(), found))
}

fn merge_type(args: &[Value]) -> Result<Type, FunctionError> {
    let mut attributes: BTreeMap<Arc<str>, Type> = BTreeMap::new();
    let (mut first, mut matching, mut names_known) = (None, true, true);
    for arg in args {
        let mut ty = arg.ty();
        match &ty {
            Type::Any => return Ok(Type::Any),
            Type::Object(_) if arg.is_null() => ty = Type::object([]),
            Type::Object(own) => attributes.extend(own.iter().map(|(name, attribute)| (Arc::clone(name), attribute.ty.clone()))),
            Type::Map(element) => match arg.as_mapping() {
                Some(entries) => attributes.extend(entries.keys().map(|name| (Arc::clone(name), (**element).clone()))),
                None => names_known &= arg.is_null(),
            },
            other => return Err(format!("arguments must be maps or objects, got {other}").into()),
        }
        matching &= first.as_ref().is_none_or(|first| *first == ty);
        first.get_or_insert(ty);
    }
    match first {
        None => Ok(Type::object([])),
        Some(first) if matching => Ok(first),
        Some(_) if !names_known => Ok(Type::Any),
        Some(_) => Ok(Type::object(attributes)),
    }
}

/// The maximum number of `merge` arguments that are recorded as leaving out an attribute.
const MAX_LATER: usize = 2;

fn merge(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let (mut merged, mut marks) = (BTreeMap::new(), Marks::NONE);
    for arg in args {
        let Some(entries) = arg.as_mapping() else {
            // After an untyped null, Terraform checks the arguments too late: it accepts an empty list, and crashes on others.
            if arg.is_null() || arg.as_sequence().is_some_and(<[Value]>::is_empty) {
                continue;
            }
            return Err(format!("arguments must be maps or objects, got {}", arg.ty()).into());
        };
        marks = marks.union(arg.marks);
        call.pay(entries.len())?;
        merged.extend(entries.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
    }
    // A later argument could have set an attribute that it leaves out, so it is one of the places that decided the value.
    for (name, value) in &mut merged {
        let later = args.iter().rev().take_while(|arg| arg.as_mapping().is_none_or(|own| !own.contains_key(name)));
        let reads: Vec<_> = later.take(MAX_LATER).filter_map(|arg| arg.trail_leaving_out(name)).collect();
        *value = std::mem::replace(value, Value::null(Type::Any)).chosen(ChoiceReason::Computation, reads);
    }
    let merged = match &call.returns {
        Type::Map(element) => Value::map((**element).clone(), merged.into()),
        _ => Value::object(merged.into()),
    };
    Ok(merged.with_marks(marks))
}

fn reverse_type(args: &[Value]) -> Result<Type, FunctionError> {
    match argument_type(args)? {
        Type::Tuple(types) => Ok(Type::Tuple(types.iter().rev().cloned().collect())),
        Type::List(element) | Type::Set(element) => Ok(Type::List(element)),
        other => Err(format!("can only reverse list or tuple values, not {other}").into()),
    }
}

fn reverse(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    call.pay(elements(list).len())?;
    Ok(sequence(call, elements(list).iter().rev().cloned().collect()).with_marks(list.marks))
}

/// Checks the ends of a slice, as far as they are known.
fn slice_ends(args: &[Value]) -> Result<(Option<usize>, Option<usize>), FunctionError> {
    let [list, start, end, ..] = args else { return Err(FunctionError::arity()) };
    let length = match list.ty() {
        Type::Tuple(types) => Some(types.len()),
        _ if list.is_unknown() => None,
        _ => Some(elements(list).len()),
    };
    let check = |index: &Value, name: &str| -> Result<Option<usize>, FunctionError> {
        if index.is_unknown() {
            return Ok(None);
        }
        let index = usize::try_from(integer(index)?).map_err(|_| format!("{name} index must not be less than zero"))?;
        if length.is_some_and(|length| index > length) {
            return Err(format!("{name} index must not be greater than the length of the list").into());
        }
        Ok(Some(index))
    };
    let (start, end) = (check(start, "start")?, check(end, "end")?);
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err("start index must not be greater than end index".into());
    }
    Ok((start, end))
}

fn slice_type(args: &[Value]) -> Result<Type, FunctionError> {
    let ty = argument_type(args)?;
    match &ty {
        Type::Set(_) => return Err("cannot slice a set, because its elements do not have indices".into()),
        Type::List(_) | Type::Tuple(_) => {}
        _ => return Err("must be a list or tuple value".into()),
    }
    let ends = slice_ends(args)?;
    match (ty, ends) {
        (Type::Tuple(types), (Some(start), Some(end))) => Ok(Type::Tuple(types.get(start..end).unwrap_or_default().into())),
        (Type::Tuple(_), _) => Ok(Type::Any),
        (list, _) => Ok(list),
    }
}

fn slice(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    let (Some(start), Some(end)) = slice_ends(args)? else { return Ok(call.unknown(args)) };
    Ok(sequence(call, elements(list).get(start..end).unwrap_or_default().to_vec()).with_marks(list.marks))
}

fn transpose(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [map, ..] = args else { return Err(FunctionError::arity()) };
    if !map.is_wholly_known() {
        return Ok(call.unknown(args));
    }
    let mut transposed: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
    for (name, list) in map.as_mapping().into_iter().flatten() {
        let list = list.as_sequence().ok_or("input must not contain null list")?;
        call.pay(list.len())?;
        for element in list {
            let element = element.as_name().ok_or("input list must not contain null string")?;
            transposed.entry(element).or_default().push(Arc::clone(name));
        }
    }
    let transposed =
        transposed.into_iter().map(|(name, list)| (name, Value::list(Type::String, list.into_iter().map(name_value).collect())));
    Ok(Value::map(call.element(), transposed.collect()))
}

fn values_type(args: &[Value]) -> Result<Type, FunctionError> {
    match argument_type(args)? {
        Type::Map(element) => Ok(Type::List(element)),
        Type::Object(attributes) => Ok(Type::tuple(attributes.values().map(|attribute| attribute.ty.clone()).collect())),
        _ => Err("values() requires a map as the first argument".into()),
    }
}

fn values(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [map, ..] = args else { return Err(FunctionError::arity()) };
    Ok(sequence(call, map.as_mapping().into_iter().flat_map(Members::values).cloned().collect()).with_marks(map.marks))
}

fn zipmap_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [keys, values, ..] = args else { return Err(FunctionError::arity()) };
    match values.ty() {
        Type::List(element) => Ok(Type::Map(element)),
        Type::Tuple(_) if !keys.is_wholly_known() => Ok(Type::Any),
        Type::Tuple(types) => {
            let names = key_names(keys, types.len())?;
            Ok(Type::object(names.into_iter().zip(types.iter().cloned())))
        }
        _ => Err("values argument must be a list or tuple value".into()),
    }
}

fn key_names(keys: &Value, wanted: usize) -> Result<Vec<Arc<str>>, FunctionError> {
    let keys = elements(keys);
    if keys.len() != wanted {
        return Err(format!("number of keys ({}) does not match number of values ({wanted})", keys.len()).into());
    }
    keys.iter().map(|key| key.as_name().ok_or_else(|| "keys list has a null value".into())).collect()
}

fn zipmap(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [keys, values, ..] = args else { return Err(FunctionError::arity()) };
    let marks = keys.deep_marks().union(values.marks);
    if !keys.is_wholly_known() {
        return Ok(unknown(call.returns.clone(), args).with_marks(marks));
    }
    let names = key_names(keys, elements(values).len())?;
    call.pay(names.len())?;
    let entries = names.into_iter().zip(elements(values).iter().cloned()).collect();
    let zipped = match &call.returns {
        Type::Map(element) => Value::map((**element).clone(), entries),
        _ => Value::object(entries),
    };
    Ok(zipped.with_marks(marks))
}
