//! Function calls: evaluates the arguments, and implements the functions that take expressions instead of values: `try`, `can`, `convert`.

use super::budget::text_price;
use super::constraint::{TypeConstraint, parse_constraint};
use super::context::{EvalContext, Locals};
use super::evaluate::{EvalErrors, bounded, computed, eval, evaluate, failed, here};
use super::functions::{self, FunctionHost, TemplateNesting};
use super::possible::{MAX_CASES, by_cases, cases_of, with_possible};
use super::references::{check_declared, references};
use super::tfvars;
use super::{Data, EvalError, Marks, Members, Possible, ResourceRef, Type, Value};
use crate::base::{ChoiceReason, Place, Span, Step, StepKind, TrailLink};
use crate::hcl::{Expr, ExprKind, Name, Origin, native};
use std::sync::Arc;

pub(super) fn call(
    expr: &Expr,
    name: &Name,
    arguments: &[Expr],
    expand: bool,
    context: &EvalContext<'_>,
    errors: &mut EvalErrors,
) -> Value {
    let plain = name.text.strip_prefix("core::").unwrap_or(&name.text);
    if context.inside == TemplateNesting::Values {
        return errors.fail("functions may not be called in values of variables", expr.span);
    }
    match (plain, arguments) {
        ("try" | "can", _) => match tried_arguments(arguments, expand, context, errors) {
            Ok(tried) => match (plain, tried.as_slice()) {
                ("try", [_, ..]) => attempt(expr, &tried, context, errors),
                ("try", []) => errors.fail("`try` takes at least one argument", expr.span),
                ("can", [argument]) => can(argument, context, errors).with_trail(here(expr.span)),
                _ => errors.fail(format!("`{plain}` does not take these arguments"), expr.span),
            },
            Err(unknown) => unknown.with_trail(here(expr.span)),
        },
        ("convert", [value, ty]) if !expand => convert_to(value, ty, context, errors),
        ("convert", _) => errors.fail("`convert` takes a value and a type", expr.span),
        _ => call_with_values(expr, plain, arguments, expand, context, errors),
    }
}

fn is_reference(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Variable(_) => true,
        ExprKind::Traversal(base, _) => matches!(base.kind, ExprKind::Variable(_)),
        _ => false,
    }
}

/// Calls a function that takes values.
fn call_with_values(
    expr: &Expr,
    name: &str,
    arguments: &[Expr],
    expand: bool,
    context: &EvalContext<'_>,
    errors: &mut EvalErrors,
) -> Value {
    let mut own = EvalErrors::default();
    let evaluated = evaluate_arguments(arguments, expand, context, &mut own);
    let faulty = own.any();
    errors.merge(own);
    if faulty {
        return failed(Type::Any);
    }
    let values = match evaluated {
        Ok(values) => values,
        Err(unknown) => return unknown.with_trail(here(expr.span)),
    };
    if let Some(function) = tfvars::function(name, context) {
        let result = tfvars::call(function, &values, expr.span, context);
        return result.unwrap_or_else(|error| {
            errors.push(redact_error(error, name, &values).at(expr.span));
            failed(Type::Any)
        });
    }
    if name.contains("::") && name.starts_with("provider::") {
        let marks = values.iter().fold(Marks::NONE, |marks, value| marks.union(value.deep_marks()));
        return Value::unknown(Type::Any, format!("`{name}` is a function of a provider")).with_marks(marks).with_trail(here(expr.span));
    }
    if !pay_for_arguments(name, &values, context) {
        return context.budget.too_large().with_trail(here(expr.span));
    }
    if let ("templatestring", [template, ..]) = (name, arguments)
        && !is_reference(template)
        && !values.iter().skip(1).any(Value::is_unknown)
    {
        return errors.fail("`templatestring` takes a reference to a template; write the template itself without it", template.span);
    }
    let result = match apply(name, &values, expr.span, context) {
        Ok(result) => result,
        Err(error) => {
            errors.push(error.at(expr.span));
            return failed(Type::Any);
        }
    };
    // Elements may be shared with the arguments, unless they were parsed from a text.
    let fits = if name.ends_with("decode") || name.starts_with("to") {
        context.budget.charge_all(&result)
    } else {
        let objects = u64::from(result.as_mapping().is_some());
        context.budget.charge_objects(objects, result.children().count() as u64)
    };
    let result = if fits { bounded(result, context) } else { context.budget.too_large() };
    let result = if result.is_unknown() { with_origin_or_cases(result, name, &values, expr.span, context) } else { result };
    if functions::reads_file(name) {
        return result.with_trail(None).with_step(Step::of(Place::Source(expr.span), StepKind::File));
    }
    if result.trail.is_some() {
        return with_deciding_arguments(result, &values);
    }
    result.with_trail(inherited_trail(arguments, &values).or_else(|| computed(expr.span, &values.iter().collect::<Vec<_>>())))
}

