//! Function calls: evaluates the arguments, and itself the functions that look at expressions instead of values: `try`, `can`, `convert`.

use super::budget::of_text;
use super::constraint::{TypeConstraint, parse_constraint};
use super::context::{EvalContext, Locals};
use super::evaluate::{EvalErrors, bounded, computed, eval, evaluate, failed, here};
use super::functions::{self, FunctionHost, TemplateNesting};
use super::possible::{MOST_CASES, by_cases, cases_of, with_possible};
use super::references::{check_declared, references};
use super::tfvars;
use super::{Data, EvalError, Marks, Members, Possible, ResourceRef, Type, Value};
use crate::base::{Because, Place, Span, Step, StepKind, TrailLink};
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
        ("try" | "can", _) => match choices(arguments, expand, context, errors) {
            Ok(choices) => match (plain, choices.as_slice()) {
                ("try", [_, ..]) => attempt(expr, &choices, context, errors),
                ("try", []) => errors.fail("`try` takes at least one argument", expr.span),
                ("can", [choice]) => can(choice, context, errors).with_trail(here(expr.span)),
                _ => errors.fail(format!("`{plain}` does not take these arguments"), expr.span),
            },
            Err(unknown) => unknown.with_trail(here(expr.span)),
        },
        ("convert", [value, ty]) if !expand => convert_to(value, ty, context, errors),
        ("convert", _) => errors.fail("`convert` takes a value and a type", expr.span),
        _ => ordinary(expr, plain, arguments, expand, context, errors),
    }
}

fn is_reference(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Variable(_) => true,
        ExprKind::Traversal(base, _) => matches!(base.kind, ExprKind::Variable(_)),
        _ => false,
    }
}

/// A function that takes values.
fn ordinary(expr: &Expr, name: &str, arguments: &[Expr], expand: bool, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
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
            errors.push(discreet(error, name, &values).at(expr.span));
            failed(Type::Any)
        });
    }
    if name.contains("::") && name.starts_with("provider::") {
        let marks = values.iter().fold(Marks::NONE, |marks, value| marks.union(value.deep_marks()));
        return Value::unknown(Type::Any, format!("`{name}` is a function of a provider")).with_marks(marks).with_trail(here(expr.span));
    }
    if !afford(name, &values, context) {
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
    // The elements themselves may be shared with the arguments, unless they were read from a text.
    let fits = if name.ends_with("decode") || name.starts_with("to") {
        context.budget.charge_all(&result)
    } else {
        let objects = u64::from(result.as_mapping().is_some());
        context.budget.charge_objects(objects, result.children().count() as u64)
    };
    let result = if fits { bounded(result, context) } else { context.budget.too_large() };
    let result = if result.is_unknown() { with_knowledge(result, name, &values, expr.span, context) } else { result };
    if functions::reads_file(name) {
        return result.with_trail(None).with_step(Step::of(Place::Source(expr.span), StepKind::File));
    }
    if result.trail.is_some() {
        return picked_among(result, &values);
    }
    result.with_trail(carried(arguments, &values).or_else(|| computed(expr.span, &values.iter().collect::<Vec<_>>())))
}

/// A value that a function took out of one of its arguments: the others decided that it is this one.
fn picked_among(result: Value, values: &[Value]) -> Value {
    if values.len() < 2 {
        return result;
    }
    let own = result.trail.clone();
    let is_own = |link: &Arc<TrailLink>| own.as_ref().is_some_and(|own| Arc::ptr_eq(own, link) || own.step.place == link.step.place);
    let is_written = |link: &Arc<TrailLink>| link.next.is_none() && link.step.kind == StepKind::Set && link.step.chosen_by.is_none();
    let others = values.iter().filter_map(|value| value.trail.clone()).filter(|link| !is_own(link) && !is_written(link));
    let others: Vec<_> = others.collect();
    result.chosen(Because::Computation, others)
}

/// The trail of the only argument that is not written out, or of the only one.
fn carried(arguments: &[Expr], values: &[Value]) -> Option<Arc<TrailLink>> {
    if let ([_], [value]) = (arguments, values) {
        return value.trail.clone();
    }
    let mut moving = arguments.iter().zip(values).filter(|(argument, _)| !is_written_out(argument));
    match (moving.next(), moving.next()) {
        (Some((_, value)), None) => value.trail.clone(),
        _ => None,
    }
}

/// Whether an expression holds nothing but literals.
pub(super) fn is_written_out(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::Parens(inner) | ExprKind::Unary(_, inner) => is_written_out(inner),
        ExprKind::Tuple(elements) => elements.iter().all(is_written_out),
        ExprKind::Object(items) => items.iter().all(|item| is_written_out(&item.value)),
        _ => false,
    }
}

