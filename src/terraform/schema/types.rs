//! The schema of a resource type or data source: its arguments, attributes and nested blocks.

use crate::eval::{Type, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Fields by name.
pub(crate) type SchemaFields = BTreeMap<Arc<str>, Field>;

/// The schema of a resource type or data source.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Its arguments, attributes and nested blocks.
    pub fields: SchemaFields,
    /// Whether the provider uses terraform-plugin-sdk, which treats an empty string as omitted.
    pub is_sdk: bool,
    /// Whether no version of the provider has more fields.
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
    /// Whether the configuration or the provider sets it.
    pub configurability: Configurability,
    /// Its default.
    pub default: Option<SchemaDefault>,
    /// Whether its value may not be shown.
    pub is_sensitive: bool,
    /// Whether the provider changes the configured value.
    pub is_altered: bool,
    /// Whether it has a default that the schema does not contain.
    pub has_unknown_default: bool,
}

/// Whether the configuration or the provider sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Configurability {
    /// The configuration must set it.
    Required,
    /// The configuration may set it. If omitted, it has its default or is null.
    Optional,
    /// The configuration may set it. If omitted, the provider computes it.
    OptionalComputed,
    /// Only the provider sets it.
    Computed,
}

/// The default of an argument.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SchemaDefault {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A string.
    Text(Arc<str>),
}

/// A nested block.
#[derive(Debug)]
pub(crate) struct NestedBlock {
    /// The type of its value.
    pub nesting: Nesting,
    /// The maximum number of blocks, if there is one.
    pub max: Option<usize>,
    /// Whether the provider computes it if it is omitted.
    pub is_computed: bool,
    /// The fields of each block.
    pub fields: SchemaFields,
}

/// The type of the value that all blocks of a type have together.
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
    /// The type of one block.
    pub(crate) fn object(&self) -> Type {
        Type::object(self.fields.iter().map(|(name, field)| (Arc::clone(name), field.ty())))
    }

    /// The type of all blocks together.
    pub(crate) fn ty(&self) -> Type {
        match self.nesting {
            Nesting::Single => self.object(),
            Nesting::List => Type::list(self.object()),
            Nesting::Set => Type::set(self.object()),
            Nesting::Map => Type::map(self.object()),
        }
    }
}

impl SchemaDefault {
    /// The default as a value.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Bool(value) => Value::bool(*value),
            Self::Number(value) => Value::number(*value),
            Self::Text(text) => Value::string(text),
        }
    }
}
