//! Equality of values, and the order of elements in sets.

use super::{Data, Marks, Members, Num, Refinement, Type, Value};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// `left == right` as in Terraform: true, false or an unknown boolean that is not null. Nothing is converted. The result has the marks of
/// both sides, at all depths.
#[must_use]
pub(crate) fn equals(left: &Value, right: &Value) -> Value {
    let marks = left.deep_marks().union(right.deep_marks());
    compare(left, right).map_or_else(|| unknown_bool(left, right), Value::bool).with_marks(marks)
}

/// An unknown boolean that is not null, for the reason of one of the two values.
fn unknown_bool(left: &Value, right: &Value) -> Value {
    let cause = if left.is_wholly_known() { right } else { left };
    Value::unknown(Type::Bool, cause.why_dependent()).not_null()
}

/// Whether two values are equal; `None` if that is unknown.
fn compare(left: &Value, right: &Value) -> Option<bool> {
    match (&left.data, &right.data) {
        (Data::Null(_), Data::Null(_)) => return Some(true),
        (Data::Null(_), _) if right.is_not_null() => return Some(false),
        (_, Data::Null(_)) if left.is_not_null() => return Some(false),
        (Data::Unknown(_), Data::Unknown(_)) => return None,
        (Data::Unknown(unknown), _) => return compare_unknown(&unknown.ty, &unknown.refinement, right),
        (_, Data::Unknown(unknown)) => return compare_unknown(&unknown.ty, &unknown.refinement, left),
        (Data::Bool(left), Data::Bool(right)) => return Some(left == right),
        (Data::Number(left), Data::Number(right)) => return Some(left == right),
        (Data::String(left), Data::String(right)) => return Some(left == right),
        _ => {}
    }
    let (left_type, right_type) = (left.ty(), right.ty());
    // Different types may still become equal: a part of unknown type may turn out to have the type of the other side.
    if has_open_type(left) || has_open_type(right) {
        return if left_type.overlaps(&right_type) { None } else { Some(false) };
    }
    if left_type != right_type {
        return Some(false);
    }
    match (&left.data, &right.data) {
        (Data::List(_, left), Data::List(_, right)) | (Data::Tuple(left), Data::Tuple(right)) => {
            if left.len() == right.len() {
                all_equal(left.iter().zip(right.iter()))
            } else {
                Some(false)
            }
        }
        (Data::Map(_, left), Data::Map(_, right)) | (Data::Object(left), Data::Object(right)) => {
            if left.len() != right.len() || left.keys().ne(right.keys()) {
                return Some(false);
            }
            all_equal(left.values().zip(right.values()))
        }
        (Data::Set(_, left), Data::Set(_, right)) => {
            // cty looks for unknown elements, but not for unknown parts of elements: sets of objects with an unknown attribute are unequal,
            // even to themselves.
            if left.iter().chain(right.iter()).any(Value::is_unknown) {
                return None;
            }
            let within =
                |these: &[Value], those: &[Value]| these.iter().all(|this| those.iter().any(|that| compare(this, that) == Some(true)));
            Some(left.len() == right.len() && (same_order(left, right) || within(left, right) && within(right, left)))
        }
        _ => Some(false),
    }
}

/// Whether a value has a part whose type is not yet known. Nulls do not count: the type of a null is irrelevant.
fn has_open_type(value: &Value) -> bool {
    match &value.data {
        Data::Unknown(unknown) => unknown.ty.has_any(),
        _ => value.children().any(has_open_type),
    }
}

/// Whether two sets have equal elements at the same positions, as equal sets without unknown parts do.
fn same_order(left: &[Value], right: &[Value]) -> bool {
    left.iter().zip(right).all(|(left, right)| compare(left, right) == Some(true))
}

/// Whether all pairs are equal: an unknown pair makes the result unknown unless an earlier pair differs.
fn all_equal<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    for (left, right) in pairs {
        if !compare(left, right)? {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether an unknown value equals a known one: false if its type or refinement rules it out, otherwise unknown.
fn compare_unknown(ty: &Type, refinement: &Refinement, known: &Value) -> Option<bool> {
    if known.is_null() {
        return None;
    }
    let known_type = known.ty();
    if !(ty.could_be(&known_type) || has_open_type(known) && known_type.could_be(ty)) {
        return Some(false);
    }
    let excluded = match &known.data {
        Data::String(text) => refinement.prefix.as_ref().is_some_and(|prefix| !text.starts_with(&**prefix)),
        Data::Number(number) => !within_bounds(number, refinement),
        Data::List(..) | Data::Set(..) | Data::Map(..) => refinement.length.is_some_and(|(least, most)| {
            let length = known.children().count() as u64;
            let least_here = if matches!(known.data, Data::Set(..)) && !known.is_wholly_known() { length.min(1) } else { length };
            length < least || least_here > most
        }),
        _ => false,
    };
    if excluded { Some(false) } else { None }
}

/// Whether a number is within the bounds.
fn within_bounds(number: &Num, refinement: &Refinement) -> bool {
    refinement.at_least.as_ref().is_none_or(|bound| number.compare(bound).is_ge())
        && refinement.at_most.as_ref().is_none_or(|bound| number.compare(bound).is_le())
}

/// Builds a set: unique elements in Terraform's order of iteration, their marks on the set.
pub(super) fn set(ty: Type, elements: Vec<Value>) -> Value {
    let mut marks = Marks::NONE;
    let mut keyed: Vec<(String, Value)> = elements
        .into_iter()
        .map(|element| {
            let (element, own) = element.unmark_deep();
            marks = marks.union(own);
            (if ty.is_primitive() { String::new() } else { hash_text(&element) }, element)
        })
        .collect();
    keyed.sort_by(order);
    let mut unique: Vec<Value> = Vec::with_capacity(keyed.len());
    let mut known = Distinct::default();
    for (_, element) in keyed {
        let is_new =
            if ty.is_primitive() { unique.last().is_none_or(|last| compare(last, &element) != Some(true)) } else { known.insert(&element) };
        if is_new {
            unique.push(element);
        }
    }
    Value::from(Data::Set(ty, Arc::new(unique))).with_marks(marks)
}

/// A collection of values that finds equal ones without comparing every pair.
#[derive(Default)]
pub(super) struct Distinct {
    /// By canonical text: equal values have equal texts, but so may values of different types.
    by_text: HashMap<String, Vec<Value>>,
}

impl Distinct {
    /// Adds a value; false if an equal one is present. Values with unknown parts equal no other value.
    pub(super) fn insert(&mut self, value: &Value) -> bool {
        if !value.is_wholly_known() {
            return true;
        }
        let same = self.by_text.entry(canonical(value)).or_default();
        let is_new = !same.iter().any(|other| compare(other, value) == Some(true));
        if is_new {
            same.push(value.clone());
        }
        is_new
    }

    /// Whether an equal value is present.
    pub(super) fn contains(&self, value: &Value) -> bool {
        let same = self.by_text.get(&canonical(value)).into_iter().flatten();
        same.into_iter().any(|other| compare(other, value) == Some(true))
    }
}

impl<'v> FromIterator<&'v Value> for Distinct {
    fn from_iter<I: IntoIterator<Item = &'v Value>>(values: I) -> Self {
        let mut all = Self::default();
        for value in values {
            all.insert(value);
        }
        all
    }
}

/// A text that is the same for equal values.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    append_canonical(value, &mut text);
    text
}