/// The values of the arguments, `...` expanded; or the unknown value of a call whose number of arguments is unknown.
fn evaluate_arguments(arguments: &[Expr], expand: bool, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Result<Vec<Value>, Value> {
    let (plain, last) = expanding(arguments, expand);
    let mut values: Vec<Value> = plain.iter().map(|argument| eval(argument, context, errors)).collect();
    if let Some(last) = last {
        values.extend(expanded(last, context, errors)?);
    }
    Ok(values)
}

/// The arguments that stand for themselves, and the one in front of `...`.
fn expanding(arguments: &[Expr], expand: bool) -> (&[Expr], Option<&Expr>) {
    match arguments.split_last() {
        Some((last, plain)) if expand => (plain, Some(last)),
        _ => (arguments, None),
    }
}

/// The elements of the argument before `...`; or the value of a call whose number of arguments is unknown, or which fails.
fn expanded(last: &Expr, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Result<Vec<Value>, Value> {
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

/// Pays for what a function looks at: all of its arguments, for their marks and types if for nothing else, unless it picks one element
/// without looking at the others; false where nothing is left.
fn afford(name: &str, values: &[Value], context: &EvalContext<'_>) -> bool {
    let price = functions::price(name);
    let picked_from = usize::from(matches!(name, "lookup" | "element" | "length"));
    values.iter().take(picked_from).all(|value| context.budget.work(1 + of_text(value) * price.text))
        && values.iter().skip(picked_from).all(|value| context.budget.weigh_for(value, price))
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
    let result = functions::call(name, values, &host, span).map_err(|error| discreet(error, name, values))?;
    Ok(with_discreet_reason(result, values))
}

/// An unknown result whose reason does not hold the texts that may not be shown: paths of files, most often.
fn with_discreet_reason(mut result: Value, values: &[Value]) -> Value {
    let Data::Unknown(unknown) = &mut result.data else { return result };
    let hidden = values.iter().map(|value| (value, value.deep_marks())).filter(|(_, marks)| marks.hides_text());
    let quoted_values: Vec<_> = hidden.filter(|(value, marks)| quotes(&unknown.why, value, marks.is_secret())).collect();
    if quoted_values.is_empty() {
        return result;
    }
    let texts = quoted_values.iter().filter_map(|(value, _)| value.as_str()).filter(|text| !text.is_empty());
    let why = texts.fold(unknown.why.to_string(), |why, text| why.replace(text, "…"));
    let still = quoted_values.iter().find(|(value, marks)| quotes(&why, value, marks.is_secret()));
    let why = still.map_or(why, |(_, marks)| format!("the reason is not shown because a value {}", origin_of_secret(*marks)));
    Arc::make_mut(unknown).why = unknown.why.reworded(why);
    result
}

/// Why a text with these marks is not shown, after "a value".
fn origin_of_secret(marks: Marks) -> &'static str {
    if marks.is_secret() { "is sensitive" } else { "comes from a file, the environment or the command line" }
}

/// An error without the texts that may not be shown.
fn discreet(error: EvalError, name: &str, values: &[Value]) -> EvalError {
    let hidden = values
        .iter()
        .map(Value::deep_marks)
        .zip(values)
        .find(|(marks, value)| marks.hides_text() && quotes(&error.message, value, marks.is_secret()));
    let Some((marks, _)) = hidden else { return error };
    let why = origin_of_secret(marks);
    EvalError { message: format!("invalid argument for `{name}`; the reason is not shown because a value {why}"), ..error }
}

/// Whether a message holds a text of a value, or quotes a piece of one: letter by letter, a text is reported as well. Of what is secret, not even
/// a number.
fn quotes(message: &str, value: &Value, secret: bool) -> bool {
    let quoted = || message.split(['`', '"', '\'']).map(str::trim).filter(|piece| !piece.is_empty());
    let shows = |text: &str| (text.len() > 3 && message.contains(text)) || quoted().any(|piece| text.contains(piece));
    match &value.data {
        Data::String(text) => shows(text),
        Data::Number(number) => secret && message.contains(&number.to_string()),
        _ => {
            let named = |entries: &Members| entries.keys().any(|key| quotes(message, &Value::string(key), secret));
            value.as_mapping().is_some_and(named) || value.children().any(|child| quotes(message, child, secret))
        }
    }
}

/// Renders template text with these variables and no others.
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

/// What we know of an unknown result beyond Terraform: which attribute it is, or which values it can have.
fn with_knowledge(result: Value, name: &str, values: &[Value], span: Span, context: &EvalContext<'_>) -> Value {
    let mut result = result;
    if let (Data::Unknown(unknown), Some(origin)) = (&mut result.data, origin_of(name, values))
        && unknown.origin.is_none()
    {
        Arc::make_mut(unknown).origin = Some(origin);
        return result;
    }
    if let Some(cases) = looked_up(name, values).or_else(|| picked(name, values)) {
        return with_possible(result, cases);
    }
    let inputs: Vec<&Value> = values.iter().collect();
    by_cases(&result, &inputs, |values| apply(name, values, span, context).ok())
}

/// The resource attribute that a call hands through.
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

/// The values that a lookup of an unknown key in a known map can give.
fn looked_up(name: &str, values: &[Value]) -> Option<Vec<Possible>> {
    let ("lookup", [map, key, default]) = (name, values) else { return None };
    if map.marks.is_secret() {
        return None;
    }
    let unlisted = key.as_unknown().is_some_and(|unknown| unknown.possible.is_empty());
    let entries = map.as_mapping().filter(|entries| unlisted && entries.len() < MOST_CASES)?;
    let entry = |(name, value): (&Arc<str>, &Value)| Possible { value: value.clone(), when: format!("the key is `\"{name}\"`").into() };
    let other = Possible { value: default.clone(), when: Arc::from("the key is any other") };
    Some(entries.iter().map(entry).chain([other]).collect())
}

/// The values that `element` can give of a known sequence under an unknown index.
fn picked(name: &str, values: &[Value]) -> Option<Vec<Possible>> {
    let ("element", [list, index]) = (name, values) else { return None };
    let unlisted = index.as_unknown().is_some_and(|unknown| unknown.possible.is_empty());
    let elements =
        list.as_sequence().filter(|elements| unlisted && !list.marks.is_secret() && (1..=MOST_CASES).contains(&elements.len()))?;
    let element = |(at, value): (usize, &Value)| Possible { value: value.clone(), when: format!("the index picks element {at}").into() };
    Some(elements.iter().enumerate().map(element).collect())
}

/// What `try` and `can` look at: an expression, which may fail; or an element of what was in front of `...`, which cannot.
enum TriedArgument<'a> {
    Written(&'a Expr),
    Given(Value),
}

impl TriedArgument<'_> {
    fn eval(&self, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
        match self {
            Self::Written(expr) => eval(expr, context, errors),
            Self::Given(value) => value.clone(),
        }
    }
}

/// The arguments of `try` and `can`, or the value of the call where there is no telling them.
fn choices<'a>(
    arguments: &'a [Expr],
    expand: bool,
    context: &EvalContext<'_>,
    errors: &mut EvalErrors,
) -> Result<Vec<TriedArgument<'a>>, Value> {
    let (plain, last) = expanding(arguments, expand);
    let mut choices: Vec<TriedArgument<'a>> = plain.iter().map(TriedArgument::Written).collect();
    if let Some(last) = last {
        choices.extend(expanded(last, context, errors)?.into_iter().map(TriedArgument::Given));
    }
    Ok(choices)
}

