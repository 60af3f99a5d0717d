//! The values of variables, from the arguments of module calls, the inputs of a run, and defaults.

use super::trails::through;
use super::values::undeclared;
use crate::base::{Calls, Place, Reason, Span, Step, StepKind};
use crate::eval::{Data, EvalError, Marks, Type, TypeConstraint, Value, equals, parse_constraint};
use crate::hcl::{Block, Expr};
use crate::terraform::blocks::constants;
use crate::terraform::facts::arguments;
use crate::terraform::facts::conditions;
use crate::terraform::inputs::symbolic::fill;
use crate::terraform::inputs::{GivenValue, TextOrigin, parse_expression};
use crate::terraform::modules::module::{DeclarationKind, Module};
use crate::terraform::modules::secrets::may_be_secret;
use crate::terraform::world::World;
use crate::terraform::world::frame::{ClosedScope, Frame, OUTSIDE_MARKS};
use crate::terraform::world::instance::ModuleInstance;
use crate::terraform::world::memo::MemoKey;
use std::rc::Rc;
use std::sync::Arc;

/// `var.name`.
pub(crate) fn value(world: &World<'_>, at: &Rc<ModuleInstance>, name: &Arc<str>) -> Result<Value, EvalError> {
    if let Some(value) = world.memo.validated(at.id, name) {
        return Ok(value);
    }
    if let Some(fault) = at.module.fault(DeclarationKind::Variable, name) {
        return Err(fault);
    }
    let Some(block) = at.module.variables.get(name) else {
        return undeclared(at, format!("there is no variable `{name}` in this module"));
    };
    let label = || format!("`{}var.{name}`", at.prefix);
    world.memo.evaluate_once(MemoKey::Variable(at.id, Arc::clone(name)), label, || {
        if let Some(error) = arguments::check_declaration(block) {
            return Err(error);
        }
        let marks = constants::declared_marks(block, world.tree.loader.sources)?;
        let constraint = constraint(world, &at.module, block, name)?;
        let value = match &at.parent {
            None => root_value(world, name, block, &constraint),
            Some((parent, call)) => argument(world, parent, call, at, name, block, &constraint),
        };
        // An error message may quote the sensitive value.
        let value = value.map_err(|error| match may_be_secret(block) {
            true => EvalError {
                message: format!("the value of variable `{name}` is invalid; the reason is not shown because it is sensitive"),
                ..error
            },
            false => error,
        })?;
        if value.deep_marks().ephemeral && !marks.ephemeral {
            let message = format!("an ephemeral value is given to variable `{name}`, which is not declared `ephemeral = true`");
            return Err(EvalError::refused(message, value.trail.as_ref().and_then(|link| link.step.place.span())));
        }
        // Conversion to the variable's type creates a copy of the complete value.
        let budget = world.memo.budget();
        if !budget.charge_all(&value) {
            return Ok(budget.too_large());
        }
        let value = value.with_marks(if at.module.is_outside { marks.union(OUTSIDE_MARKS) } else { marks });
        conditions::validate(world, at, name, block, &value)?;
        Ok(value)
    })
}

/// The type of a variable.
fn constraint(world: &World<'_>, module: &Module, block: &Block, name: &Arc<str>) -> Result<TypeConstraint, EvalError> {
    let Some(attribute) = block.body.attribute("type") else { return Ok(TypeConstraint::any()) };
    world.memo.constraint((module.path.clone(), Arc::clone(name)), || {
        let parsed = parse_constraint(&attribute.value, &mut |default| ClosedScope { world }.eval(default), &world.memo.budget());
        parsed.map_err(|error| error.at(attribute.value.span).uncatchable())
    })
}

/// The value that a module call passes to a variable.
fn argument(
    world: &World<'_>,
    parent: &Rc<ModuleInstance>,
    call: &Arc<str>,
    at: &Rc<ModuleInstance>,
    name: &Arc<str>,
    variable: &Block,
    constraint: &TypeConstraint,
) -> Result<Value, EvalError> {
    if let Some(fault) = parent.module.fault(DeclarationKind::Call, call) {
        return Err(fault);
    }
    let block = parent.module.calls.get(call);
    let passed = block.and_then(|call| call.body.attribute(name));
    if passed.is_none()
        && let Some(error) = block.and_then(|block| arguments::unset_variable(call, block, name, &at.module))
    {
        return Err(error);
    }
    if let Some(passed) = passed {
        let value = Frame::new(world, parent, &at.each).eval(&passed.value)?;
        if !value.is_null() || constants::is_nullable(variable, world.tree.loader.sources)? {
            let value = match world.inputs.library {
                // The root's variable has no type, so the made-up value has the type of the called module's variable.
                Some(how) if value.marks.by_caller && matches!(&value.data, Data::Unknown(unknown) if unknown.ty == Type::Any) => {
                    let trail = value.trail.clone();
                    fill(None, variable, constraint, name, how).or_trail(&trail)
                }
                _ => conform(value, constraint, name, passed.value.span, world)?,
            };
            let kind = StepKind::Argument { name: Arc::clone(name), call: Arc::clone(call) };
            return Ok(through(value, passed.value.span, kind, &parent.calls));
        }
    }
    match default(variable, constraint, name, world, &at.calls)? {
        Some(value) => Ok(value),
        None => {
            let value = Value::unknown(constraint.ty.without_optional(), format!("module call `{call}` does not set `{name}`"));
            Ok(value.with_step(Step {
                calls: Some(Arc::clone(&at.calls)),
                ..Step::of(Place::Source(variable.header), StepKind::NoDefault(Arc::clone(name)))
            }))
        }
    }
}

