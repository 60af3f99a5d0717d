//! Library modules: what a variable holds that no caller in the scanned directories sets, so that the keys a caller would create can be checked.

use crate::base::{Place, Reason, Step, StepKind};
use crate::eval::{Data, Marks, Members, Type, TypeConstraint, Value};
use crate::hcl::Block;
use std::sync::Arc;

/// The key of the one entry that stands for all.
const ANY: &str = "*";

/// The mark of a value that the caller of a library decides.
pub(super) const BY_CALLER: Marks = Marks { by_caller: true, ..Marks::NONE };

/// Whether a variable may hold more than its default lets it: one whose default is empty, or that has none.
pub(super) fn is_open(value: Option<&Value>, ty: &Type) -> bool {
    let can_hold = matches!(ty, Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Object(_) | Type::Tuple(_) | Type::Any);
    let is_empty = |value: &Value| {
        value.is_null() || value.as_mapping().is_some_and(Members::is_empty) || value.as_sequence().is_some_and(<[Value]>::is_empty)
    };
    match value {
        None => true,
        Some(value) => can_hold && is_empty(value),
    }
}

/// How much is put into empty inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LibraryInputs {
    /// One entry in each collection that the variable itself holds; what is inside of it is the smallest the type allows.
    Shallow,
    /// One entry in collections within entries as well.
    Deep,
    /// As deep, and variables whose default is null are not known, whatever their type.
    Open,
}

/// What a variable holds in a library: its default as far as it has one, marked as the caller's, and one smallest entry where it
/// has none or an empty one.
pub(crate) fn fill(default: Option<&Value>, variable: &Block, constraint: &TypeConstraint, name: &str, how: LibraryInputs) -> Value {
    let is_opened = |value: &Value| is_open(Some(value), &constraint.ty) || (how == LibraryInputs::Open && value.is_null());
    if let Some(value) = default.filter(|value| !is_opened(value)) {
        return mark(value.clone());
    }
    let why = Reason::caller_decides(name);
    let place = Place::Source(variable.header);
    let filled = outer(&constraint.ty, &why, how);
    // A type with required parts that are not known may refuse nothing: what does not conform is as good as unknown.
    let value = constraint.conform(filled).unwrap_or_else(|_| Value::unknown(constraint.ty.without_optional(), why));
    mark(value).with_step(Step::of(place, StepKind::ByCaller(name.into())))
}

/// The variable's own collections get one entry each.
fn outer(ty: &Type, why: &Reason, how: LibraryInputs) -> Value {
    match ty {
        Type::Map(element) => Value::object([(Arc::from(ANY), smallest(element, why, how))].into_iter().collect()),
        Type::List(element) | Type::Set(element) => Value::tuple(vec![smallest(element, why, how)]),
        Type::Object(attributes) => {
            let inside = attributes.iter().filter(|(_, own)| !own.optional || can_hold(&own.ty));
            Value::object(inside.map(|(name, own)| (Arc::clone(name), outer(&own.ty, why, how))).collect())
        }
        _ => Value::unknown(ty.without_optional(), why.clone()),
    }
}

/// The smallest value of an entry: required attributes are not known, optional ones are left to their defaults.
fn smallest(ty: &Type, why: &Reason, how: LibraryInputs) -> Value {
    match (ty, how) {
        (Type::Object(attributes), _) => {
            let inside = attributes.iter().filter(|(_, own)| !own.optional || (how != LibraryInputs::Shallow && can_hold(&own.ty)));
            Value::object(inside.map(|(name, own)| (Arc::clone(name), smallest(&own.ty, why, how))).collect())
        }
        (Type::Map(_) | Type::List(_) | Type::Set(_), LibraryInputs::Deep | LibraryInputs::Open) => outer(ty, why, how),
        _ => Value::unknown(ty.without_optional(), why.clone()),
    }
}

fn can_hold(ty: &Type) -> bool {
    match ty {
        Type::Map(_) | Type::List(_) | Type::Set(_) => true,
        Type::Object(attributes) => attributes.values().any(|own| can_hold(&own.ty)),
        _ => false,
    }
}

/// Marks a value and everything in it as the caller's.
fn mark(mut value: Value) -> Value {
    value.marks = value.marks.union(BY_CALLER);
    let all = |elements: &[Value]| Arc::new(elements.iter().cloned().map(mark).collect::<Vec<_>>());
    let entries =
        |entries: &Members| Arc::new(entries.iter().map(|(key, value)| (Arc::clone(key), mark(value.clone()))).collect::<Members>());
    match &mut value.data {
        Data::List(_, own) | Data::Set(_, own) | Data::Tuple(own) => *own = all(own),
        Data::Map(_, own) | Data::Object(own) => *own = entries(own),
        _ => {}
    }
    value
}
