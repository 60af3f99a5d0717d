//! What is known of resource types and data sources: which arguments, attributes and blocks they have, of which types, and who fills
//! them in.
//!
//! The types of oracle/oci come from a table that `make.py` makes of the provider's own schema; those of a few small providers, which
//! keys are often written with, are in `builtin.rs`. Of all others nothing is known.

mod builtin;
mod table;
mod types;

pub(super) use types::{Field, Filling, NestedBlock, Nesting, Schema, SchemaAttribute, SchemaFields};

use crate::eval::Type;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

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
