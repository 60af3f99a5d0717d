//! References and the steps after them: attributes, indexes, splats.

use super::budget::{Price, number_price};
use super::context::EvalContext;
use super::evaluate::{EvalErrors, bounded, eval, failed, here};
use super::possible::{MAX_CASES, by_cases, with_possible};
use super::value::to_nfc;
use super::{Data, EvalError, Marks, Possible, RefStep, Type, Value, convert};
use crate::base::{self, ChoiceReason, Place, Span, StepKind};
use crate::hcl::{Expr, ExprKind, Name, TraversalStep};
use std::sync::Arc;

/// A step whose index is evaluated.
enum EvaluatedStep<'a> {
    Attr(&'a Name),
    Index(Value, Span),
    FullSplat(Span),
    AttrSplat(Span),
}

/// `base` followed by steps.
pub(super) fn traversal(expr: &Expr, base: &Expr, steps: &[TraversalStep], context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    if let ExprKind::Variable(name) = &base.kind {
        return reference(name, expr, steps, context, errors);
    }
    let mut own = EvalErrors::default();
    let value = eval(base, context, &mut own);
    let faulty = own.any();
    errors.merge(own);
    let steps = evaluate_steps(steps, context, errors);
    // In HCL, a splat over a failed expression has no type, even if the expression itself has one.
    if faulty && steps.iter().any(|step| matches!(step, EvaluatedStep::FullSplat(_) | EvaluatedStep::AttrSplat(_))) {
        return failed(Type::Any);
    }
    apply_steps(value, &steps, context, errors)
}

/// A reference: to a variable of a `for`, or to a name in the scope.
pub(super) fn reference(
    name: &Arc<str>,
    expr: &Expr,
    steps: &[TraversalStep],
    context: &EvalContext<'_>,
    errors: &mut EvalErrors,
) -> Value {
    if let Some(value) = context.local(name) {
        let steps = evaluate_steps(steps, context, errors);
        return apply_steps(value.clone(), &steps, context, errors);
    }
    if context.closed {
        return errors.fail(format!("the template has no variable named `{name}`"), expr.span);
    }
    if let Some(value) = context.cache.and_then(|cache| cache.get(expr.span, name, steps)) {
        return value;
    }
    // Resolving a name takes longer than looking at an element.
    if !(context.budget.step() && context.budget.step()) {
        return context.budget.too_large();
    }
    let step_exprs = steps;
    let mut own = EvalErrors::default();
    let steps = evaluate_steps(steps, context, &mut own);
    let own_failed = own.any();
    errors.merge(own);
    let path: Vec<RefStep<'_>> = steps
        .iter()
        .map_while(|step| match step {
            EvaluatedStep::Attr(name) => Some(RefStep::Attr(name)),
            EvaluatedStep::Index(key, span) => Some(RefStep::Index(key.clone(), *span)),
            EvaluatedStep::FullSplat(_) | EvaluatedStep::AttrSplat(_) => None,
        })
        .collect();
    // The name is resolved even if an index failed: `try` catches the error of the index, but must not catch an undeclared name.
    let (value, used) = match context.scope.resolve(name, expr.span, &path) {
        Ok(resolved) => resolved,
        Err(error) => {
            errors.push(error.at(expr.span));
            return failed(Type::Any);
        }
    };
    if own_failed {
        return failed(Type::Any);
    }
    let mut own = EvalErrors::default();
    let value = apply_steps(value, steps.get(used..).unwrap_or_default(), context, &mut own);
    let value = with_use_step(value, expr.span, context);
    if let Some(cache) = context.cache.filter(|_| !own.any()) {
        cache.put(expr.span, name, step_exprs, &value);
    }
    errors.merge(own);
    value
}

/// Adds the place of a reference to the front of the value's trail.
fn with_use_step(value: Value, span: Span, context: &EvalContext<'_>) -> Value {
    let text = context.scope.quote(span).filter(|text| !text.is_empty() && !text.contains('\n') && text.len() <= 80);
    value.with_step(base::Step::of(Place::Source(span), StepKind::Used(text.map(Arc::from))))
}

