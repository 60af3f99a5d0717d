//! Values → facts: the value of an argument as rules see it, with its trail.

use super::problems::Problems;
use crate::base::{Bounds, Case, Claim, Fact, Place, Reason, Span, Step, StepKind, Trail};
use crate::eval::{EvalError, Possible, Type, Value, convert};
use crate::hcl::{Attribute, Expr, ExprKind, TraversalStep};
use crate::terraform::blocks::subject::Subject;
use crate::terraform::world::World;
use crate::terraform::world::frame::{BlockIterator, Frame};
use crate::terraform::world::instance::{Each, ModuleInstance};
use std::rc::Rc;
use std::sync::Arc;

/// Reads the arguments of one instance of a block.
pub(crate) struct BlockReader<'a> {
    pub world: &'a World<'a>,
    pub at: &'a Rc<ModuleInstance>,
    pub each: &'a Each,
    pub problems: &'a Problems,
}

impl BlockReader<'_> {
    /// The frame that resolves names in the block.
    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame::new(self.world, self.at, self.each)
    }

    /// Evaluates an expression of the block. `iterators` has the iterators of the `dynamic` blocks around it.
    pub(crate) fn value(&self, expr: &Expr, iterators: &[BlockIterator]) -> Result<Value, EvalError> {
        self.frame().within(iterators).eval(expr)
    }

    /// The fact of a string argument. `read` returns `None` for text that counts as unset.
    pub(crate) fn text<T>(&self, attribute: Option<&Attribute>, iterators: &[BlockIterator], read: impl Fn(&str) -> Option<T>) -> Fact<T> {
        self.fact(attribute, iterators, &Type::String, |value| Ok(value.as_str().and_then(&read)))
    }

    /// The fact of an argument of a given type. `read` converts a known value, returns `None` if it counts as unset, or a reason why it
    /// counts as unknown.
    pub(crate) fn fact<T>(
        &self,
        attribute: Option<&Attribute>,
        iterators: &[BlockIterator],
        ty: &Type,
        read: impl Fn(&Value) -> Result<Option<T>, Reason>,
    ) -> Fact<T> {
        let Some(attribute) = attribute else { return Fact::unset() };
        let expr = &attribute.value;
        let first = Step { calls: Some(Arc::clone(&self.at.calls)), ..self.world.resources.first_step(expr.span, || self.kind_of(expr)) };
        let value = self.value(expr, iterators).and_then(|value| {
            let message =
                |error: EvalError| EvalError { message: format!("`{}` does not fit: {}", attribute.name.text, error.message), ..error };
            let value = convert(value, ty).map_err(|error| message(error).at(expr.span))?;
            match refusal(&value, &attribute.name.text, ty) {
                Some(message) => Err(EvalError::refused(message, Some(expr.span))),
                None => Ok(value),
            }
        });
        match value {
            Ok(value) => {
                let mut fact = to_fact(&value, first, ty, read, || self.input(expr, iterators));
                if let Some(Bounds::Default { .. }) = fact.as_unknown().map(|unknown| &unknown.bounds) {
                    fact.default = super::defaults::site(self.world, &fact.trail).map(Box::new);
                }
                fact.by_default = super::defaults::is_default(self.world, &fact.trail);
                self.hide_if_sensitive(fact)
            }
            Err(error) => {
                self.problems.add_refused(&error);
                let mut trail = vec![first];
                if let Some(span) = error.span.filter(|span| *span != expr.span) {
                    trail.push(Step::new(Place::Source(span), "Terraform would reject this"));
                }
                Fact::rejected(format!("Terraform would reject its value: {}", error.message)).with_trail(trail)
            }
        }
    }

    /// The trail of a value that decides whether a block exists. Hides the places of the trail if the value is sensitive.
    pub(crate) fn block_trail(&self, value: &Value, span: Span) -> Trail {
        let first = self.world.resources.first_step(span, || StepKind::Note("decides whether the block exists".into()));
        let trail = trail(Step { calls: Some(Arc::clone(&self.at.calls)), ..first }, value);
        if value.deep_marks().is_secret() {
            crate::terraform::modules::secrets::hide_trail(&trail, self.world.tree.loader.sources);
        }
        trail
    }

    /// Hides the places of a fact's trail if the fact is sensitive. Returns the fact.
    pub(crate) fn hide_if_sensitive<T>(&self, fact: Fact<T>) -> Fact<T> {
        if fact.sensitive {
            crate::terraform::modules::secrets::hide_trail(&fact.trail, self.world.tree.loader.sources);
        }
        fact
    }

    /// The kind of the trail's first step: the label under an argument's value.
    fn kind_of(&self, expr: &Expr) -> StepKind {
        let text = || self.world.tree.quote(expr.span).filter(|text| !text.is_empty() && text.len() <= 60 && !text.contains('\n'));
        match &expr.kind {
            ExprKind::Traversal(..) | ExprKind::Variable(_) => {
                text().map_or(StepKind::Expression, |text| StepKind::Used(Some(text.into())))
            }
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => StepKind::Set,
            _ => StepKind::Expression,
        }
    }

    /// The input that a library's caller may set to change the value of an expression, as messages name it.
    pub(crate) fn input(&self, expr: &Expr, iterators: &[BlockIterator]) -> String {
        self.find_input(expr, iterators).or_else(|| self.world.tree.quote(expr.span)).unwrap_or_else(|| "its value".to_owned())
    }

    fn find_input(&self, expr: &Expr, iterators: &[BlockIterator]) -> Option<String> {
        if let ExprKind::Traversal(base, steps) = &expr.kind
            && let ExprKind::Variable(name) = &base.kind
            && self.value(expr, iterators).is_ok_and(|value| value.marks.by_caller)
        {
            let last = || {
                steps.iter().rev().find_map(|step| if let TraversalStep::Attr(name) = step { Some(name.text.to_string()) } else { None })
            };
            let found = match Subject::traversed(name, steps) {
                Subject::Variable(_) | Subject::Local(_) if steps.len() == 1 => self.world.tree.quote(expr.span),
                _ => last(),
            };
            if found.is_some() {
                return found;
            }
        }
        expr.find_child(|child| self.find_input(child, iterators))
    }
}

