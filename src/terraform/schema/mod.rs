//! The schemas of resource types and data sources: their arguments, attributes and blocks.
//!
//! The schemas of oracle/oci are in a table that `make.py` generates from the provider's own schema. `builtin.rs` has those of a few small
//! providers that are often used together with keys. Other types have no schema.

mod builtin;
mod table;
mod types;

pub(super) use types::{Configurability, Field, NestedBlock, Nesting, Schema, SchemaAttribute, SchemaFields};

use crate::eval::Type;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Cached schemas by type: those of resources, then those of data sources.
type SchemaMemo = [HashMap<String, Arc<Schema>>; 2];

/// The schema of a type, if it is known. Cached after the first call.
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

/// An argument or nested block of a resource that can be configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SchemaArgument {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is a nested block.
    pub is_block: bool,
    /// Whether it must be set.
    pub is_required: bool,
    /// Whether it is a boolean.
    pub is_switch: bool,
}

/// The arguments and nested blocks of a managed resource type, or of the nested block at the path `within`. Empty without a schema.
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
        Field::Attribute(attribute) if attribute.configurability == Configurability::Computed => None,
        Field::Attribute(attribute) => Some(SchemaArgument {
            name: Arc::clone(name),
            is_block: false,
            is_required: attribute.configurability == Configurability::Required,
            is_switch: attribute.ty == Type::Bool,
        }),
        Field::Block(_) => Some(SchemaArgument { name: Arc::clone(name), is_block: true, is_required: false, is_switch: false }),
    };
    fields.iter().filter_map(argument).collect()
}

/// The version of oracle/oci in the table.
pub(super) fn version() -> &'static str {
    table::version()
}
