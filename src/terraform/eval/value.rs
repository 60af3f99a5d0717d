//! Values: known, null or unknown, with marks, the way they took, and what unknown ones can still be.

use super::{Num, Type};
use crate::base::{Place, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// What must be minded of it.
    pub marks: Marks,
    /// The way it took, nearest first; `None` for values nobody wrote.
    pub trail: Option<Arc<TrailLink>>,
}

/// The contents of a value. Collections are shared, so a clone costs nothing.
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
    Map(Type, Arc<BTreeMap<Arc<str>, Value>>),
    /// A tuple.
    Tuple(Arc<Vec<Value>>),
    /// An object.
    Object(Arc<BTreeMap<Arc<str>, Value>>),
    /// Not known.
    Unknown(Arc<UnknownValue>),
}

/// A value that is not known.
#[derive(Clone, Debug)]
pub struct UnknownValue {
    /// Its type, as far as it is known.
    pub ty: Type,
    /// The reason as a clause without a full stop: "variable `level` has no value", "`oci_kms_vault.v.id` is known after apply".
    pub why: Arc<str>,
    /// What Terraform itself knows of it.
    pub refinement: Refinement,
    /// The resource attribute this value *is*, where it is exactly one: how a key's vault is found.
    pub origin: Option<Arc<ResourceRef>>,
    /// What we know beyond Terraform: the complete list of values it can have. Empty where it can be anything. Kept apart from
    /// the value: the evaluator's results never depend on it.
    pub possible: Arc<[Possible]>,
}

/// One value that an unknown can have.
#[derive(Clone, Debug)]
pub struct Possible {
    /// The value; may itself be unknown (with an origin, say).
    pub value: Value,
    /// When, as a clause behind "when": "`var.level >= 3`".
    pub when: Arc<str>,
}

/// What Terraform knows of an unknown value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refinement {
    /// It is not null.
    pub not_null: bool,
    /// A string begins with this.
    pub prefix: Option<Arc<str>>,
    /// A number is at least this (and whether equal is allowed).
    pub at_least: Option<(Num, bool)>,
    /// A number is at most this (and whether equal is allowed).
    pub at_most: Option<(Num, bool)>,
    /// Bounds of a collection's length.
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

/// What must be minded of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    /// Never shown.
    pub sensitive: bool,
    /// Only lives during the run; like sensitive for us.
    pub ephemeral: bool,
    /// Came out of a file function: shown only if it is one of the service's own words or a number.
    pub from_file: bool,
    /// Rests on something the caller of a library module may set.
    pub by_caller: bool,
}

impl Marks {
    /// Both sets of marks.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            sensitive: self.sensitive || other.sensitive,
            ephemeral: self.ephemeral || other.ephemeral,
            from_file: self.from_file || other.from_file,
            by_caller: self.by_caller || other.by_caller,
        }
    }
}

/// One station of the way, and the stations behind it.
#[derive(Clone, Debug)]
pub struct TrailLink {
    /// Where.
    pub place: Place,
    /// What happens there: "default of variable `mode`".
    pub label: Arc<str>,
    /// The station behind it.
    pub next: Option<Arc<TrailLink>>,
}

/// An error Terraform would raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// Where, as far as it is known.
    pub span: Option<Span>,
    /// Whether `try` and `can` may not catch it: references to things that are not declared fail even there.
    pub fatal: bool,
}
