//! Refinements: what is known about unknown values, and when that makes them known.

use super::{Data, Num, Possible, Refinement, Type, UnknownValue, Value, convert};
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;

/// The longest prefix of a template that Terraform keeps, in bytes.
const PREFIX_LIMIT: usize = 128;
/// Characters that do not combine with a following one, as listed by cty (`ctystrings.SafeKnownPrefix`).
const DELIMITERS: &str = "-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'";

impl Value {
    /// Refines an unknown value to not be null. Values of unknown type cannot be refined.
    #[must_use]
    pub fn not_null(self) -> Self {
        self.refine(|refinement| refinement.not_null = true)
    }

    /// Refines an unknown string with the prefix that it begins with. The last character is dropped unless it is a delimiter, because a
    /// combining character may follow.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        let safe = safe_prefix(prefix);
        self.with_full_prefix(safe)
    }

    /// Refines an unknown string with a prefix that is known to be exact.
    #[must_use]
    pub fn with_full_prefix(self, prefix: &str) -> Self {
        if prefix.is_empty() {
            return self;
        }
        self.refine(|refinement| refinement.prefix = Some(prefix.into()))
    }

    /// Refines an unknown collection with the bounds of its length.
    #[must_use]
    pub fn with_length(self, least: u64, most: u64) -> Self {
        self.refine(|refinement| {
            refinement.length = ((least, most) != (0, u64::MAX)).then_some((least, most));
        })
    }

    /// Refines an unknown number with its inclusive bounds.
    #[must_use]
    pub fn with_bounds(self, at_least: Option<Num>, at_most: Option<Num>) -> Self {
        self.refine(|refinement| {
            refinement.at_least = at_least;
            refinement.at_most = at_most;
        })
    }

    /// Changes the refinement of an unknown value. Known values and values of unknown type are unchanged. As in Terraform, a value becomes
    /// known if only one value is left.
    #[must_use]
    pub fn refine(mut self, change: impl FnOnce(&mut Refinement)) -> Self {
        if let Data::Unknown(unknown) = &mut self.data
            && unknown.ty != Type::Any
        {
            change(&mut Arc::make_mut(unknown).refinement);
            if let Some(data) = only_value(unknown) {
                self.data = data;
            }
        }
        self
    }

    /// The known prefix of a string: all of it, if the string is known.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match &self.data {
            Data::String(text) => text,
            Data::Unknown(unknown) => unknown.refinement.prefix.as_deref().unwrap_or_default(),
            _ => "",
        }
    }

    /// The bounds of a collection's length: `(length, length)` if it is known. Sets shrink if unknown elements turn out to be equal.
    #[must_use]
    pub fn length_bounds(&self) -> (u64, u64) {
        match &self.data {
            Data::Unknown(unknown) => match &unknown.ty {
                Type::Tuple(elements) => (elements.len() as u64, elements.len() as u64),
                Type::Object(attributes) => (attributes.len() as u64, attributes.len() as u64),
                _ => unknown.refinement.length.unwrap_or((0, u64::MAX)),
            },
            Data::Null(_) => (0, u64::MAX),
            Data::Set(_, elements) if elements.len() > 1 && !self.is_wholly_known() => (1, elements.len() as u64),
            _ => {
                let length = self.children().count() as u64;
                (length, length)
            }
        }
    }

    /// `length()` of a list, set, map, tuple or object: a number, or an unknown one within bounds.
    #[must_use]
    pub fn length(&self) -> Self {
        let (least, most) = self.length_bounds();
        if least == most && (!self.is_unknown() || matches!(self.ty(), Type::Tuple(_) | Type::Object(_))) {
            return Self::number(i64::try_from(least).unwrap_or(i64::MAX)).with_marks(self.marks);
        }
        let why = self.why_dependent();
        // Terraform bounds an unbounded length by the largest 64-bit integer.
        let number = |bound: u64| Num::from(i64::try_from(bound).unwrap_or(i64::MAX));
        Self::unknown(Type::Number, why).with_bounds(Some(number(least)), Some(number(most))).not_null().with_marks(self.marks)
    }
}

/// The only value that an unknown value can have, if its refinement leaves just one.
fn only_value(unknown: &UnknownValue) -> Option<Data> {
    let refinement = &unknown.refinement;
    if !refinement.not_null {
        return None;
    }
    if let (Some(least), Some(most)) = (&refinement.at_least, &refinement.at_most)
        && least == most
    {
        return Some(Data::Number(least.clone()));
    }
    let (least, most) = refinement.length?;
    if least != most {
        return None;
    }
    let member = |element: &Type| Value::unknown(element.clone(), unknown.why.clone());
    match &unknown.ty {
        Type::List(element) if least <= 1024 => {
            let elements = (0..least).map(|_| member(element)).collect();
            Some(Data::List((**element).clone(), Arc::new(elements)))
        }
        Type::Set(element) if least <= 1 => {
            let elements = (0..least).map(|_| member(element)).collect();
            Some(Data::Set((**element).clone(), Arc::new(elements)))
        }
        Type::Map(element) if least == 0 => Some(Data::Map((**element).clone(), Arc::default())),
        _ => None,
    }
}

/// An unknown value converted to a type. Keeps the reason and the origin, and the parts of the refinement that apply to the new type.
pub(super) fn converted(unknown: &UnknownValue, ty: Type) -> Value {
    let possible: Option<Vec<Possible>> = unknown
        .possible
        .iter()
        .map(|case| Some(Possible { value: convert(case.value.clone(), &ty).ok()?, when: Arc::clone(&case.when) }))
        .collect();
    let result = Value::from(UnknownValue {
        ty: ty.clone(),
        why: unknown.why.clone(),
        refinement: Refinement { not_null: unknown.refinement.not_null && ty != Type::Any, ..Refinement::default() },
        origin: unknown.origin.clone(),
        possible: possible.unwrap_or_default().into(),
    });
    match (&unknown.ty, &ty) {
        (Type::Object(attributes), Type::Map(_)) => result.with_length(attributes.len() as u64, attributes.len() as u64),
        (Type::Tuple(elements), Type::List(_)) => result.with_length(elements.len() as u64, elements.len() as u64),
        (Type::Tuple(elements), Type::Set(_)) => result.with_length((elements.len() as u64).min(1), elements.len() as u64),
        (from, Type::Set(_)) if from.is_collection() => {
            let (least, most) = unknown.refinement.length.unwrap_or((0, u64::MAX));
            result.with_length(least.min(1), most)
        }
        (from, to) if from.is_collection() && to.is_collection() => {
            let (least, most) = unknown.refinement.length.unwrap_or((0, u64::MAX));
            result.with_length(least, most)
        }
        _ => result,
    }
}

/// The part of a prefix that no following text can change: at most 128 bytes, without the last grapheme cluster unless it is a delimiter.
fn safe_prefix(prefix: &str) -> &str {
    let mut end = prefix.len().min(PREFIX_LIMIT);
    while !prefix.is_char_boundary(end) {
        end -= 1;
    }
    let prefix = prefix.get(..end).unwrap_or_default();
    match prefix.grapheme_indices(true).next_back() {
        Some((_, last)) if DELIMITERS.contains(last) => prefix,
        Some((at, _)) => prefix.get(..at).unwrap_or_default(),
        None => prefix,
    }
}