fn evaluate_steps<'a>(steps: &'a [TraversalStep], context: &EvalContext<'_>, errors: &mut EvalErrors) -> Vec<EvaluatedStep<'a>> {
    steps
        .iter()
        .map(|step| match step {
            TraversalStep::Attr(name) => EvaluatedStep::Attr(name),
            TraversalStep::Index(index, span) => EvaluatedStep::Index(eval(index, context, errors), *span),
            TraversalStep::LegacyIndex(index, span) => {
                EvaluatedStep::Index(Value::number(i64::try_from(*index).unwrap_or(i64::MAX)).with_trail(here(*span)), *span)
            }
            TraversalStep::FullSplat(span) => EvaluatedStep::FullSplat(*span),
            TraversalStep::AttrSplat(span) => EvaluatedStep::AttrSplat(*span),
        })
        .collect()
}

fn apply_steps(value: Value, steps: &[EvaluatedStep<'_>], context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let mut value = value;
    let mut rest = steps;
    while let [step, after @ ..] = rest {
        rest = after;
        let result = match step {
            EvaluatedStep::Attr(name) => attribute(&value, &name.text, name.span),
            EvaluatedStep::Index(key, span) => index(&value, key, *span, context).map(|element| with_deciding_key(element, key)),
            EvaluatedStep::FullSplat(span) => {
                // All further steps apply to each element.
                return splat(&value, after, *span, context, errors);
            }
            EvaluatedStep::AttrSplat(span) => {
                let is_own = |step: &EvaluatedStep<'_>| {
                    matches!(step, EvaluatedStep::Attr(_)) || matches!(step, EvaluatedStep::Index(_, at) if is_legacy(*at, context))
                };
                let own = after.iter().take_while(|step| is_own(step)).count();
                let (each, after) = after.split_at(own);
                rest = after;
                if let [EvaluatedStep::AttrSplat(span), ..] = after {
                    errors.push(EvalError::refused("a `.*` cannot follow another one; use `[*]`", Some(*span)));
                    return failed(Type::Any);
                }
                Ok(splat(&value, each, *span, context, errors))
            }
        };
        match result {
            Ok(next) => value = next.or_trail(&value.trail),
            Err(error) => {
                errors.push(error);
                // If a `try` chooses another argument, it is because of this value.
                return failed(Type::Any).with_trail(value.trail);
            }
        }
    }
    value
}

/// The element with the key in its trail: another key would have chosen another element.
fn with_deciding_key(element: Value, key: &Value) -> Value {
    let reads = key.trail.clone().filter(|link| link.next.is_some() || link.step.chosen_by.is_some());
    element.chosen(ChoiceReason::Computation, reads.into_iter().collect())
}

/// Whether an index is written as `.0`: only such an index applies to each element of a `.*` splat.
fn is_legacy(span: Span, context: &EvalContext<'_>) -> bool {
    let text = context.scope.text(span);
    text.starts_with('.') || text.starts_with(|first: char| first.is_ascii_digit())
}

/// `value.name`.
fn attribute(value: &Value, name: &str, span: Span) -> Result<Value, EvalError> {
    let result = attribute_of(value, name, span)?;
    Ok(by_cases(&result, &[value], |cases| cases.first().and_then(|case| attribute_of(case, name, span).ok())).with_marks(value.marks))
}

fn attribute_of(value: &Value, name: &str, span: Span) -> Result<Value, EvalError> {
    // Attribute names and keys of values are normalized, names in code are not.
    let name: &str = &to_nfc(name);
    let fail = |message: String| Err(EvalError::new(message, Some(span)));
    match &value.data {
        Data::Null(_) => fail(format!("the value is null, so it has no attribute `{name}`")),
        Data::Object(attributes) => match attributes.get(name) {
            Some(attribute) => Ok(attribute.clone()),
            None => fail(format!("this object has no attribute `{name}`")),
        },
        Data::Map(_, entries) => match entries.get(name) {
            Some(entry) => Ok(entry.clone()),
            None => fail(format!("this map has no element with the key `{name}`")),
        },
        Data::Unknown(unknown) => match &unknown.ty {
            Type::Any => Ok(Value::unknown_like(Type::Any, value)),
            Type::Map(element) => Ok(Value::unknown_like((**element).clone(), value)),
            Type::Object(attributes) => match attributes.get(name) {
                Some(attribute) => Ok(Value::unknown_like(attribute.ty.clone(), value)),
                None => fail(format!("this object has no attribute `{name}`")),
            },
            ty => fail(no_attributes(ty, name)),
        },
        _ => fail(no_attributes(&value.ty(), name)),
    }
}

