//! The faults of a resource's block that Terraform would reject, and the facts that are unknown because of them.

use crate::base::{Fact, Place, Span, Step};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The faults of a block, each with its message and place.
#[derive(Default)]
pub(crate) struct Refusals {
    /// Faults that make a field unknown, by the field.
    pub fields: BTreeMap<Arc<str>, (String, Span)>,
    /// A fault that makes the complete block unknown.
    pub all: Option<(String, Span)>,
}

impl Refusals {
    /// Whether there are no faults.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.all.is_none()
    }

    /// Makes a fact unknown if a fault affects its field.
    pub(crate) fn guard<T>(&self, field: &str, fact: &mut Fact<T>) {
        if let Some((why, span)) = self.fields.get(field).or(self.all.as_ref()) {
            *fact = Fact::rejected(format!("Terraform would reject the key's block: {why}"))
                .with_trail(vec![Step::new(Place::Source(*span), "Terraform would reject this")]);
        }
    }
}
