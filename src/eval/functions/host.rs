//! What functions may ask of who calls them: files, the budget, patterns, templates.

use super::pattern::Patterns;
use crate::eval::{Dialect, EvalError, FileAccess, Members, Value};

/// Renders template text: the text, its name for messages, the variables, and what it is inside of.
pub type Render<'a> = dyn Fn(&str, &str, &Members, TemplateNesting) -> Result<Value, EvalError> + 'a;

/// What functions may ask of their surroundings.
pub struct FunctionHost<'a> {
    /// The files that file functions may read.
    pub files: &'a dyn FileAccess,
    /// Whose functions there are.
    pub dialect: Dialect,
    /// Pays for a number of elements or bytes; false when the budget is spent.
    pub spend: &'a dyn Fn(u64) -> bool,
    /// Pays for looking at a number of elements; false when the budget is spent.
    pub work: &'a dyn Fn(u64) -> bool,
    /// The patterns that the expression has compiled.
    pub patterns: &'a Patterns,
    /// Renders a template with nothing but the given variables. While it does, functions are called with the [`TemplateNesting`] it was given.
    pub render: &'a Render<'a>,
    /// Whether the call is in a template that a function renders.
    pub inside: TemplateNesting,
}

/// Whether a call is in a template that a function renders, where some functions are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TemplateNesting {
    /// It does not.
    #[default]
    Nothing,
    /// In a template of `templatefile`.
    TemplateFile,
    /// In a template of `templatestring`.
    TemplateString,
    /// In a text of values for variables, where nothing may be called.
    Values,
}