fn append_canonical(value: &Value, text: &mut String) {
    match &value.data {
        Data::Unknown(_) => text.push('?'),
        Data::Null(_) => text.push('~'),
        Data::Bool(value) => text.push(if *value { 'T' } else { 'F' }),
        // The negative zero equals zero, but prints as `-0`. `hash_text` keeps that sign as cty does, so it cannot be used here.
        Data::Number(number) if number.is_zero() => text.push('0'),
        Data::Number(number) => text.push_str(&number.to_string()),
        Data::String(string) => append_quoted(string, text),
        Data::Map(_, entries) | Data::Object(entries) => {
            text.push('{');
            for (key, value) in entries.iter() {
                append_quoted(key, text);
                text.push(':');
                append_canonical(value, text);
                text.push(';');
            }
            text.push('}');
        }
        Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => {
            text.push('[');
            for element in elements.iter() {
                append_canonical(element, text);
                text.push(';');
            }
            text.push(']');
        }
    }
}

/// Terraform's order within sets: known before unknown before null; strings by bytes, numbers by value, false before true, others by
/// `hash_text`.
fn order((left_key, left): &(String, Value), (right_key, right): &(String, Value)) -> Ordering {
    match (&left.data, &right.data) {
        (Data::Null(_), Data::Null(_)) => Ordering::Equal,
        (Data::Null(_), _) => Ordering::Greater,
        (_, Data::Null(_)) => Ordering::Less,
        (Data::Unknown(_), Data::Unknown(_)) => Ordering::Equal,
        (Data::Unknown(_), _) => Ordering::Greater,
        (_, Data::Unknown(_)) => Ordering::Less,
        (Data::String(left), Data::String(right)) => left.cmp(right),
        (Data::Number(left), Data::Number(right)) => left.compare(right),
        (Data::Bool(left), Data::Bool(right)) => left.cmp(right),
        _ => left_key.as_bytes().cmp(right_key.as_bytes()),
    }
}

/// The text by which cty orders compound elements of sets.
fn hash_text(value: &Value) -> String {
    let mut text = String::new();
    append_hash(value, &mut text);
    text
}

fn append_hash(value: &Value, text: &mut String) {
    let sequence = |elements: &[Value], open: char, close: char, text: &mut String| {
        text.push(open);
        for element in elements {
            append_hash(element, text);
            text.push(';');
        }
        text.push(close);
    };
    match &value.data {
        Data::Unknown(_) => text.push('?'),
        Data::Null(_) => text.push('~'),
        Data::Bool(value) => text.push(if *value { 'T' } else { 'F' }),
        Data::Number(number) => text.push_str(&number.ten_digits()),
        Data::String(string) => append_quoted(string, text),
        Data::List(_, elements) | Data::Set(_, elements) => sequence(elements, '[', ']', text),
        Data::Tuple(elements) => sequence(elements, '<', '>', text),
        Data::Map(_, entries) => {
            text.push('{');
            append_entries(entries, text);
            text.push('}');
        }
        Data::Object(attributes) => {
            text.push('<');
            // cty leaves out the names, because all elements of a set have the same ones. The order of the elements depends on this text.
            for value in attributes.values() {
                append_hash(value, text);
                text.push(';');
            }
            text.push('>');
        }
    }
}

fn append_entries(entries: &Members, text: &mut String) {
    for (key, value) in entries {
        append_quoted(key, text);
        text.push(':');
        append_hash(value, text);
        text.push(';');
    }
}

/// Quotes a string as Go's `%q` does.
fn append_quoted(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{7}' => text.push_str("\\a"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{b}' => text.push_str("\\v"),
            character if character.is_ascii_control() => text.push_str(&format!("\\x{:02x}", u32::from(character))),
            character => text.push(character),
        }
    }
    text.push('"');
}
