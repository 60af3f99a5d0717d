//! `condition ? a : b`. As in Terraform, both branches are evaluated and unified to one type even if the condition is known.

use super::call::is_literal;
use super::context::EvalContext;
use super::evaluate::{EvalErrors, computed, eval, failed, here};
use super::operators::bounds;
use super::possible::{cases_of, with_possible};
use super::unify::as_collection;
use super::{Data, Drivers, EvalError, Marks, Possible, Type, Value, convert, unify};
use crate::base::{ChoiceReason, Place, TrailLink};
use crate::hcl::Expr;
use std::sync::Arc;

pub(super) fn conditional(expr: &Expr, parts: [&Expr; 3], context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let [condition_expr, then_expr, otherwise_expr] = parts;
    let (mut then_errors, mut otherwise_errors) = (EvalErrors::default(), EvalErrors::default());
    let then = eval(then_expr, context, &mut then_errors);
    let otherwise = eval(otherwise_expr, context, &mut otherwise_errors);
    // Finding the common type looks at every element of both branches, even of the branch that is not taken.
    if !context.budget.weigh(&then) || !context.budget.weigh(&otherwise) {
        return context.budget.too_large().with_trail(here(expr.span));
    }
    let Some(ty) = common_type(&then, &otherwise) else {
        let message =
            format!("the results of a conditional must have the same type, but one is {} and the other {}", then.ty(), otherwise.ty());
        // Terraform reports only the types here, and drops errors within the branches.
        errors.ignore_catchable(then_errors);
        errors.ignore_catchable(otherwise_errors);
        return errors.fail(message, then_expr.span.to(otherwise_expr.span));
    };
    let condition = eval(condition_expr, context, errors);
    if condition.is_null() {
        errors.fail("the condition is null; it must be true or false", condition_expr.span);
        return failed(ty);
    }
    if condition.is_unknown() {
        let branch_failed = then_errors.any() || otherwise_errors.any();
        errors.ignore_catchable(then_errors);
        errors.ignore_catchable(otherwise_errors);
        // The result certainly changes over time only if both branches do.
        let time = condition.marks.time.union(then.drivers().intersection(otherwise.drivers()));
        let marks = Marks { time, ..condition.marks.union(then.marks).union(otherwise.marks) };
        let result = undecided(&condition, &then, &otherwise, &ty);
        let is_secret = condition.marks.is_secret();
        let result =
            if branch_failed { result } else { with_branches(result, (condition_expr, is_secret), &then, &otherwise, &ty, context) };
        return result.with_marks(marks).with_trail(computed(expr.span, &[&condition]));
    }
    let (condition_marks, condition_trail) = (condition.marks, condition.trail.clone());
    let decision = match convert(condition, &Type::Bool).map(|condition| condition.as_bool()) {
        Ok(Some(decision)) => decision,
        // Only a string that is unknown because of our own limits gets here.
        Ok(None) => return failed(ty),
        Err(_) => {
            errors.fail("the condition must be true or false", condition_expr.span);
            return failed(ty);
        }
    };
    let (taken, taken_expr, left) = if decision { (then, then_expr, otherwise) } else { (otherwise, otherwise_expr, then) };
    let (taken_errors, left_errors) = if decision { (then_errors, otherwise_errors) } else { (otherwise_errors, then_errors) };
    errors.merge(taken_errors);
    errors.ignore_catchable(left_errors);
    // Terraform also adds the marks of the branch that is not taken. Our own marks about the origin of a value are not added.
    let left_marks = Marks { from_file: false, by_caller: false, time: Drivers::NONE, ..left.marks.of_choice() };
    let left_type = left.ty();
    let converted = convert_taken(taken, &left_type, &ty).unwrap_or_else(|error| {
        errors.fail(format!("this result of the conditional has the wrong type: {}", error.message), taken_expr.span);
        failed(ty)
    });
    let trail = branch_trail(&converted, taken_expr, (condition_expr, (condition_marks.is_secret(), condition_trail)), decision, context);
    converted.with_marks(condition_marks.of_choice().union(left_marks)).with_trail(trail).or_trail(&here(expr.span))
}

/// The taken branch, converted to the common type. If a tuple becomes a list of another type than its members unify to, cty converts the
/// members as written, so they must have one type to begin with; the same applies to objects and maps.
fn convert_taken(taken: Value, left: &Type, ty: &Type) -> Result<Value, EvalError> {
    let is_list = matches!((&taken.data, left, ty), (Data::Tuple(_), Type::List(_), Type::List(_)));
    // cty unifies the members of a map again, unless its element type is `any` or primitive.
    let is_map = match (&taken.data, left, ty) {
        (Data::Object(_), Type::Map(_), Type::Map(element)) => **element == Type::Any || element.is_primitive(),
        _ => false,
    };
    let has_other_type = (is_list || is_map) && as_collection(&taken.ty()).is_some_and(|own| own != *ty);
    if has_other_type {
        let strictly = ty.element().is_some_and(Type::has_any);
        let types: Vec<Type> = taken.children().map(Value::ty).filter(|member| *member != Type::Any).collect();
        let neighbors = || types.iter().zip(types.iter().skip(1));
        if neighbors().any(|(first, other)| if strictly { first != other } else { !first.overlaps(other) }) {
            return Err(EvalError::new("element types must all match", None));
        }
        if neighbors().any(|(first, other)| first != other) {
            // Whether nulls in the members take the types of the others depends on what else has to be converted.
            let value = Value::unknown(ty.clone(), "its members have untyped nulls in different places").with_marks(taken.deep_marks());
            return Ok(value.with_trail(taken.trail.clone()));
        }
    }
    convert(taken, ty)
}

