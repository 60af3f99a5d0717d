//! Templates: text with interpolations and directives.

use super::context::{EvalContext, Locals};
use super::evaluate::{EvalErrors, converted, eval, failed, here};
use super::iteration::entries;
use super::possible::by_cases;
use super::references::check_template;
use super::{Marks, Type, Value, convert};
use crate::base::Span;
use crate::hcl::{Expr, Name, Part, Template, TemplateDirective};

/// A template. If it consists of a single interpolation, its value has the type of that interpolation; otherwise it is a string.
pub(super) fn template(template: &Template, span: Span, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    if let [Part::Interpolation(inner)] = template.parts.as_slice() {
        return eval(inner, context, errors);
    }
    text(template, span, context, errors)
}

/// A template as a string, even if it consists of a single interpolation.
fn text(template: &Template, span: Span, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let mut values = Vec::with_capacity(template.parts.len());
    let mut own = EvalErrors::default();
    for part in &template.parts {
        let before = own.any();
        let value = match part {
            Part::Literal(text) => Value::string(text),
            Part::Interpolation(inner) => {
                let value = eval(inner, context, &mut own);
                printable(value, inner.span, context, &mut own)
            }
            Part::Directive(directive) => {
                let (value, span) = run_directive(directive, span, context, &mut own);
                printable(value, span, context, &mut own)
            }
        };
        // The known part of a failed template is the text before the error. It matters for conversions of the result.
        let usable = !before && !own.any() || value.is_unknown();
        values.push(if usable { value } else { Value::string("").with_marks(value.marks).with_trail(value.trail) });
    }
    let faulty = own.any();
    errors.merge(own);
    let mut marks = values.iter().fold(Marks::NONE, |marks, value| marks.union(value.marks));
    marks.piece |= values.iter().any(|value| value.marks.from_file && !value.may_show_parts());
    let trail = inherited_trail(template, &values).or_else(|| here(span));
    if faulty && values.iter().any(Value::is_unknown) {
        return failed(Type::String).not_null().with_marks(marks).with_trail(trail);
    }
    let Some(result) = concatenate(&values, context) else { return context.budget.too_large().with_marks(marks).with_trail(trail) };
    let inputs: Vec<&Value> = values.iter().collect();
    by_cases(&result, &inputs, |cases| {
        let converted: Option<Vec<Value>> = cases.iter().map(|case| convert(case.clone(), &Type::String).ok()).collect();
        concatenate(&converted?, context)
    })
    .with_marks(marks)
    .with_trail(trail)
}

/// The trail of the only part that is not literal text.
fn inherited_trail(template: &Template, values: &[Value]) -> Option<std::sync::Arc<crate::base::TrailLink>> {
    let mut computed = template.parts.iter().zip(values).filter(|(part, _)| !matches!(part, Part::Literal(_)));
    match (computed.next(), computed.next()) {
        (Some((_, value)), None) => value.trail.clone(),
        _ => None,
    }
}

/// A value converted to a string: unknown values stay unknown, null and compound values are errors.
fn printable(value: Value, span: Span, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    if value.is_null() {
        errors.fail("null cannot be part of a text", span);
        return value;
    }
    // HCL skips unknown parts before it converts the others: an unknown list is an error only once it is known.
    if value.is_unknown() {
        return value;
    }
    let marks = value.marks;
    converted(value, &Type::String, context).unwrap_or_else(|error| {
        errors.fail(format!("this value cannot be part of a text: {}", error.message), span);
        Value::string("").with_marks(marks)
    })
}

/// Joins texts. With an unknown part the result is unknown, with the text before that part as its prefix. `None` if it is too large.
fn concatenate(values: &[Value], context: &EvalContext<'_>) -> Option<Value> {
    let size: usize = values.iter().filter_map(Value::as_str).map(str::len).sum();
    if !context.budget.charge(size as u64) {
        return None;
    }
    let mut joined = String::with_capacity(size);
    for value in values {
        match value.as_str() {
            Some(text) => joined.push_str(text),
            None => return Some(Value::unknown_like(Type::String, value).not_null().with_prefix(&joined)),
        }
    }
    Some(Value::string(joined))
}

