//! The way values took, put on everything in them: whoever takes one element out of a map learns where the map went through.

use crate::base::{Calls, Place, Span, Step, StepKind, TrailLink};
use crate::eval::{Data, Value};
use std::sync::Arc;

/// How many elements of a value are marked; of larger ones only the value itself is.
const MOST: usize = 20_000;

/// The value with a step put on its way, and on that of everything in it. `calls`: those on the way to the module that the step is in. What is
/// written within the step's own text keeps its place there and why it was chosen.
pub(super) fn through(value: Value, span: Span, kind: StepKind, calls: &Calls) -> Value {
    let step = Step { calls: Some(Arc::clone(calls)), ..Step::of(Place::Source(span), kind) };
    Marking { left: MOST, plain: Vec::new() }.mark(value, span, &step)
}

/// A step that is being put on a value and everything in it.
struct Marking {
    /// How many elements may still be marked.
    left: usize,
    /// The last links that were made of a step alone. The elements that a `for` makes are all written at one place, and share them.
    plain: Vec<Arc<TrailLink>>,
}

/// How many links are compared before one more is made.
const MOST_COMPARED: usize = 4;

impl Marking {
    fn mark(&mut self, mut value: Value, span: Span, step: &Step) -> Value {
        let mut around = step.clone();
        value.trail = Some(match value.trail.take() {
            Some(own) if is_within(&own.step.place, span) => {
                // A file stays one, whatever the value that is read from it is called.
                let kind = if own.step.kind == StepKind::File { StepKind::File } else { step.kind.clone() };
                let merged = Step { kind, is_part: step.is_part, calls: step.calls.clone(), ..own.step.clone() };
                around.kind = merged.kind.clone();
                // What has no place of its own is at that of the object that it is in.
                around.place = own.step.place.clone();
                self.link(merged, own.next.clone())
            }
            next => self.link(step.clone(), next),
        });
        around.is_part = true;
        let span = around.place.span().unwrap_or(span);
        let mut one = |value: &Value| match self.left.checked_sub(1) {
            Some(rest) => {
                self.left = rest;
                self.mark(value.clone(), span, &around)
            }
            None => value.clone(),
        };
        match &mut value.data {
            Data::List(_, own) | Data::Set(_, own) | Data::Tuple(own) => *own = Arc::new(own.iter().map(one).collect()),
            Data::Map(_, own) | Data::Object(own) => {
                *own = Arc::new(own.iter().map(|(key, value)| (Arc::clone(key), one(value))).collect());
            }
            _ => {}
        }
        value
    }

    fn link(&mut self, step: Step, next: Option<Arc<TrailLink>>) -> Arc<TrailLink> {
        if next.is_some() || step.chosen_by.is_some() {
            return TrailLink::new(step, next);
        }
        // Whether two steps are equal does not depend on who passes through.
        let is_same = |own: &Step| own.is_part == step.is_part && own.calls == step.calls && *own == step;
        if let Some(known) = self.plain.iter().rev().find(|link| is_same(&link.step)) {
            return Arc::clone(known);
        }
        let link = TrailLink::new(step, next);
        if self.plain.len() == MOST_COMPARED {
            self.plain.remove(0);
        }
        self.plain.push(Arc::clone(&link));
        link
    }
}

/// Whether a place is a part of a text, and not all of it.
fn is_within(place: &Place, outer: Span) -> bool {
    place.span().is_some_and(|own| own.source == outer.source && outer.start <= own.start && own.end <= outer.end)
}