/// A value that a function took from one of its arguments: its trail records the other arguments, which decided that it is this one.
fn with_deciding_arguments(result: Value, values: &[Value]) -> Value {
    if values.len() < 2 {
        return result;
    }
    let own = result.trail.clone();
    let is_own = |link: &Arc<TrailLink>| own.as_ref().is_some_and(|own| Arc::ptr_eq(own, link) || own.step.place == link.step.place);
    let is_literal = |link: &Arc<TrailLink>| link.next.is_none() && link.step.kind == StepKind::Set && link.step.chosen_by.is_none();
    let others = values.iter().filter_map(|value| value.trail.clone()).filter(|link| !is_own(link) && !is_literal(link));
    let others: Vec<_> = others.collect();
    result.chosen(ChoiceReason::Computation, others)
}

/// The trail of the only argument, or of the only one that is not a literal.
fn inherited_trail(arguments: &[Expr], values: &[Value]) -> Option<Arc<TrailLink>> {
    if let ([_], [value]) = (arguments, values) {
        return value.trail.clone();
    }
    let mut computed = arguments.iter().zip(values).filter(|(argument, _)| !is_literal(argument));
    match (computed.next(), computed.next()) {
        (Some((_, value)), None) => value.trail.clone(),
        _ => None,
    }
}

/// Whether an expression contains only literals.
pub(super) fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::Parens(inner) | ExprKind::Unary(_, inner) => is_literal(inner),
        ExprKind::Tuple(elements) => elements.iter().all(is_literal),
        ExprKind::Object(items) => items.iter().all(|item| is_literal(&item.value)),
        _ => false,
    }
}