/// The trail of the taken branch. If the branch is a literal, its step records the condition that chose it.
fn branch_trail(
    value: &Value,
    taken: &Expr,
    (condition, condition_value): (&Expr, (bool, Option<Arc<TrailLink>>)),
    decision: bool,
    context: &EvalContext<'_>,
) -> Option<Arc<TrailLink>> {
    let link = value.trail.as_ref()?;
    if !is_literal(taken) || link.step.place != Place::Source(taken.without_parens().span) {
        return value.trail.clone();
    }
    let (is_secret, condition_trail) = condition_value;
    let text = context.scope.quote(condition.span).filter(|_| !is_secret).map(Arc::from);
    let step = link.step.clone().chosen(ChoiceReason::Condition { text, decision }, condition_trail.into_iter().collect());
    Some(TrailLink::new(step, link.next.clone()))
}

/// The type of the result. A bare null takes the type of the other branch; if one type is unknown, nothing is converted.
fn common_type(then: &Value, otherwise: &Value) -> Option<Type> {
    // cty compares the marks as well: a sensitive bare null does not take the type of the other branch.
    let bare_null = |value: &Value| matches!(value.data, Data::Null(Type::Any)) && !value.marks.is_secret();
    let (then_type, otherwise_type) = (then.ty(), otherwise.ty());
    if bare_null(then) {
        Some(otherwise_type)
    } else if bare_null(otherwise) {
        Some(then_type)
    } else if then_type == Type::Any || otherwise_type == Type::Any {
        Some(Type::Any)
    } else if then_type == otherwise_type {
        Some(then_type)
    } else {
        unify(&[then_type, otherwise_type], true)
    }
}

/// The result of an unknown condition, refined by what the branches have in common.
fn undecided(condition: &Value, then: &Value, otherwise: &Value, ty: &Type) -> Value {
    if then.is_null() && otherwise.is_null() {
        return Value::null(ty.clone());
    }
    let not_null = then.is_not_null() && otherwise.is_not_null();
    let refine = |value: Value| if not_null { value.not_null() } else { value };
    let (then_type, otherwise_type) = (then.ty(), otherwise.ty());
    if then_type == Type::Number && otherwise_type == Type::Number {
        let ((then_low, then_high), (low, high)) = (bounds(then), bounds(otherwise));
        let low = then_low.zip(low).map(|(left, right)| if left.compare(&right).is_lt() { left } else { right });
        let high = then_high.zip(high).map(|(left, right)| if left.compare(&right).is_gt() { left } else { right });
        return refine(Value::unknown_like(Type::Number, condition).with_bounds(low, high));
    }
    if then_type.is_collection() && then_type == otherwise_type {
        let ((then_least, then_most), (least, most)) = (length_refinement(then), length_refinement(otherwise));
        return refine(Value::unknown_like(ty.clone(), condition).with_length(then_least.min(least), then_most.max(most)));
    }
    refine(Value::unknown_like(ty.clone(), condition))
}

/// The bounds of a collection's length that cty refines from a value: none for a set whose unknown elements may turn out to be equal.
fn length_refinement(value: &Value) -> (u64, u64) {
    match value.length_bounds() {
        (least, most) if value.is_unknown() || least == most => (least, most),
        _ => (0, u64::MAX),
    }
}

/// The unknown result with both branches as its possible values, and with their origin if they have the same one.
fn with_branches(
    mut result: Value,
    condition: (&Expr, bool),
    then: &Value,
    otherwise: &Value,
    ty: &Type,
    context: &EvalContext<'_>,
) -> Value {
    let Data::Unknown(unknown) = &mut result.data else { return result };
    let origin = |value: &Value| value.as_unknown().and_then(|unknown| unknown.origin.clone());
    if let (Some(left), Some(right)) = (origin(then), origin(otherwise))
        && left == right
    {
        Arc::make_mut(unknown).origin = Some(left);
    }
    let (yes, no) = clauses(condition, context);
    let mut cases = cases_of(then, &yes);
    cases.extend(cases_of(otherwise, &no));
    let converted: Option<Vec<Possible>> =
        cases.into_iter().map(|case| Some(Possible { value: convert(case.value, ty).ok()?, when: case.when })).collect();
    match converted {
        Some(cases) => with_possible(result, cases),
        None => result,
    }
}

/// How a condition reads after "when", and its opposite.
fn clauses((condition, is_secret): (&Expr, bool), context: &EvalContext<'_>) -> (Arc<str>, Arc<str>) {
    let text = context.scope.quote(condition.without_parens().span).filter(|_| !is_secret).unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() || text.chars().count() > 80 {
        return (Arc::from("the condition holds"), Arc::from("the condition does not hold"));
    }
    (format!("`{text}`").into(), format!("not `{text}`").into())
}
