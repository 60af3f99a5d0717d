//! The common type of several types, as in cty's `convert.Unify`.

use super::convert::convertible;
use super::{ObjectAttr, Type};
use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The maximum number of different types to unify; nested types are counted separately. Real configurations have far fewer.
const MAX_TYPES: usize = 2_000;

/// The most general type that all of the types convert to, if there is one. Conversions that may fail for some values count only if `risky`
/// (Terraform's conditionals and `tolist` allow them). `Some(Type::Any)` means that it is not yet known.
#[must_use]
pub(crate) fn unify(types: &[Type], risky: bool) -> Option<Type> {
    let mut distinct: Vec<&Type> = Vec::new();
    for ty in types {
        // Most collections have a single type: comparing with the last one first keeps them linear.
        if distinct.last() != Some(&ty) && !distinct.contains(&ty) {
            distinct.push(ty);
        }
        if distinct.len() > MAX_TYPES {
            return None;
        }
    }
    let types: Vec<Type> = distinct.into_iter().cloned().collect();
    unify_distinct(&types, risky)
}

#[derive(Default)]
struct KindCounts {
    maps: usize,
    lists: usize,
    sets: usize,
    objects: usize,
    tuples: usize,
    unknown: usize,
}

fn kind_counts(types: &[Type]) -> KindCounts {
    let mut kinds = KindCounts::default();
    for ty in types {
        match ty {
            Type::Map(_) => kinds.maps += 1,
            Type::List(_) => kinds.lists += 1,
            Type::Set(_) => kinds.sets += 1,
            Type::Object(_) => kinds.objects += 1,
            Type::Tuple(_) => kinds.tuples += 1,
            Type::Any => kinds.unknown += 1,
            _ => {}
        }
    }
    kinds
}

fn unify_distinct(types: &[Type], risky: bool) -> Option<Type> {
    let all = types.len();
    let KindCounts { maps, lists, sets, objects, tuples, unknown } = kind_counts(types);
    if maps > 0 && maps + unknown == all {
        return collections(types, risky, unknown > 0, Type::map);
    }
    if maps > 0 && maps + objects + unknown == all {
        if let Some(ty @ Type::Map(_)) = as_maps(types, risky) {
            return Some(ty);
        }
    } else if lists > 0 && lists + unknown == all {
        return collections(types, risky, unknown > 0, Type::list);
    } else if lists > 0 && lists + tuples + unknown == all {
        if let Some(ty @ Type::List(_)) = as_lists(types, risky) {
            return Some(ty);
        }
    } else if sets > 0 && sets + unknown == all {
        return collections(types, risky, unknown > 0, Type::set);
    } else if objects > 0 && objects + unknown == all {
        return if unknown > 0 { Some(Type::Any) } else { object_types(types, risky) };
    } else if tuples > 0 && tuples + unknown == all {
        return if unknown > 0 { Some(Type::Any) } else { tuple_types(types, risky) };
    } else if objects > 0 && tuples > 0 {
        return None;
    }
    let candidates = by_preference(types).into_iter().filter_map(|at| types.get(at));
    candidates.into_iter().find(|candidate| types.iter().all(|ty| ty == *candidate || convertible(ty, candidate, risky))).cloned()
}

fn collections(types: &[Type], risky: bool, unknown: bool, shape: fn(Type) -> Type) -> Option<Type> {
    if unknown {
        return Some(Type::Any);
    }
    let elements: Vec<Type> = types.iter().filter_map(Type::element).cloned().collect();
    let unified = shape(unify(&elements, risky)?);
    all_convert(types, &unified, risky).then_some(unified)
}

fn all_convert(types: &[Type], to: &Type, risky: bool) -> bool {
    types.iter().all(|ty| ty == to || convertible(ty, to, risky))
}

/// The common type of objects and maps, with the objects converted to maps.
fn as_maps(types: &[Type], risky: bool) -> Option<Type> {
    let objects: Vec<Type> = types.iter().filter(|ty| matches!(ty, Type::Object(_))).cloned().collect();
    let map = objects_to_map(&objects, risky)?;
    let replaced: Vec<Type> = types.iter().map(|ty| if matches!(ty, Type::Object(_)) { map.clone() } else { ty.clone() }).collect();
    unify(&replaced, risky)
}

/// The list type of a tuple's unified members, or the map type of an object's unified attributes.
pub(super) fn as_collection(ty: &Type) -> Option<Type> {
    match ty {
        Type::Tuple(_) => tuples_to_list(std::slice::from_ref(ty), true),
        Type::Object(_) => objects_to_map(std::slice::from_ref(ty), true),
        _ => None,
    }
}

/// The common type of tuples and lists, with the tuples converted to lists.
fn as_lists(types: &[Type], risky: bool) -> Option<Type> {
    let tuples: Vec<Type> = types.iter().filter(|ty| matches!(ty, Type::Tuple(_))).cloned().collect();
    let list = tuples_to_list(&tuples, risky)?;
    let replaced: Vec<Type> = types.iter().map(|ty| if matches!(ty, Type::Tuple(_)) { list.clone() } else { ty.clone() }).collect();
    unify(&replaced, risky)
}

fn attributes(ty: &Type) -> Option<&BTreeMap<Arc<str>, ObjectAttr>> {
    if let Type::Object(attributes) = ty { Some(attributes) } else { None }
}

fn elements(ty: &Type) -> Option<&[Type]> {
    if let Type::Tuple(elements) = ty { Some(elements) } else { None }
}