/// The values of the arguments, with `...` expanded; or the unknown value of a call whose number of arguments is unknown.
fn evaluate_arguments(arguments: &[Expr], expand: bool, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Result<Vec<Value>, Value> {
    let (plain, last) = split_expanded(arguments, expand);
    let mut values: Vec<Value> = plain.iter().map(|argument| eval(argument, context, errors)).collect();
    if let Some(last) = last {
        values.extend(expanded_arguments(last, context, errors)?);
    }
    Ok(values)
}

/// The plain arguments, and the one before `...`.
fn split_expanded(arguments: &[Expr], expand: bool) -> (&[Expr], Option<&Expr>) {
    match arguments.split_last() {
        Some((last, plain)) if expand => (plain, Some(last)),
        _ => (arguments, None),
    }
}

/// The elements of the argument before `...`; or the value of the call, if it fails or the number of arguments is unknown.
fn expanded_arguments(last: &Expr, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Result<Vec<Value>, Value> {
    let mut own = EvalErrors::default();
    let expanded = eval(last, context, &mut own);
    let faulty = own.any();
    errors.merge(own);
    if faulty {
        return Err(failed(Type::Any));
    }
    if expanded.is_null() {
        return Err(errors.fail("the argument before `...` is null", last.span));
    }
    let ty = expanded.ty();
    match expanded.as_sequence() {
        Some(elements) => {
            if !context.budget.charge_elements(elements.len() as u64) {
                return Err(context.budget.too_large());
            }
            Ok(elements.iter().map(|element| element.clone().with_marks(expanded.marks).or_trail(&expanded.trail)).collect())
        }
        None if matches!(ty, Type::Any | Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
            Err(Value::unknown_like(Type::Any, &expanded).with_marks(expanded.marks))
        }
        None => Err(errors.fail("the argument before `...` must be a tuple, list or set", last.span)),
    }
}

/// Pays for the arguments of a function: every call looks at all of their parts, if only for marks and types. A few functions pick one
/// element of the first argument without looking at the others. False if the budget is used up.
fn pay_for_arguments(name: &str, values: &[Value], context: &EvalContext<'_>) -> bool {
    let price = functions::price(name);
    let partly_read = usize::from(matches!(name, "lookup" | "element" | "length"));
    values.iter().take(partly_read).all(|value| context.budget.work(1 + text_price(value) * price.text))
        && values.iter().skip(partly_read).all(|value| context.budget.weigh_for(value, price))
}

fn apply(name: &str, values: &[Value], span: Span, context: &EvalContext<'_>) -> Result<Value, EvalError> {
    let spend = |amount: u64| context.budget.charge(amount);
    let work = |elements: u64| context.budget.work(elements);
    let render =
        |text: &str, file: &str, variables: &Members, inside: TemplateNesting| render(text, file, variables, inside, span, context);
    let host = FunctionHost {
        files: context.scope.files(),
        dialect: context.scope.dialect(),
        spend: &spend,
        work: &work,
        patterns: context.budget.patterns(),
        render: &render,
        inside: context.inside,
    };
    let result = functions::call(name, values, &host, span).map_err(|error| redact_error(error, name, values))?;
    Ok(with_redacted_reason(result, values))
}

/// The result with hidden texts removed from the reason of an unknown value: most often file paths.
fn with_redacted_reason(mut result: Value, values: &[Value]) -> Value {
    let Data::Unknown(unknown) = &mut result.data else { return result };
    let hidden = values.iter().map(|value| (value, value.deep_marks())).filter(|(_, marks)| marks.hides_text());
    let quoted_values: Vec<_> = hidden.filter(|(value, marks)| reveals(&unknown.why, value, marks.is_secret())).collect();
    if quoted_values.is_empty() {
        return result;
    }
    let texts = quoted_values.iter().filter_map(|(value, _)| value.as_str()).filter(|text| !text.is_empty());
    let why = texts.fold(unknown.why.to_string(), |why, text| why.replace(text, "…"));
    let still_revealed = quoted_values.iter().find(|(value, marks)| reveals(&why, value, marks.is_secret()));
    let why = still_revealed.map_or(why, |(_, marks)| format!("the reason is not shown because a value {}", origin_of_secret(*marks)));
    Arc::make_mut(unknown).why = unknown.why.reworded(why);
    result
}

/// Why a text with these marks is not shown, to follow "a value".
fn origin_of_secret(marks: Marks) -> &'static str {
    if marks.is_secret() { "is sensitive" } else { "comes from a file, the environment or the command line" }
}

/// The error, with its message replaced if it reveals a hidden text.
fn redact_error(error: EvalError, name: &str, values: &[Value]) -> EvalError {
    let hidden = values
        .iter()
        .map(Value::deep_marks)
        .zip(values)
        .find(|(marks, value)| marks.hides_text() && reveals(&error.message, value, marks.is_secret()));
    let Some((marks, _)) = hidden else { return error };
    let why = origin_of_secret(marks);
    EvalError { message: format!("invalid argument for `{name}`; the reason is not shown because a value {why}"), ..error }
}

/// Whether a message contains a text of a value or quotes a piece of one, however short: a text can be revealed letter by letter. For
/// secrets, numbers count too.
fn reveals(message: &str, value: &Value, secret: bool) -> bool {
    let quoted = || message.split(['`', '"', '\'']).map(str::trim).filter(|piece| !piece.is_empty());
    let shows = |text: &str| (text.len() > 3 && message.contains(text)) || quoted().any(|piece| text.contains(piece));
    match &value.data {
        Data::String(text) => shows(text),
        Data::Number(number) => secret && message.contains(&number.to_string()),
        _ => {
            let reveals_key = |entries: &Members| entries.keys().any(|key| reveals(message, &Value::string(key), secret));
            value.as_mapping().is_some_and(reveals_key) || value.children().any(|child| reveals(message, child, secret))
        }
    }
}

/// Renders the text of a template, which can refer to these variables only.
fn render(
    text: &str,
    file: &str,
    variables: &Members,
    inside: TemplateNesting,
    span: Span,
    context: &EvalContext<'_>,
) -> Result<Value, EvalError> {
    let names: Vec<(&Arc<str>, Value)> = variables.iter().map(|(name, value)| (name, value.clone())).collect();
    let locals = Locals { names: &names, outer: None };
    let context = EvalContext { locals: Some(&locals), closed: true, inside, ..*context };
    let template = native::parse_template(text, &Origin::Within(span))
        .map_err(|error| EvalError::new(format!("the template `{file}` does not parse: {}", error.message), Some(span)))?;
    if let Some(missing) = references(&template).iter().find(|reference| !variables.contains_key(reference.root)) {
        return Err(EvalError::new(format!("the template `{file}` needs a variable `{}`", missing.root), Some(span)));
    }
    evaluate(&template, &context)
}

/// The unknown result with what we know about it beyond Terraform: the attribute that it is, or the values that it can have.
fn with_origin_or_cases(result: Value, name: &str, values: &[Value], span: Span, context: &EvalContext<'_>) -> Value {
    let mut result = result;
    if let (Data::Unknown(unknown), Some(origin)) = (&mut result.data, origin_of(name, values))
        && unknown.origin.is_none()
    {
        Arc::make_mut(unknown).origin = Some(origin);
        return result;
    }
    if let Some(cases) = lookup_cases(name, values).or_else(|| element_cases(name, values)) {
        return with_possible(result, cases);
    }
    let inputs: Vec<&Value> = values.iter().collect();
    by_cases(&result, &inputs, |values| apply(name, values, span, context).ok())
}

/// The resource attribute that a call passes through unchanged.
fn origin_of(name: &str, values: &[Value]) -> Option<Arc<ResourceRef>> {
    let origin = |value: &Value| value.as_unknown().and_then(|unknown| unknown.origin.clone());
    match (name, values) {
        ("tostring" | "sensitive" | "nonsensitive" | "trimspace" | "one" | "element", [value, ..]) => origin(value),
        ("join", [_, list]) => match list.as_sequence() {
            Some([only]) => origin(only),
            _ => None,
        },
        ("format", [pattern, value]) if pattern.as_str() == Some("%s") => origin(value),
        _ => None,
    }
}

/// The values that `lookup` can return for an unknown key in a known map.
fn lookup_cases(name: &str, values: &[Value]) -> Option<Vec<Possible>> {
    let ("lookup", [map, key, default]) = (name, values) else { return None };
    if map.marks.is_secret() {
        return None;
    }
    let unlisted = key.as_unknown().is_some_and(|unknown| unknown.possible.is_empty());
    let entries = map.as_mapping().filter(|entries| unlisted && entries.len() < MAX_CASES)?;
    let entry = |(name, value): (&Arc<str>, &Value)| Possible { value: value.clone(), when: format!("the key is `\"{name}\"`").into() };
    let other = Possible { value: default.clone(), when: Arc::from("the key is any other") };
    Some(entries.iter().map(entry).chain([other]).collect())
}

/// The values that `element` can return for an unknown index into a known sequence.
fn element_cases(name: &str, values: &[Value]) -> Option<Vec<Possible>> {
    let ("element", [list, index]) = (name, values) else { return None };
    let unlisted = index.as_unknown().is_some_and(|unknown| unknown.possible.is_empty());
    let elements =
        list.as_sequence().filter(|elements| unlisted && !list.marks.is_secret() && (1..=MAX_CASES).contains(&elements.len()))?;
    let element = |(at, value): (usize, &Value)| Possible { value: value.clone(), when: format!("the index picks element {at}").into() };
    Some(elements.iter().enumerate().map(element).collect())
}

/// An argument of `try` or `can`: an expression, which may fail; or an element of the argument before `...`, which cannot.
enum TriedArgument<'a> {
    Expression(&'a Expr),
    Element(Value),
}

impl TriedArgument<'_> {
    fn eval(&self, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
        match self {
            Self::Expression(expr) => eval(expr, context, errors),
            Self::Element(value) => value.clone(),
        }
    }
}

