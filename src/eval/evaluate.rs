//! Evaluates expressions. As in HashiCorp's HCL, a failed expression still has a value (an unknown one), because a conditional looks at the
//! type of the branch that it does not take, and `||` ignores errors of a side that it does not need.

use super::budget::number_price;
use super::call::call;
use super::conditional::conditional;
use super::context::EvalContext;
use super::iteration::for_expression;
use super::operators::{binary, unary};
use super::template::template;
use super::traversal::{reference, traversal};
use super::{Budget, EvalError, FileAccess, FileError, FileList, Marks, Num, NumError, RefStep, Scope, TOO_LARGE, Type, Value, convert};
use crate::base::{ChoiceReason, Place, SourceId, Span, Step, StepKind, TrailLink};
use crate::hcl::{Expr, ExprKind, ObjectItem, TraversalStep, native};
use std::sync::Arc;

/// Evaluates an expression.
///
/// # Errors
/// Fails if Terraform rejects the expression.
pub fn evaluate(expr: &Expr, context: &EvalContext<'_>) -> Result<Value, EvalError> {
    let mut errors = EvalErrors::default();
    let value = eval(expr, context, &mut errors);
    errors.into_result(value)
}

/// Parses and evaluates an expression with the default budget. `source` is the source whose text begins with the expression.
///
/// # Errors
/// Fails if the text does not parse, or if Terraform rejects the expression.
pub fn eval_text(source: SourceId, text: &str, scope: &dyn Scope) -> Result<Value, EvalError> {
    let expr = native::parse_expression(source, text).map_err(|error| EvalError::new(error.message, Some(error.span)))?;
    evaluate(&expr, &EvalContext::new(scope, &Budget::new()))
}

/// Evaluates an expression in a place where Terraform requires a constant: it must not refer to anything or call functions that read files.
///
/// # Errors
/// Fails if Terraform rejects the expression.
pub fn eval_constant(expr: &Expr) -> Result<Value, EvalError> {
    evaluate(expr, &EvalContext::new(&ConstantScope, &Budget::new()))
}

/// The scope of a constant: without names and files.
struct ConstantScope;

impl Scope for ConstantScope {
    fn resolve(&self, name: &str, span: Span, _: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        Err(EvalError::refused(format!("a reference is not allowed here: `{name}`"), Some(span)))
    }

    fn text(&self, _: Span) -> String {
        String::new()
    }

    fn files(&self) -> &dyn FileAccess {
        self
    }
}

impl FileAccess for ConstantScope {
    fn read(&self, _: &str) -> Result<Arc<[u8]>, FileError> {
        Err(FileError::withheld("files cannot be read here"))
    }

    fn exists(&self, _: &str) -> Result<bool, FileError> {
        Err(FileError::withheld("files cannot be read here"))
    }

    fn list(&self, _: &str) -> Result<Arc<FileList>, FileError> {
        Err(FileError::withheld("files cannot be read here"))
    }

