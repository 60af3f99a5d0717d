//! Values: known, null or unknown, with marks, a trail, and what an unknown value can still be.

use super::{Drivers, Marks, Members, Num, Type};
use crate::base::{ChoiceReason, Reason, Step, TrailLink, secrecy};
use std::borrow::Cow;
use std::sync::Arc;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A value.
#[derive(Clone, Debug)]
pub struct Value {
    /// The content.
    pub data: Data,
    /// Properties that spread to whatever is computed from the value.
    pub marks: Marks,
    /// The steps that the value took, nearest first; `None` for values without a source.
    pub trail: Option<Arc<TrailLink>>,
}

/// The content of a value. Collections are shared, so a clone is cheap.
#[derive(Clone, Debug)]
pub enum Data {
    /// `null` of a type; `Type::Any` for a bare `null`.
    Null(Type),
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Num),
    /// A string, NFC.
    String(Arc<str>),
    /// A list and its element type.
    List(Type, Arc<Vec<Value>>),
    /// A set and its element type; elements unique, in Terraform's order of iteration.
    Set(Type, Arc<Vec<Value>>),
    /// A map and its element type.
    Map(Type, Arc<Members>),
    /// A tuple.
    Tuple(Arc<Vec<Value>>),
    /// An object.
    Object(Arc<Members>),
    /// Not known.
    Unknown(Arc<UnknownValue>),
}

/// A value that is not known.
#[derive(Clone, Debug)]
pub struct UnknownValue {
    /// Its type, as far as it is known.
    pub ty: Type,
    /// The reason as a clause without a period: "variable `level` has no value", "`oci_kms_vault.v.id` is known after apply".
    pub why: Reason,
    /// What Terraform itself knows about it.
    pub refinement: Refinement,
    /// The resource attribute this value *is*, if it is exactly one: this is how a key's vault is found.
    pub origin: Option<Arc<ResourceRef>>,
    /// What we know beyond Terraform: the complete list of values it can have. Empty if it can be anything. The evaluator's results
    /// never depend on it.
    pub possible: Arc<[Possible]>,
}

/// One value that an unknown can have.
#[derive(Clone, Debug)]
pub struct Possible {
    /// The value; may itself be unknown, for example with an origin.
    pub value: Value,
    /// When, as a clause after "when": "`var.level >= 3`".
    pub when: Arc<str>,
}

/// What Terraform knows about an unknown value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refinement {
    /// It is not null.
    pub not_null: bool,
    /// A string begins with this.
    pub prefix: Option<Arc<str>>,
    /// A number is at least this.
    pub at_least: Option<Num>,
    /// A number is at most this.
    pub at_most: Option<Num>,
    /// The inclusive bounds of a collection's length.
    pub length: Option<(u64, u64)>,
}

/// An attribute of a resource instance in the module tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceRef {
    /// The instance's absolute address as Terraform prints it: `module.a.oci_kms_vault.v[0]`.
    pub address: Arc<str>,
    /// The attribute: `management_endpoint`, `id`.
    pub attribute: Arc<str>,
}

impl From<Data> for Value {
    fn from(data: Data) -> Self {
        Self { data, marks: Marks::default(), trail: None }
    }
}

/// The reason of a value that depends on an unknown value whose own reason is not available.
fn dependent() -> Reason {
    "it depends on a value that is unknown".into()
}

impl Value {
    /// A string, normalized to Unicode's composed form (NFC) as Terraform does with every string.
    pub fn string(text: impl AsRef<str>) -> Self {
        Data::String((*to_nfc(text.as_ref())).into()).into()
    }

    /// A number.
    pub fn number(number: impl Into<Num>) -> Self {
        Data::Number(number.into()).into()
    }

    /// A boolean.
    #[must_use]
    pub fn bool(value: bool) -> Self {
        Data::Bool(value).into()
    }

    /// A null of a type; `Type::Any` for a bare one.
    #[must_use]
    pub fn null(ty: Type) -> Self {
        Data::Null(ty).into()
    }

    /// A list. All elements must have the type.
    #[must_use]
    pub fn list(ty: Type, elements: Vec<Self>) -> Self {
        Data::List(ty, Arc::new(elements)).into()
    }

    /// A set: drops duplicates, sorts as Terraform iterates, and carries the marks of its elements. All elements must have the type.
    #[must_use]
    pub fn set(ty: Type, elements: Vec<Self>) -> Self {
        super::equality::set(ty, elements)
    }

    /// A map. All elements must have the type.
    #[must_use]
    pub fn map(ty: Type, elements: Members) -> Self {
        Data::Map(ty, Arc::new(elements)).into()
    }

    /// A tuple.
    #[must_use]
    pub fn tuple(elements: Vec<Self>) -> Self {
        Data::Tuple(Arc::new(elements)).into()
    }