/// The arguments of `try` or `can`, or the value of the call if they are unknown.
fn tried_arguments<'a>(
    arguments: &'a [Expr],
    expand: bool,
    context: &EvalContext<'_>,
    errors: &mut EvalErrors,
) -> Result<Vec<TriedArgument<'a>>, Value> {
    let (plain, last) = split_expanded(arguments, expand);
    let mut tried: Vec<TriedArgument<'a>> = plain.iter().map(TriedArgument::Expression).collect();
    if let Some(last) = last {
        tried.extend(expanded_arguments(last, context, errors)?.into_iter().map(TriedArgument::Element));
    }
    Ok(tried)
}

/// `try`: the first argument that does not fail. If it has unknown parts it may still fail later, so the result is unknown.
fn attempt(expr: &Expr, arguments: &[TriedArgument<'_>], context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let mut last = None;
    let mut failed_trails = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        let mut own = EvalErrors::default();
        let value = argument.eval(context, &mut own);
        if own.any() {
            failed_trails.extend(value.trail.clone());
            let error = own.into_first();
            if error.as_ref().is_some_and(|error| !error.is_catchable()) {
                errors.merge_error(error);
                return failed(Type::Any);
            }
            last = error;
            continue;
        }
        let rest = arguments.get(at + 1..).unwrap_or_default();
        for argument in rest {
            if let TriedArgument::Expression(expr) = argument {
                check_declared(expr, &[], context, errors);
            }
        }
        let value = bounded(value, context).chosen(ChoiceReason::Computation, std::mem::take(&mut failed_trails));
        if value.is_wholly_known() {
            return value;
        }
        return undecided(value, rest, context);
    }
    let reason = last.map(|error| error.message).unwrap_or_default();
    errors.fail(format!("no argument of `try` succeeds: {reason}"), expr.span)
}

