//! `+ - * / %`, comparisons, `&& || !`, with Terraform's conversions. Errors of a side that does not affect the result are ignored.

use super::context::EvalContext;
use super::evaluate::{EvalErrors, computed, converted, eval, failed, here};
use super::possible::by_cases;
use super::{Data, Marks, Num, NumError, TOO_LARGE, Type, Value, equals};
use crate::base::{Span, TrailLink};
use crate::hcl::{BinaryOp, Expr, ExprKind, UnaryOp};
use std::cmp::Ordering;
use std::sync::Arc;

pub(super) fn unary(operator: UnaryOp, operand: &Expr, span: Span, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let ty = match operator {
        UnaryOp::Negate => Type::Number,
        UnaryOp::Not => Type::Bool,
    };
    let mut own = EvalErrors::default();
    let value = eval(operand, context, &mut own);
    let value =
        converted(value, &ty, context).unwrap_or_else(|error| own.fail(format!("invalid operand: {}", error.message), operand.span));
    if own.any() {
        errors.merge(own);
        return failed(ty);
    }
    let result = apply_unary(operator, &value).unwrap_or_else(|message| {
        errors.fail(message, span);
        failed(ty)
    });
    let possible = by_cases(&result, &[&value], |cases| match cases {
        [case] => apply_unary(operator, case).ok(),
        _ => None,
    });
    possible.with_marks(value.marks).with_trail(computed(span, &[&value]))
}

fn apply_unary(operator: UnaryOp, value: &Value) -> Result<Value, &'static str> {
    Ok(match (operator, &value.data) {
        (_, Data::Null(_)) => return Err("the operand is null"),
        (UnaryOp::Negate, Data::Number(number)) => Value::number(number.neg()),
        (UnaryOp::Not, Data::Bool(value)) => Value::bool(!value),
        (UnaryOp::Negate, _) => Value::unknown_like(Type::Number, value).not_null(),
        (UnaryOp::Not, _) => Value::unknown_like(Type::Bool, value).not_null(),
    })
}

/// A binary operation. Chains are left-associative and evaluated in a loop: generated code has hundreds of operands.
pub(super) fn binary(expr: &Expr, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let (mut chain, mut first) = (Vec::new(), expr);
    while let ExprKind::Binary(operator, left, right) = &first.kind {
        chain.push((*operator, &**left, &**right, first.span));
        first = left;
    }
    let mut own = EvalErrors::default();
    let mut value = eval(first, context, &mut own);
    while let Some((operator, left, right, span)) = chain.pop() {
        // The caller has already paid for the outermost operation.
        if !chain.is_empty() && !context.budget.step() {
            return context.budget.too_large().with_trail(here(span));
        }
        let mut after = EvalErrors::default();
        value = operation(operator, (left, value, own), right, span, context, &mut after);
        own = after;
    }
    errors.merge(own);
    value
}