fn no_attributes(ty: &Type, name: &str) -> String {
    match ty {
        Type::List(element) | Type::Set(element) if matches!(**element, Type::Object(_)) => {
            format!("a {ty} has no attribute `{name}`, but its elements may have it")
        }
        _ => format!("a value of type {ty} has no attribute `{name}`"),
    }
}

/// `value[key]`.
fn index(value: &Value, key: &Value, span: Span, context: &EvalContext<'_>) -> Result<Value, EvalError> {
    if !context.budget.work(number_price(key)) {
        return Ok(context.budget.too_large());
    }
    let result = index_of(value, key, span)?;
    let result = by_cases(&result, &[value, key], |cases| match cases {
        [value, key] => index_of(value, key, span).ok(),
        _ => None,
    });
    Ok(with_element_cases(result, value, key, span, context))
}

/// The unknown result of an unknown key, with the elements of a known collection as its possible values.
fn with_element_cases(result: Value, value: &Value, key: &Value, span: Span, context: &EvalContext<'_>) -> Value {
    let is_open = result.as_unknown().is_some_and(|unknown| unknown.possible.is_empty() && unknown.origin.is_none());
    if !is_open || !key.is_unknown() || value.is_unknown() || value.marks.is_secret() {
        return result;
    }
    let text = context.scope.quote(span).unwrap_or_default();
    let text = text.trim_start_matches('[').trim_end_matches(']').trim();
    let when =
        |name: &str| if text.is_empty() { Arc::from(format!("the key is `{name}`")) } else { Arc::from(format!("`{text}` is `{name}`")) };
    let cases: Vec<Possible> = match (value.as_mapping(), value.as_sequence()) {
        (Some(entries), _) => entries
            .iter()
            .take(MAX_CASES + 1)
            .map(|(name, element)| Possible { value: element.clone(), when: when(&format!("\"{name}\"")) })
            .collect(),
        (_, Some(elements)) => elements
            .iter()
            .take(MAX_CASES + 1)
            .enumerate()
            .map(|(at, element)| Possible { value: element.clone(), when: when(&at.to_string()) })
            .collect(),
        _ => return result,
    };
    with_possible(result, cases)
}

/// The kind of a value for an index, found without building the value's complete type.
enum IndexedKind {
    Unknown,
    /// A list with its element type, or a tuple.
    Sequence(Option<Type>),
    /// A map and its element type.
    Map(Type),
    Object,
    Set,
    Primitive,
}

fn indexed_kind(value: &Value) -> IndexedKind {
    let of_type = |ty: &Type| match ty {
        Type::Any => IndexedKind::Unknown,
        Type::List(element) => IndexedKind::Sequence(Some((**element).clone())),
        Type::Tuple(_) => IndexedKind::Sequence(None),
        Type::Map(element) => IndexedKind::Map((**element).clone()),
        Type::Object(_) => IndexedKind::Object,
        Type::Set(_) => IndexedKind::Set,
        Type::Bool | Type::Number | Type::String => IndexedKind::Primitive,
    };
    match &value.data {
        Data::Unknown(unknown) => of_type(&unknown.ty),
        Data::List(element, _) => IndexedKind::Sequence(Some(element.clone())),
        Data::Tuple(_) => IndexedKind::Sequence(None),
        Data::Map(element, _) => IndexedKind::Map(element.clone()),
        Data::Object(_) => IndexedKind::Object,
        Data::Set(..) => IndexedKind::Set,
        Data::Null(_) | Data::Bool(_) | Data::Number(_) | Data::String(_) => IndexedKind::Primitive,
    }
}

fn index_of(value: &Value, key: &Value, span: Span) -> Result<Value, EvalError> {
    element(value, key, span).map_err(|error| {
        let hidden = key.marks.is_secret() || (key.marks.from_file && key.as_str().is_some());
        if hidden { EvalError { message: "the collection has no element with this key (hidden)".to_owned(), ..error } } else { error }
    })
}