/// The unknown result of a `try` whose deciding argument has unknown parts.
fn undecided(value: Value, rest: &[TriedArgument<'_>], context: &EvalContext<'_>) -> Value {
    let mut unknown = super::UnknownValue::new(Type::Any, value.why_dependent());
    unknown.origin = value.as_unknown().and_then(|unknown| unknown.origin.clone());
    let marks = Marks { time: value.drivers(), ..value.marks };
    let result = Value::from(unknown).with_marks(marks).with_trail(value.trail.clone());
    let listed = value.as_unknown().is_some_and(|unknown| !unknown.possible.is_empty());
    if value.is_unknown() && !listed {
        return result;
    }
    // It may still fail once it is known, so the arguments after it are possible results too.
    let mut cases = match value.as_unknown() {
        Some(unknown) => unknown.possible.to_vec(),
        None => vec![Possible { value, when: Arc::from("`try` succeeds with its first choice") }],
    };
    let otherwise: Arc<str> = Arc::from("that fails");
    for argument in rest {
        let mut own = EvalErrors::default();
        let value = argument.eval(context, &mut own);
        if own.any() {
            continue;
        }
        if value.is_unknown() && value.as_unknown().is_some_and(|unknown| unknown.possible.is_empty()) {
            return result;
        }
        let is_known = value.is_wholly_known();
        cases.extend(cases_of(&value, &otherwise));
        if is_known {
            break;
        }
    }
    with_possible(result, cases)
}

/// `can`: whether the argument does not fail. If it has unknown parts, that is unknown.
fn can(argument: &TriedArgument<'_>, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let mut own = EvalErrors::default();
    let value = argument.eval(context, &mut own);
    if own.any() {
        errors.ignore_catchable(own);
        return Value::bool(false);
    }
    let value = bounded(value, context);
    // Terraform returns an unmarked boolean: `issensitive(can(sensitive("a")))` is false.
    let marks = Marks { sensitive: false, ephemeral: false, ..value.deep_marks() };
    if value.is_wholly_known() {
        return Value::bool(true).with_marks(marks);
    }
    Value::unknown(Type::Bool, value.why_dependent()).with_marks(marks)
}

/// `convert(value, type)`.
fn convert_to(value: &Expr, ty: &Expr, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let span = value.span;
    let mut own = EvalErrors::default();
    let value = eval(value, context, &mut own);
    if own.any() {
        errors.merge(own);
        return failed(Type::Any);
    }
    let value = bounded(value, context);
    // In a loop, the type is parsed again for each element.
    if !context.budget.work(ty.span.range().len() as u64) {
        return context.budget.too_large();
    }
    // Unlike in a variable's type, the forms of Terraform 0.11 (a bare `list` or `map`, `"string"` in quotes) are not types here.
    let is_0_11 =
        matches!(&ty.kind, ExprKind::String(_)) || matches!(&ty.kind, ExprKind::Variable(name) if matches!(&**name, "list" | "map"));
    let constraint = if is_0_11 {
        Err(EvalError::new("the second argument of `convert` must be a type", Some(ty.span)))
    } else {
        parse_constraint(ty, &mut |default| evaluate(default, context), context.budget)
    };
    let converted = constraint.and_then(|constraint| match value.is_unknown() {
        true => Ok(convert_unknown(value, &constraint)),
        false if !constraint.has_room(&value, context.budget) => Ok(context.budget.too_large()),
        false => constraint.conform(value),
    });
    match converted {
        Ok(value) => value,
        Err(error) => {
            errors.push(error.at(span));
            failed(Type::Any)
        }
    }
}

/// An unknown value gets the requested type. It may still turn out to be anything, so the conversion is not an error yet.
fn convert_unknown(value: Value, constraint: &TypeConstraint) -> Value {
    let result = Value::unknown_like(constraint.ty.without_optional(), &value).with_marks(value.marks).with_trail(value.trail.clone());
    match (result.data, constraint.conform(value).map(|converted| converted.data)) {
        (Data::Unknown(mut unknown), Ok(Data::Unknown(converted))) => {
            let known = Arc::make_mut(&mut unknown);
            known.origin.clone_from(&converted.origin);
            known.possible = Arc::clone(&converted.possible);
            Value { data: Data::Unknown(unknown), marks: result.marks, trail: result.trail }
        }
        (data, _) => Value { data, marks: result.marks, trail: result.trail },
    }
}
