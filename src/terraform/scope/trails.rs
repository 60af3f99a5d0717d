//! Adds trail steps to values and everything in them, so that an element taken out of a map has the trail of the map.

use crate::base::{Calls, Place, Span, Step, StepKind, TrailLink};
use crate::eval::{Data, Value};
use std::sync::Arc;

/// The maximum number of elements of a value that get the step. Further elements keep their trails.
const MAX_ELEMENTS: usize = 20_000;

/// Adds a step to the trails of a value and everything in it. `calls`: the module calls to the module of the step. If the latest step of a
/// trail is within `span`, the new step replaces it, but keeps its place and the condition that chose it.
pub(super) fn through(value: Value, span: Span, kind: StepKind, calls: &Calls) -> Value {
    let step = Step { calls: Some(Arc::clone(calls)), ..Step::of(Place::Source(span), kind) };
    StepAdder { left: MAX_ELEMENTS, plain: Vec::new() }.add(value, span, &step)
}

/// Adds a step to a value and everything in it.
struct StepAdder {
    /// How many elements may still get the step.
    left: usize,
    /// The last links without a next link. All elements of a `for` come from one place, so they share them.
    plain: Vec<Arc<TrailLink>>,
}

/// The maximum number of links kept in [`StepAdder::plain`].
const MAX_PLAIN_LINKS: usize = 4;

impl StepAdder {
    fn add(&mut self, mut value: Value, span: Span, step: &Step) -> Value {
        let mut around = step.clone();
        value.trail = Some(match value.trail.take() {
            Some(last) if is_within(&last.step.place, span) => {
                // A value read from a file keeps that kind.
                let kind = if last.step.kind == StepKind::File { StepKind::File } else { step.kind.clone() };
                let merged = Step { kind, is_part: step.is_part, calls: step.calls.clone(), ..last.step.clone() };
                around.kind = merged.kind.clone();
                // Members without a place of their own have the place of the object.
                around.place = last.step.place.clone();
                self.link(merged, last.next.clone())
            }
            next => self.link(step.clone(), next),
        });
        around.is_part = true;
        let span = around.place.span().unwrap_or(span);
        let mut add_to_element = |value: &Value| match self.left.checked_sub(1) {
            Some(rest) => {
                self.left = rest;
                self.add(value.clone(), span, &around)
            }
            None => value.clone(),
        };
        match &mut value.data {
            Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => {
                *elements = Arc::new(elements.iter().map(add_to_element).collect());
            }
            Data::Map(_, entries) | Data::Object(entries) => {
                *entries = Arc::new(entries.iter().map(|(key, value)| (Arc::clone(key), add_to_element(value))).collect());
            }
            _ => {}
        }
        value
    }

    /// A link with a step, shared with an equal one if possible.
    fn link(&mut self, step: Step, next: Option<Arc<TrailLink>>) -> Arc<TrailLink> {
        if next.is_some() || step.chosen_by.is_some() {
            return TrailLink::new(step, next);
        }
        // `Step`'s equality ignores these two fields.
        let is_same = |known: &Step| known.is_part == step.is_part && known.calls == step.calls && *known == step;
        if let Some(known) = self.plain.iter().rev().find(|link| is_same(&link.step)) {
            return Arc::clone(known);
        }
        let link = TrailLink::new(step, next);
        if self.plain.len() == MAX_PLAIN_LINKS {
            self.plain.remove(0);
        }
        self.plain.push(Arc::clone(&link));
        link
    }
}

/// Whether a place is within a span.
fn is_within(place: &Place, outer: Span) -> bool {
    place.span().is_some_and(|inner| inner.source == outer.source && outer.start <= inner.start && inner.end <= outer.end)
}
