//! Functions for sets, and products of sequences.

use super::row::{BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Param, Returns, TypeSpec, any, elements, unknown};
use crate::eval::{Data, Distinct, Marks, Type, Value, convert, unify};

/// Terraform refines the length of a product with unknown parts only up to these limits.
const MAX_PARTS: u64 = 1024;
const MAX_PRODUCTS: u64 = 2048;
/// The maximum number of elements in a product: the evaluator gives up larger values anyway.
const MAX_ELEMENTS: usize = 1 << 20;

const FIRST: Param = Param::new("first_set", TypeSpec::Set).untyped();
const OTHER: Param = Param::new("other_sets", TypeSpec::Set).untyped();

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new(
        "setintersection",
        &[FIRST],
        Returns::Computed(common_set),
        FunctionBody::Values(|call, args| combine(call, args, Operation::Intersection)),
    )
    .rest(OTHER),
    BuiltIn::new("setproduct", &[], Returns::Computed(product_type), FunctionBody::Values(product)).rest(any("sets").marked().unknown()),
    BuiltIn::new(
        "setsubtract",
        &[FIRST, OTHER],
        Returns::Computed(common_set),
        FunctionBody::Values(|call, args| combine(call, args, Operation::Difference)),
    ),
    BuiltIn::new(
        "setunion",
        &[FIRST],
        Returns::Computed(common_set),
        FunctionBody::Values(|call, args| combine(call, args, Operation::Union)),
    )
    .rest(OTHER),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

/// The set type that all arguments convert to; empty untyped sets do not count.
fn common_set(args: &[Value]) -> Result<Type, FunctionError> {
    let counts = |arg: &&Value| !matches!(&arg.data, Data::Set(Type::Any, elements) if elements.is_empty());
    let types: Vec<Type> = args.iter().filter(counts).map(|arg| arg.ty().element().cloned().unwrap_or(Type::Any)).collect();
    if types.is_empty() {
        return Ok(Type::set(Type::Any));
    }
    unify(&types, true).map(Type::set).ok_or_else(|| "given sets must all have compatible element types".into())
}

fn combine(call: &BodyContext<'_>, args: &[Value], operation: Operation) -> FunctionResult {
    let mut sets = Vec::with_capacity(args.len());
    for arg in args {
        let set = convert(arg.clone(), &call.returns)?;
        if set.is_unknown() || (operation != Operation::Union && !set.is_wholly_known()) {
            return Ok(call.unknown(std::slice::from_ref(&set)));
        }
        sets.push(set);
    }
    let [first, others @ ..] = sets.as_slice() else { return Err(FunctionError::arity()) };
    // The common type may be `any`, but sets of different types cannot be combined.
    let mut types = sets.iter().filter(|set| !elements(set).is_empty()).map(Value::ty);
    if types.next().is_some_and(|first| types.any(|other| other != first)) {
        return Err("given sets must all have compatible element types".into());
    }
    let mut result = elements(first).to_vec();
    for other in others {
        let other = elements(other);
        if operation == Operation::Union {
            call.pay(other.len())?;
            result.extend(other.iter().cloned());
            continue;
        }
        call.pay(other.len())?;
        let others: Distinct = other.iter().collect();
        let keep_common = operation == Operation::Intersection;
        result.retain(|value| others.contains(value) == keep_common);
    }
    Ok(Value::set(call.element(), result))
}

fn product_type(args: &[Value]) -> Result<Type, FunctionError> {
    if args.len() < 2 {
        return Err("at least two arguments are required".into());
    }
    let mut all_lists = true;
    let mut types = Vec::with_capacity(args.len());
    for arg in args {
        types.push(match arg.ty() {
            Type::Set(element) => {
                all_lists = false;
                (*element).clone()
            }
            Type::List(element) => (*element).clone(),
            Type::Tuple(elements) if elements.is_empty() => Type::Any,
            Type::Tuple(elements) => unify(&elements, true).ok_or("all elements must be of the same type")?,
            _ => return Err("a set or a list is required".into()),
        });
    }
    let tuple = Type::tuple(types);
    Ok(if all_lists { Type::list(tuple) } else { Type::set(tuple) })
}

fn product(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let marks = args.iter().fold(Marks::NONE, |marks, arg| marks.union(arg.marks));
    if args.iter().any(|arg| arg.is_unknown() || arg.length().is_unknown()) {
        return Ok(unknown_product(call, args).with_marks(marks));
    }
    let element = call.element();
    let Type::Tuple(types) = &element else { return Err(FunctionError::arity()) };
    let total = args.iter().fold(1_usize, |total, arg| total.saturating_mul(elements(arg).len()));
    if total.saturating_mul(args.len() + 1) > MAX_ELEMENTS {
        return Err(FunctionError::too_large());
    }
    call.pay(total.saturating_mul(args.len()))?;
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for (arg, ty) in args.iter().zip(types.iter()) {
        let column = elements(arg).iter().map(|value| convert(value.clone(), ty)).collect::<Result<Vec<_>, _>>()?;
        rows = rows.iter().flat_map(|row| column.iter().map(|value| row.iter().cloned().chain([value.clone()]).collect())).collect();
    }
    let rows = rows.into_iter().map(Value::tuple).collect();
    let product = if matches!(call.returns, Type::Set(_)) { Value::set(element, rows) } else { Value::list(element, rows) };
    Ok(product.with_marks(marks))
}

/// The product of unknown sequences, with bounds for its length if possible.
fn unknown_product(call: &BodyContext<'_>, args: &[Value]) -> Value {
    let result = unknown(call.returns.clone(), args);
    let mut most: u64 = 1;
    for arg in args {
        let (_, longest) = arg.length_bounds();
        most = most.saturating_mul(longest);
        if longest > MAX_PARTS || most > MAX_PRODUCTS {
            return result;
        }
    }
    let least = u64::from(most > 0);
    result.not_null().with_length(least, most)
}
