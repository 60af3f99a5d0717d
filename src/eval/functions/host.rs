//! What functions need from the evaluator: files, the budget, patterns, templates.

use super::pattern::Patterns;
use crate::eval::{Dialect, EvalError, FileAccess, Members, Value};

/// Renders a template: its text, its name for messages, the variables, and the function that renders it.
pub type Render<'a> = dyn Fn(&str, &str, &Members, TemplateNesting) -> Result<Value, EvalError> + 'a;

/// What functions need from the evaluator.
pub struct FunctionHost<'a> {
    /// The files that file functions may read.
    pub files: &'a dyn FileAccess,
    /// Which product's functions exist.
    pub dialect: Dialect,
    /// Pays for a number of elements or bytes; false if the budget is used up.
    pub spend: &'a dyn Fn(u64) -> bool,
    /// Pays for looking at a number of elements; false if the budget is used up.
    pub work: &'a dyn Fn(u64) -> bool,
    /// The patterns that the expression has compiled.
    pub patterns: &'a Patterns,
    /// Renders a template that can refer to the given variables only. Functions in it are called with the given [`TemplateNesting`].
    pub render: &'a Render<'a>,
    /// The template that the call is in.
    pub inside: TemplateNesting,
}

/// Whether a call is in a template that a function renders, where some functions are not allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TemplateNesting {
    /// In no template.
    #[default]
    Nothing,
    /// In a template of `templatefile`.
    TemplateFile,
    /// In a template of `templatestring`.
    TemplateString,
    /// In a text of values for variables, where no function is allowed.
    Values,
}
