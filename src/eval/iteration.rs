//! `for` expressions.

use super::context::{EvalContext, Locals, ReferenceCache};
use super::evaluate::{EvalErrors, bounded, converted, eval, failed, here};
use super::references::check_declared;
use super::{Data, Marks, Type, Value, convert};
use crate::base::{ChoiceReason, Place, Span, Step, StepKind};
use crate::hcl::{Expr, ForExpr};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// Keys and values of a known collection as a `for` sees them: positions, names, or for a set the elements as their own keys. `None` if it
/// is unknown, null or not a collection.
pub(super) fn entries(collection: &Value) -> Option<Vec<(Value, Value)>> {
    let trail = &collection.trail;
    // Terraform moves the marks from the collection to the result. The marks of hidden texts must stay on the elements as well.
    let origin = collection.marks.of_text();
    let element = |value: &Value| value.clone().with_marks(origin).or_trail(trail);
    match &collection.data {
        Data::List(_, elements) | Data::Tuple(elements) => {
            Some(elements.iter().enumerate().map(|(at, value)| (Value::number(at), element(value))).collect())
        }
        Data::Set(_, elements) => Some(elements.iter().map(|value| (element(value), element(value))).collect()),
        Data::Map(_, entries) | Data::Object(entries) => Some(
            entries
                .iter()
                .map(|(name, value)| (Value::from(Data::String(Arc::clone(name))).with_marks(origin).or_trail(trail), element(value)))
                .collect(),
        ),
        _ => None,
    }
}

