//! Finds out whether an expression with an unknown value could depend on time. Follows its references, but skips branches of conditionals
//! that are certainly not taken.

use crate::eval::Budget;
use crate::hcl::{Expr, ExprKind, TraversalStep};
use crate::terraform::blocks::subject::Subject;
use crate::terraform::scope::descend;
use crate::terraform::scope::expand;
use crate::terraform::scope::time::passing::{is_changed_by, passes_on};
use crate::terraform::scope::time::rotating;
use crate::terraform::world::World;
use crate::terraform::world::driver::function;
use crate::terraform::world::frame::Frame;
use crate::terraform::world::instance::{Each, ModuleInstance};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

/// The maximum depth of nested expressions and references.
const MAX_DEPTH: usize = 200;
/// The driver to assume if the budget is spent before one is found.
const TOO_LARGE_TO_FOLLOW: &str = "an expression that is too large to follow";

/// A search for the first driver that an expression could depend on.
pub(super) struct DriverSearch<'w> {
    world: &'w World<'w>,
    /// Charged for every expression visited, because thousands of instances may each follow thousands of references.
    budget: Budget,
    seen: HashSet<(usize, String)>,
    depth: usize,
    found: Option<String>,
}

/// The name of the first driver that an expression could depend on.
pub(super) fn possible_driver(world: &World<'_>, expr: &Expr, at: &Rc<ModuleInstance>, each: &Each) -> Option<String> {
    let mut search = DriverSearch { world, budget: world.memo.budget(), seen: HashSet::new(), depth: 0, found: None };
    search.expression(expr, at, each);
    search.found
}

impl DriverSearch<'_> {
    fn expression(&mut self, expr: &Expr, at: &Rc<ModuleInstance>, each: &Each) {
        if self.depth >= MAX_DEPTH || self.found.is_some() {
            return;
        }
        if !self.budget.step() {
            self.found = Some(TOO_LARGE_TO_FOLLOW.to_owned());
            return;
        }
        self.depth += 1;
        match &expr.kind {
            ExprKind::Call { name, .. } if function(&name.text).is_some() => self.found = Some(format!("{}()", name.text)),
            ExprKind::Conditional(condition, then, otherwise) => {
                let decision = Frame::new(self.world, at, each).eval(condition).ok();
                // Another caller of a library may take the other branch.
                let decision = decision.filter(|decision| !decision.marks.by_caller).and_then(|decision| decision.as_bool());
                self.expression(condition, at, each);
                if decision != Some(false) {
                    self.expression(then, at, each);
                }
                if decision != Some(true) {
                    self.expression(otherwise, at, each);
                }
            }
            ExprKind::Traversal(base, steps) => {
                if let ExprKind::Variable(name) = &base.kind {
                    self.reference(name, steps, at);
                }
                expr.children(&mut |child| self.expression(child, at, each));
            }
            _ => expr.children(&mut |child| self.expression(child, at, each)),
        }
        self.depth -= 1;
    }

    fn reference(&mut self, first: &Arc<str>, steps: &[TraversalStep], at: &Rc<ModuleInstance>) {
        let names: Vec<&Arc<str>> =
            steps.iter().filter_map(|step| if let TraversalStep::Attr(name) = step { Some(&name.text) } else { None }).collect();
        let subject = Subject::from_names(first, names.first().copied(), names.get(1).copied());
        // The attribute of a resource or the output of a module. An instance key may come before it.
        let last = match subject {
            Subject::Managed(named) => names.get(named.taken),
            _ => names.get(1),
        };
        let last = last.map_or("", |name| name);
        if !self.seen.insert((at.id, format!("{first}.{}.{last}", names.first().map_or("", |name| name)))) {
            return;
        }
        let module = Arc::clone(&at.module);
        match subject {
            Subject::Local(name) => {
                if let Some(local) = module.locals.get(name) {
                    self.expression(&local.value, at, &Each::None);
                }
            }
            Subject::Variable(name) => {
                let Some((parent, call)) = &at.parent else { return };
                if let Some(argument) = parent.module.calls.get(call).and_then(|call| call.body.attribute(name)) {
                    self.expression(&argument.value, parent, &at.each);
                }
            }
            Subject::Call(name) => self.output(name, last, at),
            Subject::Managed(named) => self.resource(named.kind, named.name, last, at),
            _ => {}
        }
    }

    fn output(&mut self, name: &Arc<str>, output: &str, at: &Rc<ModuleInstance>) {
        let module = Arc::clone(&at.module);
        let Some((name, call)) = module.calls.get_key_value(name) else { return };
        let Ok(expansion) = expand::call(self.world, at, name, call) else { return };
        let Some(key) = expansion.keys().into_iter().next() else { return };
        let Some(each) = expansion.each(key.as_ref()) else { return };
        let Ok(child) = descend::child(self.world, at, name, call, key.as_ref(), each) else { return };
        if let Some(value) = child.module.outputs.get(output).and_then(|output| output.body.attribute("value")) {
            self.expression(&value.value, &child, &Each::None);
        }
    }

    fn resource(&mut self, kind: &str, name: &Arc<str>, attribute: &str, at: &Rc<ModuleInstance>) {
        let module = Arc::clone(&at.module);
        let Some(block) = module.managed.get(kind).and_then(|named| named.get(name)) else { return };
        if !passes_on(kind) {
            return;
        }
        match block.body.attribute(attribute) {
            Some(argument) => self.expression(&argument.value, at, &Each::None),
            None => {
                let is_all = attribute.is_empty();
                for argument in
                    block.body.attributes.iter().filter(|argument| is_all || is_changed_by(kind, attribute, &argument.name.text))
                {
                    self.expression(&argument.value, at, &Each::None);
                }
                if kind == "time_rotating" && self.found.is_none() {
                    self.found = rotating(&Frame::of_module(self.world, at), name, block).map(|driver| driver.name);
                }
            }
        }
    }
}
