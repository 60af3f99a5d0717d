//! What is known of resource types and data sources: which arguments, attributes and blocks they have, of which types, and who fills
//! them in.
//!
//! The types of oracle/oci come from a table that `make.py` makes of the provider's own schema; those of a few small providers, which
//! keys are often written with, are in `builtin.rs`. Of all others nothing is known.

mod builtin;
mod table;

use crate::eval::{Type, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Fields by name.
pub(super) type SchemaFields = BTreeMap<Arc<str>, Field>;

/// A resource type or data source.
#[derive(Debug)]
pub(super) struct Schema {
    /// Its arguments, attributes and nested blocks.
    pub fields: SchemaFields,
    /// Whether the provider is made with terraform-plugin-sdk, which takes an empty text for an omitted one.
    pub is_sdk: bool,
    /// Whether no version of the provider has more fields than these.
    pub is_complete: bool,
}

/// An argument, attribute or nested block.
#[derive(Debug)]
pub(super) enum Field {
    /// An argument or attribute.
    Attribute(SchemaAttribute),
    /// A nested block.
    Block(NestedBlock),
}

/// An argument or attribute.
#[derive(Debug)]
pub(super) struct SchemaAttribute {
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
pub(super) enum Filling {
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
pub(super) enum Default {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(Arc<str>),
}

/// A nested block.
#[derive(Debug)]
pub(super) struct NestedBlock {
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
pub(super) enum Nesting {
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
    pub(super) fn ty(&self) -> Type {
        match self {
            Self::Attribute(attribute) => attribute.ty.clone(),
            Self::Block(block) => block.ty(),
        }
    }
}

impl NestedBlock {
    /// The type of one of them.
    pub(super) fn object(&self) -> Type {
        Type::object(self.fields.iter().map(|(name, field)| (Arc::clone(name), field.ty())))
    }

    /// The type of all of them.
    pub(super) fn ty(&self) -> Type {
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
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Bool(value) => Value::bool(*value),
            Self::Number(value) => Value::number(*value),
            Self::Text(text) => Value::string(text),
        }
    }
}

/// Schemas that were read, by type: those of resources, then those of data sources.
type SchemaMemo = [HashMap<String, Arc<Schema>>; 2];

/// The schema of a type, where it is known. Read the first time, and kept.
pub(super) fn of(is_data: bool, kind: &str) -> Option<Arc<Schema>> {
    static READ: LazyLock<Mutex<SchemaMemo>> = LazyLock::new(Mutex::default);
    let at = |read: &SchemaMemo| {
        let [resources, data] = read;
        (if is_data { data } else { resources }).get(kind).cloned()
    };
    if let Some(schema) = at(&READ.lock().unwrap_or_else(PoisonError::into_inner)) {
        return Some(schema);
    }
    let is_oci = kind.starts_with("oci_");
    let line = if is_oci { table::find(is_data, kind) } else { table::line(builtin::LINES, is_data, kind) }?;
    let schema = Arc::new(table::schema(line, is_oci, builtin::is_complete(kind))?);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let [resources, data] = &mut *read;
    (if is_data { data } else { resources }).insert(kind.to_owned(), Arc::clone(&schema));
    Some(schema)
}

/// An argument or nested block that may be written in a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SchemaArgument {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is a nested block.
    pub is_block: bool,
    /// Whether it must be there.
    pub is_required: bool,
    /// Whether it is `true` or `false`.
    pub is_switch: bool,
}

/// What may be written in a managed resource of a type, within nested blocks of these types; nothing where the type is not known.
#[must_use]
pub(crate) fn arguments(kind: &str, within: &[&str]) -> Vec<SchemaArgument> {
    let Some(schema) = of(false, kind) else { return Vec::new() };
    let mut fields = &schema.fields;
    for name in within {
        match fields.get(*name) {
            Some(Field::Block(block)) => fields = &block.fields,
            _ => return Vec::new(),
        }
    }
    let argument = |(name, field): (&Arc<str>, &Field)| match field {
        Field::Attribute(attribute) if attribute.filling == Filling::Computed => None,
        Field::Attribute(attribute) => Some(SchemaArgument {
            name: Arc::clone(name),
            is_block: false,
            is_required: attribute.filling == Filling::Required,
            is_switch: attribute.ty == Type::Bool,
        }),
        Field::Block(_) => Some(SchemaArgument { name: Arc::clone(name), is_block: true, is_required: false, is_switch: false }),
    };
    fields.iter().filter_map(argument).collect()
}

/// The version of oracle/oci that the table describes.
pub(super) fn version() -> &'static str {
    table::version()
}