/// The value of a variable of the root module.
fn root_value(world: &World<'_>, name: &Arc<str>, variable: &Block, constraint: &TypeConstraint) -> Result<Value, EvalError> {
    let (inputs, sources) = (&world.inputs, world.tree.loader.sources);
    let root = || -> Calls { Arc::from([]) };
    let at = |kind: StepKind| Step { calls: Some(root()), ..Step::of(Place::Source(variable.header), kind) };
    let unknown = |why: &Reason| {
        let value = Value::unknown(constraint.ty.without_optional(), why.reworded(format!("variable `{name}`: {why}")));
        value.with_step(at(StepKind::Variable(Arc::clone(name))))
    };
    let given = match inputs.given.get(&**name) {
        // For an ephemeral variable, a plan records the default whatever was passed.
        Some(GivenValue::Recorded(value)) if !constants::is_true(variable, "ephemeral", sources) => {
            let value = conform(value.clone(), constraint, name, variable.header, world)?;
            let current = match inputs.current.get(&**name) {
                Some(GivenValue::Written(expr, file, marks)) => value_in_file(expr, file, *marks, name, constraint, world).ok(),
                Some(_) => None,
                None => default(variable, constraint, name, world, &root()).ok().flatten(),
            };
            // The plan has the value; a configured value that is equal adds the trail.
            let same = current.filter(|current| equals(current, &value).as_bool() == Some(true));
            let same = same.map(|current| current.with_marks(value.marks));
            Some(same.unwrap_or_else(|| value.with_step(at(StepKind::Recorded(Arc::clone(name))))))
        }
        None | Some(GivenValue::Recorded(_)) => match &inputs.others_unknown {
            Some(why) => return Ok(unknown(why)),
            None => None,
        },
        Some(GivenValue::Rejected(why)) => return Ok(unknown(why)),
        Some(GivenValue::Written(expr, file, marks)) => Some(value_in_file(expr, file, *marks, name, constraint, world)?),
        Some(GivenValue::Text(text, by, origin)) => {
            // For primitive types and variables without a type, Terraform uses the text as a string; otherwise it parses an expression.
            let is_text = constraint.ty.is_primitive() || variable.body.attribute("type").is_none();
            // Messages do not quote the text: environment variables may be secret.
            let refused =
                |what: &str| EvalError::refused(format!("the value of variable `{name}` from {by} {what}"), Some(variable.header));
            let value = if is_text {
                Value::string(text).with_marks(Marks { from_file: true, raw: by.starts_with("`TF_VAR_"), ..Marks::NONE })
            } else {
                let expr = parse_expression(text, name, by, sources).map_err(|_| refused("is not a valid expression"))?;
                let value = ClosedScope { world }.eval_constant(&expr).map_err(|_| refused("is not a constant expression"))?;
                value.with_marks(Marks { from_file: true, ..Marks::NONE })
            };
            let value = conform(value, constraint, name, variable.header, world).map_err(|_| refused("does not fit its type"))?;
            let (variable, by) = (Arc::clone(name), Arc::clone(by));
            Some(value.with_step(at(match origin {
                TextOrigin::CommandLine => StepKind::CommandLine { variable, by },
                TextOrigin::Environment => StepKind::Environment { variable, by },
            })))
        }
    };
    if let Some(value) = given
        && (!value.is_null() || constants::is_nullable(variable, sources)?)
    {
        return Ok(value);
    }
    let value = default(variable, constraint, name, world, &root())?;
    if let Some(how) = inputs.library {
        return Ok(fill(value.as_ref(), variable, constraint, name, how));
    }
    Ok(value.unwrap_or_else(|| {
        let value = Value::unknown(constraint.ty.without_optional(), Reason::no_value(name));
        value.with_step(at(StepKind::NoValue(Arc::clone(name))))
    }))
}

/// The value of a root module's variable in a values file.
fn value_in_file(
    expr: &Expr,
    file: &Arc<str>,
    marks: Marks,
    name: &Arc<str>,
    constraint: &TypeConstraint,
    world: &World<'_>,
) -> Result<Value, EvalError> {
    let value = conform(ClosedScope { world }.eval_constant(expr)?.with_marks(marks), constraint, name, expr.span, world)?;
    Ok(through(value, expr.span, StepKind::ValuesFile(Arc::clone(file)), &Arc::from([])))
}

/// The default of a variable.
fn default(
    variable: &Block,
    constraint: &TypeConstraint,
    name: &str,
    world: &World<'_>,
    calls: &Calls,
) -> Result<Option<Value>, EvalError> {
    let Some(attribute) = variable.body.attribute("default") else { return Ok(None) };
    let span = attribute.value.span;
    let value = conform(ClosedScope { world }.eval_constant(&attribute.value)?, constraint, name, span, world)?;
    Ok(Some(through(value, span, StepKind::Default(name.into()), calls)))
}

/// Converts a value to a variable's type.
fn conform(value: Value, constraint: &TypeConstraint, name: &str, span: Span, world: &World<'_>) -> Result<Value, EvalError> {
    let budget = world.memo.budget();
    if !constraint.has_room(&value, &budget) {
        return Ok(budget.too_large());
    }
    constraint
        .conform(value)
        .map_err(|error| EvalError::refused(format!("the value of variable `{name}` does not fit its type: {}", error.message), Some(span)))
}