/// Why Terraform or the provider would reject a value of the right type. All number arguments that become facts are integers in the
/// provider's schema.
fn refusal(value: &Value, name: &str, ty: &Type) -> Option<String> {
    if value.deep_marks().ephemeral {
        return Some(format!("`{name}` is kept in the state, so it cannot have an ephemeral value"));
    }
    let fraction = value.as_number().filter(|number| *ty == Type::Number && !number.is_integer())?;
    Some(match value.marks.hides_text() {
        true => format!("`{name}` must be a whole number"),
        false => format!("`{name}` must be a whole number, not {fraction}"),
    })
}

/// Converts a value of a known type to a fact.
pub(super) fn to_fact<T>(
    value: &Value,
    first: Step,
    ty: &Type,
    read: impl Fn(&Value) -> Result<Option<T>, Reason>,
    input: impl FnOnce() -> String,
) -> Fact<T> {
    let trail = trail(first, value);
    let marks = value.marks;
    let known = |value: &Value| match value.as_str() {
        _ if value.is_null() => Ok(None),
        Some(text) if text.len() > MAX_TEXT => Err(format!("its text of {} bytes is too long to evaluate", text.len()).into()),
        _ => read(value),
    };
    let claim = if let Some(unknown) = value.as_unknown() {
        let bounds = bounds(&unknown.possible, ty, &known);
        Claim::unknown(&unknown.why, bounds)
    } else {
        match known(value) {
            Ok(value) if marks.by_caller => {
                let input = input();
                let why = Reason::caller_may_set(&input);
                Claim::unknown(why, Bounds::Default { value, input })
            }
            Ok(Some(value)) => Claim::Known(value),
            Ok(None) => Claim::Unset,
            Err(why) => Claim::unknown(why, Bounds::Nothing),
        }
    };
    Fact { claim, trail, sensitive: marks.is_secret(), from_file: marks.from_file, default: None, by_default: false }
}

/// The maximum length of a text value, in bytes. Every instance has its own copy, so hostile configuration could multiply a large one. The
/// service's longest text is a key's name, which has at most 255 characters.
const MAX_TEXT: usize = 4 << 10;

/// The maximum number of steps in a trail: the nearest steps, and the last, which is the value's origin.
const MAX_STEPS: usize = 10;

/// The trail of a value, starting with the expression that it was read from.
fn trail(first: Step, value: &Value) -> Trail {
    let mut trail: Vec<Step> = Vec::with_capacity(1 + value.steps().take(MAX_STEPS - 1).count());
    let mut calls = first.calls.clone();
    trail.push(first);
    for step in value.steps() {
        calls = step.calls.clone().or(calls);
        match trail.iter_mut().find(|known| known.place == step.place) {
            // One place may add two steps, for example a conversion and an assignment.
            Some(known) => {
                known.chosen_by = known.chosen_by.take().or_else(|| step.chosen_by.clone());
                known.left_out = known.left_out.take().or_else(|| step.left_out.clone());
            }
            None => {
                if trail.len() == MAX_STEPS {
                    trail.pop();
                }
                trail.push(Step { calls: calls.clone(), ..step.clone() });
            }
        }
    }
    trail.into()
}

/// The possible values of an unknown value, if all of them are known.
fn bounds<T>(possible: &[Possible], ty: &Type, known: &impl Fn(&Value) -> Result<Option<T>, Reason>) -> Bounds<T> {
    let case = |possible: &Possible| {
        let value = convert(possible.value.clone(), ty).ok().filter(|value| !value.is_unknown() && !value.marks.by_caller)?;
        Some(Case { value: known(&value).ok()?, when: possible.when.to_string() })
    };
    let cases: Option<Vec<_>> = possible.iter().map(case).collect();
    match cases {
        Some(cases) if !cases.is_empty() => Bounds::OneOf(cases),
        _ => Bounds::Anything,
    }
}
