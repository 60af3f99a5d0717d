//! Terraform's types.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A type or type constraint. `Any` in a value's type means "not known yet" (cty's dynamic pseudo-type).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Not known, or no constraint.
    Any,
    /// `bool`.
    Bool,
    /// `number`.
    Number,
    /// `string`.
    String,
    /// `list(…)`.
    List(Arc<Type>),
    /// `set(…)`.
    Set(Arc<Type>),
    /// `map(…)`.
    Map(Arc<Type>),
    /// `tuple([…])`.
    Tuple(Arc<[Type]>),
    /// `object({…})`.
    Object(Arc<BTreeMap<Arc<str>, ObjectAttr>>),
}

/// One attribute of an object type. Values' own types never have optional attributes; constraints may.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectAttr {
    /// Its type.
    pub ty: Type,
    /// Whether it may be left out.
    pub optional: bool,
}
