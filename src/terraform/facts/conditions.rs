//! Conditions that Terraform checks when it plans: validations of variables, and pre- and postconditions of resources and outputs. Only
//! conditions that are known to fail are reported.

use super::reader::BlockReader;
use crate::base::{Place, Problem, ProblemKind, Span};
use crate::eval::{Dialect, EvalError, FileAccess, RefStep, Scope, Type, Value, convert};
use crate::hcl::Block;
use crate::terraform::world::World;
use crate::terraform::world::frame::{Frame, ResourceInstance};
use crate::terraform::world::instance::ModuleInstance;
use std::rc::Rc;
use std::sync::Arc;

/// Checks a value against the validations of its variable. Unknown values and values that a caller may change pass.
///
/// # Errors
/// A validation is known to reject the value.
pub(crate) fn validate(
    world: &World<'_>,
    at: &Rc<ModuleInstance>,
    name: &Arc<str>,
    variable: &Block,
    value: &Value,
) -> Result<(), EvalError> {
    if value.deep_marks().by_caller {
        return Ok(());
    }
    for validation in variable.body.blocks_of("validation") {
        let frame = Frame::of_module(world, at);
        let message = world.memo.with_validated(at.id, name, value, || {
            let reason = || reason(&frame, validation, &frame);
            is_false(&frame, validation, &frame)
                .then(|| format!("the value of variable `{name}` is rejected by its validation{}", reason()))
        });
        if let Some(message) = message {
            return Err(EvalError::refused(message, Some(place(validation))));
        }
    }
    Ok(())
}

/// Reports the conditions of a managed resource's instance that are known to fail.
pub(crate) fn check_resource(reader: &BlockReader<'_>, instance: ResourceInstance<'_>) {
    let lifecycles = || instance.block.body.blocks_of("lifecycle");
    let frame = reader.frame();
    let check = |condition: &Block, what: &str, scope: &dyn Scope| {
        if is_false(&frame, condition, scope) {
            let message = format!("a {what} of this resource is false{}", reason(&frame, condition, scope));
            reader.problems.add(Problem::new(ProblemKind::Refused, message).at(Place::Source(place(condition))));
        }
    };
    for condition in lifecycles().flat_map(|lifecycle| lifecycle.body.blocks_of("precondition")) {
        check(condition, "precondition", &frame);
    }
    for condition in lifecycles().flat_map(|lifecycle| lifecycle.body.blocks_of("postcondition")) {
        check(condition, "postcondition", &PostconditionScope { frame: reader.frame(), instance });
    }
}

/// Checks the preconditions of an output.
///
/// # Errors
/// A precondition is known to fail.
pub(crate) fn check_output(world: &World<'_>, at: &Rc<ModuleInstance>, name: &str, output: &Block) -> Result<(), EvalError> {
    let frame = Frame::of_module(world, at);
    match output.body.blocks_of("precondition").find(|condition| is_false(&frame, condition, &frame)) {
        None => Ok(()),
        Some(condition) => {
            let message = format!("a precondition of output `{name}` is false{}", reason(&frame, condition, &frame));
            Err(EvalError::refused(message, Some(place(condition))))
        }
    }
}

/// The scope of a postcondition, in which `self` is the instance.
struct PostconditionScope<'a> {
    frame: Frame<'a>,
    instance: ResourceInstance<'a>,
}

impl Scope for PostconditionScope<'_> {
    fn resolve(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        if name == "self" { Ok((self.instance.object(), 0)) } else { self.frame.resolve(name, span, steps) }
    }

    fn check_declared(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(), EvalError> {
        if name == "self" { Ok(()) } else { self.frame.check_declared(name, span, steps) }
    }

    fn text(&self, span: Span) -> String {
        self.frame.text(span)
    }

    fn quote(&self, span: Span) -> Option<String> {
        self.frame.quote(span)
    }

    fn dialect(&self) -> Dialect {
        self.frame.dialect()
    }

    fn files(&self) -> &dyn FileAccess {
        self.frame.files()
    }

    fn is_builtin_provider(&self, name: &str) -> bool {
        self.frame.is_builtin_provider(name)
    }
}

fn place(condition: &Block) -> Span {
    condition.body.attribute("condition").map_or(condition.header, |condition| condition.value.span)
}

/// Whether a condition is known to be false for every caller of the module.
fn is_false(frame: &Frame<'_>, block: &Block, scope: &dyn Scope) -> bool {
    let Some(condition) = block.body.attribute("condition") else { return false };
    let value = frame.eval_in(&condition.value, scope).and_then(|value| convert(value, &Type::Bool));
    // Other callers of a library may pass values that meet the condition.
    value.is_ok_and(|value| value.as_bool() == Some(false) && !value.marks.by_caller)
}

/// The condition's error message after a colon; empty if there is none or it may not be shown.
fn reason(frame: &Frame<'_>, block: &Block, scope: &dyn Scope) -> String {
    let message = block.body.attribute("error_message").and_then(|message| frame.eval_in(&message.value, scope).ok());
    let shown = message.filter(|message| !message.deep_marks().hides_text());
    shown.as_ref().and_then(Value::as_str).map(|text| format!(": {}", text.trim().trim_end_matches('.'))).unwrap_or_default()
}