/// `try`: the first choice without an error. One with unknown parts may yet turn out to be an error, so the result is unknown then.
fn attempt(expr: &Expr, choices: &[TriedArgument<'_>], context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let mut last = None;
    let mut passed_over = Vec::new();
    for (at, choice) in choices.iter().enumerate() {
        let mut own = EvalErrors::default();
        let value = choice.eval(context, &mut own);
        if own.any() {
            passed_over.extend(value.trail.clone());
            let error = own.into_first();
            if error.as_ref().is_some_and(|error| !error.is_catchable()) {
                errors.merge_error(error);
                return failed(Type::Any);
            }
            last = error;
            continue;
        }
        let rest = choices.get(at + 1..).unwrap_or_default();
        for choice in rest {
            if let TriedArgument::Written(argument) = choice {
                check_declared(argument, &[], context, errors);
            }
        }
        let value = bounded(value, context).chosen(Because::Computation, std::mem::take(&mut passed_over));
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
    // It may fail once it is known: what comes then belongs to what is possible.
    let mut cases = match value.as_unknown() {
        Some(unknown) => unknown.possible.to_vec(),
        None => vec![Possible { value, when: Arc::from("`try` succeeds with its first choice") }],
    };
    let otherwise: Arc<str> = Arc::from("that fails");
    for choice in rest {
        let mut own = EvalErrors::default();
        let value = choice.eval(context, &mut own);
        if own.any() {
            continue;
        }
        if value.is_unknown() && value.as_unknown().is_some_and(|unknown| unknown.possible.is_empty()) {
            return result;
        }
        let settled = value.is_wholly_known();
        cases.extend(cases_of(&value, &otherwise));
        if settled {
            break;
        }
    }
    with_possible(result, cases)
}

/// `can`: whether the choice has no error. With unknown parts that is unknown.
fn can(choice: &TriedArgument<'_>, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let mut own = EvalErrors::default();
    let value = choice.eval(context, &mut own);
    if own.any() {
        errors.forgive(own);
        return Value::bool(false);
    }
    let value = bounded(value, context);
    // Terraform answers with a bare truth value: `issensitive(can(sensitive("a")))` is false.
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
    // The type is read each time.
    if !context.budget.work(ty.span.range().len() as u64) {
        return context.budget.too_large();
    }
    // Here the bare `list` and `"string"` of old are no types.
    let old = matches!(&ty.kind, ExprKind::String(_)) || matches!(&ty.kind, ExprKind::Variable(name) if matches!(&**name, "list" | "map"));
    let constraint = if old {
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

/// An unknown value may turn out to be anything, so that nothing is wrong with it yet; it gets the type that was asked for.
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