fn run_directive(directive: &TemplateDirective, span: Span, context: &EvalContext<'_>, errors: &mut EvalErrors) -> (Value, Span) {
    match directive {
        TemplateDirective::If { condition, then, otherwise, span: own } => {
            let own = if own.start == own.end { span } else { *own };
            (run_if(condition, then, otherwise, own, context, errors), own)
        }
        TemplateDirective::For { key_var, value_var, collection, body, span: own } => {
            (run_for((key_var.as_ref(), value_var), collection, body, *own, context, errors), *own)
        }
    }
}

fn run_if(
    condition: &Expr,
    then: &Template,
    otherwise: &Template,
    span: Span,
    context: &EvalContext<'_>,
    errors: &mut EvalErrors,
) -> Value {
    let (mut then_errors, mut otherwise_errors) = (EvalErrors::default(), EvalErrors::default());
    let then = text(then, span, context, &mut then_errors);
    let otherwise = text(otherwise, span, context, &mut otherwise_errors);
    let decision = eval(condition, context, errors);
    if decision.is_null() {
        errors.fail("the condition is null; it must be true or false", condition.span);
        return failed(Type::String);
    }
    let both = then.drivers().intersection(otherwise.drivers());
    let marks = Marks { time: decision.marks.time, ..decision.marks.union(then.marks).union(otherwise.marks) };
    if decision.is_unknown() {
        let marks = Marks { time: marks.time.union(both), ..marks };
        errors.ignore_catchable(then_errors);
        errors.ignore_catchable(otherwise_errors);
        return Value::unknown_like(Type::String, &decision).not_null().with_marks(marks);
    }
    match convert(decision, &Type::Bool).ok().and_then(|decision| decision.as_bool()) {
        Some(true) => {
            errors.merge(then_errors);
            errors.ignore_catchable(otherwise_errors);
            then.with_marks(marks)
        }
        Some(false) => {
            errors.merge(otherwise_errors);
            errors.ignore_catchable(then_errors);
            otherwise.with_marks(marks)
        }
        None => {
            errors.fail("the condition must be true or false", condition.span);
            failed(Type::String)
        }
    }
}

fn run_for(
    names: (Option<&Name>, &Name),
    collection: &Expr,
    body: &Template,
    span: Span,
    context: &EvalContext<'_>,
    errors: &mut EvalErrors,
) -> Value {
    let (key_var, value_var) = names;
    let over = eval(collection, context, errors);
    // HCL does not refine the result of a `for` directive to not be null; the template around it does.
    let unknown = |over: &Value| Value::unknown_like(Type::String, over).with_marks(over.marks);
    if over.is_null() {
        errors.fail("cannot iterate over null", collection.span);
        return failed(Type::String);
    }
    if over.ty() == Type::Any {
        check_template(body, &bound_names(key_var, value_var), context, errors);
        return unknown(&over);
    }
    let Some(items) = entries(&over) else {
        if matches!(over.ty(), Type::Bool | Type::Number | Type::String) {
            errors.fail(format!("a value of type {} has no elements to repeat over", over.ty()), collection.span);
            return failed(Type::String);
        }
        check_template(body, &bound_names(key_var, value_var), context, errors);
        return unknown(&over);
    };
    if items.is_empty() {
        check_template(body, &bound_names(key_var, value_var), context, errors);
    }
    let mut results = Vec::with_capacity(items.len());
    let mut own = EvalErrors::default();
    for (key, value) in items {
        let mut variables = Vec::with_capacity(2);
        if let Some(name) = key_var {
            variables.push((&name.text, key));
        }
        variables.push((&value_var.text, value));
        let locals = Locals { names: &variables, outer: context.locals };
        results.push(text(body, span, &context.with(&locals), &mut own));
    }
    errors.merge(own.redacted(over.marks));
    let marks = results.iter().fold(over.marks, |marks, value| marks.union(value.marks));
    match results.iter().find(|result| result.is_unknown()) {
        Some(result) => Value::unknown_like(Type::String, result).with_marks(marks),
        None => concatenate(&results, context).unwrap_or_else(|| context.budget.too_large()).with_marks(marks),
    }
}

fn bound_names<'a>(key_var: Option<&'a Name>, value_var: &'a Name) -> Vec<&'a str> {
    key_var.into_iter().chain([value_var]).map(|name| &*name.text).collect()
}
