//! The way values took, put on everything in them: whoever takes one element out of a map learns where the map went through.

use crate::base::{Place, Span, Step, StepKind};
use crate::eval::{Data, TrailLink, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many elements of a value are marked; of larger ones only the whole is.
const MOST: usize = 20_000;

/// The value with a step put on its way, and on that of everything in it. What is written within the step's own text keeps its place there
/// and why it was chosen.
pub(super) fn through(value: Value, span: Span, kind: &StepKind) -> Value {
    let mut left = MOST;
    mark(value, span, kind, &mut left)
}

fn mark(mut value: Value, span: Span, kind: &StepKind, left: &mut usize) -> Value {
    value.trail = Some(match value.trail.take() {
        Some(own) if is_within(&own.step.place, span) => {
            Arc::new(TrailLink { step: Step { kind: kind.clone(), ..own.step.clone() }, next: own.next.clone() })
        }
        next => Arc::new(TrailLink { step: Step::of(Place::Source(span), kind.clone()), next }),
    });
    let mut one = |value: &Value| match left.checked_sub(1) {
        Some(rest) => {
            *left = rest;
            mark(value.clone(), span, kind, left)
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

/// Whether a place is a part of a text, and not the whole of it.
fn is_within(place: &Place, outer: Span) -> bool {
    place.span().is_some_and(|own| own.source == outer.source && outer.start <= own.start && own.end <= outer.end)
}
