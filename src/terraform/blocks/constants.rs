//! Arguments that must be constant because Terraform decodes them before it evaluates anything: `sensitive`, `nullable`, names in a `cloud`
//! block.

use crate::base::{Sources, Span};
use crate::eval::{
    Budget, Data, EvalContext, EvalError, FileAccess, FileError, FileList, Marks, RefStep, Scope, Type, Value, convert, evaluate,
};
use crate::hcl::{Block, Expr, ExprKind};
use std::sync::Arc;

/// A scope without any names, functions or files.
struct EmptyScope<'s> {
    sources: &'s Sources,
}

impl Scope for EmptyScope<'_> {
    fn resolve(&self, name: &str, span: Span, _: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        Err(EvalError::refused(format!("`{name}` may not be referred to here"), Some(span)))
    }

    fn text(&self, span: Span) -> String {
        self.sources.get(span.source).slice(span).to_owned()
    }

    fn files(&self) -> &dyn FileAccess {
        self
    }
}

impl FileAccess for EmptyScope<'_> {
    fn read(&self, _: &str) -> Result<Arc<[u8]>, FileError> {
        Err(FileError::Missing)
    }

    fn exists(&self, _: &str) -> Result<bool, FileError> {
        Err(FileError::Missing)
    }

    fn list(&self, _: &str) -> Result<Arc<FileList>, FileError> {
        Err(FileError::Missing)
    }

    fn absolute(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// The value of a constant expression, which may have operators, conditionals, templates and literals.
pub(crate) fn value(expr: &Expr, sources: &Sources) -> Result<Value, EvalError> {
    if let Some(span) = expr.find_call(&|_| true) {
        return Err(EvalError::refused("functions may not be called here".to_owned(), Some(span)));
    }
    let budget = Budget::default();
    evaluate(expr, &EvalContext::new(&EmptyScope { sources }, &budget)).map_err(|error| error.at(expr.span))
}

/// A flag such as `sensitive = true`; `None` if it is not set. As in Terraform, `"true"` and `"1"` are true, and `null` is rejected.
pub(super) fn flag(block: &Block, name: &str, sources: &Sources) -> Result<Option<bool>, EvalError> {
    let Some(attribute) = block.body.attribute(name) else { return Ok(None) };
    if let ExprKind::Bool(value) = attribute.value.kind {
        return Ok(Some(value));
    }
    let refused = || EvalError::refused(format!("`{name}` must be true or false"), Some(attribute.value.span));
    let value = value(&attribute.value, sources)?;
    // Neither numbers nor null convert to a boolean.
    match convert(value, &Type::Bool).map(|value| value.data) {
        Ok(Data::Bool(value)) => Ok(Some(value)),
        _ => Err(refused()),
    }
}

/// Whether a flag is true; false if Terraform would reject it.
pub(crate) fn is_true(block: &Block, name: &str, sources: &Sources) -> bool {
    flag(block, name, sources).is_ok_and(|flag| flag == Some(true))
}

/// The marks that a variable or output declares for its value.
pub(crate) fn declared_marks(block: &Block, sources: &Sources) -> Result<Marks, EvalError> {
    let flag = |name| Ok(flag(block, name, sources)?.unwrap_or(false));
    Ok(Marks { sensitive: flag("sensitive")?, ephemeral: flag("ephemeral")?, ..Marks::NONE })
}

/// Whether a variable may be null. If not, null is replaced by its default.
pub(crate) fn is_nullable(variable: &Block, sources: &Sources) -> Result<bool, EvalError> {
    Ok(flag(variable, "nullable", sources)?.unwrap_or(true))
}

/// The text of a constant expression; `None` if it is not a constant string.
pub(crate) fn text(expr: &Expr, sources: &Sources) -> Option<Arc<str>> {
    match convert(value(expr, sources).ok()?, &Type::String).ok()?.data {
        Data::String(text) => Some(text),
        _ => None,
    }
}

/// The text of an expression that is a plain string.
pub(crate) fn literal(expr: &Expr) -> Option<&str> {
    match &expr.without_parens().kind {
        ExprKind::String(text) => Some(text),
        _ => None,
    }
}

/// The name in an expression that is a single name, with or without quotes.
pub(crate) fn keyword(expr: &Expr) -> Option<Arc<str>> {
    match &expr.without_parens().kind {
        ExprKind::Variable(name) | ExprKind::String(name) => Some(Arc::clone(name)),
        _ => None,
    }
}

/// The source of a call that is a plain string.
pub(crate) fn literal_source(call: &Block) -> Option<&str> {
    literal(&call.body.attribute("source")?.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hcl;

    /// The expected values are those of Terraform 1.15.5 for `nullable` and `sensitive`.
    #[test]
    fn constant_expression_as_flag_has_terraforms_value() {
        let all = [
            ("true", Some(true)),
            ("(false)", Some(false)),
            ("!true", Some(false)),
            ("\"${false}\"", Some(false)),
            ("\"false\"", Some(false)),
            ("\"0\"", Some(false)),
            ("\"1\"", Some(true)),
            ("\"${\"tr\"}ue\"", Some(true)),
            ("true && false", Some(false)),
            ("1 == 2", Some(false)),
            ("true ? false : true", Some(false)),
            ("{ a = false }.a", Some(false)),
            ("[false][0]", Some(false)),
            ("[for x in [true] : x][0]", Some(true)),
            ("null", None),
            ("\"no\"", None),
            ("0", None),
            ("tobool(\"false\")", None),
            ("try(true)", None),
            ("var.x", None),
        ];
        for (text, expected) in all {
            let sources = Sources::default();
            let source = format!("variable \"v\" {{\n  sensitive = {text}\n}}\n");
            let id = sources.add("main.tf", source.clone());
            let file = hcl::native::parse(id, &source);
            assert_eq!(file.error, None, "{text}");
            assert_eq!(flag(&file.body.blocks[0], "sensitive", &sources).ok().flatten(), expected, "{text}");
            assert_eq!(flag(&file.body.blocks[0], "nullable", &sources).ok(), Some(None));
        }
    }
}