    /// An object.
    #[must_use]
    pub fn object(attributes: Members) -> Self {
        Data::Object(Arc::new(attributes)).into()
    }

    /// An unknown value of a type, with the reason as a clause without a period.
    pub fn unknown(ty: Type, why: impl Into<Reason>) -> Self {
        UnknownValue::new(ty, why).into()
    }

    /// An unknown value of a type, for the same reason as `other`. Only the reason is taken over, not the origin or the possible values.
    #[must_use]
    pub fn unknown_like(ty: Type, other: &Self) -> Self {
        let why = other.why().cloned().unwrap_or_else(dependent);
        UnknownValue::new(ty, why).into()
    }

    /// The value with these marks added.
    #[must_use]
    pub fn with_marks(mut self, marks: Marks) -> Self {
        self.marks = self.marks.union(marks);
        // A result that is known during planning does not change over time, whatever it was computed from: `length([timestamp()])`.
        if matches!(self.data, Data::Null(_) | Data::Bool(_) | Data::Number(_) | Data::String(_)) {
            self.marks.time = Drivers::NONE;
        }
        self
    }

    /// What makes its unknown parts change over time.
    #[must_use]
    pub fn drivers(&self) -> Drivers {
        self.drivers_within(Drivers::NONE)
    }

    fn drivers_within(&self, outer: Drivers) -> Drivers {
        let own = outer.union(self.marks.time);
        match &self.data {
            Data::Unknown(_) => own,
            // Known parts do not change: in `[timestamp(), "HSM"]` only the first element does.
            _ => self.children().fold(Drivers::NONE, |drivers, child| drivers.union(child.drivers_within(own))),
        }
    }

    /// The value without its own marks. Elements keep theirs.
    #[must_use]
    pub fn unmarked(mut self) -> Self {
        self.marks = Marks::default();
        self
    }

    /// The value with another trail.
    #[must_use]
    pub fn with_trail(mut self, trail: Option<Arc<TrailLink>>) -> Self {
        self.trail = trail;
        self
    }

    /// The value with this trail if it has none.
    #[must_use]
    pub fn or_trail(mut self, trail: &Option<Arc<TrailLink>>) -> Self {
        if self.trail.is_none() {
            self.trail.clone_from(trail);
        }
        self
    }

    /// The value with a step added to the front of its trail.
    #[must_use]
    pub fn with_step(mut self, step: Step) -> Self {
        self.trail = Some(TrailLink::new(step, self.trail.take()));
        self
    }