fn operation(
    operator: BinaryOp,
    (left_expr, left, mut left_errors): (&Expr, Value, EvalErrors),
    right_expr: &Expr,
    span: Span,
    context: &EvalContext<'_>,
    errors: &mut EvalErrors,
) -> Value {
    let result_type = result_type(operator);
    let (mut right_errors, mut type_errors) = (EvalErrors::default(), EvalErrors::default());
    let mut operand = |expr: &Expr, value: Value| match operand_type(operator) {
        Some(ty) => converted(value, &ty, context)
            .unwrap_or_else(|error| type_errors.fail(format!("invalid operand: {}", error.message), expr.span)),
        None => value,
    };
    let left = operand(left_expr, left);
    // Both sides are evaluated and converted before one of them can decide the result: `false && 5` is an error in Terraform.
    let right = operand(right_expr, eval(right_expr, context, &mut right_errors));
    let marks = match operator {
        // `equals` adds the marks of both sides itself, at all depths.
        BinaryOp::Equal | BinaryOp::NotEqual => Marks::NONE,
        // Either side may decide the result alone, so it certainly changes over time only if both sides do.
        BinaryOp::And | BinaryOp::Or if left.is_unknown() && right.is_unknown() => {
            Marks { time: left.marks.time.intersection(right.marks.time), ..left.marks.union(right.marks) }
        }
        _ => left.marks.union(right.marks),
    };
    if type_errors.any() {
        // The operand's own error comes first: it is more specific than the type error that follows from it.
        errors.merge(left_errors);
        errors.merge(right_errors);
        errors.merge(type_errors);
        return failed(result_type).with_trail(here(span));
    }
    if let Some((value, side)) = short_circuit(operator, &left, &right, [&left_errors, &right_errors]) {
        match side {
            Some(Side::Left) => {
                errors.merge(left_errors);
                errors.ignore_catchable(right_errors);
            }
            Some(Side::Right) => {
                errors.merge(right_errors);
                errors.ignore_catchable(left_errors);
            }
            None => {}
        }
        return with_cases(operator, value, &left, &right).with_marks(marks).with_trail(deciding_trail(operator, &left, &right, span));
    }
    left_errors.merge(right_errors);
    if left_errors.any() {
        errors.merge(left_errors);
        return failed(result_type).with_marks(marks).with_trail(here(span));
    }
    if !context.budget.weigh(&left) || !context.budget.weigh(&right) {
        return context.budget.too_large().with_trail(here(span));
    }
    let result = apply(operator, &left, &right).unwrap_or_else(|message| {
        errors.fail(message, span);
        failed(result_type)
    });
    with_cases(operator, result, &left, &right).with_marks(marks).with_trail(deciding_trail(operator, &left, &right, span))
}

/// The trail of a result: if one side of `&&` or `||` decided alone, only that side is in it.
fn deciding_trail(operator: BinaryOp, left: &Value, right: &Value, span: Span) -> Option<Arc<TrailLink>> {
    let decides = |value: &Value| match operator {
        BinaryOp::And => value.as_bool() == Some(false),
        BinaryOp::Or => value.as_bool() == Some(true),
        _ => true,
    };
    match (decides(left), decides(right)) {
        (false, true) => computed(span, &[right]),
        (true, false) => computed(span, &[left]),
        _ => computed(span, &[left, right]),
    }
}

/// The result with its possible values, if an operand has a list of them.
fn with_cases(operator: BinaryOp, result: Value, left: &Value, right: &Value) -> Value {
    by_cases(&result, &[left, right], |cases| match cases {
        [left, right] => apply(operator, left, right).ok(),
        _ => None,
    })
}

/// The type that operands are converted to. Equality does not convert its operands.
fn operand_type(operator: BinaryOp) -> Option<Type> {
    match operator {
        BinaryOp::And | BinaryOp::Or => Some(Type::Bool),
        BinaryOp::Equal | BinaryOp::NotEqual => None,
        _ => Some(Type::Number),
    }
}

fn result_type(operator: BinaryOp) -> Type {
    match operator {
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => Type::Number,
        _ => Type::Bool,
    }
}

enum Side {
    Left,
    Right,
}

/// The result of `&&` or `||` if one side decides it or is unknown: the value, and the side whose errors count. A null side counts as false
/// here.
fn short_circuit(operator: BinaryOp, left: &Value, right: &Value, errors: [&EvalErrors; 2]) -> Option<(Value, Option<Side>)> {
    let deciding = match operator {
        BinaryOp::And => false,
        BinaryOp::Or => true,
        _ => return None,
    };
    let truth = |value: &Value| (!value.is_unknown()).then(|| value.as_bool() == Some(true));
    let unknown = |cause: &Value| Value::unknown_like(Type::Bool, cause).not_null();
    match (truth(left), truth(right)) {
        (None, None) => {
            // With an error on the left, Terraform does not short-circuit, so that the errors of both sides are reported.
            let [left_errors, _] = errors;
            (!left_errors.any()).then(|| (unknown(left), Some(Side::Left)))
        }
        (Some(value), _) if value == deciding => Some((Value::bool(deciding), Some(Side::Left))),
        (_, Some(value)) if value == deciding => Some((Value::bool(deciding), Some(Side::Right))),
        (None, Some(_)) => Some((unknown(left), Some(Side::Left))),
        (Some(_), None) => Some((unknown(right), Some(Side::Right))),
        _ => None,
    }
}

