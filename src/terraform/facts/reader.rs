//! Values → facts: what a rule may know of an attribute, with its trail.

use super::problems::Problems;
use crate::base::{Bounds, Case, Claim, Fact, Place, Reason, Span, Step, StepKind, Trail};
use crate::eval::{EvalError, Possible, Type, Value, convert};
use crate::hcl::{Attribute, Expr, ExprKind, TraversalStep};
use crate::terraform::blocks::subject::Subject;
use crate::terraform::world::World;
use crate::terraform::world::frame::{Bound, Frame};
use crate::terraform::world::instance::{Each, Instance};
use std::rc::Rc;
use std::sync::Arc;

/// One instance of a block, as the readers of its arguments need it.
pub(crate) struct BlockReader<'a> {
    pub world: &'a World<'a>,
    pub at: &'a Rc<Instance>,
    pub each: &'a Each,
    pub problems: &'a Problems,
}

impl BlockReader<'_> {
    /// What names mean in the block.
    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame::new(self.world, self.at, self.each)
    }

    /// Evaluates an expression of the block, within `dynamic` blocks.
    pub(crate) fn value(&self, expr: &Expr, bound: &[Bound]) -> Result<Value, EvalError> {
        self.frame().within(bound).eval(expr)
    }

    /// The fact of an argument that is a string in the provider's schema. `read` makes nothing of what counts as unset.
    pub(crate) fn text<T>(&self, attribute: Option<&Attribute>, bound: &[Bound], read: impl Fn(&str) -> Option<T>) -> Fact<T> {
        self.fact(attribute, bound, &Type::String, |value| Ok(value.as_str().and_then(&read)))
    }

    /// The fact of an argument of some type. `read` says what a known value means, or why it means nothing.
    pub(crate) fn fact<T>(
        &self,
        attribute: Option<&Attribute>,
        bound: &[Bound],
        ty: &Type,
        read: impl Fn(&Value) -> Result<Option<T>, Reason>,
    ) -> Fact<T> {
        let Some(attribute) = attribute else { return Fact::unset() };
        let expr = &attribute.value;
        let first = Step { calls: Some(Arc::clone(&self.at.calls)), ..self.world.resources.first_step(expr.span, || self.kind_of(expr)) };
        let value = self.value(expr, bound).and_then(|value| {
            let message =
                |error: EvalError| EvalError { message: format!("`{}` does not fit: {}", attribute.name.text, error.message), ..error };
            let value = convert(value, ty).map_err(|error| message(error).at(expr.span))?;
            match unfit(&value, &attribute.name.text, ty) {
                Some(message) => Err(EvalError::refused(message, Some(expr.span))),
                None => Ok(value),
            }
        });
        match value {
            Ok(value) => {
                let mut fact = of_value(&value, first, ty, read, || self.input(expr, bound));
                if let Some(Bounds::Default { .. }) = fact.as_unknown().map(|unknown| &unknown.bounds) {
                    fact.default = super::defaults::site(self.world, &fact.trail).map(Box::new);
                }
                fact.by_default = super::defaults::is_default(self.world, &fact.trail);
                self.noted(fact)
            }
            Err(error) => {
                self.problems.refused(&error);
                let mut trail = vec![first];
                if let Some(span) = error.span.filter(|span| *span != expr.span) {
                    trail.push(Step::new(Place::Source(span), "Terraform would reject this"));
                }
                Fact::refused(format!("Terraform would reject its value: {}", error.message)).with_trail(trail)
            }
        }
    }

    /// The way of a value that decides about a block, its places hidden where the value is not to be shown.
    pub(crate) fn way(&self, value: &Value, span: Span) -> Trail {
        let first = self.world.resources.first_step(span, || StepKind::Note("decides whether the block is there".into()));
        let way = trail(Step { calls: Some(Arc::clone(&self.at.calls)), ..first }, value);
        if value.deep_marks().is_secret() {
            crate::terraform::modules::secrets::hide_trail(&way, self.world.tree.loader.sources);
        }
        way
    }

    /// The fact, the places of its way hidden where its value is not to be shown.
    pub(crate) fn noted<T>(&self, fact: Fact<T>) -> Fact<T> {
        if fact.sensitive {
            crate::terraform::modules::secrets::hide_trail(&fact.trail, self.world.tree.loader.sources);
        }
        fact
    }

    /// What the caret under an argument's value says.
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

    /// What the caller of a library may set to change the value of an expression, as it is written there.
    pub(crate) fn input(&self, expr: &Expr, bound: &[Bound]) -> String {
        self.find_input(expr, bound).or_else(|| self.world.tree.quote(expr.span)).unwrap_or_else(|| "its value".to_owned())
    }

    fn find_input(&self, expr: &Expr, bound: &[Bound]) -> Option<String> {
        if let ExprKind::Traversal(base, steps) = &expr.kind
            && let ExprKind::Variable(name) = &base.kind
            && self.value(expr, bound).is_ok_and(|value| value.marks.by_caller)
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
        expr.find_child(|child| self.find_input(child, bound))
    }
}

/// Why Terraform or the provider refuses a value of the right type. All numbers that facts are made of are whole numbers to the provider.
fn unfit(value: &Value, name: &str, ty: &Type) -> Option<String> {
    if value.deep_marks().ephemeral {
        return Some(format!("`{name}` is kept in the state, so it cannot have an ephemeral value"));
    }
    let fraction = value.as_number().filter(|number| *ty == Type::Number && !number.is_integer())?;
    Some(match value.marks.hides_text() {
        true => format!("`{name}` must be a whole number"),
        false => format!("`{name}` must be a whole number, not {fraction}"),
    })
}

/// The fact that a value of a known type is.
pub(super) fn of_value<T>(
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
        Some(text) if text.len() > LONGEST_TEXT => Err(format!("its text of {} bytes is too long to evaluate", text.len()).into()),
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

/// The longest text that is kept of a value, in bytes: every instance has its own, and hostile code can make many of a large one. The
/// service's longest is a key's name, of 255 characters.
const LONGEST_TEXT: usize = 4 << 10;

/// How many steps of a trail are kept: the nearest ones, and the last, where the value comes from.
const MOST_STEPS_SHOWN: usize = 10;

/// The way a value took, the expression it was read from first.
fn trail(first: Step, value: &Value) -> Trail {
    let mut trail: Vec<Step> = Vec::with_capacity(1 + value.steps().take(MOST_STEPS_SHOWN - 1).count());
    let mut calls = first.calls.clone();
    trail.push(first);
    for step in value.steps() {
        calls = step.calls.clone().or(calls);
        match trail.iter_mut().find(|own| own.place == step.place) {
            // A value may be looked at twice at one place: converted there, and handed on.
            Some(own) => {
                own.chosen_by = own.chosen_by.take().or_else(|| step.chosen_by.clone());
                own.left_out = own.left_out.take().or_else(|| step.left_out.clone());
            }
            None => {
                if trail.len() == MOST_STEPS_SHOWN {
                    trail.pop();
                }
                trail.push(Step { calls: calls.clone(), ..step.clone() });
            }
        }
    }
    trail.into()
}

/// What an unknown value can still be, where all of it is known.
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
