//! Terraform's types.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A type or type constraint. `Any` in a value's type means "not yet known" (cty's dynamic pseudo-type).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// An unknown type, or no constraint.
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

/// One attribute of an object type. The types of values never have optional attributes; constraints may.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectAttr {
    /// Its type.
    pub ty: Type,
    /// Whether it may be omitted.
    pub optional: bool,
}

impl Type {
    /// An object type without optional attributes.
    pub fn object(attributes: impl IntoIterator<Item = (Arc<str>, Self)>) -> Self {
        Self::Object(Arc::new(attributes.into_iter().map(|(name, ty)| (name, ObjectAttr { ty, optional: false })).collect()))
    }

    /// `list(element)`.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::List(Arc::new(element))
    }

    /// `set(element)`.
    #[must_use]
    pub fn set(element: Self) -> Self {
        Self::Set(Arc::new(element))
    }

    /// `map(element)`.
    #[must_use]
    pub fn map(element: Self) -> Self {
        Self::Map(Arc::new(element))
    }

    /// `tuple([elements])`.
    #[must_use]
    pub fn tuple(elements: Vec<Self>) -> Self {
        Self::Tuple(elements.into())
    }

    /// Whether it is `bool`, `number` or `string`.
    #[must_use]
    pub fn is_primitive(&self) -> bool {
        matches!(self, Self::Bool | Self::Number | Self::String)
    }

    /// Whether it is a list, set or map.
    #[must_use]
    pub fn is_collection(&self) -> bool {
        matches!(self, Self::List(_) | Self::Set(_) | Self::Map(_))
    }

    /// The element type of a list, set or map.
    #[must_use]
    pub fn element(&self) -> Option<&Self> {
        match self {
            Self::List(element) | Self::Set(element) | Self::Map(element) => Some(element),
            _ => None,
        }
    }

    /// Whether any part of it is unknown.
    #[must_use]
    pub fn has_any(&self) -> bool {
        match self {
            Self::Any => true,
            Self::Bool | Self::Number | Self::String => false,
            Self::List(element) | Self::Set(element) | Self::Map(element) => element.has_any(),
            Self::Tuple(elements) => elements.iter().any(Self::has_any),
            Self::Object(attributes) => attributes.values().any(|attribute| attribute.ty.has_any()),
        }
    }

    /// Whether a value of type `other` could turn out to be of this type: `Any` on this side accepts everything.
    #[must_use]
    pub fn could_be(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::List(mine), Self::List(theirs)) | (Self::Set(mine), Self::Set(theirs)) | (Self::Map(mine), Self::Map(theirs)) => {
                mine.could_be(theirs)
            }
            (Self::Tuple(mine), Self::Tuple(theirs)) => {
                mine.len() == theirs.len() && mine.iter().zip(theirs.iter()).all(|(mine, theirs)| mine.could_be(theirs))
            }
            (Self::Object(mine), Self::Object(theirs)) => {
                mine.len() == theirs.len()
                    && mine.iter().all(|(name, mine)| theirs.get(name).is_some_and(|theirs| mine.ty.could_be(&theirs.ty)))
            }
            _ => self == other,
        }
    }

    /// Whether either of two types could turn out to be the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.could_be(other) || other.could_be(self)
    }

    /// The same type with all attributes required: the type of a value that conforms to it.
    #[must_use]
    pub fn without_optional(&self) -> Self {
        match self {
            Self::Any | Self::Bool | Self::Number | Self::String => self.clone(),
            Self::List(element) => Self::list(element.without_optional()),
            Self::Set(element) => Self::set(element.without_optional()),
            Self::Map(element) => Self::map(element.without_optional()),
            Self::Tuple(elements) => Self::Tuple(elements.iter().map(Self::without_optional).collect()),
            Self::Object(attributes) => {
                Self::object(attributes.iter().map(|(name, attribute)| (Arc::clone(name), attribute.ty.without_optional())))
            }
        }
    }

    /// The name in a message that requires this type, as cty's `FriendlyNameForConstraint`: "list of string", "any type".
    #[must_use]
    pub fn constraint_name(&self) -> String {
        match self {
            Self::Any => "any type".to_owned(),
            Self::List(element) => format!("list of {}", element.constraint_name()),
            Self::Set(element) => format!("set of {}", element.constraint_name()),
            Self::Map(element) => format!("map of {}", element.constraint_name()),
            _ => self.to_string(),
        }
    }
}

/// Terraform's friendly names: "string", "list of number", "object", "tuple", "dynamic".
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("dynamic"),
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::List(element) => write!(f, "list of {element}"),
            Self::Set(element) => write!(f, "set of {element}"),
            Self::Map(element) => write!(f, "map of {element}"),
            Self::Tuple(_) => f.write_str("tuple"),
            Self::Object(_) => f.write_str("object"),
        }
    }
}