/// Applies an operator to operands of its type.
fn apply(operator: BinaryOp, left: &Value, right: &Value) -> Result<Value, String> {
    match operator {
        BinaryOp::Equal => return Ok(equals(left, right)),
        BinaryOp::NotEqual => return Ok(not(equals(left, right))),
        _ if left.is_null() || right.is_null() => return Err("an operand is null".to_owned()),
        _ => {}
    }
    if let (Some(left), Some(right)) = (left.as_number(), right.as_number()) {
        return arithmetic(operator, left, right);
    }
    if let (Some(left), Some(right)) = (left.as_bool(), right.as_bool()) {
        return Ok(Value::bool(if operator == BinaryOp::And { left && right } else { left || right }));
    }
    let cause = if left.is_unknown() { left } else { right };
    let unknown = || Value::unknown_like(result_type(operator), cause).not_null();
    let value = |known: Option<bool>| known.map_or_else(unknown, Value::bool);
    Ok(match operator {
        BinaryOp::Less => value(is_less(left, right)),
        BinaryOp::Greater => value(is_less(right, left)),
        BinaryOp::LessEqual => value(either(is_less(left, right), equals(left, right).as_bool())),
        BinaryOp::GreaterEqual => value(either(is_less(right, left), equals(left, right).as_bool())),
        _ => unknown(),
    })
}

fn not(value: Value) -> Value {
    match value.as_bool() {
        Some(known) => Value { data: Data::Bool(!known), ..value },
        None => value,
    }
}

fn either(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// Whether one number is less than another, as far as the bounds of unknown numbers decide it.
fn is_less(left: &Value, right: &Value) -> Option<bool> {
    let below = |high: Option<Num>, low: Option<Num>| high.zip(low).is_some_and(|(high, low)| high.compare(&low) == Ordering::Less);
    let ((left_low, left_high), (right_low, right_high)) = (bounds(left), bounds(right));
    if below(left_high, right_low) {
        Some(true)
    } else if below(right_high, left_low) {
        Some(false)
    } else {
        None
    }
}

/// The bounds of a number, known or not.
pub(super) fn bounds(value: &Value) -> (Option<Num>, Option<Num>) {
    match &value.data {
        Data::Number(number) => (Some(number.clone()), Some(number.clone())),
        Data::Unknown(unknown) => (unknown.refinement.at_least.clone(), unknown.refinement.at_most.clone()),
        _ => (None, None),
    }
}

fn arithmetic(operator: BinaryOp, left: &Num, right: &Num) -> Result<Value, String> {
    let result = match operator {
        BinaryOp::Add => left.add(right),
        BinaryOp::Subtract => left.sub(right),
        BinaryOp::Multiply => left.mul(right),
        BinaryOp::Divide => left.div(right),
        BinaryOp::Modulo => left.modulo(right),
        BinaryOp::Less => return Ok(Value::bool(left.compare(right).is_lt())),
        // In cty, `<=` is `<` or `==`, and fractions that print alike are equal: the double `pow(10, -1)` is greater than 0.1, and still
        // `pow(10, -1) <= 0.1` is true.
        BinaryOp::LessEqual => return Ok(Value::bool(left.compare(right).is_lt() || left == right)),
        BinaryOp::Greater => return Ok(Value::bool(left.compare(right).is_gt())),
        _ => return Ok(Value::bool(left.compare(right).is_gt() || left == right)),
    };
    match result {
        Ok(number) => Ok(Value::number(number)),
        Err(NumError::TooLarge) => Ok(Value::unknown(Type::Number, TOO_LARGE)),
        Err(error) => Err(format!("the operation fails: {error}")),
    }
}
