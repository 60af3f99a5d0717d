//! Checks the arguments of module calls and of `variable` and `output` blocks: unknown names and missing arguments.

use super::problems::Problems;
use crate::base::{self, Place, Problem, ProblemKind, closest};
use crate::eval::{EvalError, Reference, references};
use crate::hcl::{Attribute, Block, ExprKind, Name};
use crate::terraform::blocks::CALL_META_ARGUMENTS;
use crate::terraform::modules::module::{DeclarationKind, Module};
use crate::terraform::world::instance::ModuleInstance;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

/// The blocks that a module call may have: `lifecycle` in OpenTofu, and `_`, which contains arguments.
const META_BLOCKS: [&str; 2] = ["lifecycle", "_"];
/// The maximum number of a call's unknown arguments that are compared with the module's variables, because a hostile call may have as many
/// as the module has variables.
const MAX_COMPARED: usize = 100;
/// The arguments and blocks of a `variable` block.
const VARIABLE: [&str; 9] = ["type", "default", "description", "validation", "sensitive", "nullable", "ephemeral", "const", "deprecated"];
/// The arguments and blocks of an `output` block.
const OUTPUT: [&str; 7] = ["value", "description", "sensitive", "ephemeral", "depends_on", "precondition", "deprecated"];

/// Reports the arguments of a call that Terraform rejects, and the required ones that are missing.
pub(crate) fn check(name: &str, call: &Block, module: &Module, problems: &Problems) {
    if !module.problems.is_empty() {
        // Some of its variables may be unknown.
        return;
    }
    let missing = missing_variables(call, module).map(|variable| missing_variable(name, call, variable));
    for error in unknown(name, call, module).chain(missing) {
        let place = Place::Source(error.span.unwrap_or(call.header));
        problems.add_certain(Problem::new(ProblemKind::Refused, error.message).at(place));
    }
}

/// Reports calls with `count`, `for_each` or `depends_on` whose module, or one below it, configures a provider: Terraform rejects them.
pub(crate) fn check_provider(at: &Rc<ModuleInstance>, name: &str, call: &Block, problems: &Problems) {
    let around = std::iter::successors(at.parent.as_ref(), |(parent, _)| parent.parent.as_ref());
    let outer = around.filter_map(|(parent, name)| parent.module.calls.get(name));
    let mut calls = std::iter::once(call).chain(outer);
    // Terraform treats an empty `depends_on` as absent.
    let is_empty = |argument: &Attribute| {
        &*argument.name.text == "depends_on" && matches!(&argument.value.kind, ExprKind::Tuple(items) if items.is_empty())
    };
    let used = |call: &Block| {
        let arguments = ["count", "for_each", "depends_on"].into_iter().filter_map(|argument| call.body.attribute(argument));
        arguments.filter(|argument| !is_empty(argument)).map(|argument| argument.name.clone()).next()
    };
    let refused = calls.find_map(used);
    if let Some(argument) = refused {
        let message = format!("module `{name}` configures a provider itself, so it cannot be called with `{}`", argument.text);
        let help = "Move the `provider` block to the root module, and pass it with `providers`";
        problems.add_certain(Problem::new(ProblemKind::Refused, message).at(Place::Source(argument.span)).help(help));
    }
}

/// The error of a call that does not set a variable: the variable is required, or the call has a misspelling of its name.
pub(crate) fn unset_variable(name: &str, call: &Block, variable: &str, module: &Module) -> Option<EvalError> {
    if !module.problems.is_empty() {
        return None;
    }
    let misspelled = unknown_names(call, module).take(MAX_COMPARED).find(|argument| nearest(&argument.text, module) == Some(variable));
    match misspelled {
        Some(argument) => Some(unknown_argument(name, argument, Some(module))),
        None => missing_variables(call, module).any(|missing| missing == variable).then(|| missing_variable(name, call, variable)),
    }
}