    fn absolute(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// The errors so far: keeps the first one, or the first one that `try` and `can` must not catch.
#[derive(Debug, Default)]
pub(super) struct EvalErrors {
    first: Option<EvalError>,
}

impl EvalErrors {
    pub(super) fn push(&mut self, error: EvalError) {
        match &self.first {
            Some(first) if !first.is_catchable() || error.is_catchable() => {}
            _ => self.first = Some(error),
        }
    }

    /// Adds an error and returns the value of a failed expression.
    pub(super) fn fail(&mut self, message: impl Into<String>, span: Span) -> Value {
        self.push(EvalError::new(message, Some(span)));
        failed(Type::Any)
    }

    pub(super) fn any(&self) -> bool {
        self.first.is_some()
    }

    pub(super) fn merge(&mut self, other: Self) {
        if let Some(error) = other.first {
            self.push(error);
        }
    }

    /// The errors, with the message replaced if the values in it come from something sensitive.
    pub(super) fn redacted(self, marks: Marks) -> Self {
        let redact = |error: EvalError| EvalError {
            message: "this fails for an element; the reason is not shown because the elements are sensitive".to_owned(),
            ..error
        };
        if marks.is_secret() {
            Self { first: self.first.map(|error| if error.is_catchable() { redact(error) } else { error }) }
        } else {
            self
        }
    }

    /// Drops the errors of an expression whose value is not used, except those that `try` and `can` must not catch.
    pub(super) fn ignore_catchable(&mut self, other: Self) {
        if let Some(error) = other.first
            && !error.is_catchable()
        {
            self.push(error);
        }
    }

    pub(super) fn into_result(self, value: Value) -> Result<Value, EvalError> {
        self.first.map_or(Ok(value), Err)
    }

    pub(super) fn merge_error(&mut self, error: Option<EvalError>) {
        if let Some(error) = error {
            self.push(error);
        }
    }

    pub(super) fn into_first(self) -> Option<EvalError> {
        self.first
    }
}

/// The value of a failed expression.
pub(super) fn failed(ty: Type) -> Value {
    Value::unknown(ty, "it comes from an expression with an error")
}

/// The trail of a value that is written at this place.
pub(super) fn here(span: Span) -> Option<Arc<TrailLink>> {
    Some(TrailLink::new(Step::of(Place::Source(span), StepKind::Set), None))
}

/// The trail of a value that an expression computes from these values.
pub(super) fn computed(span: Span, inputs: &[&Value]) -> Option<Arc<TrailLink>> {
    let is_literal = |link: &Arc<TrailLink>| link.next.is_none() && link.step.kind == StepKind::Set && link.step.chosen_by.is_none();
    let mut reads = Vec::new();
    for link in inputs.iter().filter_map(|value| value.trail.as_ref()) {
        match link.step.chosen_by.as_deref() {
            // The input was computed here as well: take over what it was computed from.
            Some(choice) if link.next.is_none() && choice.reason == ChoiceReason::Computation => {
                reads.extend(choice.reads.iter().filter(|link| !is_literal(link)).cloned());
            }
            _ if is_literal(link) => {}
            _ => reads.push(Arc::clone(link)),
        }
    }
    let step = Step::of(Place::Source(span), StepKind::Set);
    Some(TrailLink::new(if reads.is_empty() { step } else { step.chosen(ChoiceReason::Computation, reads) }, None))
}

/// The value of an expression; its errors go into `errors`.
pub(super) fn eval(expr: &Expr, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let expr = expr.without_parens();
    // Literals are free: they stay known even when the budget is used up.
    if let ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) = &expr.kind {
        return literal(expr, errors).with_trail(here(expr.span));
    }
    let (true, Some(_guard)) = (context.budget.step(), context.budget.enter()) else {
        return context.budget.too_large().with_trail(here(expr.span));
    };
    match &expr.kind {
        ExprKind::Variable(name) => reference(name, expr, &[], context, errors),
        ExprKind::Traversal(base, steps) => traversal(expr, base, steps, context, errors),
        ExprKind::Conditional(condition, then, otherwise) => conditional(expr, [condition, then, otherwise], context, errors),
        ExprKind::Call { name, arguments, expand } => call(expr, name, arguments, *expand, context, errors),
        ExprKind::Template(parts) => template(parts, expr.span, context, errors),
        ExprKind::For(parts) => for_expression(parts, expr.span, context, errors),
        ExprKind::Binary(..) => binary(expr, context, errors),
        ExprKind::Unary(operator, operand) => unary(*operator, operand, expr.span, context, errors),
        ExprKind::Tuple(elements) => bounded(tuple(elements, context, errors), context).with_trail(here(expr.span)),
        ExprKind::Object(items) => bounded(object(items, expr.span, context, errors), context).with_trail(here(expr.span)),
        _ => literal(expr, errors).with_trail(here(expr.span)),
    }
}

/// A newly built value if the budget allows it, otherwise an unknown one in its place.
pub(super) fn bounded(value: Value, context: &EvalContext<'_>) -> Value {
    if context.budget.weigh(&value) { value } else { context.budget.too_large() }
}

/// Converts a string, number or boolean to a type, and pays for converting a number to a string: it may have a hundred thousand digits.
pub(super) fn converted(value: Value, ty: &Type, context: &EvalContext<'_>) -> Result<Value, EvalError> {
    let value = if *ty != Type::String || context.budget.work(number_price(&value)) {
        value
    } else {
        context.budget.too_large().with_marks(value.marks)
    };
    convert(value, ty)
}

fn literal(expr: &Expr, errors: &mut EvalErrors) -> Value {
    match &expr.kind {
        ExprKind::Null => Value::null(Type::Any),
        ExprKind::Bool(value) => Value::bool(*value),
        ExprKind::String(text) => Value::string(text),
        ExprKind::Number(text) => match Num::parse(text) {
            Ok(number) => Value::number(number),
            Err(NumError::TooLarge) => Value::unknown(Type::Number, TOO_LARGE),
            Err(_) => errors.fail(format!("`{text}` is not a number"), expr.span),
        },
        ExprKind::Invalid(message) => errors.fail(message.to_string(), expr.span),
        _ => failed(Type::Any),
    }
}

fn tuple(elements: &[Expr], context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    if !context.budget.charge_elements(elements.len() as u64) {
        return context.budget.too_large();
    }
    Value::tuple(elements.iter().map(|element| eval(element, context, errors)).collect())
}

fn object(items: &[ObjectItem], span: Span, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    if !context.budget.charge_objects(1, items.len() as u64) {
        return context.budget.too_large();
    }
    let mut attributes = Vec::with_capacity(items.len());
    let mut marks = Marks::NONE;
    let mut unknown_key = None;
    for ObjectItem { key, value } in items {
        let mut key_errors = EvalErrors::default();
        let name = object_key(key, context, &mut key_errors);
        let value = eval(value, context, errors);
        if key_errors.any() {
            unknown_key.get_or_insert_with(|| failed(Type::Any));
            errors.merge(key_errors);
            continue;
        }
        marks = marks.union(name.marks);
        match name.as_name() {
            Some(text) => {
                attributes.push((text, value));
            }
            None => {
                unknown_key.get_or_insert(name);
            }
        }
    }
    match unknown_key {
        // Terraform drops the marks of the keys here. Keeping them hides more, never less.
        Some(key) => Value::unknown_like(Type::Any, &key).with_marks(marks).with_trail(here(span)),
        None => Value::object(attributes.into_iter().collect()).with_marks(marks),
    }
}

/// The name that an object key evaluates to: a string, or unknown.
fn object_key(key: &Expr, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    if let ExprKind::Traversal(base, steps) = &key.kind
        && matches!(base.kind, ExprKind::Variable(_))
        && steps.iter().all(is_constant_step)
    {
        return errors
            .fail("a reference used as an object key needs parentheses around it, a literal key with periods needs quotes", key.span);
    }
    let name = eval(key, context, errors);
    if errors.any() {
        return name;
    }
    if name.is_null() {
        return errors.fail("null cannot be the key of an object", key.span);
    }
    let marks = name.marks;
    match converted(name, &Type::String, context) {
        Ok(name) => name.with_marks(marks),
        Err(error) => errors.fail(format!("this value cannot be the key of an object: {}", error.message), key.span),
    }
}

/// Whether a step needs no evaluation: `.a`, `.0`, `["k"]`.
fn is_constant_step(step: &TraversalStep) -> bool {
    match step {
        TraversalStep::Attr(_) | TraversalStep::LegacyIndex(..) => true,
        TraversalStep::Index(index, _) => matches!(index.kind, ExprKind::String(_) | ExprKind::Number(_)),
        TraversalStep::FullSplat(_) | TraversalStep::AttrSplat(_) => false,
    }
}