fn object_types(types: &[Type], risky: bool) -> Option<Type> {
    let all: Vec<_> = types.iter().filter_map(attributes).collect();
    let [first, rest @ ..] = all.as_slice() else { return None };
    if rest.iter().any(|other| other.keys().ne(first.keys())) {
        return objects_to_map(types, risky);
    }
    let mut unified = BTreeMap::new();
    for name in first.keys() {
        let types_of_attribute: Vec<Type> =
            all.iter().filter_map(|object| object.get(name)).map(|attribute| attribute.ty.clone()).collect();
        // Without a common type for an attribute, its values would not have one as members of a map either.
        unified.insert(Arc::clone(name), ObjectAttr { ty: unify(&types_of_attribute, risky)?, optional: false });
    }
    let unified = Type::Object(Arc::new(unified));
    if all_convert(types, &unified, risky) { Some(unified) } else { objects_to_map(types, risky) }
}

fn objects_to_map(types: &[Type], risky: bool) -> Option<Type> {
    let members: Vec<Type> =
        types.iter().filter_map(attributes).flat_map(|object| object.values().map(|member| member.ty.clone())).collect();
    let map = Type::map(unify(&members, risky)?);
    all_convert(types, &map, risky).then_some(map)
}

fn tuple_types(types: &[Type], risky: bool) -> Option<Type> {
    let all: Vec<_> = types.iter().filter_map(elements).collect();
    let [first, rest @ ..] = all.as_slice() else { return None };
    if rest.iter().any(|other| other.len() != first.len()) {
        return tuples_to_list(types, risky);
    }
    let mut unified = Vec::with_capacity(first.len());
    for at in 0..first.len() {
        let types_of_member: Vec<Type> = all.iter().filter_map(|tuple| tuple.get(at)).cloned().collect();
        unified.push(unify(&types_of_member, risky)?);
    }
    let unified = Type::tuple(unified);
    if all_convert(types, &unified, risky) { Some(unified) } else { tuples_to_list(types, risky) }
}

fn tuples_to_list(types: &[Type], risky: bool) -> Option<Type> {
    let members: Vec<Type> = types.iter().filter_map(elements).flatten().cloned().collect();
    let list = Type::list(unify(&members, risky)?);
    all_convert(types, &list, risky).then_some(list)
}

/// The indexes of the types by preference: a type comes before those that convert to it.
fn by_preference(types: &[Type]) -> Vec<usize> {
    let mut edges: Vec<Vec<usize>> = vec![Vec::new(); types.len()];
    let mut incoming = vec![0_usize; types.len()];
    for (at, left) in types.iter().enumerate() {
        for (other, right) in types.iter().enumerate().skip(at + 1) {
            let (from, to) = match preference(left, right) {
                Ordering::Less => (at, other),
                Ordering::Greater => (other, at),
                Ordering::Equal => continue,
            };
            edges.get_mut(from).into_iter().for_each(|targets| targets.push(to));
            incoming.get_mut(to).into_iter().for_each(|count| *count += 1);
        }
    }
    let mut queue: VecDeque<usize> = incoming.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| at).collect();
    let mut order = Vec::with_capacity(types.len());
    while let Some(at) = queue.pop_front() {
        order.push(at);
        for &target in edges.get(at).into_iter().flatten() {
            if let Some(count) = incoming.get_mut(target) {
                *count -= 1;
                if *count == 0 {
                    queue.push_back(target);
                }
            }
        }
    }
    order
}

/// Which of two types is preferred (`Less`: the left one).
fn preference(left: &Type, right: &Type) -> Ordering {
    match (left, right) {
        (Type::Any, Type::Any) => Ordering::Equal,
        (Type::Any, _) => Ordering::Greater,
        (_, Type::Any) => Ordering::Less,
        (Type::String, Type::Bool | Type::Number) => Ordering::Less,
        (Type::Bool | Type::Number, Type::String) => Ordering::Greater,
        (Type::List(left), Type::List(right)) | (Type::Set(left), Type::Set(right)) | (Type::Map(left), Type::Map(right)) => {
            preference(left, right)
        }
        (Type::Tuple(_) | Type::List(_), Type::Set(_)) | (Type::List(_), Type::Tuple(_)) | (Type::Map(_), Type::Object(_)) => {
            Ordering::Less
        }
        (Type::Set(_), Type::Tuple(_) | Type::List(_)) | (Type::Tuple(_), Type::List(_)) | (Type::Object(_), Type::Map(_)) => {
            Ordering::Greater
        }
        (Type::Object(left), Type::Object(right)) => {
            if left.len() != right.len() || left.keys().ne(right.keys()) {
                return Ordering::Equal;
            }
            agreed_preference(left.values().zip(right.values()).map(|(left, right)| preference(&left.ty, &right.ty)))
        }
        (Type::Tuple(left), Type::Tuple(right)) => {
            if left.len() != right.len() {
                return Ordering::Equal;
            }
            agreed_preference(left.iter().zip(right.iter()).map(|(left, right)| preference(left, right)))
        }
        _ => Ordering::Equal,
    }
}

/// The preference that all parts agree on, if any; otherwise `Equal`.
fn agreed_preference(parts: impl Iterator<Item = Ordering>) -> Ordering {
    let mut agreed = Ordering::Equal;
    for part in parts {
        if part != Ordering::Equal {
            if agreed != Ordering::Equal && agreed != part {
                return Ordering::Equal;
            }
            agreed = part;
        }
    }
    agreed
}