fn element(value: &Value, key: &Value, span: Span) -> Result<Value, EvalError> {
    let fail = |message: &str| Err(EvalError::new(message, Some(span)));
    if value.is_null() {
        return fail("the value is null, so it has no elements");
    }
    if key.is_null() {
        return fail("null cannot be a key");
    }
    let unknown = |ty: Type| {
        let time = value.marks.time.union(key.marks.time);
        let marks = Marks { time, ..value.marks };
        // The key is the reason, unless the collection is unknown or depends on the caller.
        match value.first_why().filter(|_| value.is_unknown() || value.marks.by_caller) {
            Some(why) => Value::unknown(ty, why.clone()).with_marks(marks),
            None => Value::unknown_like(ty, key).with_marks(marks),
        }
    };
    let typed_key = |wanted: &Type| {
        convert(key.clone(), wanted)
            .map_err(|error| EvalError::new(format!("this key does not identify an element: {}", error.message), Some(span)))
    };
    // HCL checks this before it looks at the collection: `toset(["a"])[jsondecode(x)]` with an unknown `x` is unknown, although a set has
    // no keys.
    if matches!(&key.data, Data::Unknown(key) if key.ty == Type::Any) {
        return Ok(unknown(Type::Any));
    }
    match indexed_kind(value) {
        IndexedKind::Unknown => Ok(unknown(Type::Any)),
        IndexedKind::Sequence(element) => {
            let key = typed_key(&Type::Number)?;
            let marks = value.marks.union(key.marks);
            let Some(number) = key.as_number() else { return Ok(unknown(element.unwrap_or(Type::Any))) };
            let position = number.to_i64().and_then(|position| usize::try_from(position).ok());
            let found = match (value.as_sequence(), &value.data, element) {
                (Some(elements), ..) => position.and_then(|position| elements.get(position)).cloned(),
                // Terraform does not check an index into an unknown list, not even a negative one.
                (None, _, Some(element)) => Some(unknown(element)),
                (None, Data::Unknown(tuple), None) => match (&tuple.ty, position) {
                    (Type::Tuple(types), Some(position)) => types.get(position).map(|ty| Value::unknown_like(ty.clone(), value)),
                    _ => None,
                },
                _ => None,
            };
            found.map(|element| element.with_marks(marks)).ok_or_else(|| EvalError::new(no_element(number, value), Some(span)))
        }
        IndexedKind::Map(element) => {
            let key = typed_key(&Type::String)?;
            let marks = value.marks.union(key.marks);
            match (value.as_mapping(), key.as_str()) {
                (Some(entries), Some(name)) => match entries.get(name) {
                    Some(entry) => Ok(entry.clone().with_marks(marks)),
                    None => Err(EvalError::new(format!("this map has no element with the key `{name}`"), Some(span))),
                },
                _ => Ok(unknown(element)),
            }
        }
        IndexedKind::Object => {
            let key = typed_key(&Type::String)?;
            match key.as_str() {
                // Terraform drops the marks of the key here.
                Some(name) => attribute_of(value, name, span).map(|own| own.with_marks(value.marks.union(key.marks.of_origin()))),
                None => Ok(unknown(Type::Any)),
            }
        }
        IndexedKind::Set => fail("elements of a set have no index or key"),
        IndexedKind::Primitive => fail("this value has no elements"),
    }
}

fn no_element(number: &super::Num, value: &Value) -> String {
    if !number.is_integer() {
        format!("the index {number} is not a whole number")
    } else if number.is_negative() {
        format!("the index {number} is negative")
    } else {
        match value.length_bounds() {
            (0, 0) => "the index is out of range: the collection is empty".to_owned(),
            (1, _) => format!("index {number} is out of range: the collection has 1 element"),
            (length, _) => format!("index {number} is out of range: the collection has {length} elements"),
        }
    }
}

/// The cost of a step for each element of a splat, in elements looked at.
const SPLAT: u64 = 5;

fn is_sequence(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(_) | Type::List(_) | Type::Set(_))
}

