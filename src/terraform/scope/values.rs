//! The values of locals, outputs, and module calls as one value.

use super::descend::child;
use super::expand;
use super::trails::through;
use crate::base::{InstanceKey, StepKind};
use crate::eval::{EvalError, Marks, Members, Type, Value};
use crate::hcl::Block;
use crate::terraform::blocks::constants;
use crate::terraform::facts::arguments;
use crate::terraform::facts::conditions;
use crate::terraform::modules::module::DeclarationKind;
use crate::terraform::world::World;
use crate::terraform::world::frame::Frame;
use crate::terraform::world::instance::{Each, Expansion, ForEachEntry, ModuleInstance};
use crate::terraform::world::memo::MemoKey;
use std::rc::Rc;
use std::sync::Arc;

/// `local.name`.
pub(crate) fn local(world: &World<'_>, at: &Rc<ModuleInstance>, name: &Arc<str>) -> Result<Value, EvalError> {
    if let Some(fault) = at.module.fault(DeclarationKind::Local, name) {
        return Err(fault);
    }
    let Some(local) = at.module.locals.get(name) else {
        return undeclared(at, format!("there is no local value `{name}` in this module"));
    };
    let label = || format!("`{}local.{name}`", at.prefix);
    world.memo.evaluate_once(MemoKey::Local(at.id, Arc::clone(name)), label, || {
        let value = Frame::of_module(world, at).eval(&local.value)?;
        Ok(through(value, local.value.span, StepKind::Local(Arc::clone(name)), &at.calls))
    })
}

/// An output of a module instance.
pub(crate) fn output(world: &World<'_>, at: &Rc<ModuleInstance>, name: &Arc<str>) -> Result<Value, EvalError> {
    if let Some(fault) = at.module.fault(DeclarationKind::Output, name) {
        return Err(fault);
    }
    let Some(block) = at.module.outputs.get(name) else {
        return undeclared(at, format!("module `{}` has no output `{name}`", at.path));
    };
    let Some(attribute) = block.body.attribute("value") else {
        return Ok(Value::unknown(Type::Any, format!("output `{name}` has no value")));
    };
    let label = || format!("`{}output.{name}`", at.prefix);
    world.memo.evaluate_once(MemoKey::Output(at.id, Arc::clone(name)), label, || {
        if let Some(error) = arguments::check_declaration(block) {
            return Err(error);
        }
        conditions::check_output(world, at, name, block)?;
        let value = Frame::of_module(world, at).eval(&attribute.value)?;
        let marks = constants::declared_marks(block, world.tree.loader.sources)?;
        let kind = StepKind::Output { name: Arc::clone(name), module: at.path.as_str().into() };
        Ok(through(value.with_marks(marks), attribute.value.span, kind, &at.calls))
    })
}

/// A module call as one value: the object of outputs of its only instance, or a tuple or object of all instances.
pub(super) fn module(world: &World<'_>, at: &Rc<ModuleInstance>, name: &Arc<str>, call: &Block) -> Result<Value, EvalError> {
    let label = || format!("`{}module.{name}`", at.prefix);
    world.memo.evaluate_once(MemoKey::Module(at.id, Arc::clone(name)), label, || {
        let expansion = expand::call(world, at, name, call)?;
        combine_instances(&expansion, |key, each| match child(world, at, name, call, key, each) {
            Err(why) => Value::unknown(Type::Any, why),
            Ok(child) => {
                let output = |name: &Arc<str>| {
                    let value = output(world, &child, name);
                    // An output with an error does not make the others unknown.
                    let value = value.unwrap_or_else(|error| {
                        Value::unknown(
                            Type::Any,
                            expand::rejected(world, format!("output `{name}` cannot be evaluated: {}", error.message)),
                        )
                    });
                    (Arc::clone(name), value)
                };
                Value::object(child.module.outputs.keys().map(output).collect())
            }
        })
    })
}

/// The value of an undeclared name: an error, unless it may be declared in a file that could not be read.
pub(super) fn undeclared(at: &ModuleInstance, message: String) -> Result<Value, EvalError> {
    if at.module.problems.is_empty() {
        return Err(EvalError::refused(message, None));
    }
    Ok(Value::unknown(Type::Any, format!("{message}, but a file of it could not be read")))
}

/// All instances of a block as one value: that of the only instance, or a tuple or object of all. `make` evaluates one instance.
pub(super) fn combine_instances(expansion: &Expansion, make: impl Fn(Option<&InstanceKey>, Each) -> Value) -> Result<Value, EvalError> {
    let instance = |key: Option<InstanceKey>| make(key.as_ref(), expansion.each(key.as_ref()).unwrap_or(Each::None));
    Ok(match expansion {
        Expansion::One => instance(None),
        Expansion::Disabled => Value::null(Type::Any),
        Expansion::Count(_) => Value::tuple(expansion.keys().into_iter().map(instance).collect()),
        Expansion::ForEach(entries) => {
            let member = |entry: &ForEachEntry| (Arc::clone(&entry.key), instance(Some(InstanceKey::Text(Arc::clone(&entry.shown)))));
            let members: Members = entries.iter().map(member).collect();
            // The object has the real keys, also those that may not be shown.
            let is_hidden = entries.iter().any(|entry| entry.key != entry.shown);
            Value::object(members).with_marks(if is_hidden { Marks { piece: true, ..Marks::FILE } } else { Marks::NONE })
        }
        Expansion::Symbolic { error: Some(error), .. } => return Err(error.clone()),
        Expansion::Symbolic { symbolic, each, .. } => match each {
            // In a library, the instance that represents all is the only one there is.
            Each::Element(key, _) if key.marks.by_caller && key.as_str().is_some() => {
                let name: Arc<str> = key.as_str().unwrap_or_default().into();
                Value::object([(name, instance(Some(InstanceKey::Any)))].into_iter().collect()).with_marks(key.marks)
            }
            Each::Index(index) if index.marks.by_caller && !index.is_unknown() => {
                Value::tuple(vec![instance(Some(InstanceKey::Any))]).with_marks(index.marks)
            }
            _ => Value::unknown(Type::Any, symbolic.why.clone()),
        },
    })
}