    /// The steps of the trail, nearest first.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.trail.iter().flat_map(|link| link.steps())
    }

    /// The value with a trail whose first step records which other values decided that it was chosen.
    #[must_use]
    pub fn chosen(mut self, because: ChoiceReason, reads: Vec<Arc<TrailLink>>) -> Self {
        if let Some(link) = self.trail.as_ref().filter(|_| !reads.is_empty()) {
            let step = link.step.clone().chosen(because, reads);
            self.trail = Some(TrailLink::new(step, link.next.clone()));
        }
        self
    }

    /// The value's trail with its last step marked as the place where an attribute is left out.
    #[must_use]
    pub fn trail_leaving_out(&self, attribute: &Arc<str>) -> Option<Arc<TrailLink>> {
        let steps: Vec<&Step> = self.steps().collect();
        steps.into_iter().rev().fold(None, |next: Option<Arc<TrailLink>>, step| {
            let left_out = if next.is_none() { Some(Arc::clone(attribute)) } else { step.left_out.clone() };
            Some(TrailLink::new(Step { left_out, ..step.clone() }, next))
        })
    }

    /// The value's type.
    #[must_use]
    pub fn ty(&self) -> Type {
        match &self.data {
            Data::Null(ty) => ty.clone(),
            Data::Bool(_) => Type::Bool,
            Data::Number(_) => Type::Number,
            Data::String(_) => Type::String,
            Data::List(element, _) => Type::List(Arc::new(element.clone())),
            Data::Set(element, _) => Type::Set(Arc::new(element.clone())),
            Data::Map(element, _) => Type::Map(Arc::new(element.clone())),
            Data::Tuple(elements) => Type::Tuple(elements.iter().map(Self::ty).collect()),
            Data::Object(attributes) => Type::object(attributes.iter().map(|(name, value)| (Arc::clone(name), value.ty()))),
            Data::Unknown(unknown) => unknown.ty.clone(),
        }
    }

    /// Whether its type is unknown, or it is a bare `null`.
    #[must_use]
    pub fn is_untyped(&self) -> bool {
        match &self.data {
            Data::Null(ty) => *ty == Type::Any,
            Data::Unknown(unknown) => unknown.ty == Type::Any,
            _ => false,
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null(_))
    }

    /// Whether it is unknown. A known collection may still have unknown elements.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self.data, Data::Unknown(_))
    }

    /// Whether it and everything in it are known.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        match &self.data {
            Data::Unknown(_) => false,
            _ => self.children().all(Self::is_wholly_known),
        }
    }

    /// Whether it cannot be null: known and not null, or unknown but refined to not be null.
    #[must_use]
    pub fn is_not_null(&self) -> bool {
        match &self.data {
            Data::Null(_) => false,
            Data::Unknown(unknown) => unknown.refinement.not_null,
            _ => true,
        }
    }

    /// The details of an unknown value.
    #[must_use]
    pub fn as_unknown(&self) -> Option<&UnknownValue> {
        if let Data::Unknown(unknown) = &self.data { Some(unknown) } else { None }
    }

    /// Why the value is unknown, if it is.
    #[must_use]
    pub fn why(&self) -> Option<&Reason> {
        self.as_unknown().map(|unknown| &unknown.why)
    }

    /// The reason of the first unknown value in it, including itself.
    #[must_use]
    pub fn first_why(&self) -> Option<&Reason> {
        self.why().or_else(|| self.children().find_map(Self::first_why))
    }

    /// The reason for a value that is unknown because it depends on this one.
    #[must_use]
    pub fn why_dependent(&self) -> Reason {
        self.first_why().cloned().unwrap_or_else(dependent)
    }

    /// The text of a known string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Data::String(text) = &self.data { Some(text) } else { None }
    }

    /// The text of a known string as a name: shared, because copies of a large one would fill the memory.
    #[must_use]
    pub fn as_name(&self) -> Option<Arc<str>> {
        if let Data::String(text) = &self.data { Some(Arc::clone(text)) } else { None }
    }

    /// The number, if it is a known number.
    #[must_use]
    pub fn as_number(&self) -> Option<&Num> {
        if let Data::Number(number) = &self.data { Some(number) } else { None }
    }

    /// The boolean, if it is a known boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Data::Bool(value) = &self.data { Some(*value) } else { None }
    }

    /// The elements of a known list, set or tuple.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.data {
            Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries of a known map or object.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Members> {
        match &self.data {
            Data::Map(_, entries) | Data::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// All elements of a known collection, tuple or object, in Terraform's order; empty for anything else.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        let sequence = self.as_sequence().unwrap_or_default().iter();
        sequence.chain(self.as_mapping().into_iter().flat_map(Members::values))
    }

    /// The marks of the value and of everything in it.
    #[must_use]
    pub fn deep_marks(&self) -> Marks {
        self.children().fold(self.marks, |marks, child| marks.union(child.deep_marks()))
    }

    /// Whether every text in it may be shown. Otherwise what is computed from it is a piece of a hidden text (`Marks::piece`).
    #[must_use]
    pub fn may_show_parts(&self) -> bool {
        let own = match &self.data {
            Data::String(text) => secrecy::may_show_name(text),
            Data::Map(_, entries) | Data::Object(entries) => entries.keys().all(|name| secrecy::may_show_name(name)),
            _ => true,
        };
        own && !self.marks.raw && !self.marks.piece && self.children().all(Self::may_show_parts)
    }

    /// The value without marks at any depth, and the marks that were removed.
    #[must_use]
    pub fn unmark_deep(self) -> (Self, Marks) {
        let marks = self.deep_marks();
        // Nearly all values have no marks. Stripping them would still copy every element of a shared collection, once for each function
        // that it is passed to.
        if marks == Marks::default() { (self, marks) } else { (self.without_marks(), marks) }
    }

    fn without_marks(mut self) -> Self {
        self.marks = Marks::default();
        let strip = |elements: &[Self]| -> Vec<Self> { elements.iter().cloned().map(Self::without_marks).collect() };
        let strip_all = |entries: &Members| -> Members {
            entries.iter().map(|(name, value)| (Arc::clone(name), value.clone().without_marks())).collect()
        };
        match &mut self.data {
            Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => *elements = Arc::new(strip(elements)),
            Data::Map(_, entries) | Data::Object(entries) => *entries = Arc::new(strip_all(entries)),
            _ => {}
        }
        self
    }
}

/// A text in Unicode's composed form (NFC).
pub(super) fn to_nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

impl From<UnknownValue> for Value {
    fn from(unknown: UnknownValue) -> Self {
        Data::Unknown(Arc::new(unknown)).into()
    }
}

impl UnknownValue {
    /// An unknown value that can be anything of its type.
    pub fn new(ty: Type, why: impl Into<Reason>) -> Self {
        Self { ty, why: why.into(), refinement: Refinement::default(), origin: None, possible: Arc::from([]) }
    }
}