/// `value[*]` and `value.*`: applies the steps to each element of a list, set or tuple; any other value is a tuple of itself, or an empty
/// one if it is null.
fn splat(value: &Value, each: &[EvaluatedStep<'_>], span: Span, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    // `value.ty()` would take longer than the splat for a thousand instances.
    let is_sequence = match &value.data {
        Data::Tuple(_) | Data::List(..) | Data::Set(..) => true,
        Data::Null(ty) => is_sequence(ty),
        Data::Unknown(unknown) => is_sequence(&unknown.ty),
        _ => false,
    };
    if value.is_null() {
        if is_sequence {
            return errors.fail("a null sequence has no elements for a splat", span);
        }
        return Value::tuple(Vec::new()).with_marks(value.marks).with_trail(value.trail.clone());
    }
    let trail = &value.trail;
    if value.is_untyped() {
        return Value::unknown_like(Type::Any, value).with_marks(value.marks).or_trail(trail);
    }
    let single = [value.clone()];
    let elements = if is_sequence { value.as_sequence() } else { Some(single.as_slice()) };
    let Some(elements) = elements else {
        let ty = value.ty();
        let result_type = splat_type(&ty, value, each, context, errors);
        let result = Value::unknown_like(result_type, value).not_null();
        let bounded = match (&ty, &value.data) {
            (Type::List(_) | Type::Set(_), Data::Unknown(unknown)) => {
                unknown.refinement.length.map_or(result.clone(), |(least, most)| result.with_length(least, most))
            }
            _ => result,
        };
        return bounded.with_marks(value.marks).or_trail(trail);
    };
    let count = elements.len() as u64;
    let work = count.saturating_mul(SPLAT * (1 + each.len() as u64));
    if !(context.budget.work(work) && context.budget.charge_elements(count)) {
        return context.budget.too_large();
    }
    let mut own = EvalErrors::default();
    let results: Vec<Value> =
        elements.iter().map(|element| apply_steps(element.clone().with_marks(value.marks.of_text()), each, context, &mut own)).collect();
    let element_failed = own.any();
    errors.merge(own.redacted(value.marks));
    let may_be_null = !is_sequence && value.is_unknown() && !value.is_not_null();
    if element_failed && may_be_null {
        return failed(Type::Any).with_marks(value.marks);
    }
    if element_failed {
        // A conditional around the splat needs the type that it would have had, which depends on everything in the elements. Building the
        // type of an element takes eight times as long as looking at it.
        if !(context.budget.work(work) && context.budget.weigh_for(value, Price { element: 8, text: 1 })) {
            return context.budget.too_large();
        }
        let ty = value.ty();
        let upgraded = if is_sequence { ty } else { Type::tuple(vec![ty]) };
        let result_type = splat_type(&upgraded, value, each, context, &mut EvalErrors::default());
        return failed(result_type).with_marks(value.marks);
    }
    if may_be_null {
        // If the value turns out to be null, the result is the empty tuple.
        return Value::unknown_like(Type::Any, value).with_marks(value.marks).or_trail(trail);
    }
    let result = match &value.data {
        Data::List(..) | Data::Set(..) => match results.first().map(Value::ty) {
            None => match splat_type(&value.ty(), value, each, context, errors) {
                Type::List(element) => Value::list((*element).clone(), Vec::new()),
                _ => Value::list(Type::Any, Vec::new()),
            },
            Some(element) if results.iter().all(|result| result.ty() == element) => Value::list(element, results),
            Some(_) => return errors.fail("the elements of this splat have different types; use a `for` expression", span),
        },
        _ => Value::tuple(results),
    };
    bounded(result, context).with_marks(value.marks).or_trail(trail)
}

/// The type of a splat over unknown elements.
fn splat_type(ty: &Type, value: &Value, each: &[EvaluatedStep<'_>], context: &EvalContext<'_>, errors: &mut EvalErrors) -> Type {
    let mut step_type = |element: &Type| apply_steps(Value::unknown_like(element.clone(), value), each, context, errors).ty();
    match ty {
        Type::List(element) | Type::Set(element) => Type::list(step_type(element)),
        Type::Tuple(elements) => Type::tuple(elements.iter().map(step_type).collect()),
        _ => Type::Any,
    }
}