pub(super) fn for_expression(parts: &ForExpr, span: Span, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Value {
    let collection = eval(&parts.collection, context, errors);
    if collection.is_null() {
        return errors.fail("null has no elements to iterate over", parts.collection.span);
    }
    let ty = collection.ty();
    let unknown =
        |marks: Marks| Value::unknown_like(Type::Any, &collection).with_marks(marks).or_trail(&collection.trail).or_trail(&here(span));
    if ty == Type::Any {
        check_body(parts, context, errors);
        return unknown(collection.marks);
    }
    if ty.is_primitive() {
        return errors.fail(format!("a value of type {ty} has no elements to iterate over"), parts.collection.span);
    }
    let mut marks = collection.marks;
    if let Some(condition) = &parts.condition {
        match try_condition(parts, condition, context, errors) {
            // With known elements, the marks come from the condition of each; Terraform uses those of this trial only without elements.
            Some(condition_marks) if collection.is_unknown() => marks = marks.union(condition_marks),
            Some(_) => {}
            None => return failed(Type::Any),
        }
    }
    let Some(items) = entries(&collection) else {
        check_body(parts, context, errors);
        return unknown(marks);
    };
    let cache = ReferenceCache::default();
    let context = &EvalContext { cache: context.cache.or(Some(&cache)), ..*context };
    if items.is_empty() {
        // Terraform resolves all references of an expression before it evaluates it: an undeclared name is an error even if the collection
        // is empty.
        check_body(parts, context, errors);
    }
    if !context.budget.charge_elements(items.len() as u64) {
        return context.budget.too_large();
    }
    let mut own = EvalErrors::default();
    let mut result = ForResult { marks, unknown_cause: None, values: Vec::new(), named: BTreeMap::new(), groups: BTreeMap::new() };
    for (key, value) in items {
        if context.budget.is_spent() {
            errors.merge(own.redacted(collection.marks));
            return context.budget.too_large();
        }
        result.add(parts, (key, value), context, &mut own);
    }
    errors.merge(own.redacted(collection.marks));
    bounded(result.finish(parts), context).or_trail(&here(span))
}

/// The result of a `for` so far.
struct ForResult {
    marks: Marks,
    /// The unknown key or condition that makes the entire result unknown.
    unknown_cause: Option<Value>,
    values: Vec<Value>,
    named: BTreeMap<Arc<str>, Value>,
    /// The values of each name, if `...` groups them.
    groups: BTreeMap<Arc<str>, Vec<Value>>,
}

impl ForResult {
    fn add(&mut self, parts: &ForExpr, (key, value): (Value, Value), context: &EvalContext<'_>, errors: &mut EvalErrors) {
        let mut variables = Vec::with_capacity(2);
        if let Some(name) = &parts.key_var {
            variables.push((&name.text, key));
        }
        variables.push((&parts.value_var.text, value));
        let locals = Locals { names: &variables, outer: context.locals };
        let context = context.with(&locals);
        if let Some(condition) = &parts.condition
            && !self.is_included(condition, parts.key.is_some(), &context, errors)
        {
            return;
        }
        let Some(key) = &parts.key else {
            self.values.push(with_filter_step(eval(&parts.value, &context, errors), parts));
            return;
        };
        let Some(name) = self.name(key, &context, errors) else { return };
        let value = with_filter_step(eval(&parts.value, &context, errors), parts);
        if parts.group {
            self.groups.entry(name).or_default().push(value);
            return;
        }
        match self.named.entry(name) {
            Entry::Vacant(place) => drop(place.insert(value)),
            Entry::Occupied(place) => {
                let name = place.key();
                let name = if self.marks.hides_text() { "the same key (hidden)".to_owned() } else { format!("the key `{name}`") };
                errors.fail(format!("two elements have {name}; add `...` after the value to group them"), key.span);
            }
        }
    }

    /// Whether the condition includes an element. An unknown condition makes the entire result unknown; after that Terraform ignores errors
    /// in conditions and keys, but not in values.
    fn is_included(&mut self, condition: &Expr, is_object: bool, context: &EvalContext<'_>, errors: &mut EvalErrors) -> bool {
        let include = eval(condition, context, errors);
        if include.is_null() {
            self.add_error("the `if` of a `for` is null; it must be true or false", condition.span, errors);
            return false;
        }
        self.marks = self.marks.union(include.marks.of_choice());
        // Terraform checks whether the condition is known before its type if the result is a tuple, and after it if it is an object.
        if include.is_unknown() && !is_object {
            self.set_unknown(include);
            return false;
        }
        match converted(include, &Type::Bool, context) {
            Ok(include) => match include.as_bool() {
                Some(include) => include,
                None => {
                    self.set_unknown(include);
                    false
                }
            },
            Err(error) => {
                self.add_error(format!("the `if` of a `for` must be true or false: {}", error.message), condition.span, errors);
                false
            }
        }
    }

    fn name(&mut self, key: &Expr, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Option<Arc<str>> {
        let name = eval(key, context, errors);
        if name.is_null() {
            self.add_error("the key of a `for` is null", key.span, errors);
            return None;
        }
        self.marks = self.marks.union(name.marks);
        if name.is_unknown() {
            self.set_unknown(name);
            return None;
        }
        match converted(name, &Type::String, context) {
            Ok(name) if name.is_unknown() => {
                self.set_unknown(name);
                None
            }
            Ok(name) => name.as_name(),
            Err(error) => {
                self.add_error(format!("this value cannot be a key: {}", error.message), key.span, errors);
                None
            }
        }
    }

    fn add_error(&mut self, message: impl Into<String>, span: Span, errors: &mut EvalErrors) {
        // After an unknown or invalid condition or key, Terraform drops the errors of later ones: the result is unknown anyway.
        if self.unknown_cause.is_none() {
            self.set_unknown(errors.fail(message, span));
        }
    }

    fn set_unknown(&mut self, cause: Value) {
        self.unknown_cause.get_or_insert(cause);
    }

    fn finish(self, parts: &ForExpr) -> Value {
        let value = match self.unknown_cause {
            Some(cause) => Value::unknown_like(Type::Any, &cause),
            None if parts.key.is_none() => Value::tuple(self.values),
            None if parts.group => Value::object(self.groups.into_iter().map(|(name, group)| (name, Value::tuple(group))).collect()),
            None => Value::object(self.named.into()),
        };
        value.with_marks(self.marks)
    }
}

/// Records in the trail that the `if` of a `for` chose a value: with another value, the element may be left out. Objects are skipped,
/// because most of their attributes do not affect the condition.
fn with_filter_step(value: Value, parts: &ForExpr) -> Value {
    match (&parts.condition, &value.data) {
        (Some(condition), Data::String(_) | Data::Number(_) | Data::Bool(_)) if value.trail.is_some() => {
            value.with_step(Step::of(Place::Source(condition.span), StepKind::Set).chosen(ChoiceReason::Filter, Vec::new()))
        }
        _ => value,
    }
}

/// Terraform evaluates the condition once with unknown variables, so that its type is checked even without elements. Returns its marks.
fn try_condition(parts: &ForExpr, condition: &Expr, context: &EvalContext<'_>, errors: &mut EvalErrors) -> Option<Marks> {
    let placeholder = || Value::unknown(Type::Any, "it is a placeholder for the elements of a collection");
    let mut variables = Vec::with_capacity(2);
    if let Some(name) = &parts.key_var {
        variables.push((&name.text, placeholder()));
    }
    variables.push((&parts.value_var.text, placeholder()));
    let locals = Locals { names: &variables, outer: context.locals };
    let mut own = EvalErrors::default();
    let result = eval(condition, &context.with(&locals), &mut own);
    if result.is_null() {
        own.fail("the `if` of a `for` is null; it must be true or false", condition.span);
    }
    let marks = result.marks;
    if let Err(error) = convert(result, &Type::Bool) {
        own.fail(format!("the `if` of a `for` must be true or false: {}", error.message), condition.span);
    }
    let failed = own.any();
    errors.merge(own);
    (!failed).then_some(marks)
}

/// Checks the references in a body that is not evaluated.
fn check_body(parts: &ForExpr, context: &EvalContext<'_>, errors: &mut EvalErrors) {
    let bound: Vec<&str> = parts.key_var.iter().chain([&parts.value_var]).map(|name| &*name.text).collect();
    for expr in parts.key.iter().chain([&parts.value]).chain(&parts.condition) {
        check_declared(expr, &bound, context, errors);
    }
}