fn unknown<'a>(name: &'a str, call: &'a Block, module: &'a Module) -> impl Iterator<Item = EvalError> + 'a {
    unknown_names(call, module)
        .enumerate()
        .map(move |(at, argument)| unknown_argument(name, argument, (at < MAX_COMPARED).then_some(module)))
}

/// The names of a call's arguments that are not variables of the module, and of its blocks, which never set variables.
fn unknown_names<'a>(call: &'a Block, module: &'a Module) -> impl Iterator<Item = &'a Name> + 'a {
    let arguments = call.body.attributes.iter().map(|attribute| &attribute.name);
    let is_known = |name: &str| {
        CALL_META_ARGUMENTS.contains(&name)
            || module.variables.contains_key(name)
            || module.fault(DeclarationKind::Variable, name).is_some()
    };
    let blocks = call.body.blocks.iter().map(|block| &block.kind).filter(|kind| !META_BLOCKS.contains(&&*kind.text));
    arguments.filter(move |name| !is_known(&name.text)).chain(blocks)
}

/// The variable of this name, or the one with the most similar name.
fn nearest<'m>(text: &str, module: &'m Module) -> Option<&'m str> {
    let names = || module.variables.keys().map(|name| &**name);
    names().find(|name| *name == text).or_else(|| closest(text, names()))
}

fn unknown_argument(name: &str, argument: &Name, module: Option<&Module>) -> EvalError {
    let message = match module.and_then(|module| nearest(&argument.text, module)) {
        Some(near) if *near == *argument.text => format!("`{near}` is an argument of module `{name}`, not a block: write `{near} = …`"),
        Some(near) => format!("module `{name}` has no variable `{}`; did you mean `{near}`?", argument.text),
        None => match closest(&argument.text, CALL_META_ARGUMENTS) {
            Some(near) => format!("module `{name}` has no variable `{}`; did you mean `{near}`?", argument.text),
            None => format!("module `{name}` has no variable `{}`", argument.text),
        },
    };
    EvalError::refused(message, Some(argument.span))
}

/// The required variables of a module that a call does not set.
fn missing_variables<'a>(call: &'a Block, module: &'a Module) -> impl Iterator<Item = &'a str> {
    let given: HashSet<&str> = call.body.attributes.iter().map(|attribute| &*attribute.name.text).collect();
    let is_missing =
        move |(variable, block): &(&Arc<str>, &Block)| block.body.attribute("default").is_none() && !given.contains(&***variable);
    module.variables.iter().filter(move |variable| is_missing(variable)).map(|(variable, _)| &**variable)
}

fn missing_variable(name: &str, call: &Block, variable: &str) -> EvalError {
    EvalError::refused(format!("module call `{name}` does not set the required variable `{variable}`"), Some(call.header))
}

/// The first error of a `variable` or `output` block: a validation that does not refer to its variable, or a misspelled argument.
pub(crate) fn check_declaration(block: &Block) -> Option<EvalError> {
    let name = block.labels.first();
    for condition in block.body.blocks_of("validation").filter_map(|validation| validation.body.attribute("condition")) {
        let is_own = |reference: &Reference<'_>| {
            &**reference.root == "var" && reference.names().first().is_some_and(|first| name.is_some_and(|name| first.text == name.text))
        };
        if let Some(name) = name.filter(|_| !references(&condition.value).iter().any(is_own)) {
            let message = format!("the condition of a validation must refer to the variable itself: `var.{}`", name.text);
            return Some(EvalError::refused(message, Some(condition.value.span)));
        }
    }
    let (what, known): (_, &[&str]) = if &*block.kind.text == "variable" { ("variable", &VARIABLE) } else { ("output", &OUTPUT) };
    let names = block.body.attributes.iter().map(|attribute| &attribute.name);
    let (name, near) =
        names.filter(|name| !known.contains(&&*name.text)).find_map(|name| Some((name, closest(&name.text, known.iter().copied())?)))?;
    let message = format!("unsupported argument `{}` in {} `{what}` block; did you mean `{near}`?", name.text, base::article(what));
    Some(EvalError::refused(message, Some(name.span)))
}
