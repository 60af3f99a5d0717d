//! Conditions that Terraform checks before it plans: validations of variables and preconditions of resources, where they are known to fail.

use super::facts::Reader;
use super::instance::{Each, Instance};
use super::scope::Frame;
use super::world::World;
use crate::base::{Place, Problem, ProblemKind};
use crate::eval::{EvalError, Type, Value, convert};
use crate::hcl::Block;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Variables whose values are known and whose validations, which refer to them, are being evaluated.
#[derive(Default)]
pub(super) struct Validated {
    running: RefCell<Vec<(usize, Arc<str>, Value)>>,
}

impl Validated {
    /// The value of a variable that is being validated.
    pub(super) fn value(&self, at: usize, name: &str) -> Option<Value> {
        let running = self.running.borrow();
        running.iter().rev().find(|(own, of, _)| *own == at && **of == *name).map(|(_, _, value)| value.clone())
    }
}

/// Refuses a value that a validation of its variable is known to reject. What a caller may change, and what is unknown, is not rejected.
pub(super) fn validate(world: &World<'_>, at: &Rc<Instance>, name: &Arc<str>, variable: &Block, value: &Value) -> Result<(), EvalError> {
    if value.deep_marks().by_caller {
        return Ok(());
    }
    for validation in variable.body.blocks_of("validation") {
        world.validated.running.borrow_mut().push((at.id, Arc::clone(name), value.clone()));
        let frame = Frame::new(world, at, &Each::None);
        let failed = is_false(world, validation, &frame);
        let message =
            failed.then(|| format!("the value of variable `{name}` is rejected by its validation{}", reason(world, validation, &frame)));
        world.validated.running.borrow_mut().pop();
        if let Some(message) = message {
            let span = validation.body.attribute("condition").map_or(validation.header, |condition| condition.value.span);
            return Err(EvalError { message, span: Some(span), fatal: true });
        }
    }
    Ok(())
}

/// Notes the preconditions of an instance that are known to fail.
pub(super) fn preconditions(reader: &Reader<'_>, block: &Block) {
    for condition in block.body.blocks_of("lifecycle").flat_map(|lifecycle| lifecycle.body.blocks_of("precondition")) {
        let frame = Frame::new(reader.world, reader.at, reader.each);
        if is_false(reader.world, condition, &frame) {
            let message = format!("a precondition of this resource is false{}", reason(reader.world, condition, &frame));
            let span = condition.body.attribute("condition").map_or(condition.header, |condition| condition.value.span);
            reader.problems.add(Problem::new(ProblemKind::Refused, message).at(Place::Source(span)));
        }
    }
}

/// Whether a condition is known to be false, whoever calls the module.
fn is_false(world: &World<'_>, block: &Block, frame: &Frame<'_>) -> bool {
    let Some(condition) = block.body.attribute("condition") else { return false };
    let value = world.eval(&condition.value, frame).and_then(|value| convert(value, &Type::Bool));
    value.is_ok_and(|value| value.as_bool() == Some(false) && !value.marks.by_caller)
}

/// The error message that the configuration has for it, where it may be shown.
fn reason(world: &World<'_>, block: &Block, frame: &Frame<'_>) -> String {
    let message = block.body.attribute("error_message").and_then(|message| world.eval(&message.value, frame).ok());
    let shown = message.filter(|message| !message.deep_marks().hides_text());
    shown.as_ref().and_then(Value::as_str).map(|text| format!(": {}", text.trim().trim_end_matches('.'))).unwrap_or_default()
}
