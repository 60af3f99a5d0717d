//! What a resource type or data source has: its arguments, attributes and nested blocks.

use crate::eval::{Type, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Fields by name.
pub(crate) type SchemaFields = BTreeMap<Arc<str>, Field>;

/// A resource type or data source.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Its arguments, attributes and nested blocks.
    pub fields: SchemaFields,
    /// Whether the provider is made with terraform-plugin-sdk, which takes an empty text for an omitted one.
    pub is_sdk: bool,
    /// Whether no version of the provider has more fields than these.
    pub is_complete: bool,
}

/// An argument, attribute or nested block.
#[derive(Debug)]
pub(crate) enum Field {
    /// An argument or attribute.
    Attribute(SchemaAttribute),
    /// A nested block.
    Block(NestedBlock),
}

/// An argument or attribute.
#[derive(Debug)]
pub(crate) struct SchemaAttribute {
    /// Its type.
    pub ty: Type,
    /// Who sets it.
    pub filling: Filling,
    /// What it is where it is omitted.
    pub default: Option<Default>,
    /// Whether its value is never shown.
    pub is_sensitive: bool,
    /// Whether the provider stores something else than what is written.
    pub is_altered: bool,
    /// Whether it has a default that is not known here.
    pub has_unknown_default: bool,
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filling {
    /// The configuration must.
    Required,
    /// The configuration may; omitted it is null, or its default.
    Optional,
    /// The configuration may; omitted, the provider does.
    OrComputed,
    /// The provider alone.
    Computed,
}

/// The default of an argument.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Default {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(Arc<str>),
}

/// A nested block.
#[derive(Debug)]
pub(crate) struct NestedBlock {
    /// What several of them make.
    pub nesting: Nesting,
    /// How many there may be, where that is limited.
    pub most: Option<usize>,
    /// Whether the provider makes it where it is omitted.
    pub is_filled_in: bool,
    /// What is inside.
    pub fields: SchemaFields,
}

/// What the blocks of a type make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nesting {
    /// An object, or null.
    Single,
    /// A list of objects.
    List,
    /// A set of objects.
    Set,
    /// A map of objects, by label.
    Map,
}

impl Field {
    /// The type of its value.
    pub(crate) fn ty(&self) -> Type {
        match self {
            Self::Attribute(attribute) => attribute.ty.clone(),
            Self::Block(block) => block.ty(),
        }
    }
}

impl NestedBlock {
    /// The type of one of them.
    pub(crate) fn object(&self) -> Type {
        Type::object(self.fields.iter().map(|(name, field)| (Arc::clone(name), field.ty())))
    }

    /// The type of all of them.
    pub(crate) fn ty(&self) -> Type {
        match self.nesting {
            Nesting::Single => self.object(),
            Nesting::List => Type::list(self.object()),
            Nesting::Set => Type::set(self.object()),
            Nesting::Map => Type::map(self.object()),
        }
    }
}

impl Default {
    /// As a value.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Bool(value) => Value::bool(*value),
            Self::Number(value) => Value::number(*value),
            Self::Text(text) => Value::string(text),
        }
    }
}
