//! The way values took, put on everything in them: whoever takes one element out of a map learns where the map went through.

use crate::base::{Calls, Place, Span, Step, StepKind, TrailLink};
use crate::eval::{Data, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many elements of a value are marked; of larger ones only the value itself is.
const MOST: usize = 20_000;

/// The value with a step put on its way, and on that of everything in it. `calls`: those on the way to the module that the step is in. What is
/// written within the step's own text keeps its place there and why it was chosen.
pub(super) fn through(value: Value, span: Span, kind: StepKind, calls: &Calls) -> Value {
    let step = Step { calls: Some(Arc::clone(calls)), ..Step::of(Place::Source(span), kind) };
    let mut left = MOST;
    mark(value, span, &step, &mut left)
}

fn mark(mut value: Value, span: Span, step: &Step, left: &mut usize) -> Value {
    let mut around = step.clone();
    value.trail = Some(match value.trail.take() {
        Some(own) if is_within(&own.step.place, span) => {
            // A file stays one, whatever the value that is read from it is called.
            let kind = if own.step.kind == StepKind::File { StepKind::File } else { step.kind.clone() };
            let merged = Step { kind, is_part: step.is_part, calls: step.calls.clone(), ..own.step.clone() };
            around.kind = merged.kind.clone();
            // What has no place of its own is at that of the object that it is in.
            around.place = own.step.place.clone();
            Arc::new(TrailLink { step: merged, next: own.next.clone() })
        }
        next => Arc::new(TrailLink { step: step.clone(), next }),
    });
    around.is_part = true;
    let span = around.place.span().unwrap_or(span);
    let mut one = |value: &Value| match left.checked_sub(1) {
        Some(rest) => {
            *left = rest;
            mark(value.clone(), span, &around, left)
        }
        None => value.clone(),
    };
    match &mut value.data {
        Data::List(_, own) | Data::Set(_, own) | Data::Tuple(own) => *own = Arc::new(own.iter().map(one).collect()),
        Data::Map(_, own) | Data::Object(own) => {
            *own = Arc::new(own.iter().map(|(key, value)| (Arc::clone(key), one(value))).collect::<BTreeMap<_, _>>());
        }
        _ => {}
    }
    value
}

/// Whether a place is a part of a text, and not all of it.
fn is_within(place: &Place, outer: Span) -> bool {
    place.span().is_some_and(|own| own.source == outer.source && outer.start <= own.start && own.end <= outer.end)
}
