//! Library modules: made-up values for variables that no caller in the scanned directories sets, so that the keys of future callers can be
//! checked.

use crate::base::{Place, Reason, Step, StepKind};
use crate::eval::{Data, Marks, Members, Type, TypeConstraint, Value};
use crate::hcl::Block;
use std::sync::Arc;

/// The key of the entry that represents all entries.
const ANY_KEY: &str = "*";

/// The marks of a value that the caller of a library decides.
pub(super) const BY_CALLER: Marks = Marks { by_caller: true, ..Marks::NONE };

/// Whether a variable has no default, or an empty collection or null as its default although its type allows entries.
pub(super) fn is_open(value: Option<&Value>, ty: &Type) -> bool {
    let may_have_entries = matches!(ty, Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Object(_) | Type::Tuple(_) | Type::Any);
    let is_empty = |value: &Value| {
        value.is_null() || value.as_mapping().is_some_and(Members::is_empty) || value.as_sequence().is_some_and(<[Value]>::is_empty)
    };
    match value {
        None => true,
        Some(value) => may_have_entries && is_empty(value),
    }
}

/// How to fill empty inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LibraryInputs {
    /// One entry in each collection of the variable itself. The entry is the smallest value of its type.
    Shallow,
    /// One entry in nested collections as well.
    Deep,
    /// As `Deep`; variables whose default is null are unknown in addition, whatever their type.
    Open,
}

/// The value of a variable in a library, marked as the caller's: its default, or a made-up value if it has none or an empty one.
pub(crate) fn fill(default: Option<&Value>, variable: &Block, constraint: &TypeConstraint, name: &str, how: LibraryInputs) -> Value {
    let is_opened = |value: &Value| is_open(Some(value), &constraint.ty) || (how == LibraryInputs::Open && value.is_null());
    if let Some(value) = default.filter(|value| !is_opened(value)) {
        return mark(value.clone());
    }
    let why = Reason::caller_decides(name);
    let place = Place::Source(variable.header);
    let filled = filled(&constraint.ty, &why, how);
    // A made-up value that does not conform to the type is as good as unknown.
    let value = constraint.conform(filled).unwrap_or_else(|_| Value::unknown(constraint.ty.without_optional(), why));
    mark(value).with_step(Step::of(place, StepKind::ByCaller(name.into())))
}

/// A value with one entry in each of the variable's own collections.
fn filled(ty: &Type, why: &Reason, how: LibraryInputs) -> Value {
    match ty {
        Type::Map(element) => Value::object([(Arc::from(ANY_KEY), smallest_entry(element, why, how))].into_iter().collect()),
        Type::List(element) | Type::Set(element) => Value::tuple(vec![smallest_entry(element, why, how)]),
        Type::Object(attributes) => {
            let filled_in = attributes.iter().filter(|(_, attribute)| !attribute.optional || has_collection(&attribute.ty));
            Value::object(filled_in.map(|(name, attribute)| (Arc::clone(name), filled(&attribute.ty, why, how))).collect())
        }
        _ => Value::unknown(ty.without_optional(), why.clone()),
    }
}

/// The smallest value of an entry: required attributes are unknown, optional ones have their defaults.
fn smallest_entry(ty: &Type, why: &Reason, how: LibraryInputs) -> Value {
    match (ty, how) {
        (Type::Object(attributes), _) => {
            let may_fill = |ty: &Type| how != LibraryInputs::Shallow && has_collection(ty);
            let filled_in = attributes.iter().filter(|(_, attribute)| !attribute.optional || may_fill(&attribute.ty));
            Value::object(filled_in.map(|(name, attribute)| (Arc::clone(name), smallest_entry(&attribute.ty, why, how))).collect())
        }
        (Type::Map(_) | Type::List(_) | Type::Set(_), LibraryInputs::Deep | LibraryInputs::Open) => filled(ty, why, how),
        _ => Value::unknown(ty.without_optional(), why.clone()),
    }
}

/// Whether a type is a collection or has one.
fn has_collection(ty: &Type) -> bool {
    match ty {
        Type::Map(_) | Type::List(_) | Type::Set(_) => true,
        Type::Object(attributes) => attributes.values().any(|attribute| has_collection(&attribute.ty)),
        _ => false,
    }
}

/// Marks a value and everything in it as the caller's.
fn mark(mut value: Value) -> Value {
    value.marks = value.marks.union(BY_CALLER);
    let mark_elements = |elements: &[Value]| Arc::new(elements.iter().cloned().map(mark).collect::<Vec<_>>());
    let mark_entries =
        |entries: &Members| Arc::new(entries.iter().map(|(key, value)| (Arc::clone(key), mark(value.clone()))).collect::<Members>());
    match &mut value.data {
        Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => *elements = mark_elements(elements),
        Data::Map(_, entries) | Data::Object(entries) => *entries = mark_entries(entries),
        _ => {}
    }
    value
}
